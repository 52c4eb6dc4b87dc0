"""What one push of WeChat says, put into the words of the house; no push is trusted to be well made."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from bot.wechat.crypto import Refused
from handlers.said import Said
from membership.member import Identity

DEPTH_MAX = 8
ELEMENTS_MAX = 200
OPENID_LENGTH_MAX = 64
TEXT_LENGTH_MAX = 4096
TIME_DIGITS_MAX = 11
WORD_BYTES_MAX = 64  # our own are shorter; a forged id may bring more
# WeChat passes on raw control characters that people typed; no XML parser takes them. U+FFFE, U+FFFF likewise.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
WORDLESS = frozenset({"voice", "video", "shortvideo", "location", "link", "file"})  # from a person, but nothing to read


@dataclass(frozen=True, slots=True)
class Push:
    """One push: what was said, and what only the wires need.

    ``shop`` is the account's own name in WeChat (gh_…), which signs the passive answer; ``openid`` the person's.
    ``media_id`` is a photo still to be fetched. ``silent`` says that WeChat shows no answer to this push.
    Several things are said at once only where one push grants several later messages.
    """

    shop: str
    openid: str
    saids: tuple[Said, ...]
    media_id: str = ""
    silent: bool = False

    @property
    def event(self) -> str:
        return self.saids[0].event


def from_xml(xml: str, *, account: str, now: datetime) -> Push | None:
    """Return what this push says, or None for what is acknowledged and forgotten.

    ``account`` is the app id. It was said when WeChat says so (CreateTime, whole seconds), but not after ``now``.
    Raises crypto.Refused for anything that no well-meaning platform sends.
    """
    tree = parse(xml)
    kind = _text(tree, "MsgType").lower()
    openid, shop = _text(tree, "FromUserName"), _text(tree, "ToUserName")
    if not kind or not openid or not shop or len(openid) > OPENID_LENGTH_MAX:
        raise Refused
    at = min(_created(tree, now), now)
    said = Said(_event_id(tree, account), Identity("wechat", account, openid), "note", at, window="")
    push = Push(shop, openid, (said,))
    return _event(tree, push) if kind == "event" else _message(tree, push, kind)


def parse(xml: str) -> Element:
    """Return the tree of a small, plain document: no DOCTYPE, no entities, no attributes. Raises crypto.Refused."""
    parser = XMLParser(target=_SmallTree(), forbid_dtd=True)  # entities and outside references are forbidden anyway
    try:
        parser.feed(FORBIDDEN.sub("", xml))
        tree = parser.close()
    except (ParseError, DefusedXmlException, ValueError):
        raise Refused from None
    if not isinstance(tree, Element) or tree.tag != "xml":
        raise Refused
    return tree


class _SmallTree(TreeBuilder):
    """Builds a tree, but gives up at once when it grows too deep or too large."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._count = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._count += 1
        if self._depth > DEPTH_MAX or self._count > ELEMENTS_MAX or attrs:
            raise Refused
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def _message(tree: Element, push: Push, kind: str) -> Push:
    said = replace(push.saids[0], kind="text", window="long")
    if kind == "text":
        chosen = _text(tree, "bizmsgmenuid")
        said = replace(said, text=_text(tree, "Content")[:TEXT_LENGTH_MAX])
        return replace(push, saids=(replace(said, kind="press", word=_chosen(chosen)) if chosen else said,))
    if kind == "image":
        return replace(push, saids=(replace(said, kind="photo"),), media_id=_text(tree, "MediaId"))
    if kind in WORDLESS:
        return replace(push, saids=(replace(said, text=_text(tree, "Recognition")[:TEXT_LENGTH_MAX]),))
    return replace(push, saids=(replace(said, kind="note", word=f"unknown {kind}"),), silent=True)


def _event(tree: Element, push: Push) -> Push | None:
    name = _text(tree, "Event").lower()
    if not name:
        raise Refused
    if name == "view":
        return None  # a page was opened from the menu; the page itself sees the visitor
    return EVENTS.get(name, _unknown)(tree, push)


def _follow(tree: Element, push: Push) -> Push:
    source = _text(tree, "EventKey").removeprefix("qrscene_")
    return replace(push, saids=(replace(push.saids[0], kind="follow", source=source, window="short"),))


def _leave(_tree: Element, push: Push) -> Push:
    return replace(push, saids=(replace(push.saids[0], kind="leave"),), silent=True)


def _press(tree: Element, push: Push) -> Push:
    said = replace(push.saids[0], kind="press", word=_text(tree, "EventKey"), window="short")
    return replace(push, saids=(said,))


def _scan(tree: Element, push: Push) -> Push:
    result = _text(tree, "ScanCodeInfo/ScanResult")
    codes = (result,) if result else ()
    said = replace(push.saids[0], kind="scan", word=_text(tree, "EventKey"), codes=codes, window="short")
    # After scancode_push WeChat itself opens what was scanned and shows no answer of ours, but sends it all the same.
    return replace(push, saids=(said,))


def _grants(tree: Element, push: Push) -> Push | None:
    accepted = [
        _text(item, "TemplateId")
        for item in tree.findall("SubscribeMsgPopupEvent/List")
        if _text(item, "SubscribeStatusString") == "accept"
    ]
    if not accepted:
        return None
    said = replace(push.saids[0], kind="grant")
    each = tuple(replace(said, event=f"{said.event}:{number}", word=word) for number, word in enumerate(accepted))
    return replace(push, saids=each, silent=True)


def _finished(kind: str) -> Callable[[Element, Push], Push]:
    def note(tree: Element, push: Push) -> Push:
        word = f"{kind} {_text(tree, 'MsgID')} {_text(tree, 'Status')}"
        return replace(push, saids=(replace(push.saids[0], word=word),), silent=True)

    return note


def _unknown(tree: Element, push: Push) -> Push:
    return replace(push, saids=(replace(push.saids[0], word=f"unknown {_text(tree, 'Event').lower()}"),), silent=True)


EVENTS: dict[str, Callable[[Element, Push], Push | None]] = {
    "subscribe": _follow,
    "scan": _follow,  # a scene code scanned by somebody who follows already
    "unsubscribe": _leave,
    "click": _press,
    "scancode_push": _scan,
    "scancode_waitmsg": _scan,
    "subscribe_msg_popup_event": _grants,
    "templatesendjobfinish": _finished("template"),
    "masssendjobfinish": _finished("mass"),
}


def _event_id(tree: Element, account: str) -> str:
    number = _text(tree, "MsgId")
    if number.isascii() and number.isdigit():
        return f"wechat:{account}:{number}"
    names = ("FromUserName", "CreateTime", "Event", "EventKey", "ScanCodeInfo/ScanResult", "MsgID")
    parts = "\n".join(_text(tree, name) for name in names)
    return f"wechat:{account}:{hashlib.sha256(parts.encode()).hexdigest()[:32]}"


def _created(tree: Element, now: datetime) -> datetime:
    """Return when WeChat took what was said (UTC); ``now`` where it tells no such time."""
    told = _text(tree, "CreateTime")
    if not (told.isascii() and told.isdigit()) or len(told) > TIME_DIGITS_MAX:
        return now
    return datetime.fromtimestamp(int(told), UTC)


def _chosen(menu_id: str) -> str:
    """Return the word of a tapped line; "" for what no line of ours says.

    The id is sent percent-encoded; some clients give it back decoded, some do not.
    """
    word = FORBIDDEN.sub("", unquote(menu_id))
    return word if len(word.encode()) <= WORD_BYTES_MAX else ""


def _text(tree: Element, path: str) -> str:
    return (tree.findtext(path) or "").strip()
