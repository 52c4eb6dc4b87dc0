"""Scenes of what brings members back: tiers, mall, lottery, passes, activities, groups, and two accounts made one."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from datetime import timedelta
from typing import Protocol

from tests.acceptance.counter_scenes import DIGITS
from tests.acceptance.stage import Phone, Stage


class Shoot(Protocol):
    """Keeps what a person's phone shows (their id) in the row of a picture (its name), or the last picture they got."""

    async def __call__(self, picture: str, person: str, *, enlarged: bool = False) -> None: ...


JOIN = {"zh-Hans": "立即加入", "zh-Hant": "立即加入", "en": "Join now"}
OFFERS = {"zh-Hans": "好，通知我", "zh-Hant": "好，通知我", "en": "Yes"}
CARD = {"zh-Hans": "会员码", "zh-Hant": "會員碼", "en": "card"}
PAID = {"zh-Hans": "实付", "zh-Hant": "實付", "en": "Paid"}
LINK = re.compile(r"LINK-\w{8}")
BOND = re.compile(r"FAM-\w{8}")
NEXT_DAY = timedelta(days=1)


async def after(phone: Phone, deed: Awaitable[None]) -> None:
    """Do something, and wait until the shop has answered it on this phone."""
    seen = [(one.id, one.text, len(one.buttons)) for one in phone.heard]
    await deed
    await phone.until(
        lambda: [(one.id, one.text, len(one.buttons)) for one in phone.heard] != seen, f"{phone.person.id}: no answer"
    )


async def asks(phone: Phone, *words: str) -> None:
    """Say one thing after the other, each when the one before is answered."""
    for word in words:
        await after(phone, phone.say(word))


async def taps(phone: Phone, *labels: str) -> None:
    """Tap one thing after the other, each when the one before is answered."""
    for label in labels:
        await after(phone, phone.tap(label))


async def joined(phone: Phone) -> None:
    """Let somebody become a member who wants to hear of offers."""
    await after(phone, phone.start())
    await taps(phone, JOIN[phone.person.language], OFFERS[phone.person.language])


async def digits(phone: Phone) -> str:
    """Show the card, and return the ten digits on it."""
    before = len(phone.heard)
    await phone.say(CARD[phone.person.language])

    def shown() -> str | None:
        texts = (one.text for one in phone.heard[before:])
        return next((found.group() for text in texts if (found := DIGITS.search(text))), None)

    found: str = await phone.until(shown, f"{phone.person.id}: no card")
    return found.replace(" ", "")


async def buys(member: Phone, cashier: Phone, yuan: str) -> None:
    """Ring up a bill for a member."""
    await asks(cashier, await digits(member), yuan)
    await taps(cashier, "确认收")
    await cashier.sees("已入账")
    await member.sees(PAID[member.person.language], f"{int(yuan):,}")


async def newcomers(stage: Stage, shoot: Shoot) -> None:
    """Let three people join and buy enough to rise and to have points to spend."""
    del shoot
    for name, yuan in (("xiaoyu", "1080"), ("wangfang", "460"), ("xiaomei", "1280")):
        await joined(stage.phone(name))
        await buys(stage.phone(name), stage.phone("ajie"), yuan)
    await buys(stage.phone("maya"), stage.phone("ajie"), "960")


async def perks(stage: Stage, shoot: Shoot) -> None:
    for name, word in (("xiaoyu", "会员福利"), ("xiaomei", "會員福利"), ("maya", "perks")):
        await asks(stage.phone(name), word)
        await shoot("perks", name)
    await asks(stage.phone("mrschen"), "店务")
    await shoot("perks", "mrschen")


async def tiers(stage: Stage, shoot: Shoot) -> None:
    for name, word in (("xiaoyu", "等级"), ("xiaomei", "等級"), ("maya", "tier")):
        await asks(stage.phone(name), word)
        await shoot("tier", name)


async def mall(stage: Stage, shoot: Shoot) -> None:
    hans, hant, english = (stage.phone(name) for name in ("xiaoyu", "xiaomei", "maya"))
    await asks(hans, "积分商城")
    await taps(hans, "拿铁一杯")
    await shoot("mall", "xiaoyu")
    await asks(hant, "積分商城")
    await taps(hant, "曲奇一塊")
    await shoot("mall", "xiaomei")
    await asks(english, "mall")
    await taps(english, "A cookie")
    await shoot("mall", "maya")
    await taps(hans, "积分换", "确认兑换")
    await shoot("mall", "xiaoyu")


async def lottery(stage: Stage, shoot: Shoot) -> None:
    hans, hant, english = (stage.phone(name) for name in ("xiaoyu", "xiaomei", "maya"))
    await asks(hans, "抽奖")
    await shoot("lottery", "xiaoyu")
    await asks(hant, "抽獎")
    await taps(hant, "抽獎（10")
    await shoot("lottery", "xiaomei")
    await asks(english, "lottery")
    await shoot("lottery", "maya")
    await taps(english, "10 points")
    await shoot("lottery", "maya")


async def returning(stage: Stage, shoot: Shoot) -> None:
    for name, word in (("xiaoyu", "签到"), ("xiaomei", "推薦"), ("maya", "check in")):
        await asks(stage.phone(name), word)
        await shoot("returning", name)


async def passes(stage: Stage, shoot: Shoot) -> None:
    member, cashier = stage.phone("lilei"), stage.phone("xiaozhou")
    await asks(member, "次卡")
    await shoot("passes", "lilei")
    await asks(cashier, await digits(member))
    await shoot("passes", "xiaozhou")
    await taps(cashier, "用 1 次")
    await shoot("passes", "xiaozhou")
    await asks(stage.phone("maya"), "passes")
    await shoot("passes", "maya")


async def activity(stage: Stage, shoot: Shoot) -> None:
    first, second, third = (stage.phone(name) for name in ("maya", "lilei", "xiaomei"))
    await asks(first, "activities")
    await taps(first, "手冲咖啡品鉴会", "Sign up")
    await asks(second, "活动")
    await taps(second, "手冲咖啡品鉴会", "我要报名")
    await shoot("activity", "lilei")
    await asks(third, "活動")
    await taps(third, "手冲咖啡品鉴会", "候補")
    await shoot("activity", "xiaomei")
    await after(third, first.tap("Withdraw"))
    await shoot("activity", "xiaomei")
    owner = stage.phone("chen")
    await asks(owner, "活动")
    await taps(owner, "手冲咖啡品鉴会", "报名名单")
    await shoot("activity", "chen")


async def prices(stage: Stage, shoot: Shoot) -> None:
    member, cashier, owner = (stage.phone(name) for name in ("wangfang", "ajie", "mrschen"))
    await asks(member, "当前优惠")
    await shoot("prices", "wangfang")
    await asks(cashier, await digits(member), "30")
    await taps(cashier, "商品", "拿铁", "拿铁", "芝士蛋糕", "算价")
    await shoot("prices", "ajie")
    await after(member, cashier.tap("确认收"))
    await shoot("prices", "wangfang")
    await asks(owner, "当前优惠")
    await taps(owner, "停用：咖啡双倍积分")
    await shoot("prices", "mrschen")
    await taps(owner, "启用：咖啡双倍积分")


async def linking(stage: Stage, shoot: Shoot) -> None:
    telegram, wechat = stage.phone("xiaoyu"), stage.phone("wangfang")
    await asks(telegram, "绑定")
    await taps(telegram, "显示绑定码")
    await shoot("linking", "xiaoyu")
    await asks(wechat, _code(telegram, LINK))
    await shoot("linking", "wangfang")
    await after(telegram, wechat.tap("是的，都是我本人"))
    await wechat.sees("绑定好了")
    await shoot("linking", "wangfang")


async def family(stage: Stage, shoot: Shoot) -> None:
    one, other = stage.phone("maya"), stage.phone("lilei")
    await asks(one, "family")
    await taps(one, "Show an invitation")
    await shoot("family", "maya")
    await asks(other, _code(one, BOND))
    await taps(other, "互为亲友", "转赠给")
    await asks(other, "20")
    await shoot("family", "lilei")
    await after(one, other.tap("转赠 20 积分"))
    await shoot("family", "maya")


async def rating(stage: Stage, shoot: Shoot) -> None:
    member, owner = stage.phone("xiaoyu"), stage.phone("chen")
    stage.rehearsal.clock.step(timedelta(hours=2, minutes=30))
    await asks(member, "评价")
    await taps(member, "2 分")
    await asks(member, "等了二十分钟，拿铁是凉的。")
    await shoot("rating", "xiaoyu")
    await owner.sees("2")
    await shoot("rating", "chen")
    await taps(owner, "回复会员")
    await after(member, owner.say("真抱歉！下次来请找我，这杯我请。"))
    await shoot("rating", "xiaoyu")


async def groups(stage: Stage, shoot: Shoot) -> None:
    await stage.rehearsal.advance(NEXT_DAY)
    owner, partner = stage.phone("chen"), stage.phone("mrschen")
    await asks(partner, "分组")
    await taps(partner, "新建分组")
    await shoot("groups", "mrschen")
    await asks(owner, "分组")
    await taps(owner, "将流失的常客")
    await shoot("groups", "chen")
    await taps(owner, "给他们群发")
    await asks(owner, "{name}，好久不见！本周回来，第二杯半价。")
    await shoot("groups", "chen")


async def regulars(stage: Stage, shoot: Shoot) -> None:
    owner, partner = stage.phone("chen"), stage.phone("mrschen")
    await asks(owner, "报表")
    await taps(owner, "会员活跃")
    await shoot("lifecycle", "chen")
    await shoot("lifecycle", "chen", enlarged=True)
    await asks(partner, "报表")
    await taps(partner, "近七天")
    await shoot("lifecycle", "mrschen", enlarged=True)


STORY = (
    newcomers,
    perks,
    tiers,
    mall,
    lottery,
    returning,
    passes,
    activity,
    prices,
    rating,
    linking,
    family,
    groups,
    regulars,
)
"""The scenes in the order in which they can be played."""


def _code(phone: Phone, form: re.Pattern[str]) -> str:
    return next(found[0] for one in reversed(phone.heard) if (found := form.search(one.text)))
