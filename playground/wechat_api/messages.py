"""Customer-service messages: what may be said to a person who was active a moment ago."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from playground.wechat_api import bubbles
from playground.wechat_api.answers import Ask, Refused, fine
from playground.wechat_api.state import Account, Fan

TEXT_BYTES_MAX = 2048
TYPING_LASTS = timedelta(seconds=15)
TYPING_AFTER = timedelta(seconds=30)


def send(account: Account, ask: Ask) -> dict[str, Any]:
    """POST message/custom/send: text, image, news, msgmenu or miniprogrampage."""
    kind = str(ask.body.get("msgtype"))
    fan = account.fan(ask.body.get("touser"))
    if kind not in SHOWN:
        raise Refused(40008)
    content = ask.part(kind)
    CHECKED[kind](account, content, ask.now)
    fan.use_window(ask.now)
    fan.typing_until = None
    SHOWN[kind](account, fan, ask.now, content)
    return fine()


def check_text(_account: Account, content: Mapping[str, Any], _now: datetime) -> None:
    """Refuse an empty text (44004) and one over 2048 bytes (45002)."""
    text = content.get("content")
    if not isinstance(text, str) or not text:
        raise Refused(44004)
    if len(text.encode()) > TEXT_BYTES_MAX:
        raise Refused(45002)


def check_image(account: Account, content: Mapping[str, Any], now: datetime) -> None:
    """Refuse a picture the platform does not know any more (40007)."""
    account.fresh_media(content.get("media_id"), now)


def _check_news(_account: Account, content: Mapping[str, Any], _now: datetime) -> None:
    articles = content.get("articles")
    if not isinstance(articles, list) or not articles:
        raise Refused(44003)
    if len(articles) > 1:  # one article a customer-service message since 2018
        raise Refused(45008)
    if not all(isinstance(article, dict) and article.get("title") for article in articles):
        raise Refused(47003)


def _check_choices(_account: Account, content: Mapping[str, Any], _now: datetime) -> None:
    entries = content.get("list")
    if not isinstance(entries, list) or not entries:
        raise Refused(47003)
    for entry in entries:
        if not isinstance(entry, dict) or not entry.get("id") or not entry.get("content"):
            raise Refused(47003)


def _check_mini_program(account: Account, content: Mapping[str, Any], now: datetime) -> None:
    if not content.get("appid") or not content.get("pagepath"):
        raise Refused(47003)
    account.fresh_media(content.get("thumb_media_id"), now)


def show_text(account: Account, fan: Fan, now: datetime, content: Mapping[str, Any]) -> None:
    """Put a text on the phone."""
    bubbles.put_text(account, fan, now, str(content["content"]))


def show_image(account: Account, fan: Fan, now: datetime, content: Mapping[str, Any]) -> None:
    """Put a picture on the phone."""
    bubbles.put_image(account, fan, now, account.media_path + str(content["media_id"]))


def _show_news(account: Account, fan: Fan, now: datetime, content: Mapping[str, Any]) -> None:
    bubbles.put_article(account, fan, now, content["articles"][0])


def _show_mini_program(account: Account, fan: Fan, now: datetime, content: Mapping[str, Any]) -> None:
    bubbles.put_article(account, fan, now, {"title": str(content.get("title", "")), "url": str(content["pagepath"])})


CHECKED = {
    "text": check_text,
    "image": check_image,
    "news": _check_news,
    "msgmenu": _check_choices,
    "miniprogrampage": _check_mini_program,
}
SHOWN = {
    "text": show_text,
    "image": show_image,
    "news": _show_news,
    "msgmenu": bubbles.put_choices,
    "miniprogrampage": _show_mini_program,
}


def show_typing(account: Account, ask: Ask) -> dict[str, Any]:
    """POST message/custom/typing: 45080 when nothing was said for 30 s, 45081 when it is already shown."""
    fan = account.fan(ask.body.get("touser"))
    command = str(ask.body.get("command"))
    if command not in {"Typing", "CancelTyping"}:
        raise Refused(45072)
    if command == "CancelTyping":
        fan.typing_until = None
    elif fan.talked_at is None or ask.now - fan.talked_at > TYPING_AFTER:
        raise Refused(45080)
    elif fan.typing_until is not None and fan.typing_until > ask.now:
        raise Refused(45081)
    else:
        fan.typing_until = ask.now + TYPING_LASTS
    fan.version += 1
    return fine()
