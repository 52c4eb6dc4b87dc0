"""What is wrong with a shop.toml that cannot be read at all: the line, the reason in plain words, and the cure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

SIZE_MAX: Final = 4_000_000
"""So many bytes a shop.toml may have: room for some ten thousand products."""

_PLACE: Final = re.compile(r" ?\(at (?:line (?P<line>\d+), column \d+|end of document)\)")
_WIDE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("“", "”", "‘", "’", "＂"), '"'),
    "＝": "=",
    "，": ",",
    "［": "[",
    "］": "]",
}
_ASIDE: Final = re.compile(r"""\"(?:\\.|[^"\\])*"|'[^']*'|#.*""")
"""A whole text or a comment: what stands within may be anything."""
_BARE: Final = re.compile(r"[^=]*=\s*(?!true\b|false\b|inf\b|nan\b)[^\W\d]")


class NotToml(Exception):
    """The file is no TOML text; the message says what is wrong with it and what to do, in plain words."""


def read(content: bytes) -> tuple[str, Mapping[str, Any]]:
    """Return the text of a shop.toml and what it says, not yet checked. Raises NotToml."""
    text = _decoded(content)
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise NotToml(_told(text, str(wrong))) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, brackets within brackets without end
        raise NotToml("a number in it is too long, or brackets lie too deep in each other. Write it simpler.") from None


def _decoded(content: bytes) -> str:
    if len(content) > SIZE_MAX:
        raise NotToml(f"it has more than {SIZE_MAX // 1000} kB, which no shop needs. Is it the right file?")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotToml("it is saved as UTF-16. Save it as UTF-8 in your editor.")
    try:
        return content.decode("utf-8-sig")  # some editors put a mark in front that nobody sees
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        raise NotToml(f"line {line} is not UTF-8 (perhaps GBK). Save the file as UTF-8 in your editor.") from None


def _told(text: str, wrong: str) -> str:
    """Say a mistake of the writing in plain words; ``wrong`` is how the reader of TOML puts it."""
    rows = text.split("\n")
    place = _PLACE.search(wrong)
    number = int(place["line"]) if place is not None and place["line"] else len(rows)
    if wrong.startswith("Expected \"'"):  # it looked for the second ' down to the end: the last one there is the first
        number = text.count("\n", 0, text.rfind("'")) + 1
    row = rows[min(number, len(rows)) - 1]
    return f"line {number}: {_reason(row, wrong, place)}"


def _reason(row: str, wrong: str, place: re.Match[str] | None) -> str:
    if "Cannot overwrite" in wrong or "twice" in wrong or "Duplicate" in wrong:
        return "this name stands there already. Take one of the two out."
    code, quote, opened = _ASIDE.sub("0", row).partition('"')
    wide = next((sign for sign in code if sign in _WIDE), None)
    wide = wide or next((sign for sign in opened if _WIDE.get(sign) == '"'), None)  # perhaps the end of the text
    if wide is not None:
        return f"{wide} is the sign of a Chinese keyboard or a text program. Write {_WIDE[wide]} instead."
    if quote:
        return 'a " is missing. Put one before and one behind the text.'
    if "Invalid value" in wrong and _BARE.match(code):
        return 'a text stands without quotes. Write it as "text".'
    if "'" in code:
        return "a ' is missing. Put one before and one behind the text."
    said = wrong if place is None else wrong.replace(place[0], "")
    return f"{said}. Mend that line, or the one above it."
