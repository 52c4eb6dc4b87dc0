"""The shop's own fields of a member: what else it wants to know, asked of the member or noted by staff."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, cast

from membership import names
from membership.errors import InvalidAnswer
from membership.reading import Reader

Kind = Literal["text", "number", "date", "choice"]
KINDS: Final[tuple[Kind, ...]] = ("text", "number", "date", "choice")
TEXT_MAX: Final = 100
FIELDS_MAX: Final = 20
CHOICES_MAX: Final = 20
_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,4})?")
_DATE: Final = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")


@dataclass(frozen=True, slots=True)
class Field:
    """One thing the shop wants to know.

    ``choices`` are the answers of a ``choice``, each by its code, with its name per language. ``asks`` says who is
    asked: the ``member`` (in the profile, one step after another, each to be skipped) or ``staff`` alone, to whom
    alone it is shown then.
    """

    id: str
    name: Mapping[str, str]
    kind: Kind = "text"
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    asks: Literal["member", "staff"] = "member"


def parse(asked: Field, text: str) -> str:
    """Return an answer as it is kept: the text cleaned, a number as it is written, an ISO date, a choice's code.

    Raises:
        InvalidAnswer: it is none of what this field takes.

    """
    wanted = text.strip()
    if asked.kind == "choice":
        return _choice(asked, wanted)
    if asked.kind == "number":
        return _number(wanted)
    if asked.kind == "date":
        return _date(wanted).isoformat()
    cleaned = names.clean(wanted) if len(wanted) <= TEXT_MAX else ""
    if not cleaned:
        raise InvalidAnswer
    return cleaned


def _choice(asked: Field, wanted: str) -> str:
    for code, named in asked.choices.items():
        if wanted.casefold() in {code.casefold(), *(name.casefold() for name in named.values())}:
            return code
    raise InvalidAnswer


def _number(wanted: str) -> str:
    plain = wanted.replace(",", "")
    if not plain.isascii() or not _NUMBER.fullmatch(plain):
        raise InvalidAnswer
    return plain


def _date(wanted: str) -> date:
    found = _DATE.fullmatch(wanted.replace(" ", "")) if wanted.isascii() or "年" in wanted else None
    try:
        if found is None:
            raise InvalidAnswer
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        raise InvalidAnswer from None


def read(top: Reader) -> tuple[Field, ...]:
    """Read ``[[fields]]``; none without it."""
    found = tuple(_field(table) for table in top.tables("fields"))
    top.once("fields", [one.id for one in found])
    if len(found) > FIELDS_MAX:
        top.note("fields", f"are more than {FIELDS_MAX}", "ask less: nobody answers so much")
    return found


def _field(table: Reader) -> Field:
    kind = cast("Kind", table.choice("kind", KINDS, "text"))
    choices = _choices(table.tables("choices"))
    if (kind == "choice") != bool(choices) or len(choices) > CHOICES_MAX:
        cure = f'write up to {CHOICES_MAX} answers, such as [{{ id = "oat", name = "Oat" }}]'
        table.note("choices", "do not fit the kind", cure if kind == "choice" else "take them out")
    read_one = Field(
        id=table.code(),
        name=table.texts("name"),
        kind=kind,
        choices=choices,
        asks=cast("Literal['member', 'staff']", table.choice("asks", ("member", "staff"), "member")),
    )
    table.done()
    return read_one


def _choices(tables: Sequence[Reader]) -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    for table in tables:
        code = table.code()
        if code in found:
            table.note("id", f'"{code}" is there twice', "give each its own id")
        found[code] = table.texts("name")
        table.done()
    return found
