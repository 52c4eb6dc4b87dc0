"""The passes to the API: how they are given out, how long they last and who may ask for them."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from playground.wechat_api.answers import Ask, Refused
from playground.wechat_api.state import BEIJING, Account, Token

LASTS = timedelta(seconds=7200)
OVERLAP = timedelta(seconds=300)


def check(account: Account, ask: Ask) -> None:
    """Let a call in that carries a valid access_token; 41001, 40001 or 42001 otherwise."""
    text = ask.query.get("access_token", "")
    if not text:
        raise Refused(41001)
    token = account.tokens.get(text)
    if token is None or (token.retired_at is not None and token.retired_at <= ask.now):
        raise Refused(40001)
    if token.ends_at <= ask.now:
        raise Refused(42001)


def _check_keys(account: Account, appid: Any, secret: Any) -> None:
    if not account.ip_allowed:
        raise Refused(40164)
    if not appid:
        raise Refused(41002)
    if appid != account.app_id:
        raise Refused(40013)
    if not secret:
        raise Refused(41004)
    if secret != account.app_secret:
        raise Refused(40125)


def _new(account: Account, now: datetime) -> str:
    text = f"{secrets.randbelow(90) + 10}_{secrets.token_urlsafe(96)}"
    account.tokens[text] = Token(ends_at=now + LASTS)
    return text


def give(account: Account, ask: Ask) -> dict[str, Any]:
    """GET token: a new one each time; the one before stays valid for five minutes."""
    if ask.query.get("grant_type") != "client_credential":
        raise Refused(40002)
    _check_keys(account, ask.query.get("appid"), ask.query.get("secret"))
    before = account.tokens.get(account.newest)
    if before is not None:
        before.retired_at = ask.now + OVERLAP
    account.newest = _new(account, ask.now)
    return {"access_token": account.newest, "expires_in": int(LASTS.total_seconds())}


def give_stable(account: Account, ask: Ask) -> dict[str, Any]:
    """POST stable_token: the same one until its last five minutes, unless a refresh is forced."""
    if ask.body.get("grant_type") != "client_credential":
        raise Refused(40002)
    _check_keys(account, ask.body.get("appid"), ask.body.get("secret"))
    token = account.tokens.get(account.stable)
    forced = ask.body.get("force_refresh") is True
    if token is not None and forced:
        token.retired_at = ask.now
    # A retired stable token (the page's "revoke" or a forced refresh) is never handed out again.
    if token is None or token.retired_at is not None or token.ends_at - ask.now <= OVERLAP:
        account.stable = _new(account, ask.now)
        token = account.tokens[account.stable]
    return {"access_token": account.stable, "expires_in": int((token.ends_at - ask.now).total_seconds())}


def revoke(account: Account, now: datetime) -> None:
    """Make every pass given so far worthless, as when another program asked for one."""
    for token in account.tokens.values():
        token.retired_at = now


def give_js_ticket(account: Account, ask: Ask) -> dict[str, Any]:
    """GET ticket/getticket: the ticket that signs pages, the same for two hours."""
    if ask.query.get("type") not in {"jsapi", "wx_card"}:
        raise Refused(40035)
    if account.js_ticket is None or account.js_ticket[1] <= ask.now:
        account.js_ticket = (secrets.token_urlsafe(48), ask.now + LASTS)
    left = int((account.js_ticket[1] - ask.now).total_seconds())
    return {"errcode": 0, "errmsg": "ok", "ticket": account.js_ticket[0], "expires_in": left}


def clear_quota(account: Account, ask: Ask) -> dict[str, Any]:
    """POST clear_quota: forget today's counts; ten times a month."""
    if ask.body.get("appid") != account.app_id:
        raise Refused(40013)
    month = ask.now.astimezone(BEIJING).strftime("%Y-%m")
    if account.clears[month] >= 10:  # noqa: PLR2004 - the platform's own number
        raise Refused(48006)
    account.clears[month] += 1
    account.used.clear()
    return {"errcode": 0, "errmsg": "ok"}


def addresses(_account: Account, _ask: Ask) -> dict[str, Any]:
    """GET getcallbackip, get_api_domain_ip: where the platform speaks from."""
    return {"ip_list": ["127.0.0.1"]}
