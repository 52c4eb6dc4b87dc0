"""Conditions of a group in words, and the answers that can be tapped for each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, Final

from membership.lifecycle import SCORE_MAX, STAGES
from membership.messages import Message, choose, plain, say
from membership.money import Money
from membership.segments import ANY, CHANNELS, Conditions, Joined, Span
from services import Tx, rules, segments

MANY: Final = (
    "tiers", "tags", "without_tags", "stages", "birthday_months", "coupons", "channels", "stores", "sources",
    "activities", "fields",
)  # fmt: skip
"""Conditions of which several values may be tapped; any of them will do."""

ONE: Final[Mapping[str, tuple[Any, ...]]] = {
    "visited_within": (7, 30, 90),
    "away_for": (14, 30, 60, 90, 180),
    "visits": ({"from": 2}, {"from": 5}, {"from": 10}, {"until": 1}),
    "spent": ({"from": "100"}, {"from": "500"}, {"from": "1000"}, {"from": "5000"}),
    "recency": ([4, 5], [1, 2]),
    "frequency": ([4, 5], [1, 2]),
    "money": ([4, 5], [1, 2]),
    "joined": ({"within_days": 7}, {"within_days": 30}, {"within_days": 90}),
    "points_ending": (7, 30),
}
"""Conditions of which one value is tapped, in the shape of shop.toml; others can be written there."""

TOPICS: Final[Mapping[str, tuple[str, ...]]] = {
    "visits": ("visited_within", "away_for", "visits", "recency", "frequency", "stages"),
    "buying": ("spent", "money", "stores"),
    "points": ("points_ending", "coupons"),
    "tier": ("tiers", "tags", "without_tags"),
    "person": ("birthday_months", "fields", "channels"),
    "joining": ("joined", "sources", "activities"),
}
"""What can be asked by tapping, by what it is about, in the order in which it is offered."""
KINDS: Final = tuple(kind for kinds in TOPICS.values() for kind in kinds)
SCORES: Final = ("recency", "frequency", "money")
FIFTH: Final = 20
"""How many per cent of the members have one score."""


def lines(tx: Tx, asked: Conditions) -> tuple[Message, ...]:
    """Return a line for each condition."""
    return tuple(
        say("segment.line", kind=_kind(name), what=_what(tx, name, getattr(asked, name))) for name in asked.asked
    )


def topics(tx: Tx) -> list[tuple[str, Message]]:
    """Return what the conditions of this shop are about."""
    return [(topic, say(f"segment.topic.{topic}")) for topic in TOPICS if kinds(tx, topic)]


def kinds(tx: Tx, topic: str) -> list[tuple[str, Message]]:
    """Return what can be asked in this shop about a topic: conditions nobody could fulfil are left out."""
    return [(kind, _kind(kind)) for kind in TOPICS.get(topic, ()) if values(tx, kind)]


def values(tx: Tx, kind: str) -> Sequence[Any]:
    """Return the values of a condition that can be tapped, in the shape of shop.toml; none for an unknown one."""
    if kind in ONE:
        return ONE[kind]
    shop = rules.current(tx)
    lists: Mapping[str, Callable[[], Sequence[str]]] = {
        "tiers": lambda: [tier.id for tier in shop.ladder.tiers],
        "tags": lambda: segments.in_use(tx, "tags"),
        "without_tags": lambda: segments.in_use(tx, "tags"),
        "stages": lambda: STAGES,
        "birthday_months": lambda: ("this", "next"),
        "coupons": lambda: [offer.id for offer in shop.offers],
        "channels": lambda: CHANNELS,
        "stores": lambda: [store.code for store in shop.stores],
        "sources": lambda: segments.in_use(tx, "sources"),
        "activities": lambda: (ANY, *segments.open_activities(tx)),
        "fields": lambda: [f"{field.id}={code}" for field in shop.fields for code in field.choices],
    }
    return lists[kind]() if kind in lists else ()


def value(tx: Tx, kind: str, told: Any) -> Message:
    """Return one value of a condition, in the shape of shop.toml, in words."""
    read = segments.read(tx, {kind: [told] if kind in MANY else told})
    return _what(tx, kind, getattr(read, kind))


def _kind(name: str) -> Message:
    return say(f"segment.kind.{name}")


def _what(tx: Tx, name: str, asked: Any) -> Message:
    if isinstance(asked, Span):
        return _span(tx, name, asked)
    if isinstance(asked, Joined):
        return _joined(asked)
    if isinstance(asked, int):
        return _so_long(name, asked)
    if name in SCORES:
        return _scores(name, asked)
    if isinstance(asked, Mapping):
        return _either(_answer(tx, field, code) for field, codes in asked.items() for code in codes)
    return _either(_one(tx, name, one) for one in asked)


def _one(tx: Tx, name: str, code: Any) -> Message:
    """Return one of several values in words: in the shop's own, where it has words for it."""
    shop = rules.current(tx)
    tier, offer, store = shop.ladder.find(str(code)), shop.offer(str(code)), shop.store(str(code))
    if name == "tiers" and tier is not None:
        return choose(tier.name)
    if name == "coupons" and offer is not None:
        return choose(offer.title)
    if name == "stores" and store is not None:
        return choose(store.name)
    prefixes = {"stages": "lifecycle.stage", "channels": "segment.channel", "birthday_months": "segment.month"}
    if name == "activities" and code != ANY:
        return plain(segments.activity_title(tx, code))
    if name == "birthday_months" and code.isdigit():
        return say(f"month.{code}")
    return say(f"{prefixes[name]}.{code}") if name in prefixes else _plain(name, code)


def _plain(name: str, code: Any) -> Message:
    return say("segment.any_activity") if (name, code) == ("activities", ANY) else plain(str(code))


def _answer(tx: Tx, field_id: str, code: str) -> Message:
    field = next((one for one in rules.current(tx).fields if one.id == field_id), None)
    if field is None or code not in field.choices:
        return plain(f"{field_id}={code}")
    return say("fields.line", field=choose(field.name), value=choose(field.choices[code]))


def _span(tx: Tx, name: str, span: Span) -> Message:
    def shown(number: int | None) -> Any:
        return Money(number or 0, rules.current(tx).currency) if name == "spent" else number

    if span.low is None:
        return say("segment.at_most", high=shown(span.high))
    if span.high is None:
        return say("segment.at_least", low=shown(span.low))
    return say("segment.between", low=shown(span.low), high=shown(span.high))


def _so_long(name: str, count: int) -> Message:
    """Return a number of days as this condition means it: at least so many, or at most."""
    return say("segment.away" if name == "away_for" else "segment.ahead", count=count)


def _scores(name: str, scores: Sequence[int]) -> Message:
    """Return fifths of the members in words: so many per cent from the top or from the bottom."""
    has = sorted(set(scores))
    percent = FIFTH * len(has)
    if has == list(range(SCORE_MAX - len(has) + 1, SCORE_MAX + 1)):
        return say(f"segment.{name}.high", percent=percent)
    if has == list(range(1, len(has) + 1)):
        return say(f"segment.{name}.low", percent=percent)
    return say("segment.scores", text=", ".join(map(str, has)))


def _joined(joined: Joined) -> Message:
    return _either(_joined_parts(joined))


def _joined_parts(joined: Joined) -> Iterator[Message]:
    if joined.within_days is not None:
        yield say("segment.within", count=joined.within_days)
    if joined.first is not None:
        yield say("segment.from", low=joined.first)
    if joined.last is not None:
        yield say("segment.until", high=joined.last)


def _either(words: Iterator[Message]) -> Message:
    return reduce(lambda one, other: say("segment.either", either=one, other=other), words)
