"""The list of everything the platform's API can do, for which kinds of account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from playground.wechat_api import followers, mass, media, menus, messages, notices, scenes, tags, tokens
from playground.wechat_api.answers import Ask, Download, Refused
from playground.wechat_api.state import Account, Kind

Work = Callable[[Account, Ask], dict[str, Any] | Download]

ANY: tuple[Kind, ...] = ("service", "subscription", "unverified")
VERIFIED: tuple[Kind, ...] = ("service", "subscription")
SERVICE: tuple[Kind, ...] = ("service",)


@dataclass(frozen=True, slots=True)
class Api:
    """One address of the API."""

    method: Literal["GET", "POST"]
    work: Work
    kinds: tuple[Kind, ...] = VERIFIED
    token: bool = True


def _send_messages() -> dict[str, Api]:
    return {
        "cgi-bin/message/custom/send": Api("POST", messages.send),
        "cgi-bin/message/custom/typing": Api("POST", messages.show_typing),
        "cgi-bin/message/template/send": Api("POST", notices.send_template, SERVICE),
        "cgi-bin/template/get_all_private_template": Api("GET", notices.listed, SERVICE),
        "cgi-bin/message/subscribe/bizsend": Api("POST", notices.send_subscribed),
        "cgi-bin/message/mass/sendall": Api("POST", mass.send_all),
        "cgi-bin/message/mass/send": Api("POST", mass.send_some),
        "cgi-bin/media/upload": Api("POST", media.upload),
        "cgi-bin/media/get": Api("GET", media.get),
    }


def _keep_menus_and_tags() -> dict[str, Api]:
    return {
        "cgi-bin/menu/create": Api("POST", menus.create),
        "cgi-bin/menu/get": Api("GET", menus.get),
        "cgi-bin/menu/delete": Api("GET", menus.delete),
        "cgi-bin/get_current_selfmenu_info": Api("GET", menus.current),
        "cgi-bin/menu/addconditional": Api("POST", menus.add_conditional),
        "cgi-bin/menu/delconditional": Api("POST", menus.delete_conditional),
        "cgi-bin/menu/trymatch": Api("POST", menus.try_match),
        "cgi-bin/tags/create": Api("POST", tags.create),
        "cgi-bin/tags/get": Api("GET", tags.listed),
        "cgi-bin/tags/update": Api("POST", tags.rename),
        "cgi-bin/tags/delete": Api("POST", tags.remove),
        "cgi-bin/tags/members/batchtagging": Api("POST", tags.put_on),
        "cgi-bin/tags/members/batchuntagging": Api("POST", tags.take_off),
        "cgi-bin/tags/getidlist": Api("POST", tags.of_person),
        "cgi-bin/user/tag/get": Api("POST", tags.people_with),
    }


def _know_people() -> dict[str, Api]:
    return {
        "cgi-bin/user/info": Api("GET", followers.info),
        "cgi-bin/user/get": Api("GET", followers.listed),
        "cgi-bin/qrcode/create": Api("POST", scenes.create, SERVICE),
        "cgi-bin/ticket/getticket": Api("GET", tokens.give_js_ticket),
        "cgi-bin/getcallbackip": Api("GET", tokens.addresses),
        "cgi-bin/get_api_domain_ip": Api("GET", tokens.addresses),
        "cgi-bin/clear_quota": Api("POST", tokens.clear_quota),
        "cgi-bin/token": Api("GET", tokens.give, ANY, token=False),
        "cgi-bin/stable_token": Api("POST", tokens.give_stable, ANY, token=False),
    }


CALLS: dict[str, Api] = _send_messages() | _keep_menus_and_tags() | _know_people()


def find(name: str, method: str) -> Api:
    """Return the call of a name; 40066, 43001 or 43002 when there is none or the method is wrong."""
    api = CALLS.get(name)
    if api is None:
        raise Refused(40066)
    if api.method != method:
        raise Refused(43001 if api.method == "GET" else 43002)
    return api


def admit(api: Api, account: Account, ask: Ask, name: str) -> None:
    """Refuse callers without a pass, kinds of account without the right, and more calls than allowed."""
    if api.token:
        tokens.check(account, ask)
    if account.kind not in api.kinds:
        raise Refused(48001)
    if name != "cgi-bin/clear_quota":
        account.count(name, ask.now)
