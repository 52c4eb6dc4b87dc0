"""The menu under the chat: one for everybody, others for people with a tag."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from playground.wechat_api.answers import Ask, Refused, fine
from playground.wechat_api.state import Account, Fan, Menu

TOP_MAX, SUB_MAX = 3, 5
KEY_BYTES_MAX, URL_BYTES_MAX = 128, 1024
DOMAINS_MAX, TAG_MENUS_MAX = 3, 2000
KEYED = ("click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin")
KEYED_TOO = ("location_select",)
# For a top button and for a sub button: (type, name, key, url size, url domain) refused with; hanzi and bytes allowed.
_TOP = (40017, 40018, 40019, 40020, 40055, 4, 16)
_SUB = (40024, 40025, 40026, 40027, 40054, 7, 60)


def _hanzi(name: str) -> int:
    return sum(unicodedata.east_asian_width(letter) in "WF" for letter in name)


def _check_name(button: dict[str, Any], rules: tuple[int, ...]) -> str:
    name = button.get("name")
    if not isinstance(name, str) or not name or _hanzi(name) > rules[5] or len(name.encode()) > rules[6]:
        raise Refused(rules[1])
    return name


def _check_button(button: Any, rules: tuple[int, ...]) -> dict[str, Any]:
    """Return a button as the platform keeps it."""
    if not isinstance(button, dict):
        raise Refused(rules[0])
    name, kind = _check_name(button, rules), str(button.get("type"))
    if kind in KEYED or kind in KEYED_TOO:
        key = button.get("key")
        if not isinstance(key, str) or not 0 < len(key.encode()) <= KEY_BYTES_MAX:
            raise Refused(rules[2])
        return {"type": kind, "name": name, "key": key, "sub_button": []}
    if kind in {"view", "miniprogram"}:
        return {"type": kind, "name": name, "url": _url(button.get("url"), rules), "sub_button": []}
    raise Refused(rules[0])


def _url(url: Any, rules: tuple[int, ...]) -> str:
    if not isinstance(url, str) or not 0 < len(url.encode()) <= URL_BYTES_MAX:
        raise Refused(rules[3])
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise Refused(rules[4])
    return url


def _checked(buttons: Any) -> list[dict[str, Any]]:
    """Return 1–3 buttons with up to 5 sub buttons each; refuses as the platform does."""
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= TOP_MAX:
        raise Refused(40016)
    return [_checked_top(button) for button in buttons]


def _checked_top(button: Any) -> dict[str, Any]:
    subs = button.get("sub_button") if isinstance(button, dict) else None
    if not subs:
        return _check_button(button, _TOP)
    if not isinstance(subs, list) or len(subs) > SUB_MAX:
        raise Refused(40023)
    return {"name": _check_name(button, _TOP), "sub_button": [_check_button(sub, _SUB) for sub in subs]}


def entries(buttons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return everything that can be tapped in a menu."""
    return [entry for button in buttons for entry in (button["sub_button"] or [button])]


def of_person(account: Account, fan: Fan) -> Menu | None:
    """Return the menu this person sees: the newest for the tag put on last, else the one for everybody."""
    last = fan.tags[-1] if fan.tags else 0
    special = [menu for menu in account.tag_menus if menu.tag == last]
    return special[-1] if special else account.menu


def _changed(account: Account) -> None:
    for fan in account.fans.values():
        fan.version += 1


def create(account: Account, ask: Ask) -> dict[str, Any]:
    """POST menu/create."""
    buttons = _checked(ask.body.get("button"))
    account.menu = Menu(next(account.menu_ids), buttons)
    _changed(account)
    return fine()


def get(account: Account, _ask: Ask) -> dict[str, Any]:
    """GET menu/get: 46003 when there is none; conditional menus newest first."""
    if account.menu is None:
        raise Refused(46003)
    answer: dict[str, Any] = {"menu": {"button": account.menu.buttons, "menuid": account.menu.id}}
    special = [
        {"button": menu.buttons, "matchrule": {"group_id": str(menu.tag)}, "menuid": menu.id}
        for menu in reversed(account.tag_menus)
    ]
    return answer | ({"conditionalmenu": special} if special else {})


def delete(account: Account, _ask: Ask) -> dict[str, Any]:
    """GET menu/delete: the conditional menus go too."""
    account.menu = None
    account.tag_menus.clear()
    _changed(account)
    return fine()


def current(account: Account, _ask: Ask) -> dict[str, Any]:
    """GET get_current_selfmenu_info: the menu for everybody in another shape."""
    if account.menu is None:
        return {"is_menu_open": 0, "selfmenu_info": {"button": []}}
    return {"is_menu_open": 1, "selfmenu_info": {"button": [_self(button) for button in account.menu.buttons]}}


def _self(button: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in button.items() if name != "sub_button"}
    subs = [_self(sub) for sub in button["sub_button"]]
    return plain | ({"sub_button": {"list": subs}} if subs else {})


def add_conditional(account: Account, ask: Ask) -> dict[str, Any]:
    """POST menu/addconditional: needs a menu for everybody first (65303)."""
    if account.menu is None:
        raise Refused(65303)
    tag = str(ask.part("matchrule").get("tag_id") or "")
    if not tag:
        raise Refused(65304)
    if not tag.isdecimal() or int(tag) not in account.tags:
        raise Refused(65320)
    if len(account.tag_menus) >= TAG_MENUS_MAX:
        raise Refused(65305)
    menu = Menu(0, _checked(ask.body.get("button")), int(tag))
    domains = {urlsplit(entry["url"]).netloc for entry in entries(menu.buttons) if "url" in entry}
    if len(domains) > DOMAINS_MAX:
        raise Refused(65316)
    account.tag_menus.append(replace(menu, id=next(account.menu_ids)))
    _changed(account)
    return {"menuid": str(account.tag_menus[-1].id)}


def delete_conditional(account: Account, ask: Ask) -> dict[str, Any]:
    """POST menu/delconditional."""
    kept = [menu for menu in account.tag_menus if str(menu.id) != str(ask.body.get("menuid"))]
    if len(kept) == len(account.tag_menus):
        raise Refused(65301)
    account.tag_menus[:] = kept
    _changed(account)
    return fine()


def try_match(account: Account, ask: Ask) -> dict[str, Any]:
    """POST menu/trymatch: what this person sees."""
    fan = account.fans.get(str(ask.body.get("user_id")))
    if fan is None or not fan.following:
        raise Refused(65302)
    menu = of_person(account, fan)
    if menu is None:
        raise Refused(46003)
    return {"button": menu.buttons}
