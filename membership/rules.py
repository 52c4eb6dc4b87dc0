"""The shop's own rules, read from ``shop.toml``: names, points, tiers, coupons, birthday, stores and limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from fractions import Fraction
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from membership import checkin, counter_rules, referrals, stored_value
from membership.checkin import CheckInRules
from membership.counter_rules import CounterRules
from membership.coupons import PRICE_ORDER, Offer, OfferKind, Validity
from membership.days import Hours
from membership.earning import Rate
from membership.money import AMOUNT_MAX, EXPONENTS
from membership.points import ExpiryPolicy
from membership.reading import Findings, Problem, Reader, RulesError
from membership.referrals import ReferralRules
from membership.stored_value import StoredValueRules
from membership.tiers import Ladder, Tier

__all__ = [
    "BirthdayRules",
    "Limits",
    "Notices",
    "PointRules",
    "Problem",
    "RulesError",
    "ShopRules",
    "Store",
    "Worth",
    "parse",
]

_ID = r"[a-z][a-z0-9_-]{0,31}"
_ID_CURE = "write up to 32 small letters, digits, - and _, a letter first"
_NEVER, _NO_TIERS, _NIGHT = ExpiryPolicy(), Ladder(), Hours(time(21), time(9))
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Store:
    """A place of the shop; its code stands on receipts and in posters and never changes. ``hours``: None, not told."""

    code: str
    name: Mapping[str, str]
    address: Mapping[str, str] = field(default_factory=dict)
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Worth:
    """What points pay: ``points`` points are worth ``minor`` minor units."""

    points: int
    minor: int

    def minor_of(self, points: int) -> int:
        return points * self.minor // self.points

    def points_within(self, minor: int) -> int:
        """Return the most points whose worth stays within this amount."""
        return minor * self.points // self.minor


@dataclass(frozen=True, slots=True)
class PointRules:
    """Earning, spending and end of points; ``cap_percent`` is the part of a bill that points may pay."""

    rate: Rate
    worth: Worth
    cap_percent: int = 100
    expiry: ExpiryPolicy = _NEVER
    purchase_cap: int | None = None
    day_cap: int | None = None
    pending_days: int = 0
    grace_days: int = 7


@dataclass(frozen=True, slots=True)
class BirthdayRules:
    """The birthday greeting: its hour, its coupon's days before and after the day, and the year without a Feb 29."""

    greet_at: time = time(9, 30)
    days_before: int = 0
    days_after: int = 7
    feb29: Literal["feb28", "mar1"] = "feb28"


@dataclass(frozen=True, slots=True)
class Notices:
    """How many days ahead a member is warned that points or coupons run out."""

    points_days: tuple[int, ...] = (30, 7, 1)
    coupon_days: tuple[int, ...] = (3,)


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps against slips and fraud: the largest purchase (minor units), and how long a cashier may undo."""

    amount_max_minor: int = AMOUNT_MAX
    undo_minutes: int = 10
    member_purchases_day: int = 10


@dataclass(frozen=True, slots=True)
class ShopRules:
    """Everything the owner decides. ``languages`` starts with the shop's own; texts hold each of them."""

    name: Mapping[str, str]
    code: str
    currency: str
    zone: ZoneInfo
    languages: tuple[str, ...]
    region: str
    points: PointRules
    counter: CounterRules
    ladder: Ladder = _NO_TIERS
    offers: tuple[Offer, ...] = ()
    birthday: BirthdayRules = BirthdayRules()
    stores: tuple[Store, ...] = ()
    quiet: Hours = _NIGHT
    limits: Limits = Limits()
    notices: Notices = Notices()
    stored_value: StoredValueRules | None = None
    checkin: CheckInRules | None = None
    referral: ReferralRules | None = None
    terms: Mapping[str, str] = field(default_factory=dict)
    privacy: Mapping[str, str] = field(default_factory=dict)

    @property
    def lacking(self) -> frozenset[str]:
        """The words of the chat that stand for something this shop has not: no menu shows them."""
        given = {"balance": self.stored_value, "checkin": self.checkin, "refer": self.referral}
        return frozenset(word for word, rules in given.items() if rules is None)

    def offer(self, offer_id: str) -> Offer | None:
        return next((offer for offer in self.offers if offer.id == offer_id), None)

    def offers_for(self, claim: str) -> tuple[Offer, ...]:
        """Return the offers had in this way: ``open``, ``join``, ``birthday`` or ``granted``."""
        return tuple(offer for offer in self.offers if offer.claim == claim)

    def store(self, code: str) -> Store | None:
        return next((store for store in self.stores if store.code == code), None)


def parse(body: Mapping[str, Any]) -> ShopRules:
    """Read the shop's rules from the tables of ``shop.toml``.

    Raises:
        RulesError: something is wrong; it names every mistake of the whole text.

    """
    findings = Findings()
    top = Reader(body, findings)
    shop = top.table("shop")
    currency = _currency(shop)
    languages = _languages(shop)
    findings.currency, findings.languages = currency, languages
    rules = ShopRules(
        name=shop.texts("name"),
        code=shop.text("code", shape=_ID, cure=_ID_CURE),
        currency=currency,
        zone=_zone(shop),
        languages=languages,
        region=shop.text("region", "CN", shape=r"[A-Z]{2}", cure='write a country in two letters, such as "CN"'),
        terms=shop.texts("terms", required=False),
        privacy=shop.texts("privacy", required=False),
        points=_points(top.table("points")),
        counter=counter_rules.read(top.table("counter")),
        ladder=_ladder(top),
        offers=tuple(_offer(table) for table in top.tables("offers")),
        birthday=_birthday(top.table("birthday")),
        stores=tuple(_store(table) for table in top.tables("stores")),
        quiet=_hours(top.table("quiet"), _NIGHT),
        limits=_limits(top.table("limits")),
        notices=_notices(top.table("notices")),
        stored_value=stored_value.read(top),
        checkin=checkin.read(top),
        referral=referrals.read(top),
    )
    shop.done()
    top.done()
    _check_whole(rules, top)
    if findings.problems:
        raise RulesError(tuple(findings.problems))
    return rules


def _currency(shop: Reader) -> str:
    currency = shop.text("currency", shape=r"[A-Z]{3}", cure='write an ISO currency, such as "CNY"')
    if currency and currency not in EXPONENTS:
        shop.note("currency", f'"{currency}" is not known', 'write an ISO currency, such as "CNY" or "EUR"')
    return currency if currency in EXPONENTS else "CNY"


def _languages(shop: Reader) -> tuple[str, ...]:
    languages = shop.words("languages", ("zh-Hans", "en"))
    if not languages or not all(re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?", tag) for tag in languages):
        shop.note("languages", "is not a list of language tags", 'write ["zh-Hans", "en"], the shop\'s own first')
        return ("en",)
    return languages


def _zone(shop: Reader) -> ZoneInfo:
    name = shop.text("zone", cure='write a time zone, such as "Asia/Shanghai"')
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        shop.note("zone", f'"{name}" is not known', 'write a time zone, such as "Asia/Shanghai"')
        return ZoneInfo("UTC")


def _points(table: Reader) -> PointRules:
    earn, worth = table.table("earn"), table.table("worth")
    rules = PointRules(
        rate=Rate(earn.whole("points", low=1, high=10**6), earn.amount("per", low=1)),
        worth=Worth(worth.whole("points", low=1, high=10**6), worth.amount("pay", low=1)),
        cap_percent=table.whole("cap_percent", 100, high=100),
        expiry=_expiry(table.table("expiry")),
        purchase_cap=table.whole_or_none("purchase_cap", low=1),
        day_cap=table.whole_or_none("day_cap", low=1),
        pending_days=table.whole("pending_days", 0, high=90),
        grace_days=table.whole("grace_days", 7, high=365),
    )
    for read in (earn, worth, table):
        read.done()
    return rules


def _expiry(table: Reader) -> ExpiryPolicy:
    kind = table.choice("kind", ("never", "days", "months", "fixed_day"), "never")
    policy = ExpiryPolicy(
        cast("Literal['never', 'days', 'months', 'fixed_day']", kind),
        table.whole(
            "count", 0 if kind in ("never", "fixed_day") else None, low=int(kind in ("days", "months")), high=3650
        ),
        table.whole("month", 12, low=1, high=12),
        table.whole("day", 31, low=1, high=31),
    )
    table.done()
    return policy


def _ladder(top: Reader) -> Ladder:
    table = top.table("ladder")
    metric = cast("Literal['spend', 'visits']", table.choice("metric", ("spend", "visits"), "spend"))
    window = cast("Literal['lifetime', 'rolling']", table.choice("window", ("lifetime", "rolling"), "lifetime"))
    days = table.whole("days", 365, low=1, high=3650)
    table.done()
    tiers = tuple(_tier(read, metric) for read in top.tables("tiers"))
    thresholds = [tier.threshold for tier in tiers]
    if tiers and (thresholds[0] != 0 or sorted(set(thresholds)) != thresholds):
        top.note("tiers", "do not rise from zero", "let the first begin at 0 and each next one higher")
    return Ladder(tiers, metric, window, days)


def _tier(table: Reader, metric: str) -> Tier:
    tier = Tier(
        id=table.text("id", shape=_ID, cure=_ID_CURE),
        name=table.texts("name"),
        threshold=table.amount("from", 0) if metric == "spend" else table.whole("from", 0),
        multiplier=table.ratio("multiplier", Fraction(1)),
        percent_off=table.whole("percent_off", 0, high=99),
    )
    table.done()
    return tier


def _offer(table: Reader) -> Offer:
    kind = cast("OfferKind", table.choice("kind", PRICE_ORDER))
    valued = kind in ("threshold_off", "cash")
    offer = Offer(
        id=table.text("id", shape=_ID, cure=_ID_CURE),
        kind=kind,
        title=table.texts("title"),
        value_minor=table.amount("value", None if valued else 0, low=int(valued)),
        percent_off=table.whole("percent_off", None if kind == "percent" else 0, low=int(kind == "percent"), high=100),
        cap_minor=table.amount_or_none("cap"),
        threshold_minor=table.amount(
            "threshold", None if kind == "threshold_off" else 0, low=int(kind == "threshold_off")
        ),
        goods=table.texts("goods", required=kind in ("gift", "exchange")),
        validity=_validity(table),
        claim=cast("Any", table.choice("claim", ("open", "join", "birthday", "granted"), "granted")),
        price_points=table.whole("price_points", 0),
        stock=table.whole_or_none("stock"),
        per_member=table.whole_or_none("per_member", low=1),
        per_day=table.whole_or_none("per_day", low=1),
        tiers=frozenset(table.words("tiers")),
        stores=frozenset(table.words("stores")),
        exclusive=table.flag("exclusive", default=False),
        stack_group=table.text("stack_group", "", shape=_ID, cure=_ID_CURE),
        with_tier_price=table.flag("with_tier_price", default=True),
        with_points=table.flag("with_points", default=True),
    )
    table.done()
    return offer


def _validity(table: Reader) -> Validity:
    listed = table.words("weekdays")
    if not set(listed) <= set(_WEEKDAYS):
        table.note("weekdays", "holds something else than days of the week", "write " + ", ".join(_WEEKDAYS))
    starts_on, ends_on = table.day("starts_on"), table.day("ends_on")
    if starts_on and ends_on and ends_on < starts_on:
        table.note("ends_on", "lies before starts_on", "let it end after it begins")
    return Validity(
        starts_on=starts_on,
        ends_on=ends_on,
        days=table.whole_or_none("days", low=1, high=3650),
        from_next_day=table.flag("from_next_day", default=False),
        weekdays=frozenset(_WEEKDAYS.index(day) for day in listed if day in _WEEKDAYS),
        hours=_hours(table.table("hours"), Hours(time(), time())) if table.has("hours") else None,
        blackout=table.dates("blackout"),
    )


def _birthday(table: Reader) -> BirthdayRules:
    rules = BirthdayRules(
        greet_at=table.clock("greet_at", time(9, 30)),
        days_before=table.whole("days_before", 0, high=31),
        days_after=table.whole("days_after", 7, high=31),
        feb29=cast("Literal['feb28', 'mar1']", table.choice("feb29", ("feb28", "mar1"), "feb28")),
    )
    table.done()
    return rules


def _store(table: Reader) -> Store:
    store = Store(
        code=table.text("code", shape=_ID, cure=_ID_CURE),
        name=table.texts("name"),
        address=table.texts("address", required=False),
        hours=_hours(table.table("hours"), Hours(time(), time())) if table.has("hours") else None,
    )
    table.done()
    return store


def _hours(table: Reader, default: Hours) -> Hours:
    hours = Hours(table.clock("from", default.start), table.clock("until", default.end))
    table.done()
    return hours


def _limits(table: Reader) -> Limits:
    limits = Limits(
        amount_max_minor=table.amount("amount_max", AMOUNT_MAX, low=1),
        undo_minutes=table.whole("undo_minutes", 10, high=24 * 60),
        member_purchases_day=table.whole("member_purchases_day", 10, low=1),
    )
    table.done()
    return limits


def _notices(table: Reader) -> Notices:
    notices = Notices(table.days_ahead("points_days", (30, 7, 1)), table.days_ahead("coupon_days", (3,)))
    table.done()
    return notices


def _check_whole(rules: ShopRules, top: Reader) -> None:
    """Note what only the whole shows: codes given twice, and offers, tiers and stores that do not exist."""
    referrals.check(rules.referral, [offer.id for offer in rules.offers], top)
    tiers = [tier.id for tier in rules.ladder.tiers]
    stores = [store.code for store in rules.stores]
    for place, ids in (("tiers", tiers), ("stores", stores), ("offers", [offer.id for offer in rules.offers])):
        for twice in sorted({name for name in ids if ids.count(name) > 1}):
            top.note(place, f'"{twice}" is there twice', "give each its own id")
    if not stores:
        top.note("stores", "are missing", "add [[stores]] with a code and a name")
    for number, offer in enumerate(rules.offers, start=1):
        for place, wanted, known in (("tiers", offer.tiers, tiers), ("stores", offer.stores, stores)):
            for name in sorted(wanted - set(known)):
                top.note(f"offers[{number}].{place}", f'there is no "{name}"', "write one of " + ", ".join(known))
