"""Answers of the program to a push, read as strictly as WeChat reads them."""

from __future__ import annotations

import xml.parsers.expat
from dataclasses import dataclass, field

from playground.wechat_api.crypto import BadSeal, Sealer

TEXT_BYTES_MAX = 2048
ARTICLES_TO_EVENT_MAX = 8
DEPTH_MAX = 8


class BadReply(ValueError):
    """The program answered something that WeChat does not accept."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The program answered "" or "success": nothing appears on the phone."""

    xml: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A text."""

    content: str
    xml: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that was uploaded before."""

    media_id: str
    xml: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """Articles that lead to pages."""

    articles: tuple[dict[str, str], ...]
    xml: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """The person shall speak with a human."""

    xml: str = ""


Reply = Nothing | Text | Image | News | Transfer


@dataclass(slots=True)
class _Node:
    name: str
    text: str = ""
    inside: list[_Node] = field(default_factory=list)

    def fields(self, *needed: str, optional: tuple[str, ...] = ()) -> dict[str, _Node]:
        """Return the elements inside by name: exactly these, each once, and no words between them."""
        if self.text.strip():
            raise BadReply(f"words between the elements of {self.name}")
        names = [node.name for node in self.inside]
        if len(set(names)) < len(names):
            raise BadReply(f"an element of {self.name} comes twice")
        if missing := set(needed) - set(names):
            raise BadReply(f"{self.name} lacks {sorted(missing)}")
        if strange := set(names) - {*needed, *optional}:
            raise BadReply(f"{self.name} has unknown elements {sorted(strange)}")
        return {node.name: node for node in self.inside}

    def words(self) -> str:
        """Return the text of an element that has nothing but text."""
        if self.inside:
            raise BadReply(f"elements inside {self.name}")
        return self.text


def _parse(body: str) -> _Node:
    """Return the tree; BadReply for anything but plain elements and text."""
    top = _Node("")
    stack = [top]
    parser = xml.parsers.expat.ParserCreate()

    def opened(name: str, attributes: dict[str, str]) -> None:
        if attributes or len(stack) > DEPTH_MAX:
            raise BadReply("attributes or too deep nesting")
        node = _Node(name)
        stack[-1].inside.append(node)
        stack.append(node)

    def closed(_name: str) -> None:
        stack.pop()

    def heard(text: str) -> None:
        stack[-1].text += text

    def doctype(*_parts: object) -> None:
        raise BadReply("a document type is not allowed")

    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = heard, doctype
    try:
        parser.Parse(body, True)  # noqa: FBT003 - expat takes its arguments by place only
    except xml.parsers.expat.ExpatError as wrong:
        raise BadReply(f"not XML: {wrong}") from wrong
    return top.inside[0]


def read(body: bytes, *, user: str, original_id: str, sealer: Sealer | None, event: bool) -> Reply:
    """Return what the program wants to show; BadReply when WeChat would show its fault notice instead.

    ``sealer`` is given in safe mode: then only "", "success" and sealed XML pass. ``event`` allows eight articles
    instead of one.
    """
    if body in {b"", b"success"}:
        return Nothing()
    try:
        text = body.decode()
    except UnicodeDecodeError as wrong:
        raise BadReply("not UTF-8") from wrong
    if sealer is not None:
        text = _unsealed(text, sealer)
    root = _parse(text)
    if root.name != "xml":
        raise BadReply("the root element is not xml")
    return _reply(root, text, addresses=(user, original_id), articles_max=ARTICLES_TO_EVENT_MAX if event else 1)


def _unsealed(text: str, sealer: Sealer) -> str:
    outer = _parse(text).fields("Encrypt", "MsgSignature", "TimeStamp", "Nonce", optional=("ToUserName",))
    try:
        return sealer.checked(
            outer["Encrypt"].words(),
            timestamp=outer["TimeStamp"].words(),
            nonce=outer["Nonce"].words(),
            signature=outer["MsgSignature"].words(),
        )
    except BadSeal as wrong:
        raise BadReply(str(wrong)) from wrong


_SHAPES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "text": (("Content",), ()),
    "image": (("Image",), ()),
    "news": (("ArticleCount", "Articles"), ()),
    "transfer_customer_service": ((), ("TransInfo",)),
}


def _reply(root: _Node, text: str, *, addresses: tuple[str, str], articles_max: int) -> Reply:
    kind = next((node.words() for node in root.inside if node.name == "MsgType"), "")
    if kind not in _SHAPES:
        raise BadReply(f"unknown MsgType {kind!r}")
    needed, optional = _SHAPES[kind]
    found = root.fields("ToUserName", "FromUserName", "CreateTime", "MsgType", *needed, optional=optional)
    if (found["ToUserName"].words(), found["FromUserName"].words()) != addresses:
        raise BadReply("ToUserName and FromUserName are not the other way round")
    if not found["CreateTime"].words().isdecimal():
        raise BadReply("CreateTime is not a number")
    return _content(kind, found, text, articles_max)


def _content(kind: str, found: dict[str, _Node], text: str, articles_max: int) -> Reply:
    if kind == "text":
        return _text(found["Content"].words(), text)
    if kind == "image":
        return Image(found["Image"].fields("MediaId")["MediaId"].words(), text)
    if kind == "news":
        return _news(found, text, articles_max)
    if "TransInfo" in found:
        found["TransInfo"].fields("KfAccount")
    return Transfer(text)


def _text(content: str, text: str) -> Text:
    if not content:
        raise BadReply("the text is empty")
    if len(content.encode()) > TEXT_BYTES_MAX:
        raise BadReply("the text is over 2048 bytes")
    return Text(content, text)


def _news(found: dict[str, _Node], text: str, articles_max: int) -> News:
    items = found["Articles"].inside
    if found["Articles"].text.strip() or any(item.name != "item" for item in items):
        raise BadReply("Articles holds something else than item")
    if found["ArticleCount"].words() != str(len(items)) or not 1 <= len(items) <= articles_max:
        raise BadReply("ArticleCount is wrong or too large")
    names = ("Title", "Description", "PicUrl", "Url")
    fields = [item.fields(*names) for item in items]
    return News(tuple({name.lower(): each[name].words() for name in names} for each in fields), text)
