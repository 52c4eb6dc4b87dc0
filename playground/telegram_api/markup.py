"""Reading the marks in a text: HTML as Telegram reads it, and the commands and addresses it finds by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from playground.telegram_api.errors import ApiError, bad_request

Entity = dict[str, Any]

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot));?")
_ATTRIBUTE = re.compile(r"""\s*([^\s=>"']+)(\s*=\s*(?:"([^"]*)"|'([^']*)'|([a-zA-Z0-9.\-]+)))?""")
_FOUND_ALONE = re.compile(
    r"(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)）。，])"
    r"|(?<![\w/<>@])(?P<bot_command>/[a-zA-Z0-9_]{1,64}(?:@[a-zA-Z0-9_]{5,32})?)(?![\w/])"
    r"|(?<![\w@])(?P<mention>@[a-zA-Z][a-zA-Z0-9_]{3,31})(?![\w])"
    r"|(?<![\w#])(?P<hashtag>#[^\W\d]\w*)",
)
_LAST_CHARACTER = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


def units(text: str) -> int:
    """Return the length in UTF-16 code units, as Telegram counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def in_characters(text: str, offset: int, length: int) -> tuple[int, int]:
    """Turn an offset and a length in UTF-16 units into Python characters."""
    raw = text.encode("utf-16-le", "surrogatepass")
    start = len(raw[: offset * 2].decode("utf-16-le", "ignore"))
    end = len(raw[: (offset + length) * 2].decode("utf-16-le", "ignore"))
    return start, end - start


def found_alone(text: str) -> list[Entity]:
    """Return what Telegram marks without being asked: commands, addresses, mentions and hashtags."""
    found = []
    for match in _FOUND_ALONE.finditer(text):
        kind = str(match.lastgroup)
        found.append({"offset": units(text[: match.start()]), "length": units(match.group()), "type": kind})
    return found


def marked(text: str, given: list[Entity]) -> tuple[str, list[Entity]]:
    """Trim a text as Telegram does and join the given marks with those found alone."""
    kept = text.rstrip()
    start = units(kept) - units(kept.lstrip())
    kept = kept.lstrip()
    entities = [moved for entity in given if (moved := _within(entity, start, units(kept)))]
    taken = [(entity["offset"], entity["offset"] + entity["length"]) for entity in entities if _opaque(entity)]
    entities += [entity for entity in found_alone(kept) if not _overlaps(entity, taken)]
    return kept, sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _opaque(entity: Entity) -> bool:
    return entity["type"] in {"code", "pre", "text_link"}


def _overlaps(entity: Entity, taken: list[tuple[int, int]]) -> bool:
    start, end = entity["offset"], entity["offset"] + entity["length"]
    return any(start < other_end and other_start < end for other_start, other_end in taken)


def _within(entity: Entity, start: int, length: int) -> Entity | None:
    offset = max(entity["offset"] - start, 0)
    end = min(entity["offset"] + entity["length"] - start, length)
    return {**entity, "offset": offset, "length": end - offset} if end > offset else None


@dataclass(slots=True)
class _Open:
    tag: str
    offset: int
    start: int
    value: dict[str, str]


def parse_html(html: str) -> tuple[str, list[Entity]]:
    """Return the plain text and its entities; ApiError 400 "can't parse entities: …" as tdlib words it."""
    return _HtmlReader(html).read()


class _HtmlReader:
    """One pass over a text; offsets in complaints are bytes of UTF-8, as Telegram's are."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.at = 0
        self.parts: list[str] = []
        self.length = 0
        self.open: list[_Open] = []
        self.entities: list[Entity] = []

    def read(self) -> tuple[str, list[Entity]]:
        while self.at < len(self.html):
            if self.html[self.at] == "<":
                self._tag()
            else:
                self._plain()
        if self.open:
            raise self._wrong(f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')
        self.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.parts), self.entities

    def _plain(self) -> None:
        reference = _REFERENCE.match(self.html, self.at)
        character = _referred(reference) if reference else None
        if reference and character:
            self._add(character)
            self.at = reference.end()
        else:
            self._add(self.html[self.at])
            self.at += 1

    def _add(self, character: str) -> None:
        self.parts.append(character)
        self.length += units(character)

    def _tag(self) -> None:
        if self.html.startswith("</", self.at):
            self._end_tag()
        else:
            self._start_tag()

    def _start_tag(self) -> None:
        begin = self.at
        name = re.compile(r"[^\s>]*").match(self.html, begin + 1)
        assert name is not None
        tag = name.group().lower()
        if name.end() >= len(self.html):
            raise self._wrong("Unclosed start tag", begin)
        if tag not in TAGS:
            raise self._wrong(f'Unsupported start tag "{tag}"', begin)
        self.at = name.end()
        values = self._attributes(tag, begin)
        if tag == "span" and values.get("class") != "tg-spoiler":
            raise self._wrong('Tag "span" must have class "tg-spoiler"', begin)
        self.open.append(_Open(tag, self.length, len(self.parts), values))

    def _attributes(self, tag: str, begin: int) -> dict[str, str]:
        values: dict[str, str] = {}
        while True:
            while self.at < len(self.html) and self.html[self.at].isspace():
                self.at += 1
            if self.at >= len(self.html):
                raise self._wrong("Unclosed start tag", begin)
            if self.html[self.at] == ">":
                self.at += 1
                return values
            self._attribute(values, tag=tag, begin=begin)

    def _attribute(self, values: dict[str, str], *, tag: str, begin: int) -> None:
        match = _ATTRIBUTE.match(self.html, self.at)
        if match is None:
            raise self._wrong(f'Empty attribute name in the tag "{tag}"', begin)
        value = next((group for group in match.group(3, 4, 5) if group is not None), "")
        if match.group(2) is None and (tag, match.group(1)) != ("blockquote", "expandable"):
            raise self._wrong(f'Expected equal sign in declaration of an attribute of the tag "{tag}"', begin)
        values[match.group(1).lower()] = _REFERENCE.sub(lambda found: _referred(found) or found.group(), value)
        self.at = match.end()

    def _end_tag(self) -> None:
        begin = self.at
        if not self.open:
            raise self._wrong("Unexpected end tag", begin)
        match = re.compile(r"</([^\s>]*)\s*(>?)").match(self.html, begin)
        assert match is not None
        if not match.group(2):
            raise self._wrong("Unclosed end tag", begin)
        opened = self.open.pop()
        name = match.group(1).lower()
        if name and name != opened.tag:
            where = len(self.html[:begin].encode())
            why = f'Unmatched end tag at byte offset {where}, expected "</{opened.tag}>", found "</{name}>"'
            raise self._wrong(why)
        self.at = match.end()
        self._close(opened)

    def _close(self, opened: _Open) -> None:
        length = self.length - opened.offset
        if not length:
            return
        entity: Entity = {"offset": opened.offset, "length": length, "type": TAGS[opened.tag]}
        if opened.tag == "a":
            url = opened.value.get("href") or "".join(self.parts[opened.start :])
            if not re.match(r"(https?|tg|tonsite|mailto|tel):|[\w-]+(\.[\w-]+)+", url):
                return  # tdlib drops a link whose address it cannot read, and keeps the text
            entity["url"] = url if ":" in url else f"http://{url}"
        elif opened.tag == "tg-emoji":
            entity["custom_emoji_id"] = opened.value.get("emoji-id", "")
        elif opened.tag == "blockquote" and "expandable" in opened.value:
            entity["type"] = "expandable_blockquote"
        self.entities.append(entity)

    def _wrong(self, why: str, at: int | None = None) -> ApiError:
        where = "" if at is None else f" at byte offset {len(self.html[:at].encode())}"
        return bad_request(f"can't parse entities: {why}{where}")


def _referred(match: re.Match[str]) -> str | None:
    hexadecimal, decimal, name = match.groups()
    if name:
        return _NAMED[name]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code <= _LAST_CHARACTER and code not in _SURROGATES else None
