"""Signing in to the shop's pages from inside WeChat: a code for the browser, an openid for the shop."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from playground.wechat_api.answers import Ask, Refused
from playground.wechat_api.state import Account, Login

CODE_LASTS = timedelta(minutes=5)


def authorize(account: Account, ask: Ask, user: str) -> str:
    """Return where the browser goes next; Refused when WeChat would show an error page."""
    query = ask.query
    if query.get("appid") != account.app_id:
        raise Refused(40013)
    if account.kind != "service":
        raise Refused(48001)
    if query.get("response_type") != "code" or query.get("scope") not in {"snsapi_base", "snsapi_userinfo"}:
        raise Refused(40035)
    parts = urlsplit(query.get("redirect_uri", ""))
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise Refused(40035)
    account.fan(user)
    code = secrets.token_urlsafe(24)
    account.logins[code] = Login(user, ask.now + CODE_LASTS)
    added = urlencode({"code": code, "state": query.get("state", "")})
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}".lstrip("&"), fragment=""))


def exchange(account: Account, ask: Ask) -> dict[str, Any]:
    """GET sns/oauth2/access_token: 40029 for an unknown or old code, 40163 for one used before."""
    query = ask.query
    if query.get("appid") != account.app_id:
        raise Refused(40013)
    if query.get("secret") != account.app_secret:
        raise Refused(40125)
    if account.kind != "service":
        raise Refused(48001)
    if query.get("grant_type") != "authorization_code":
        raise Refused(40002)
    if not query.get("code"):
        raise Refused(41008)
    login = account.logins.get(query["code"])
    if login is None or login.ends_at <= ask.now:
        raise Refused(40029)
    if login.used:
        raise Refused(40163)
    login.used = True
    return {
        "access_token": secrets.token_urlsafe(64),
        "expires_in": 7200,
        "refresh_token": secrets.token_urlsafe(64),
        "openid": login.user,
        "scope": "snsapi_base",
    }
