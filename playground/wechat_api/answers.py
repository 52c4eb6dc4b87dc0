"""What the platform answers when it says no: the numbers it uses and the words that go with them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# WeChat's public list of global return codes; programs match on the number, never on the words.
WORDS = {
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40013: "invalid appid",
    40015: "invalid menu type",
    40016: "invalid button size",
    40017: "invalid button type",
    40018: "invalid button name size",
    40019: "invalid button key size",
    40020: "invalid button url size",
    40023: "invalid sub button size",
    40024: "invalid sub button type",
    40025: "invalid sub button name size",
    40026: "invalid sub button key size",
    40027: "invalid sub button url size",
    40029: "invalid code",
    40032: "invalid openid list size",
    40035: "invalid parameter",
    40037: "invalid template_id",
    40052: "invalid action name",
    40053: "invalid action info",
    40054: "invalid sub button url domain",
    40055: "invalid button url domain",
    40066: "invalid url",
    40125: "invalid appsecret",
    40130: "invalid openid list size, at least two openid",
    40163: "code been used",
    40164: "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41008: "missing code",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    44001: "empty media data",
    44002: "empty post data",
    44003: "empty news data",
    44004: "empty content",
    45001: "media size out of limit",
    45002: "content size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45015: "response out of time limit or subscription is canceled",
    45028: "has no masssend quota",
    45047: "out of response count limit",
    45056: "too many tag now, no need to add new",
    45058: "can't modify sys tag",
    45059: "can not add this tag to this user, out of limit",
    45065: "clientmsgid exist",
    45072: "invalid command",
    45080: "client cannot show typing without a recent message",
    45081: "already typing",
    45157: "invalid tag name, name already exist",
    45158: "tag name too long",
    45159: "invalid tag id",
    46003: "menu no exist",
    47001: "data format error",
    47003: "argument invalid",
    48001: "api unauthorized",
    48006: "forbid to clear quota because of reaching the limit",
    65301: "no conditional menu",
    65302: "no such user",
    65303: "there is no selfmenu, please create selfmenu first",
    65304: "match rule empty",
    65305: "conditional menu count out of limit",
    65316: "too many link domains in conditional menu",
    65320: "invalid tag in match rule",
}


class Refused(Exception):
    """The platform says no with a number; ``more`` are further fields of the answer."""

    def __init__(self, code: int, detail: str = "", **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.more = more


def refusal(code: int, detail: str = "", more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the JSON of a refusal, ending with a request id as the real platform does."""
    words = f"{WORDS.get(code, 'system error')} {detail}".strip()
    return {"errcode": code, "errmsg": f"{words} rid: {secrets.token_hex(4)}-{secrets.token_hex(4)}", **(more or {})}


def fine(**more: Any) -> dict[str, Any]:
    """Return the JSON of a plain yes."""
    return {"errcode": 0, "errmsg": "ok", **more}


@dataclass(frozen=True, slots=True)
class Upload:
    """One file sent to us as a multipart field."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Ask:
    """One call of the API, taken apart."""

    now: datetime
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    upload: Upload | None = None

    def part(self, name: str) -> Mapping[str, Any]:
        """Return an object inside the body; 47001 when it is something else."""
        found = self.body.get(name, {})
        if not isinstance(found, dict):
            raise Refused(47001)
        return found


@dataclass(frozen=True, slots=True)
class Download:
    """An answer that is a file instead of JSON."""

    content: bytes
    content_type: str
    name: str
