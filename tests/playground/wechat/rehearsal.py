"""A program that answers pushes, and a bare HTTP client that speaks to the rehearsal's WeChat."""

from __future__ import annotations

import base64
import hashlib
import io
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from playground.clock import MovableClock
from playground.faults import Faults
from playground.inspector import Inspector
from playground.phones import Person
from playground.wechat_api import WeChatPlatform

APP, SECRET, TOKEN = "wxrehearsal", "s3cret", "callbacktoken"
AES = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
GH = "gh_memberbot"


def _cipher() -> Cipher[modes.CBC]:
    key = base64.b64decode(AES + "=")
    return Cipher(algorithms.AES256(key), modes.CBC(key[:16]))


def sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


@dataclass
class Program:
    """Plays the shop's program: keeps what was pushed and answers what a test wants."""

    received: list[tuple[dict[str, str], str]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    pause: Callable[[], Awaitable[None]] | None = None
    safe: bool = True

    def text(self, user: str, content: str, **changed: str) -> str:
        parts = {"ToUserName": user, "FromUserName": GH, "CreateTime": "1790000000", "MsgType": "text"} | changed
        inside = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in parts.items())
        return f"<xml>{inside}<Content><![CDATA[{content}]]></Content></xml>"

    def seal(self, inner: str, *, app: str = APP, token: str = TOKEN) -> str:
        plain = b"r" * 16 + struct.pack("!I", len(inner.encode())) + inner.encode() + app.encode()
        plain += bytes([32 - len(plain) % 32]) * (32 - len(plain) % 32)
        work = _cipher().encryptor()
        sealed = base64.b64encode(work.update(plain) + work.finalize()).decode()
        signature = sign(token, "1790000000", "n", sealed)
        return (
            f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>"
            "<TimeStamp>1790000000</TimeStamp><Nonce><![CDATA[n]]></Nonce></xml>"
        )

    async def answer(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        if request.method == "GET":
            good = query["signature"] == sign(TOKEN, query["timestamp"], query["nonce"])
            return web.Response(text=query["echostr"] if good else "no")
        body = await request.text()
        self.received.append((query, self._opened(query, body) if self.safe else body))
        if self.pause is not None:
            await self.pause()
        given = self.answers.pop(0) if self.answers else ""
        return web.Response(status=given) if isinstance(given, int) else web.Response(text=given)

    def _opened(self, query: dict[str, str], body: str) -> str:
        sealed = ET.fromstring(body).findtext("Encrypt") or ""
        assert query["msg_signature"] == sign(TOKEN, query["timestamp"], query["nonce"], sealed)
        work = _cipher().decryptor()
        plain = work.update(base64.b64decode(sealed)) + work.finalize()
        plain = plain[: -plain[-1]]
        (length,) = struct.unpack("!I", plain[16:20])
        assert plain[20 + length :] == APP.encode()
        return plain[20 : 20 + length].decode()

    @property
    def inner(self) -> list[str]:
        return [xml for _query, xml in self.received]

    def last(self) -> dict[str, str]:
        return {node.tag: node.text or "" for node in ET.fromstring(self.inner[-1]).iter()}


@dataclass
class Rehearsal:
    wechat: WeChatPlatform
    program: Program
    client: aiohttp.ClientSession
    clock: MovableClock
    inspector: Inspector
    faults: Faults
    base: str
    token: str = ""

    async def get(self, path: str, **query: Any) -> Any:
        async with self.client.get(f"{self.base}/{path}", params=self._with_token(query)) as got:
            assert got.status == 200
            assert got.headers["Content-Type"] == "application/json; encoding=utf-8"
            return await got.json(content_type=None)

    async def post(self, path: str, body: Any = None, **query: Any) -> Any:
        async with self.client.post(f"{self.base}/{path}", json=body, params=self._with_token(query)) as got:
            assert got.status == 200
            return await got.json(content_type=None)

    async def upload(self, content: bytes, kind: str = "image") -> Any:
        form = aiohttp.FormData()
        form.add_field("media", io.BytesIO(content), filename="card.png", content_type="image/png")
        query = {"access_token": self.token, "type": kind}
        async with self.client.post(f"{self.base}/cgi-bin/media/upload", data=form, params=query) as got:
            return await got.json(content_type=None)

    def _with_token(self, query: dict[str, Any]) -> dict[str, Any]:
        return {"access_token": self.token, **query} if self.token else query

    async def sign_in(self) -> None:
        keys = {"grant_type": "client_credential", "appid": APP, "secret": SECRET}
        self.token = (await self.post("cgi-bin/stable_token", keys))["access_token"]

    def texts(self, user: str = "oA") -> list[str]:
        return [bubble.text for bubble in self.wechat.screen(user).bubbles]


def person(openid: str) -> Person:
    return Person(openid.lower(), "wechat", openid, "小美", "13800138000", "zh-Hans")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
