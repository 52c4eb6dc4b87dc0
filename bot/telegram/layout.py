"""How one reply fits into Telegram's messages: what stands under the picture, what follows, and where to cut."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, Literal

TEXT_UNITS_MAX: Final = 4096
CAPTION_UNITS_MAX: Final = 1024
TOAST_UNITS_MAX: Final = 200

_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)[^>]*>")
_GAP: Final = "\n\n"


@dataclass(frozen=True, slots=True)
class Part:
    """One Telegram message: a text, or a photo or document with the words under it; ``words`` are HTML."""

    kind: Literal["text", "photo", "document"]
    words: str = ""


def units(text: str) -> int:
    """Return a text's length as Telegram counts it: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def visible(marked: str) -> str:
    """Return what is seen of Telegram's HTML: its length is what the limits count."""
    return html.unescape(_TAG.sub("", marked))


def shorten(text: str, most: int) -> str:
    """Return the text, cut to so many UTF-16 units with an ellipsis where it is longer."""
    return text if units(text) <= most else _head(text, most - 1).rstrip() + "…"


def lay_out(paragraphs: Sequence[str], *, picture: bool, document: bool) -> tuple[Part, ...]:
    """Return the messages that say these paragraphs of HTML, in order; none where there is nothing to say.

    Under a picture stands as much as fits; what does not fit follows as texts.
    """
    blocks = [block for block in paragraphs if visible(block).strip()]
    parts: list[Part] = []
    if picture:
        caption, blocks = _caption(blocks)
        parts.append(Part("photo", caption))
    elif document and _fits(blocks, CAPTION_UNITS_MAX):
        return (Part("document", _GAP.join(blocks)),)
    parts += [Part("text", text) for text in _pack(blocks)]
    return (*parts, Part("document")) if document else tuple(parts)


def _caption(blocks: list[str]) -> tuple[str, list[str]]:
    count = max(n for n in range(len(blocks) + 1) if _fits(blocks[:n], CAPTION_UNITS_MAX))
    return _GAP.join(blocks[:count]), blocks[count:]


def _fits(blocks: Sequence[str], most: int) -> bool:
    return units(visible(_GAP.join(blocks))) <= most


def _pack(blocks: Sequence[str]) -> Iterator[str]:
    """Give texts within the limit, each as full as whole paragraphs make it."""
    held: list[str] = []
    for piece in chain.from_iterable(map(_cut, blocks)):
        if held and not _fits([*held, piece], TEXT_UNITS_MAX):
            yield _GAP.join(held)
            held = []
        held.append(piece)
    if held:
        yield _GAP.join(held)


def _cut(block: str) -> Iterator[str]:
    """Give a paragraph in pieces within the limit, cut between lines; its marks are dropped if they span lines."""
    if _fits([block], TEXT_UNITS_MAX):
        yield block
        return
    lines = block.split("\n")
    if not all(_is_whole(line) for line in lines):
        lines = [html.escape(line, quote=False) for line in visible(block).split("\n")]
    held = ""
    for piece in chain.from_iterable(map(_cut_line, lines)):
        joined = f"{held}\n{piece}" if held else piece
        if not _fits([joined], TEXT_UNITS_MAX):
            yield held
            joined = piece
        held = joined
    yield held


def _cut_line(line: str) -> Iterator[str]:
    if _fits([line], TEXT_UNITS_MAX):
        yield line
        return
    rest = visible(line)
    while rest:
        head = _head(rest, TEXT_UNITS_MAX)
        rest = rest[len(head) :]
        yield html.escape(head, quote=False)


def _is_whole(line: str) -> bool:
    """Tell whether every mark opened in the line is closed in it."""
    opened: list[str] = []
    for mark in _TAG.finditer(line):
        closing, name = mark.groups()
        if not closing:
            opened.append(name)
        elif not opened or opened.pop() != name:
            return False
    return not opened


def _head(text: str, most: int) -> str:
    """Return the longest beginning within so many UTF-16 units."""
    taken = text.encode("utf-16-le", "surrogatepass")[: most * 2]
    return taken.decode("utf-16-le", "ignore")
