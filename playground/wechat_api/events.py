"""The inner XML of pushes: messages of people and events around them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from playground.wechat_api.pushing import Push, element
from playground.wechat_api.state import Account


def _xml(account: Account, user: str, now: datetime, fields: Mapping[str, Any]) -> str:
    head = {"ToUserName": account.original_id, "FromUserName": user, "CreateTime": int(now.timestamp())}
    return element("xml", {**head, **fields})


def message(
    account: Account, user: str, now: datetime, *, kind: str, fields: Mapping[str, Any], more: Mapping[str, Any]
) -> Push:
    """Return the push of something a person said; its MsgId stays the same in each delivery."""
    number = 22_000_000_000_000_000 + secrets.randbelow(10**15)
    content = {"MsgType": kind, **fields, "MsgId": number, **more}
    return Push(f"push/{kind}", user, _xml(account, user, now, content))


def event(
    account: Account, user: str, now: datetime, *, event: str, fields: Mapping[str, Any], answerable: bool
) -> Push:
    """Return the push of something that happened; ``answerable`` when a reply appears on the phone."""
    content = {"MsgType": "event", "Event": event, **fields}
    return Push(f"push/event/{event}", user, _xml(account, user, now, content), answerable=answerable, event=True)
