"""Where each rule stands in the text of shop.toml: its line, so that a slip can be found at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_HEAD: Final = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?")
_WORD: Final = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_KEY: Final = re.compile(rf"\s*({_WORD}(?:\s*\.\s*{_WORD})*)\s*=")
_TOKEN: Final = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|[\[\]{}]|#.*|\\.', re.DOTALL)
_OPEN: Final[Mapping[str, int]] = {"[": 1, "{": 1, "]": -1, "}": -1}
_LAST_PART: Final = re.compile(r"(\.[^.\[\]]+|\[[0-9]+\]|^[^.\[\]]+)$")


def find(text: str, path: str) -> int | None:
    """Return the line (from 1) of a rule named as the checks name it, such as ``tiers[2].from``.

    A rule that is missing is looked for where it should stand: at the head of its table. None where there is not even
    that.
    """
    places = lines(text)
    while path:
        if path in places:
            return places[path]
        path = _LAST_PART.sub("", path)
    return None


def lines(text: str) -> dict[str, int]:
    """Return the line of every table and key of a TOML text that is right as TOML."""
    places: dict[str, int] = {}
    counts: dict[str, int] = {}
    prefix, value = "", _Value()
    for number, line in enumerate(text.split("\n"), start=1):  # as TOML counts lines
        if value.is_open:
            value.read(line)
        elif head := _HEAD.fullmatch(line):
            prefix = _resolved(head[2], counts, is_list=head[1] == "[[")
            places.setdefault(prefix, number)
            if prefix.endswith("]"):
                places.setdefault(prefix[: prefix.rindex("[")], number)
        elif key := _KEY.match(line):
            places.setdefault(".".join(part for part in (prefix, _plain(key[1])) if part), number)
            value.read(line[key.end() :])
    return places


class _Value:
    """A value that may go on over several lines: open while a bracket or a long text is."""

    def __init__(self) -> None:
        self._depth, self._quote = 0, ""

    @property
    def is_open(self) -> bool:
        return self._depth > 0 or bool(self._quote)

    def read(self, line: str) -> None:
        for found in _TOKEN.finditer(line):
            token = found[0]
            if self._quote:
                self._quote = "" if token.endswith(self._quote) else self._quote
            elif token in ('"""', "'''"):
                self._quote = token
            elif token[0] == "#":
                return
            else:
                self._depth += _OPEN.get(token, 0)


def _resolved(name: str, counts: dict[str, int], *, is_list: bool) -> str:
    """Return a table's path with the number of each list's newest entry in it, counting this one."""
    path = ""
    parts = _plain(name).split(".")
    for place, part in enumerate(parts, start=1):
        path = f"{path}.{part}" if path else part
        if place == len(parts) and is_list:
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = f"{path}[{counts[path]}]"
    return path


def _plain(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))
