"""The people with the phones on the page: the café's own four, newcomers, and one member on each app."""

from __future__ import annotations

from typing import Final

from playground.phones import Person

MEMBERS: Final = ("maya", "lilei")
"""Who is a member when the rehearsal opens, one on each app; the other customers are strangers to the shop."""

POSTS: Final = {"ajie": "main", "xiaozhou": "riverside"}
"""The code of the store where each cashier stands; the owners' right holds in both."""


def people() -> list[Person]:
    """Return everybody with a phone on the page, in the order of the page.

    Telegram ids are numbers. WeChat openids are 28 characters that begin with o, as real ones do.
    """
    return [
        Person("xiaoyu", "telegram", "5820174401", "林小雨", "+8613801990001", "zh-Hans"),
        Person("maya", "telegram", "5820174402", "Maya Chen", "+8613801990002", "en"),
        Person("ajie", "telegram", "5820174403", "阿杰", "+8613801990003", "zh-Hans", "cashier"),
        Person("chen", "telegram", "5820174404", "陈老板", "+8613801990004", "zh-Hans", "owner"),
        Person("wangfang", "wechat", "oMb6A5wangfangK2r7Xq0TnVbZp1", "王芳", "+8613801990005", "zh-Hans"),
        Person("lilei", "wechat", "oMb6A5lilei84Hs2dQmXy7RtWc3k", "李雷", "+8613801990006", "zh-Hans"),
        Person("xiaomei", "wechat", "oMb6A5xiaomeiUz9e4GhLw-1Bn5s", "小美", "+8613801990007", "zh-Hant"),
        Person("xiaozhou", "wechat", "oMb6A5xiaozhou3Jv6Pf_8KyDa2m", "小周", "+8613801990008", "zh-Hans", "cashier"),
        Person("mrschen", "wechat", "oMb6A5chentaitai7Nc4Et0RgQ9x", "陈老板娘", "+8613801990009", "zh-Hans", "owner"),
    ]
