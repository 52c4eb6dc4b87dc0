"""What is arranged with the platform once: what the account may do, its menus, the tags of roles, scene codes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import quote

from bot.clock import Clock
from bot.wechat import menus
from bot.wechat.calls import Refusal
from bot.wechat.capabilities import BY_KIND, Capabilities, Kind
from bot.wechat.client import ShopClient
from bot.wechat.given import Notebook
from bot.wechat.troubles import FEATURE_OFF

NO_MENU = 46003
SCENE_SECONDS_MAX = 30 * 24 * 3600
SCENE_LENGTH_MAX = 64
PROBED_FOR = timedelta(days=1)  # an account can be verified, or lose it, at any time
CODE_PICTURES = "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket="


@dataclass(frozen=True, slots=True)
class Scene:
    """A QR code that tells where somebody came from: what it reads, and the address of the platform's picture."""

    ticket: str
    url: str

    @property
    def picture_url(self) -> str:
        return CODE_PICTURES + quote(self.ticket, safe="")


class Setup:
    """Arranges things with the platform; each call raises what ``calls.Api.call`` raises."""

    def __init__(self, client: ShopClient, *, account: str, notebook: Notebook, clock: Clock) -> None:
        self._client = client
        self._account = account
        self._notebook = notebook
        self._clock = clock
        self._tagging_now = asyncio.Lock()  # two who find no tag at the same time would both make one

    async def capabilities(self, kind: Literal["auto"] | Kind = "auto", *, afresh: bool = False) -> Capabilities:
        """Return what the account may do: by the setting, or by trying; remembered for a day."""
        if kind != "auto":
            return BY_KIND[kind]
        known = None if afresh else await self._notebook.find(self._account, "kind")
        if known is None or known not in BY_KIND:
            known = await self._probe()
            await self._notebook.keep(self._account, "kind", known, until=self._clock.now() + PROBED_FOR)
        return next(can for can in BY_KIND.values() if can.kind == known)

    async def _probe(self) -> Kind:
        """Try one call that every verified account may make, and one for service accounts only."""
        if not await self._may("tags/get"):
            return "unverified"
        return "service" if await self._may("template/get_all_private_template") else "subscription"

    async def _may(self, path: str) -> bool:
        try:
            await self._client.ask(path)
        except Refusal as no:
            if no.code in FEATURE_OFF:
                return False
            raise
        return True

    async def set_menus(self, everybody: Sequence[menus.Button], tagged: Mapping[str, Sequence[menus.Button]]) -> bool:
        """Give everybody and the people of each tag their menus; tell whether anything had to be changed.

        Phones show a new menu within five minutes.
        """
        now, conditional = await self._menus()
        changed = not menus.same(everybody, now)
        if changed:
            await self._client.ask("menu/create", {"button": list(everybody)})
        for name, tag in (await self.tags(tagged)).items():
            changed |= await self._set_menu(tag, tagged[name], conditional)
        return changed

    async def _set_menu(self, tag: int, menu: Sequence[menus.Button], now: Sequence[dict[str, Any]]) -> bool:
        """Give the people of one tag their menu; it can only be made anew, never changed."""
        mine = [one for one in now if _tag_of(one) == str(tag)]
        if len(mine) == 1 and menus.same(menu, mine[0].get("button")):
            return False
        for one in mine:
            await self._client.ask("menu/delconditional", {"menuid": str(one.get("menuid"))})
        await self._client.ask("menu/addconditional", {"button": list(menu), "matchrule": {"tag_id": str(tag)}})
        return True

    async def _menus(self) -> tuple[Any, list[dict[str, Any]]]:
        try:
            answer = await self._client.ask("menu/get")
        except Refusal as no:
            if no.code != NO_MENU:
                raise
            return None, []
        return answer.get("menu", {}).get("button"), answer.get("conditionalmenu", [])

    async def tags(self, names: Iterable[str]) -> dict[str, int]:
        """Return the ids of these tags, making those that are not there."""
        async with self._tagging_now:
            known = {str(tag["name"]): int(tag["id"]) for tag in (await self._client.ask("tags/get")).get("tags", [])}
            for name in names:
                if name not in known:
                    known[name] = int((await self._client.ask("tags/create", {"tag": {"name": name}}))["tag"]["id"])
            return {name: known[name] for name in names}

    async def show_menu(self, openid: str, role: str) -> None:
        """Show the menu of this role to a person; "" shows everybody's again.

        Of several tags the one put on last decides, so it is put on anew.
        """
        ours = await self.tags(menus.TAGS.values())
        worn = (await self._client.ask("tags/getidlist", {"openid": openid})).get("tagid_list", [])
        for tag in ours.values():
            if tag in worn:
                await self._client.ask("tags/members/batchuntagging", {"openid_list": [openid], "tagid": tag})
        if role:
            tagging = {"openid_list": [openid], "tagid": ours[menus.TAGS[role]]}
            await self._client.ask("tags/members/batchtagging", tagging)

    async def scene_ticket(self, scene_str: str, *, seconds: int | None = None) -> Scene:
        """Make a QR code with a scene of 1–64 characters: for so many seconds (at most 30 days), or for ever.

        An account has 100,000 lasting ones. ValueError for a scene or a time that WeChat does not know.
        """
        if not 1 <= len(scene_str) <= SCENE_LENGTH_MAX:
            raise ValueError("a scene has 1 to 64 characters")
        if seconds is not None and not 0 < seconds <= SCENE_SECONDS_MAX:
            raise ValueError("a temporary code lives at most 30 days")
        scene = {"action_info": {"scene": {"scene_str": scene_str}}}
        asked: dict[str, Any] = {"action_name": "QR_LIMIT_STR_SCENE"}
        if seconds is not None:
            asked = {"action_name": "QR_STR_SCENE", "expire_seconds": seconds}
        answer = await self._client.qrcode.create(asked | scene)
        return Scene(str(answer["ticket"]), str(answer["url"]))


def _tag_of(menu: dict[str, Any]) -> str:
    rule = menu.get("matchrule", {})
    return str(rule.get("tag_id") or rule.get("group_id") or "")
