"""What is arranged with the platform once: what the account may do, its menus, the staff's tag, scene codes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
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

STAFF_TAG = "员工"
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

    async def set_menus(self, everybody: Sequence[menus.Button], staff: Sequence[menus.Button]) -> bool:
        """Give everybody and the staff their menus; tell whether anything had to be changed.

        Phones show a new menu within five minutes.
        """
        now, conditional = await self._menus()
        changed = not menus.same(everybody, now)
        if changed:
            await self._client.ask("menu/create", {"button": list(everybody)})
        tag = await self.staff_tag()
        mine = [menu for menu in conditional if _tag_of(menu) == str(tag)]
        if len(mine) == 1 and menus.same(staff, mine[0].get("button")):
            return changed
        for menu in mine:
            await self._client.ask("menu/delconditional", {"menuid": str(menu.get("menuid"))})
        await self._client.ask("menu/addconditional", {"button": list(staff), "matchrule": {"tag_id": str(tag)}})
        return True

    async def _menus(self) -> tuple[Any, list[dict[str, Any]]]:
        try:
            answer = await self._client.ask("menu/get")
        except Refusal as no:
            if no.code != NO_MENU:
                raise
            return None, []
        return answer.get("menu", {}).get("button"), answer.get("conditionalmenu", [])

    async def staff_tag(self) -> int:
        """Return the id of the staff's tag, making it where there is none."""
        async with self._tagging_now:
            for tag in (await self._client.ask("tags/get")).get("tags", []):
                if tag.get("name") == STAFF_TAG:
                    return int(tag["id"])
            return int((await self._client.ask("tags/create", {"tag": {"name": STAFF_TAG}}))["tag"]["id"])

    async def tag_staff(self, openid: str) -> None:
        """Show the staff's menu to this person: of several tags the one put on last decides, so it is put on anew."""
        await self.untag_staff(openid)
        await self._client.ask("tags/members/batchtagging", await self._tagging(openid))

    async def untag_staff(self, openid: str) -> None:
        """Show everybody's menu to this person again."""
        await self._client.ask("tags/members/batchuntagging", await self._tagging(openid))

    async def _tagging(self, openid: str) -> dict[str, Any]:
        return {"openid_list": [openid], "tagid": await self.staff_tag()}

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
