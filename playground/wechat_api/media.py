"""Pictures given to the platform, which it keeps for three days."""

from __future__ import annotations

from typing import Any

from playground.wechat_api.answers import Ask, Download, Refused
from playground.wechat_api.state import Account

_MAGIC = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"))
THUMB_BYTES_MAX = 64 * 1024


def picture_type(content: bytes) -> str:
    """Return the content type that the first bytes tell, or nothing."""
    return next((kind for start, kind in _MAGIC if content.startswith(start)), "")


def upload(account: Account, ask: Ask) -> dict[str, Any]:
    """POST media/upload?type=image with a multipart field named media."""
    kind = ask.query.get("type", "")
    if kind not in {"image", "thumb"}:
        raise Refused(40004)
    if ask.upload is None or not ask.upload.name:
        raise Refused(41005)
    content = ask.upload.content
    if not content:
        raise Refused(44001)
    if not picture_type(content):
        raise Refused(40005)
    if kind == "thumb" and len(content) > THUMB_BYTES_MAX:
        raise Refused(45001)
    if len(content) > account.image_bytes_max:
        raise Refused(40009)
    name = account.keep(content, picture_type(content), ask.now)
    key = "thumb_media_id" if kind == "thumb" else "media_id"
    return {"type": kind, key: name, "created_at": int(ask.now.timestamp()), "item": []}


def get(account: Account, ask: Ask) -> Download:
    """GET media/get: the bytes, for three days."""
    found = account.fresh_media(ask.query.get("media_id"), ask.now)
    return Download(found.content, found.content_type, f"media.{found.content_type.rpartition('/')[2]}")
