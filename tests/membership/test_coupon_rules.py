"""Coupons: the worked examples of docs/rules/coupons.md, table by table."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from membership import coupons, offers, pricing, rules
from membership.coupons import Coupon
from membership.days import Hours
from membership.errors import Refusal
from membership.grants import Bought, Grant
from membership.money import Money, parse_minor
from membership.occasions import Here
from membership.offers import Claimant, Given, Offer
from membership.pricing import Bill, Buyer
from membership.validity import WEEKDAYS, Validity
from tests.documents import read, rows, sections

PAGE: Final = sections(read("docs/rules/coupons.md"), 2)
ZONE: Final = ZoneInfo("Asia/Shanghai")
TODAY: Final = date(2026, 11, 22)
NOW: Final = datetime(2026, 11, 22, 15, tzinfo=ZONE).astimezone(UTC)
DAY: Final = timedelta(days=1)
CAFE: Final = rules.parse(tomllib.loads(Path("membership/presets/cafe.toml").read_text("utf-8")))
NONE: Final = "–"


def of(title: str) -> list[list[str]]:
    found = list(rows(PAGE[title]))
    assert found, title
    return found


def minor(text: str) -> int:
    return 0 if text in (NONE, "0") else parse_minor(text, "CNY")


def day(text: str) -> date | None:
    return None if text == NONE else date.fromisoformat(text)


@pytest.mark.parametrize("row", of("Until when a coupon counts"))
def test_its_days(row: list[str]) -> None:
    days, next_day, starts, ends, first, last = row
    length = None if days == NONE else int(days)
    validity = Validity(day(starts), day(ends), length, from_next_day=next_day == "yes")
    assert (validity.first_on(TODAY), validity.last_on(TODAY)) == (day(first), day(last))


@pytest.mark.parametrize("row", of("When it counts within its days"))
def test_its_hours(row: list[str]) -> None:
    weekdays, hours, blackout, moment, counts = row
    validity = Validity(
        weekdays=frozenset(WEEKDAYS.index(one) for one in weekdays.split(", ") if one != NONE),
        hours=None if hours == NONE else Hours(*map(time.fromisoformat, hours.split(NONE))),
        blackout=frozenset() if blackout == NONE else frozenset({date.fromisoformat(blackout)}),
    )
    assert validity.allows(datetime.fromisoformat(moment).replace(tzinfo=ZONE)) is (counts == "yes")


@pytest.mark.parametrize("row", of("What it takes off"))
def test_what_it_takes_off(row: list[str]) -> None:
    kind, value, percent, cap, price, off = row
    facts: dict[str, Any] = {"value_minor": minor(value), "cap_minor": None if cap == NONE else minor(cap)}
    offer = Offer("o", kind, percent_off=0 if percent == NONE else int(percent), **facts)  # type: ignore[arg-type]
    assert offer.off_minor(minor(price)) == minor(off)


def limited(limit: str, value: str) -> Offer:
    """Return an offer with this one limit."""
    facts: dict[str, Any] = {}
    match limit:
        case "starts_on" | "ends_on":
            window: dict[str, Any] = {limit: date.fromisoformat(value)}
            facts["validity"] = Validity(**window)
        case "tiers" | "tags":
            facts[limit] = frozenset(value.split(", "))
        case _:
            facts[limit] = int(value)
    return replace(Offer("o", "cash", value_minor=500), **facts)


@pytest.mark.parametrize("row", of("Who may have how many"))
def test_who_may_have_how_many(row: list[str]) -> None:
    limit, value, given, answer = row
    who = Claimant("silver", frozenset({"regular"}), joined_on=date(2026, 11, 20))
    found = "yes"
    try:
        offers.check_claim(limited(limit, value), Given(*map(int, given.split(", "))), who, today=TODAY)
    except Refusal as no:
        found = no.key
    assert found == answer


TEN_OFF: Final = Offer("o", "threshold_off", value_minor=1000, threshold_minor=10000)
HELD: Final = Coupon("c", TEN_OFF, NOW - DAY, NOW + DAY)
MIDNIGHT: Final = datetime(2026, 11, 22, tzinfo=ZONE).astimezone(UTC)
CASES: Final[Mapping[str, tuple[Coupon, int]]] = {
    "a bill of 88": (HELD, 8800),
    "it counts from tomorrow": (replace(HELD, starts_at=MIDNIGHT + DAY), 10000),
    "its last day was yesterday": (replace(HELD, expires_at=MIDNIGHT), 10000),
    "it counts in east only": (replace(HELD, offer=replace(TEN_OFF, stores=frozenset({"east"}))), 10000),
    "it counts on mondays": (replace(HELD, offer=replace(TEN_OFF, validity=Validity(weekdays=frozenset({0})))), 10000),
    "it was taken back": (replace(HELD, state="voided"), 10000),
}


@pytest.mark.parametrize("row", of("What a coupon is refused for"))
def test_what_it_is_refused_for(row: list[str]) -> None:
    what, key, fact = row
    coupon, bill = CASES[what]
    with pytest.raises(Refusal) as no:
        coupons.check_use(coupon, Money(bill, "CNY"), ZONE, store="main", now=NOW)
    told = [value.minor // 100 if isinstance(value, Money) else value for value in no.value.facts.values()]
    assert (no.value.key, [*map(str, told), NONE][0]) == (key, fact)


def held(text: str) -> Iterator[Coupon]:
    """Read coupons such as ``cash 5 (a)``."""
    for one in text.split(", "):
        found = re.fullmatch(r"(cash|exclusive|gift) ?(\d*)(?: \((\w)\))?", one)
        assert found is not None, one
        kind, value, group = found.groups()
        offer = Offer(
            id=one.partition(" (")[0],
            kind="gift" if kind == "gift" else "cash",
            value_minor=minor(value or "0"),
            exclusive=kind == "exclusive",
            stack_group=group or "",
        )
        yield Coupon(offer.id, offer, NOW - DAY, None)


@pytest.mark.parametrize("row", of("Which coupons are proposed"))
def test_the_best_ones_are_proposed(row: list[str]) -> None:
    bill, has, proposed, to_pay = row
    where, buyer = Bill(Money(minor(bill), "CNY"), "main"), Buyer(None, 0)
    best = pricing.best(CAFE, where, buyer, list(held(has)), now=NOW)
    price = pricing.quote(CAFE, where, buyer, coupons=best, now=NOW)
    assert (", ".join(sorted(coupon.id for coupon in best)), price.to_pay.minor) == (proposed, minor(to_pay))


@pytest.mark.parametrize("row", of("Thanks for a purchase 满赠"))
def test_thanks_for_a_purchase(row: list[str]) -> None:
    over, paid, refunded, outcome = row
    grant = Grant("g", "o", over_minor=minor(over))
    bought = Bought(minor(paid), Here(NOW.astimezone(ZONE), "main", None))
    found = "none"
    if grant.is_due(bought):
        found = "stays" if grant.stays(minor(paid) - minor(refunded)) else "taken back"
    assert found == outcome
