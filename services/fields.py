"""The shop's own fields: who is asked what, what was answered, and what staff alone may see."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any, Final

from membership import fields as rule
from membership.errors import Expired
from membership.fields import Field
from membership.messages import choose
from membership.moment import Moment
from services import Tx, audit, fraud, members, rules
from services.reader import Reader
from storage import fields as rows
from storage import members as member_rows

DIGITS_MAX: Final = 3
"""Of the place of an answer in its list: none is as long."""


def listed(tx: Tx, asks: str = "") -> tuple[Field, ...]:
    """Return the shop's fields: those the ``member`` is asked, those of ``staff`` alone, or all."""
    return tuple(one for one in rules.current(tx).fields if asks in ("", one.asks))


def get(tx: Tx, field_id: str, asks: str = "") -> Field:
    """Return one of them. Raises Expired: the button of a shop that asks no more."""
    found = next((one for one in listed(tx, asks) if one.id == field_id), None)
    if found is None:
        raise Expired
    return found


def is_place(number: str) -> bool:
    """Tell whether this is a small whole number as our buttons say it."""
    return number.isascii() and number.isdigit() and len(number) <= DIGITS_MAX


def choice(field: Field, number: str) -> str:
    """Return the code of a field's choice by its place, from 0 on. Raises Expired for a place it has not."""
    codes = list(field.choices)
    if not is_place(number) or int(number) >= len(codes):
        raise Expired
    return codes[int(number)]


def of(tx: Tx, member_id: str) -> Mapping[str, str]:
    """Return the member's answers as they are kept, by the field's code."""
    return rows.of(tx, member_id) if rules.current(tx).fields else {}


def shown(field: Field, kept: str) -> Any:
    """Return an answer as a fact of a message: a date, a choice in the shop's words, or the text itself."""
    if field.kind == "choice":
        return choose(field.choices[kept]) if kept in field.choices else kept
    if field.kind == "date":
        with suppress(ValueError):  # answered while the shop asked for something else
            return date.fromisoformat(kept)
    return kept


def answer(tx: Tx, member_id: str, field: Field, text: str, *, actor: str, moment: Moment) -> str:
    """Keep an answer in place of an earlier one and return it as it is kept. Raises InvalidAnswer and NotAMember.

    The trail names the field, never what stands in it.
    """
    kept = rule.parse(field, text)
    member_rows.lock(tx, member_id)
    members.get(tx, member_id)
    choice = kept if field.kind == "choice" else ""
    rows.put(tx, member_id, field.id, kept, choice=choice, actor=actor, at=moment.now)
    _note(tx, member_id, field, actor=actor, moment=moment)
    return kept


def note(tx: Tx, member_id: str, field: Field, text: str, *, reader: Reader, moment: Moment) -> str:
    """Keep what staff answer of a member. Raises SelfCredit (groups can ask for it), and what ``answer`` does."""
    fraud.check_self(tx, reader, member_id)
    return answer(tx, member_id, field, text, actor=reader.actor, moment=moment)


def drop(tx: Tx, member_id: str, field: Field, reader: Reader, *, moment: Moment) -> None:
    """Take an answer back that staff gave, if there is one. Raises SelfCredit."""
    fraud.check_self(tx, reader, member_id)
    member_rows.lock(tx, member_id)
    if rows.drop(tx, member_id, field.id):
        _note(tx, member_id, field, actor=reader.actor, moment=moment)


def _note(tx: Tx, member_id: str, field: Field, *, actor: str, moment: Moment) -> None:
    deed = moment.new_id(f"field:{member_id}:{field.id}")
    audit.note(tx, moment, "member.field", deed, actor=actor, member=member_id, field=field.id)
