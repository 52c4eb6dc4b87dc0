"""WeChat as the rehearsal plays it: the account's state, the people's phones, and pushes to the program."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from playground.clock import MovableClock
from playground.faults import Faults
from playground.inspector import Inspector
from playground.phones import Person, Screen
from playground.wechat_api import bubbles, events, media, menus, scenes, tokens
from playground.wechat_api.crypto import Sealer
from playground.wechat_api.notices import TEMPLATES
from playground.wechat_api.pushing import Outcome, Push, Pusher
from playground.wechat_api.replies import Image, News, Text, Transfer
from playground.wechat_api.squares import draw
from playground.wechat_api.state import Account, Code, Fan, Kind, Trigger
from playground.wechat_api.web import Addresses


class WeChatPlatform:
    """One Official Account and everybody around it; implements ``Phones``.

    ``callback_url`` is where pushes go ("" = the account has no server configured: nothing is pushed). Pushing
    needs ``start_pushing``. Acts of one person are pushed in order, one after another; a phone's call returns when
    its push was answered or given up. ValueError: something this phone cannot do now; KeyError: unknown person.
    """

    def __init__(
        self,
        *,
        clock: MovableClock,
        inspector: Inspector,
        faults: Faults,
        app_id: str,
        app_secret: str,
        token: str,
        aes_key: str,
        base_url: Callable[[], str],
        original_id: str = "gh_memberbot",
        kind: Kind = "service",
        draw_code: Callable[[str], tuple[bytes, str]] = draw,
    ) -> None:
        self._clock = clock
        self._base_url = base_url
        self._tasks: set[asyncio.Task[None]] = set()
        self.account = Account(app_id, app_secret, original_id, kind)
        self.title = "会员服务"
        self.callback_url = ""
        self.job_seconds = 0.05
        sealer = Sealer(token=token, aes_key=aes_key, app_id=app_id)
        self.pusher = Pusher(clock=clock, inspector=inspector, faults=faults, sealer=sealer, original_id=original_id)
        self._addresses = Addresses(
            lambda: self.account,
            clock=clock,
            inspector=inspector,
            faults=faults,
            draw_code=draw_code,
            after=self._push_jobs,
        )

    @property
    def kind(self) -> Kind:
        """The kind of account, which decides what the API allows; may be changed at run time."""
        return self.account.kind

    @kind.setter
    def kind(self, kind: Kind) -> None:
        self.account.kind = kind

    @property
    def safe(self) -> bool:
        """Whether pushes are encrypted (safe mode) or plain."""
        return self.pusher.safe

    @safe.setter
    def safe(self, safe: bool) -> None:
        self.pusher.safe = safe

    def routes(self, prefix: str = "/wechat") -> list[web.RouteDef]:
        """Return the routes of the platform's API, to be added to an application."""
        self.account.media_path = f"{prefix}/media/"
        return self._addresses.routes(prefix)

    async def start_pushing(self) -> None:
        """Begin to push to ``callback_url``."""
        await self.pusher.open()

    async def close(self) -> None:
        """Stop pushing and let hanging calls go."""
        self._addresses.closed.set()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.pusher.close()

    async def settle(self) -> None:
        """Wait until every event that follows from calls (job finished and so on) was pushed."""
        while self._tasks:
            await asyncio.gather(*list(self._tasks), return_exceptions=True)

    async def handshake(self) -> bool:
        """Ask the callback to echo a word; whether it did. False before ``start_pushing``."""
        return await self.pusher.handshake(self.callback_url)

    def reset(self) -> None:
        """Forget everything, people too; the account's keys and its kind stay."""
        old = self.account
        self.account = Account(old.app_id, old.app_secret, old.original_id, old.kind, media_path=old.media_path)

    def revoke_tokens(self) -> None:
        """Make every access token worthless (40001), as when another program asked for one."""
        tokens.revoke(self.account, self._clock.now())

    # What a phone shows

    def acquaint(self, person: Person) -> None:
        """Add somebody who has followed for long: the program knows them, and nothing is pushed."""
        if person.user not in self.account.fans:
            self.add(person)
        fan = self.account.fans[person.user]
        fan.following, fan.followed_at, fan.followed_by = True, self._now(), "ADD_SCENE_SEARCH"

    def add(self, person: Person) -> None:
        """Give a person a WeChat account that does not follow yet."""
        if person.user in self.account.fans:
            raise ValueError("this openid is taken")
        self.account.fans[person.user] = Fan(person)

    def screen(self, user: str) -> Screen:
        """Return what this phone shows now."""
        fan = self.account.fans[user]
        menu = menus.of_person(self.account, fan) if fan.following else None
        typing = fan.typing_until is not None and fan.typing_until > self._clock.now()
        return Screen(
            person=fan.person.id,
            app="wechat",
            title=self.title,
            bubbles=list(fan.bubbles),
            menu=menu.buttons if menu else [],
            following=fan.following,
            typing=typing,
        )

    def version(self, user: str) -> int:
        """Return a number that grows with each change of this phone's screen."""
        return self.account.fans[user].version

    def image(self, address: str) -> tuple[bytes, str]:
        """Return bytes and content type of a picture shown in a bubble."""
        found = self.account.media[address.rpartition("/")[2]]
        return found.content, found.content_type

    # What a person does

    async def start(self, user: str, payload: str = "") -> None:
        """Follow, or scan the scene code made for ``payload``; ValueError when the program made no such code."""
        code = scenes.by_scene(self.account, payload) if payload else None
        if payload and code is None:
            raise ValueError("there is no QR code of this scene")
        await self._enter(self.account.fans[user], code)

    async def _enter(self, fan: Fan, code: Code | None) -> None:
        now = self._now()
        if code is not None and code.ends_at is not None and code.ends_at <= now:
            bubbles.put(self.account, fan, now, author="system", text="二维码已过期")
            return
        if fan.following:
            if code is not None:
                await self._event(fan, "SCAN", {"EventKey": code.scene, "Ticket": code.ticket}, trigger="scan")
            return
        fan.following, fan.followed_at, fan.scene = True, now, code.scene if code else ""
        fan.followed_by = "ADD_SCENE_QR_CODE" if code else "ADD_SCENE_SEARCH"
        fan.version += 1
        key = {"EventKey": f"qrscene_{code.scene}", "Ticket": code.ticket} if code else {"EventKey": ""}
        await self._event(fan, "subscribe", key, trigger="follow")

    async def stop(self, user: str) -> None:
        """Unfollow: tags, windows and consents are gone."""
        fan = self._follower(user)
        fan.following = False
        fan.tags.clear()
        fan.windows.clear()
        fan.grants.clear()
        fan.version += 1
        await self._event(fan, "unsubscribe", {"EventKey": ""}, answerable=False)

    async def say(self, user: str, text: str) -> None:
        """Type and send a text, control characters and all."""
        await self._say(self._follower(user), text, {})

    async def _say(self, fan: Fan, text: str, more: Mapping[str, Any]) -> None:
        bubbles.put(self.account, fan, self._now(), author="me", text=text)
        await self._message(fan, "text", {"Content": text}, more)

    async def press(self, user: str, bubble: str, data: str) -> None:
        """Tap a clickable word; ``data`` is its bizmsgmenu id (or, when no id fits, what it says)."""
        fan = self._follower(user)
        words = fan.words.get(bubble, {})
        number = data if data in words else next((key for key, says in words.items() if says == data), "")
        if not number:
            raise ValueError("this bubble has no such word")
        await self._say(fan, words[number], {"bizmsgmenuid": number})

    async def menu(self, user: str, key: str) -> None:
        """Tap a menu entry: its key, or its address for an entry that opens a page."""
        fan = self._follower(user)
        entry, menu_id = self._entry(fan, key)
        if entry["type"] == "click":
            await self._event(fan, "CLICK", {"EventKey": key}, trigger="click")
        elif entry["type"] == "view":
            await self._event(fan, "VIEW", {"EventKey": key, "MenuId": menu_id}, answerable=False)
        else:
            raise ValueError("this menu entry opens the camera")

    def _entry(self, fan: Fan, key: str) -> tuple[dict[str, Any], int]:
        menu = menus.of_person(self.account, fan)
        for entry in menus.entries(menu.buttons) if menu else []:
            if menu and key in {entry.get("key"), entry.get("url")}:
                return entry, menu.id
        raise ValueError("this person's menu has no such entry")

    async def scan(self, user: str, text: str, *, key: str = "") -> None:
        """Scan with the menu's entry ``key``, or with WeChat's own camera, which knows scene codes."""
        if not key:
            code = scenes.by_url(self.account, text)
            if code is not None:
                await self._enter(self.account.fans[user], code)
            return
        fan = self._follower(user)
        kind = self._entry(fan, key)[0]["type"]
        if kind not in {"scancode_waitmsg", "scancode_push"}:
            raise ValueError("this menu entry does not open the camera")
        result = {"ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": text}}
        await self._event(
            fan, kind, {"EventKey": key, **result}, trigger="click", answerable=kind == "scancode_waitmsg"
        )

    async def photo(self, user: str, picture: bytes) -> None:
        """Send a photo."""
        fan, now = self._follower(user), self._now()
        name = self.account.keep(picture, media.picture_type(picture) or "image/jpeg", now)
        address = self.account.media_path + name
        bubbles.put(self.account, fan, now, author="me", kind="image", image=address)
        await self._message(fan, "image", {"PicUrl": self._base_url() + address, "MediaId": name}, {})

    async def contact(self, user: str, *, phone: str = "", owner: str = "") -> None:
        """Nothing happens: WeChat shares no telephone number with an Official Account."""
        del phone, owner
        self._follower(user)

    async def tell(self, user: str, kind: str, fields: Mapping[str, Any]) -> None:
        """Send a message of any other kind: voice, location, or one that nobody knows."""
        await self._message(self._follower(user), kind, fields, {})

    async def happen(self, user: str, event: str, fields: Mapping[str, Any]) -> None:
        """Push any other event about this person."""
        await self._event(self.account.fans[user], event, fields, answerable=False)

    async def grant(self, user: str, template_id: str) -> None:
        """Agree to get one subscription notice of a template; KeyError for an unknown one."""
        fan, template = self._follower(user), TEMPLATES[template_id]
        fan.grants[template.id] += 1
        one = {"TemplateId": template.id, "SubscribeStatusString": "accept", "PopupScene": 2}
        await self._event(fan, "subscribe_msg_popup_event", {"SubscribeMsgPopupEvent": {"List": one}}, answerable=False)

    def block_notices(self, user: str, *, blocked: bool = True) -> None:
        """Refuse template messages of this account (TEMPLATESENDJOBFINISH then says failed:user block)."""
        self.account.fans[user].blocks_notices = blocked

    # Pushing

    def _now(self) -> datetime:
        return self._clock.now().astimezone(UTC)

    def _follower(self, user: str) -> Fan:
        fan = self.account.fans[user]
        if not fan.following:
            raise ValueError("this person does not follow the account")
        return fan

    async def _message(self, fan: Fan, kind: str, fields: Mapping[str, Any], more: Mapping[str, Any]) -> None:
        now = self._now()
        fan.open_window("message", now)
        await self._push(fan, events.message(self.account, fan.person.user, now, kind=kind, fields=fields, more=more))

    async def _event(
        self,
        fan: Fan,
        event: str,
        fields: Mapping[str, Any],
        *,
        trigger: Trigger | None = None,
        answerable: bool = True,
    ) -> None:
        now = self._now()
        if trigger is not None:
            fan.open_window(trigger, now)
        user = fan.person.user
        await self._push(fan, events.event(self.account, user, now, event=event, fields=fields, answerable=answerable))

    async def _push(self, fan: Fan, push: Push) -> None:
        async with fan.queue:
            if not self.callback_url or not self.pusher.ready:
                return
            self._show(fan, push, await self.pusher.deliver(self.callback_url, push))

    def _show(self, fan: Fan, push: Push, outcome: Outcome) -> None:
        """Show the reply of the program, or the platform's notice that the program is broken."""
        now, reply = self._now(), outcome.reply
        if not push.answerable or not fan.following:
            return
        if isinstance(reply, Image) and reply.media_id not in self.account.media:
            outcome = Outcome(fault="unknown media_id")
        if outcome.fault:
            bubbles.put(self.account, fan, now, author="system", text=bubbles.BROKEN)
        elif isinstance(reply, Text):
            bubbles.put_text(self.account, fan, now, reply.content)
        elif isinstance(reply, Image):
            bubbles.put_image(self.account, fan, now, self.account.media_path + reply.media_id)
        elif isinstance(reply, News):
            for article in reply.articles:
                bubbles.put_article(self.account, fan, now, article)
        elif isinstance(reply, Transfer):
            bubbles.put(self.account, fan, now, author="system", text="已转接人工客服")

    def _push_jobs(self) -> None:
        """Push in the background what follows from the last call."""
        jobs, self.account.jobs = self.account.jobs, []
        for job in jobs:
            push = events.event(
                self.account, job.user, self._now(), event=job.event, fields=job.fields, answerable=False
            )
            self._spawn(self._push_job(push))

    async def _push_job(self, push: Push) -> None:
        # The program shall have the answer of its call before it hears how the job ended.
        await asyncio.sleep(self.job_seconds)
        if self.callback_url and self.pusher.ready:
            await self.pusher.deliver(self.callback_url, push)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
