"""WeChat's API as this account may use it: wechatpy builds the requests, our own connection carries them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wechatpy import WeChatClient

from bot.wechat.calls import Api, File, Refusal
from bot.wechat.token import Tokens
from scheduler.messenger import Uncertain

EXPIRED = frozenset({40001, 40014, 42001})  # the token is not, or no longer, valid (CHANNELS §2)


class ShopClient(WeChatClient):  # type: ignore[misc] # wechatpy has no types
    """wechatpy's request builders, made async: every call of its API classes is to be awaited.

    A refused token is thrown away, fetched again once and the call repeated once; wechatpy's own retrying, which
    knows no end, stays off. Calls raise what ``calls.Api.call`` raises.
    """

    def __init__(self, app_id: str, *, api: Api, tokens: Tokens) -> None:
        super().__init__(app_id, "", auto_retry=False)  # the secret stays with the tokens
        self._api = api
        self._tokens = tokens

    def __repr__(self) -> str:
        return "ShopClient(…)"

    async def ask(self, path: str, body: Any = None, **query: str) -> Any:
        """Make a call that wechatpy does not know (or knows wrongly); ``path`` below /cgi-bin/."""
        return await self._with_token(path, query, body, None)

    async def upload(self, picture: bytes) -> str:
        """Upload a temporary picture (kept three days by the platform) and return its media id."""
        kind = "jpeg" if picture.startswith(b"\xff\xd8\xff") else "png"
        file = File(f"picture.{kind}", f"image/{kind}", picture)
        answer = await self._with_token("media/upload", {"type": "image"}, None, file)
        if not answer.get("media_id"):
            raise Uncertain("no_media_id")
        return str(answer["media_id"])

    async def download(self, media_id: str) -> bytes:
        """Return the bytes of a photo somebody sent."""
        content = await self.media.download(media_id)
        if not isinstance(content, bytes):
            raise Refusal(40007, "no medium")
        return content

    async def _request(self, method: str, url_or_endpoint: str, **given: Any) -> Any:
        """Carry one request that wechatpy built (its only way out)."""
        del method  # a call with a body is a POST
        result = await self._with_token(url_or_endpoint, given.get("params") or {}, given.get("data"), None)
        process = given.get("result_processor")
        return process(result) if process else result

    async def _with_token(self, path: str, query: Mapping[str, str], body: Any, file: File | None) -> Any:
        token = await self._tokens.get()
        try:
            return await self._once(path, query, token, body=body, file=file)
        except Refusal as no:
            if no.code not in EXPIRED:
                raise
        await self._tokens.expire(token)
        return await self._once(path, query, await self._tokens.get(), body=body, file=file)

    async def _once(self, path: str, query: Mapping[str, str], token: str, *, body: Any, file: File | None) -> Any:
        full = {str(name): str(value) for name, value in query.items()} | {"access_token": token}
        return await self._api.call(f"/cgi-bin/{path}", query=full, body=body, file=file)


def stable_token(api: Api, *, app_id: str, app_secret: str) -> Any:
    """Return the function by which ``Tokens`` asks for a token.

    stable_token gives the same token until its last five minutes; a forced refresh is for a token that the platform
    refuses although it gave it.
    """

    async def fetch(*, force: bool) -> Mapping[str, object]:
        body = {"grant_type": "client_credential", "appid": app_id, "secret": app_secret, "force_refresh": force}
        answer = await api.call("/cgi-bin/stable_token", query={}, body=body)
        return dict(answer)

    return fetch
