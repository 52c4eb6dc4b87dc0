"""The XML that answers a push: one text or one picture, and nothing anybody wrote can break out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wechatpy.replies import ImageReply, TextReply

from bot.wechat.said import Push


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A picture the platform has, by its media id."""

    media_id: str


Content = str | Uploaded


def answer_xml(push: Push, content: Content, *, now: datetime) -> str:
    """Return the plain XML of an answer to this push, still to be sealed."""
    envelope = {"source": push.shop, "target": push.openid, "time": int(now.timestamp())}
    if isinstance(content, Uploaded):
        return str(ImageReply(image=cdata(content.media_id), **envelope).render())
    return str(TextReply(content=cdata(content), **envelope).render())


def cdata(text: str) -> str:
    """Return text that stays inside the CDATA section wechatpy writes around it."""
    return text.replace("]]>", "]]]]><![CDATA[>")
