"""How the phone shows what the shop sent: texts with clickable words, pictures, articles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from playground.phones import Bubble
from playground.wechat_api.state import Account, Fan

BROKEN = "该公众号提供的服务出现故障，请稍后再试"
_ANCHOR = re.compile(r'<a\s+href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)

Span = tuple[int, int, str, str]


def _word(address: str) -> tuple[str, str] | None:
    """Return what a tap says and its id, for WeChat's bizmsgmenu addresses."""
    if not address.startswith("weixin://bizmsgmenu?"):
        return None
    query = parse_qs(urlsplit(address).query, keep_blank_values=True)
    says, number = query.get("msgmenucontent", [""])[0], query.get("msgmenuid", [""])[0]
    return (says, number) if says and number else None


def read_text(content: str) -> tuple[str, list[Span], dict[str, str]]:
    """Return the text a phone shows, its spans, and what each clickable id says."""
    shown, spans, words, end = "", list[Span](), dict[str, str](), 0
    for match in _ANCHOR.finditer(content):
        address, label = match.groups()
        word = _word(address)
        if word is None and not address.startswith(("http://", "https://")):
            continue
        shown += content[end : match.start()]
        kind, value = ("link", address) if word is None else ("word", word[0])
        spans.append((len(shown), len(label), kind, value))
        if word is not None:
            words[word[1]] = word[0]
        shown, end = shown + label, match.end()
    return shown + content[end:], spans, words


def put(
    account: Account,
    fan: Fan,
    now: datetime,
    *,
    author: Literal["me", "shop", "system"],
    kind: Literal["text", "image", "news", "menu"] = "text",
    **shown: Any,
) -> Bubble:
    """Add one bubble at the end of the chat."""
    bubble = Bubble(
        id=str(next(account.bubble_ids)), author=author, kind=kind, at=now.isoformat(timespec="seconds"), **shown
    )
    fan.bubbles.append(bubble)
    fan.version += 1
    return bubble


def put_text(account: Account, fan: Fan, now: datetime, content: str) -> None:
    """Show a text of the shop."""
    text, spans, words = read_text(content)
    bubble = put(account, fan, now, author="shop", text=text, spans=spans)
    fan.words[bubble.id] = words


def put_choices(account: Account, fan: Fan, now: datetime, menu: Mapping[str, Any]) -> None:
    """Show a customer-service message of type msgmenu: a question with clickable answers."""
    lines, spans, words = [str(menu.get("head_content", ""))], list[Span](), dict[str, str]()
    for entry in menu["list"]:
        says = str(entry["content"])
        spans.append((len("\n".join(lines)) + 1, len(says), "word", says))
        words[str(entry["id"])] = says
        lines.append(says)
    lines += [str(menu["tail_content"])] if menu.get("tail_content") else []
    bubble = put(account, fan, now, author="shop", kind="menu", text="\n".join(lines), spans=spans)
    fan.words[bubble.id] = words


def put_article(account: Account, fan: Fan, now: datetime, article: Mapping[str, str]) -> None:
    """Show a card that leads to a page."""
    put(
        account,
        fan,
        now,
        author="shop",
        kind="news",
        title=article.get("title", ""),
        text=article.get("description", ""),
        image=article.get("picurl", ""),
        url=article.get("url", ""),
    )


def put_image(account: Account, fan: Fan, now: datetime, address: str) -> None:
    """Show a picture of the shop."""
    put(account, fan, now, author="shop", kind="image", image=address)
