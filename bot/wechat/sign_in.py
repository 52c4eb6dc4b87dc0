"""Who opened one of the shop's pages inside WeChat, told by WeChat itself (OAuth, snsapi_base)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

from bot.wechat.calls import Api, Refusal
from membership.member import Identity
from scheduler.messenger import Trouble
from web.sign_in import SignInRefused, Vouched

PLATFORM = "https://api.weixin.qq.com"
AUTHORIZE = "https://open.weixin.qq.com/connect/oauth2/authorize"
STATE_LENGTH_MAX = 128
CODE_LENGTH_MAX = 512


class WeChatSignIn:
    """Signing in by OAuth, which authenticated service accounts have.

    The state is made, bound to the browser and used up by the caller; where to return to is checked by the caller.
    """

    def __init__(self, api: Api, *, app_id: str, app_secret: str, allowed: Callable[[], bool]) -> None:
        """``allowed`` tells whether this account may sign people in, which WeChat decides by its kind."""
        self._api = api
        self._app_id = app_id
        self._app_secret = app_secret
        self._allowed = allowed

    def __repr__(self) -> str:
        return "WeChatSignIn(…)"

    def way(self, back: str, state: str) -> str | None:
        """Return WeChat's address for signing in, or None where this account may not."""
        return self.authorize_url(back, state) if self._allowed() else None

    async def vouch(self, proof: str, *, now: datetime, age_max: timedelta) -> Vouched:
        """Return the account behind a code. WeChat itself lets it count once and for five minutes.

        Raises SignInRefused.
        """
        del now, age_max
        return Vouched(Identity("wechat", self._app_id, await self.openid(proof)))

    def authorize_url(self, redirect: str, state: str) -> str:
        """Return the address that sends the browser to WeChat and back to ``redirect?code=…&state=…``.

        ValueError for a state that WeChat would not carry (1–128 ASCII letters and digits).
        """
        if not (state.isascii() and state.isalnum() and len(state) <= STATE_LENGTH_MAX):
            raise ValueError("WeChat carries a state of at most 128 letters and digits")
        # The platform demands this order of the fields.
        query = {"appid": self._app_id, "redirect_uri": redirect, "response_type": "code", "scope": "snsapi_base"}
        base = AUTHORIZE if self._api.url == PLATFORM else f"{self._api.url}/connect/oauth2/authorize"
        return f"{base}?{urlencode(query | {'state': state})}#wechat_redirect"

    async def openid(self, code: str) -> str:
        """Return the openid behind a code, which WeChat gives once and for five minutes. Raises SignInRefused."""
        if not 0 < len(code) <= CODE_LENGTH_MAX:
            raise SignInRefused("no_code")
        query = {"appid": self._app_id, "secret": self._app_secret, "code": code}
        try:
            answer = await self._api.call(
                "/sns/oauth2/access_token", query={**query, "grant_type": "authorization_code"}
            )
        except Refusal as no:
            raise SignInRefused(f"errcode_{no.code}") from None
        except Trouble as trouble:
            raise SignInRefused(str(trouble)) from None
        openid = answer.get("openid")
        if not isinstance(openid, str) or not openid:
            raise SignInRefused("no_openid")
        return openid
