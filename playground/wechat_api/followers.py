"""Followers as the API tells of them: who follows, since when and from where, but no names."""

from __future__ import annotations

from typing import Any

from playground.wechat_api.answers import Ask, Refused
from playground.wechat_api.state import Account

PAGE = 10_000
LANGUAGES = {"zh": "zh_CN", "zh-Hans": "zh_CN", "zh-Hant": "zh_TW"}  # WeChat's own names


def info(account: Account, ask: Ask) -> dict[str, Any]:
    """GET user/info: nickname and picture are empty since 2021."""
    fan = account.fan(ask.query.get("openid"))
    if not fan.following or fan.followed_at is None:
        return {"subscribe": 0, "openid": fan.person.user, "tagid_list": []}
    nothing = {"nickname": "", "sex": 0, "city": "", "province": "", "country": "", "headimgurl": "", "remark": ""}
    number = int(fan.scene) if fan.scene.isdecimal() else 0
    return {
        "subscribe": 1,
        "openid": fan.person.user,
        **nothing,
        "language": LANGUAGES.get(fan.person.language, fan.person.language.replace("-", "_")),
        "subscribe_time": int(fan.followed_at.timestamp()),
        "groupid": fan.tags[-1] if fan.tags else 0,
        "tagid_list": list(fan.tags),
        "subscribe_scene": fan.followed_by,
        "qr_scene": number,
        "qr_scene_str": "" if number else fan.scene,
    }


def listed(account: Account, ask: Ask) -> dict[str, Any]:
    """GET user/get: 10,000 a page, continued after next_openid."""
    names = [fan.person.user for fan in account.followers()]
    after = ask.query.get("next_openid", "")
    if after and after not in names:
        raise Refused(40003)
    page = names[names.index(after) + 1 if after else 0 :][:PAGE]
    data = {"data": {"openid": page}} if page else {}
    return {"total": len(names), "count": len(page), **data, "next_openid": page[-1] if page else ""}
