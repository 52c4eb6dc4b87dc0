"""A small stage for the WeChat wires: sealed pushes from another implementation, a desk, a notebook, words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import httpx
from starlette.applications import Starlette

from bot.clock import Clock
from bot.wechat.answers import Content, Uploaded
from bot.wechat.callback import Limits, WeChatCallback
from bot.wechat.capabilities import BY_KIND, Capabilities
from bot.wechat.crypto import Seal
from bot.wechat.planning import Part, Planner
from handlers.said import Said
from membership.member import Identity, Who
from membership.messages import Message, Picture, Reply, plain
from playground.wechat_api.crypto import Sealer
from scheduler.messenger import Sent
from services.outgoing import Outgoing
from services.turns import Turn

APP_ID, TOKEN, AES_KEY = "wx0123456789abcdef", "a-shared-token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SHOP, OPENID = "gh_memberbot", "oTheFirstFollower0000000000"
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
PATH = "/wechat/callback"


class StillClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._now.timestamp()

    def step(self, by: timedelta) -> None:
        self._now += by


class PlainWords:
    """Shows own words as they are and any other message as its key and facts."""

    def text(self, message: Message, language: str) -> str:
        if message.key == "plain":
            return str(message.facts["text"])
        return " ".join([message.key, *(f"{name}={fact}" for name, fact in message.facts.items()), language])


class Brush:
    """Paints a picture as bytes that tell its kind, after so many seconds."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    async def paint(self, picture: Picture, language: str) -> bytes:
        await asyncio.sleep(self.seconds)
        return b"\x89PNG\r\n\x1a\n" + f"{picture.kind} {sorted(picture.facts.items())} {language}".encode()


class Pocketbook:
    """A notebook in memory; ends are kept by the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.kept: dict[str, tuple[str, datetime | None]] = {}

    async def find(self, account: str, name: str) -> str | None:
        value, until = self.kept.get(f"{account} {name}", (None, None))
        return None if until is not None and until <= self._clock.now() else value

    async def keep(self, account: str, name: str, value: str, *, until: datetime | None = None) -> None:
        self.kept[f"{account} {name}"] = (value, until)

    async def forget(self, account: str, name: str, value: str) -> bool:
        return self.kept.pop(f"{account} {name}", ("", None))[0] == value

    async def find_media(self, account: str, digest: str) -> str | None:
        return await self.find(account, f"media {digest}")

    async def keep_media(self, account: str, digest: str, file_id: str, *, until: datetime | None = None) -> None:
        await self.keep(account, f"media {digest}", file_id, until=until)

    async def forget_media(self, account: str, digest: str) -> None:
        self.kept.pop(f"{account} media {digest}", None)


def row_of(said: Said, reply: Reply) -> Outgoing:
    return Outgoing(said.event, "reply", "reply", "i1", said.identity, "zh-Hans", reply)


@dataclass
class Counter:
    """A desk that stores each event once and gives the first reply again, as the real one does."""

    answer: Callable[[Said], Reply | None] = lambda said: Reply((plain(f"heard {said.text or said.word}"),))
    seconds: float = 0.0
    taken: list[Said] = field(default_factory=list)
    delivered: list[Outgoing] = field(default_factory=list)
    settled: list[Outgoing] = field(default_factory=list)
    stored: dict[str, Reply | None] = field(default_factory=dict)
    send: Callable[[Outgoing], Awaitable[Sent]] | None = None

    async def take(self, said: Said) -> Turn:
        await asyncio.sleep(self.seconds)
        who = Who("i1", said.identity, "zh-Hans")
        if said.event in self.stored:
            return Turn(who, self.stored[said.event], repeated=True)
        self.taken.append(said)
        reply = self.stored[said.event] = self.answer(said)
        return Turn(who, reply, None if reply is None else row_of(said, reply))

    async def deliver(self, row: Outgoing, /) -> None:
        self.delivered.append(row)
        if self.send is not None:
            await self.send(row)

    async def settle(self, row: Outgoing, sent: Sent, /) -> None:
        assert sent == Sent()
        self.settled.append(row)


@dataclass
class Speaker:
    """Composes as the messenger does, without a platform: pictures take time and get a media id."""

    can: Capabilities = BY_KIND["service"]
    seconds: float = 0.0
    followed: list[tuple[str, tuple[Part, ...]]] = field(default_factory=list)

    async def compose(self, reply: Reply, language: str) -> tuple[Content, tuple[Part, ...]] | None:
        plan = Planner(PlainWords(), public_url="https://shop.example").plan(reply, language, self.can)
        if plan is None:
            return None
        if isinstance(plan.passive, str):
            return plan.passive, plan.follow_ups
        await asyncio.sleep(self.seconds)
        return Uploaded(f"MEDIA-{plan.passive.kind}"), plan.follow_ups

    async def follow(self, openid: str, parts: tuple[Part, ...], language: str) -> None:
        assert language
        if parts:
            self.followed.append((openid, parts))


async def no_photo(media_id: str) -> bytes:
    raise AssertionError(media_id)


async def no_codes(picture: bytes) -> tuple[str, ...]:
    raise AssertionError(picture)


class Post:
    """WeChat's side: seals pushes, posts them to the callback, opens the answers."""

    def __init__(self, callback: WeChatCallback, clock: StillClock) -> None:
        self.sealer = Sealer(token=TOKEN, aes_key=AES_KEY, app_id=APP_ID)
        self.callback = callback
        self._clock = clock
        self._nonces = iter(range(10**6))
        app = Starlette(routes=list(callback.routes()))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://callback")

    def envelope(self, xml: str, *, sealer: Sealer | None = None) -> tuple[dict[str, str], str]:
        """Return the query and the body of one sealed push."""
        sealer = sealer or self.sealer
        stamp, nonce, sealed = str(int(self._clock.now().timestamp())), f"n{next(self._nonces)}", sealer.seal(xml)
        query = {"timestamp": stamp, "nonce": nonce, "msg_signature": sealer.signature(stamp, nonce, sealed)}
        body = f"<xml><ToUserName><![CDATA[{SHOP}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        return query | {"signature": sealer.signature(stamp, nonce), "encrypt_type": "aes"}, body

    async def push(self, xml: str) -> httpx.Response:
        query, body = self.envelope(xml)
        return await self.http.post(PATH, params=query, content=body.encode())

    def read(self, response: httpx.Response) -> str:
        """Return the inner XML of an answer after checking its seal as WeChat does."""
        tags = {name: inside(response.text, name) for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")}
        return self.sealer.checked(
            tags["Encrypt"], timestamp=tags["TimeStamp"], nonce=tags["Nonce"], signature=tags["MsgSignature"]
        )


def make_post(
    desk: Counter,
    speaker: Speaker | None = None,
    *,
    clock: StillClock | None = None,
    limits: Limits | None = None,
    fetch: Callable[..., object] = no_photo,
    read_codes: Callable[..., object] = no_codes,
) -> Post:
    clock = clock or StillClock()
    callback = WeChatCallback(
        account=APP_ID,
        seal=Seal(token=TOKEN, aes_key=AES_KEY, app_id=APP_ID),
        desk=desk,
        answers=speaker or Speaker(),
        clock=clock,
        fetch=fetch,  # type: ignore[arg-type] # each test's own small function
        read_codes=read_codes,  # type: ignore[arg-type] # the same
        limits=limits,
    )
    return Post(callback, clock)


def text_xml(text: str, *, number: int = 22211872600753510, **more: str) -> str:
    return push_xml({"MsgType": "text", "Content": text, "MsgId": str(number)} | more)


def event_xml(event: str, **more: str) -> str:
    return push_xml({"MsgType": "event", "Event": event} | more)


def push_xml(fields: Mapping[str, str]) -> str:
    head = {"ToUserName": SHOP, "FromUserName": OPENID, "CreateTime": str(int(NOW.timestamp()))}
    return (
        "<xml>"
        + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in {**head, **fields}.items())
        + "</xml>"
    )


def said(event: str = "e1", **given: object) -> Said:
    base = Said(event, Identity("wechat", APP_ID, OPENID), "text", NOW, text="积分")
    return replace(base, **given)  # type: ignore[arg-type] # the tests name real fields


def inside(xml: str, name: str) -> str:
    return xml.split(f"<{name}>")[1].split(f"</{name}>", maxsplit=1)[0].removeprefix("<![CDATA[").removesuffix("]]>")
