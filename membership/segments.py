"""Segments 分组: which members the owner means; all conditions must hold, of a list of values any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Final

from membership import tags
from membership.fields import Field
from membership.lifecycle import SCORE_MAX, STAGES
from membership.reading import Findings, Reader

CHANNELS: Final = ("telegram", "wechat", "none")
MONTHS: Final = ("this", "next", *(str(month) for month in range(1, 13)))
ANY: Final = "any"
"""Of activities: any of them."""


@dataclass(frozen=True, slots=True)
class Span:
    """From ``low`` to ``high``, both included; None: no bound."""

    low: int | None = None
    high: int | None = None

    def __bool__(self) -> bool:
        return self.low is not None or self.high is not None


@dataclass(frozen=True, slots=True)
class Joined:
    """When somebody joined: between two days of the shop, or at most so many days ago."""

    first: date | None = None
    last: date | None = None
    within_days: int | None = None

    def __bool__(self) -> bool:
        return (self.first, self.last, self.within_days) != (None, None, None)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold of a member; what is empty asks nothing. See docs/rules/segments.md for each."""

    tiers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    visited_within: int | None = None
    away_for: int | None = None
    visits: Span = Span()
    spent: Span = Span()
    recency: tuple[int, ...] = ()
    frequency: tuple[int, ...] = ()
    money: tuple[int, ...] = ()
    birthday_months: tuple[str, ...] = ()
    coupons: tuple[str, ...] = ()
    points_ending: int | None = None
    channels: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    joined: Joined = Joined()
    sources: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def asked(self) -> tuple[str, ...]:
        """The names of the conditions that ask something, in their order."""
        return tuple(one.name for one in fields(self) if _asks(getattr(self, one.name)))


@dataclass(frozen=True, slots=True)
class Segment:
    """A group of members: its code, its name per language, and what must hold of who is in it.

    ``made_here``: by tapping in chat, so that it can be removed there; the others stand in shop.toml.
    """

    code: str
    name: Mapping[str, str]
    conditions: Conditions
    made_here: bool = False


def read(top: Reader) -> tuple[Segment, ...]:
    """Read ``[[segments]]``; none without it."""
    found = tuple(_segment(table) for table in top.tables("segments"))
    top.once("segments", [one.code for one in found])
    return found


def opened(told: Mapping[str, Any], currency: str) -> Conditions:
    """Return conditions that were kept in the shape of shop.toml; what is not understood any more asks nothing."""
    return read_conditions(Reader(told, Findings(currency=currency)))


def _segment(table: Reader) -> Segment:
    segment = Segment(table.code(), table.texts("name"), read_conditions(table))
    table.done()
    if not segment.conditions.asked:
        table.note("", "asks nothing", 'write at least one condition, such as tiers = ["gold"]')
    return segment


def read_conditions(table: Reader) -> Conditions:
    """Read the conditions that stand in a table, beside whatever else stands there."""
    return Conditions(
        tiers=table.words("tiers"),
        tags=tags.read(table, "tags"),
        without_tags=tags.read(table, "without_tags"),
        stages=_known(table, "stages", STAGES),
        visited_within=table.whole_or_none("visited_within", high=3650),
        away_for=table.whole_or_none("away_for", low=1, high=3650),
        visits=_span(table, "visits", Reader.whole_or_none),
        spent=_span(table, "spent", lambda bounds, key: bounds.amount(key) if bounds.has(key) else None),
        recency=_scores(table, "recency"),
        frequency=_scores(table, "frequency"),
        money=_scores(table, "money"),
        birthday_months=_known(table, "birthday_months", MONTHS),
        coupons=table.words("coupons"),
        points_ending=table.whole_or_none("points_ending", high=3650),
        channels=_known(table, "channels", CHANNELS),
        stores=table.words("stores"),
        joined=_joined(table),
        sources=table.words("sources"),
        activities=table.words("activities"),
        fields=_fields(table),
    )


def check(
    segments: Iterable[Segment], known: Mapping[str, Sequence[str]], own_fields: Iterable[Field], top: Reader
) -> None:
    """Note tiers, stores, coupons and answers of fields that do not exist; ``known`` lists the first three by name."""
    answers = {one.id: tuple(one.choices) for one in own_fields if one.choices}
    for number, segment in enumerate(segments, start=1):
        told = segment.conditions
        wanted = {name: (getattr(told, name), codes) for name, codes in known.items()}
        wanted |= {f"fields.{name}": (chosen, answers.get(name, ())) for name, chosen in told.fields.items()}
        for place, (values, codes) in wanted.items():
            top.known(f"segments[{number}].{place}", values, codes)


def _asks(value: object) -> bool:
    return type(value) is int or bool(value)


def _known(table: Reader, key: str, codes: Sequence[str]) -> tuple[str, ...]:
    told = table.words(key)
    table.known(key, told, codes)
    return tuple(value for value in told if value in codes)


def _scores(table: Reader, key: str) -> tuple[int, ...]:
    told = table.wholes(key, ()) if table.has(key) else ()
    if any(not 1 <= score <= SCORE_MAX for score in told):
        table.note(key, "are no scores", f"write scores from 1 to {SCORE_MAX}, such as [4, 5]")
        return ()
    return told


def _span(table: Reader, key: str, read_one: Callable[[Reader, str], int | None]) -> Span:
    if not table.has(key):
        return Span()
    bounds = table.table(key)
    span = Span(read_one(bounds, "from"), read_one(bounds, "until"))
    bounds.done()
    if span.low is not None and span.high is not None and span.high < span.low:
        bounds.note("until", "lies below from", "let it end above where it begins")
    return span


def _joined(table: Reader) -> Joined:
    if not table.has("joined"):
        return Joined()
    bounds = table.table("joined")
    joined = Joined(bounds.day("from"), bounds.day("until"), bounds.whole_or_none("within_days", high=36500))
    bounds.done()
    return joined


def _fields(table: Reader) -> dict[str, tuple[str, ...]]:
    """Read which answers to the shop's own fields are meant, each as "field=answer"."""
    found: dict[str, tuple[str, ...]] = {}
    for text in table.words("fields"):
        name, equals, answer = text.partition("=")
        if not equals:
            table.note("fields", f'"{text}" names no answer', 'write the field and the answer, such as "milk=oat"')
        found[name.strip()] = (*found.get(name.strip(), ()), answer.strip())
    return found
