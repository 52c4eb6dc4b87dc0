"""The shop's own rules, read from ``shop.toml``: names, points, tiers, coupons, birthday, stores and limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from membership import (
    campaigns,
    checkin,
    counter_rules,
    fields,
    grants,
    lifecycle,
    lottery,
    offers,
    passes,
    point_rules,
    products,
    profile,
    promotions,
    ratings,
    referrals,
    segments,
    stored_value,
    tiers,
    transfers,
)
from membership.campaigns import Campaign
from membership.checkin import CheckInRules
from membership.counter_rules import CounterRules
from membership.days import Hours
from membership.fields import Field
from membership.grants import Grant
from membership.lifecycle import LifecycleRules
from membership.lottery import LotteryRules
from membership.money import AMOUNT_MAX, EXPONENTS
from membership.offers import Offer
from membership.passes import Plan
from membership.point_rules import PointRules, Worth
from membership.products import Product
from membership.profile import ProfileRules
from membership.promotions import Promotion
from membership.ratings import SurveyRules
from membership.reading import Findings, Problem, Reader, RulesError
from membership.referrals import ReferralRules
from membership.segments import Segment
from membership.stored_value import StoredValueRules
from membership.tiers import Ladder
from membership.transfers import TransferRules

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

_NO_TIERS, _NIGHT, _LIFE, _NOTHING = Ladder(), Hours(time(21), time(9)), LifecycleRules(), ProfileRules()


@dataclass(frozen=True, slots=True)
class Store:
    """A place of the shop; its code stands on receipts and in posters and never changes. ``hours``: None, not told."""

    code: str
    name: Mapping[str, str]
    address: Mapping[str, str] = field(default_factory=dict)
    hours: Hours | None = None


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
    transfer: TransferRules | None = None
    lottery: LotteryRules | None = None
    campaigns: tuple[Campaign, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    products: tuple[Product, ...] = ()
    grants: tuple[Grant, ...] = ()
    passes: tuple[Plan, ...] = ()
    survey: SurveyRules | None = None
    fields: tuple[Field, ...] = ()
    profile: ProfileRules = _NOTHING
    lifecycle: LifecycleRules = _LIFE
    segments: tuple[Segment, ...] = ()
    terms: Mapping[str, str] = field(default_factory=dict)
    privacy: Mapping[str, str] = field(default_factory=dict)

    @property
    def lacking(self) -> frozenset[str]:
        """The words of the chat that stand for something this shop has not: no menu shows them."""
        given: dict[str, object] = {
            "balance": self.stored_value,
            "checkin": self.checkin,
            "refer": self.referral,
            "lottery": self.lottery,
            "family": self.transfer,
        }
        given["mall"] = self.offers_for("mall") or None
        given |= {"passes": self.passes or None, "sellpass": self.passes or None}
        given["rate"] = self.survey
        given |= dict.fromkeys(("topup", "cashout"), self.stored_value)
        given |= dict.fromkeys(("tier", "settier"), self.ladder.tiers or None)
        return frozenset(word for word, rules in given.items() if rules is None)

    def offer(self, offer_id: str) -> Offer | None:
        return next((offer for offer in self.offers if offer.id == offer_id), None)

    def offers_for(self, claim: str) -> tuple[Offer, ...]:
        """Return the offers had in this way: ``open``, ``mall``, ``join``, ``birthday`` or ``granted``."""
        return tuple(offer for offer in self.offers if offer.claim == claim)

    def store(self, code: str) -> Store | None:
        return next((store for store in self.stores if store.code == code), None)


def parse(body: Mapping[str, Any]) -> ShopRules:
    """Read the shop's rules from the tables of ``shop.toml``.

    Raises:
        RulesError: something is wrong; it names every mistake of the whole text.

    """
    found, problems = _read(body)
    if problems:
        raise RulesError(problems)
    return found


def recall(body: Mapping[str, Any]) -> ShopRules:
    """Return rules that have been in force: a later program may ask more of new ones, and must still know the old."""
    return _read(body)[0]


def _read(body: Mapping[str, Any]) -> tuple[ShopRules, tuple[Problem, ...]]:
    """Return the rules as well as they can be read, and every mistake of the whole text."""
    findings = Findings()
    top = Reader(body, findings)
    shop = top.table("shop")
    currency = _currency(shop)
    languages = _languages(shop)
    findings.currency, findings.languages = currency, languages
    drum = lottery.read(top)
    rules = ShopRules(
        name=shop.texts("name"),
        code=shop.code("code"),
        currency=currency,
        zone=_zone(shop),
        languages=languages,
        region=shop.text("region", "CN", shape=r"[A-Z]{2}", cure='write a country in two letters, such as "CN"'),
        terms=shop.texts("terms", required=False),
        privacy=shop.texts("privacy", required=False),
        points=point_rules.read(top.table("points")),
        counter=counter_rules.read(top.table("counter")),
        ladder=tiers.read(top),
        offers=(*(offers.read(table) for table in top.tables("offers")), *(drum.goods if drum else ())),
        birthday=_birthday(top.table("birthday")),
        stores=tuple(_store(table) for table in top.tables("stores")),
        quiet=_quiet(top),
        limits=_limits(top.table("limits")),
        notices=_notices(top.table("notices")),
        stored_value=stored_value.read(top),
        checkin=checkin.read(top),
        referral=referrals.read(top),
        transfer=transfers.read(top),
        lottery=drum,
        fields=fields.read(top),
        profile=profile.read(top),
        lifecycle=lifecycle.read(top),
        segments=segments.read(top),
        campaigns=campaigns.read(top),
        promotions=promotions.read(top),
        products=products.read(top),
        grants=grants.read(top),
        passes=passes.read(top),
        survey=ratings.read(top),
    )
    shop.done()
    top.done()
    _check_whole(rules, top)
    return rules, tuple(findings.problems)


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


def _quiet(top: Reader) -> Hours:
    hours = top.hours("quiet", _NIGHT)
    if hours.start == hours.end:
        top.note("quiet", "never ends: nothing that can wait would ever be sent", "let from and until differ")
    return hours


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
        code=table.code("code"),
        name=table.texts("name"),
        address=table.texts("address", required=False),
        hours=table.hours_or_none(),
    )
    table.done()
    return store


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
    given = [offer.id for offer in rules.offers]
    lottery.check(rules.lottery, given, top)
    referrals.check(rules.referral, given, top)
    tiers.check(rules.ladder, given, top)
    steps = [tier.id for tier in rules.ladder.tiers]
    stores = [store.code for store in rules.stores]
    passes.check(rules.passes, stores, top)
    products.check(rules.products, top)
    offers.check(rules.offers, top)
    named = grants.Names(given, stores, steps, products.names(rules.products))
    grants.check(rules.grants, named, top)
    promotions.check(rules.promotions, top, stores=stores, tiers=steps)
    campaigns.check(rules.campaigns, top, stores=stores, tiers=steps, wares=products.names(rules.products))
    lifecycle.check(rules.lifecycle, given, top)
    told = {"tiers": steps, "stores": stores, "coupons": given}
    segments.check(rules.segments, told, rules.fields, top)
    for place, ids in (("tiers", steps), ("stores", stores), ("offers", given)):
        top.once(place, ids)
    if not stores:
        top.note("stores", "are missing", "add [[stores]] with a code and a name")
    _check_reach(rules, top)
    for number, offer in enumerate(rules.offers, start=1):
        top.known(f"offers[{number}].tiers", offer.tiers, steps)
        top.known(f"offers[{number}].stores", offer.stores, stores)


def _check_reach(rules: ShopRules, top: Reader) -> None:
    """Note thresholds that no bill of this shop can reach."""
    most = rules.limits.amount_max_minor
    for place, asked in (
        ("offers", [(offer.threshold_minor, "threshold") for offer in rules.offers]),
        ("promotions", [(promotion.threshold_minor, "threshold") for promotion in rules.promotions]),
        ("grants", [(grant.over_minor, "over") for grant in rules.grants]),
    ):
        for number, (minor, key) in enumerate(asked, start=1):
            if minor > most:
                top.note(f"{place}[{number}].{key}", "is more than limits.amount_max allows", "lower it, or raise that")
