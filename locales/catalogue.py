"""One language's catalogue, read from its .po file at the start."""

from __future__ import annotations

import gettext
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([a-z_]+)(?::([a-z]+))?\}")
_TAG = re.compile(r"</?[bi]>")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a template: text (with and without tags), or the place of a fact and how it is written."""

    text: str = ""
    plain: str = ""
    name: str = ""
    style: str = ""


class Template:
    """A text with places for facts, such as ``{points}`` or ``{at:time}``; ``{{`` and ``}}`` are braces themselves."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        return tuple(self._split())

    @property
    def names(self) -> set[str]:
        """The facts this text needs."""
        return {part.name for part in self.parts if part.name}

    def _split(self) -> Iterator[Part]:
        end = 0
        for found in _PLACEHOLDER.finditer(self.text):
            yield _words(self.text[end : found.start()])
            yield Part(name=found[1], style=found[2] or "") if found[1] else _words(found[0][0])
            end = found.end()
        yield _words(self.text[end:])


def _words(text: str) -> Part:
    return Part(text=text, plain=html.unescape(_TAG.sub("", text)))


class Catalogue:
    """All texts of one language, by key; a text with plural forms has one template for each."""

    def __init__(self, catalog: Catalog) -> None:
        self._plural = gettext.c2py(catalog.plural_expr)
        self._texts: Mapping[str, tuple[Template, ...]] = {
            message.id if isinstance(message.id, str) else message.id[0]: _templates(message.string)
            for message in catalog
            if message.id and message.string and any(message.string)
        }

    @property
    def keys(self) -> set[str]:
        return set(self._texts)

    def find(self, key: str, count: object = None) -> Template | None:
        """Return the text of this key (in the plural form of ``count``), or None where it is missing."""
        forms = self._texts.get(key)
        if forms is None or len(forms) == 1:
            return None if forms is None else forms[0]
        return forms[self._plural(abs(count)) if isinstance(count, int) else -1]

    def forms(self, key: str) -> tuple[Template, ...]:
        """Return every plural form of this key. Raises KeyError where it is missing."""
        return self._texts[key]

    def names(self, key: str) -> set[str]:
        """Return the facts this key needs, in whatever form. Raises KeyError where it is missing."""
        return set().union(*(form.names for form in self._texts[key]))

    def texts(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Return keys and texts that begin with this prefix."""
        return ((key, forms[0].text) for key, forms in self._texts.items() if key.startswith(prefix))


def load(folder: Path = FOLDER) -> dict[str, Catalogue]:
    """Read every .po file of the folder; the file's name is the language."""
    return {path.stem: read(path) for path in sorted(folder.glob("*.po"))}


@lru_cache(maxsize=8)
def read(path: Path) -> Catalogue:
    """Read one .po file, once: nothing changes what was read."""
    with path.open("rb") as file:
        return Catalogue(read_po(file, locale=path.stem.replace("-", "_"), abort_invalid=True))


def _templates(string: str | tuple[str, ...] | list[str]) -> tuple[Template, ...]:
    return (Template(string),) if isinstance(string, str) else tuple(Template(form) for form in string)
