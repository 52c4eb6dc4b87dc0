"""Offers: what a kind of coupon gives, when it counts, and who may have how many."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, cast
from zoneinfo import ZoneInfo

from membership import days, tags, validity
from membership.errors import (
    OfferEnded,
    OfferForNewMembers,
    OfferLimitReached,
    OfferNotForYou,
    OfferNotStarted,
    OfferSoldOut,
)
from membership.reading import Reader
from membership.validity import Validity

OfferKind = Literal["threshold_off", "percent", "cash", "gift", "exchange"]
Way = Literal["open", "mall", "join", "birthday", "granted"]
PRICE_ORDER: tuple[OfferKind, ...] = ("threshold_off", "percent", "cash", "gift", "exchange")
CLAIMED: frozenset[Way] = frozenset({"open", "mall"})
"""Ways in which members take a coupon themselves."""
WAYS: tuple[Way, ...] = ("open", "mall", "join", "birthday", "granted")
PICTURE = r"[\w. -]{1,80}\.(?:jpe?g|JPE?G|png|PNG)"
KEYWORD_MAX = 20
_ALWAYS = Validity()
_ONLY_WITH = {
    "value": ("threshold_off", "cash"),
    "percent_off": ("percent",),
    "cap": ("percent",),
    "goods": ("gift", "exchange"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A kind of coupon the shop gives.

    ``threshold_off`` 满减 and ``cash`` 现金 take ``value_minor`` off (the first from ``threshold_minor`` on),
    ``percent`` 折扣 takes ``percent_off`` of the price, at most ``cap_minor``; ``gift`` 赠品 and ``exchange`` 兑换
    give the ``goods``. Any kind may ask for a ``threshold_minor``. ``stock``, ``per_member`` and ``per_day`` (per
    member) limit how many are given; None: no limit. ``claim`` says how it is had: ``open`` to claim in chat, in the
    points ``mall`` 积分商城 for ``price_points``, ``join``ing, the ``birthday``, or only ``granted`` by hand or by
    another rule. ``tiers``, ``tags`` (one of each is enough) and ``new_days`` (days since joining, the first counted)
    say who may have it, ``keywords`` the words that claim it, ``picture`` the file that shows it. Coupons of one
    ``stack_group`` exclude each other; an ``exclusive`` one excludes all others.
    """

    id: str
    kind: OfferKind
    title: Mapping[str, str] = field(default_factory=dict)
    value_minor: int = 0
    percent_off: int = 0
    cap_minor: int | None = None
    threshold_minor: int = 0
    goods: Mapping[str, str] = field(default_factory=dict)
    validity: Validity = _ALWAYS
    claim: Way = "granted"
    price_points: int = 0
    stock: int | None = None
    per_member: int | None = None
    per_day: int | None = None
    tiers: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    new_days: int | None = None
    keywords: tuple[str, ...] = ()
    picture: str = ""
    stores: frozenset[str] = frozenset()
    exclusive: bool = False
    stack_group: str = ""
    with_tier_price: bool = True
    with_points: bool = True

    def off_minor(self, price_minor: int) -> int:
        """Return what the coupon takes off this price: whole minor units, rounded down, never more than the price."""
        if self.kind == "percent":
            off = price_minor * self.percent_off // 100
            return off if self.cap_minor is None else min(off, self.cap_minor)
        return min(self.value_minor, price_minor)

    def window(self, given_at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
        """Return from which instant a coupon given now counts and at which it is over (UTC; None: never)."""
        given_on = days.day_of(given_at, zone)
        last = self.validity.last_on(given_on)
        first = self.validity.first_on(given_on)
        starts_at = given_at if first == given_on else days.start_of(first, zone)
        return starts_at, None if last is None else days.end_of(last, zone)

    @property
    def is_limited(self) -> bool:
        """Whether not everybody may have it at any time, stock aside."""
        limits = (self.new_days, self.per_member, self.per_day)
        return bool(self.tiers or self.tags) or any(limit is not None for limit in limits)

    def is_over(self, now: datetime, zone: ZoneInfo) -> bool:
        """Tell whether a coupon given now would be over before it counts."""
        starts_at, ends_at = self.window(now, zone)
        return ends_at is not None and ends_at <= starts_at


@dataclass(frozen=True, slots=True)
class Given:
    """How many coupons of an offer were given: to everybody, to this member, to this member today."""

    to_all: int = 0
    to_member: int = 0
    today: int = 0


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who wants a coupon: their tier, their tags, and the shop's day on which they joined (None: not yet)."""

    tier: str | None = None
    tags: frozenset[str] = frozenset()
    joined_on: date | None = None


def check_claim(offer: Offer, given: Given, who: Claimant, *, today: date) -> None:
    """Refuse a claim the offer does not allow; points for it and the yes to offers are asked elsewhere.

    Raises:
        OfferNotStarted, OfferEnded, OfferNotForYou, OfferForNewMembers, OfferSoldOut, OfferLimitReached: in this
            order.

    """
    window = offer.validity
    if window.starts_on is not None and today < window.starts_on:
        raise OfferNotStarted(on=window.starts_on)
    last = window.last_on(today)
    if last is not None and last < window.first_on(today):
        raise OfferEnded(on=last)
    check_limits(offer, given, who, today=today)


def check_limits(offer: Offer, given: Given, who: Claimant, *, today: date) -> None:
    """Refuse whom the offer is not for, or who had enough of it, whenever it counts.

    Raises:
        OfferNotForYou, OfferForNewMembers, OfferSoldOut, OfferLimitReached: in this order.

    """
    if (offer.tiers and who.tier not in offer.tiers) or (offer.tags and not offer.tags & who.tags):
        raise OfferNotForYou
    if offer.new_days is not None and not _is_new(who, offer.new_days, today):
        raise OfferForNewMembers(days=offer.new_days)
    if offer.stock is not None and given.to_all >= offer.stock:
        raise OfferSoldOut
    for limit, had in ((offer.per_member, given.to_member), (offer.per_day, given.today)):
        if limit is not None and had >= limit:
            raise OfferLimitReached(limit=limit)


def by_keyword(offers: Iterable[Offer], text: str) -> Offer | None:
    """Return the offer this text is a keyword of, written in any width and any case; None where it is none."""
    said = _plain(text)
    return next((offer for offer in offers if said and said in map(_plain, offer.keywords)), None)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _is_new(who: Claimant, days_long: int, today: date) -> bool:
    return who.joined_on is not None and today < who.joined_on + timedelta(days=days_long)


def read(table: Reader) -> Offer:
    """Read one of ``[[offers]]``."""
    kind = cast("OfferKind", table.choice("kind", PRICE_ORDER))
    valued = kind in ("threshold_off", "cash")
    offer = Offer(
        id=table.code(),
        kind=kind,
        title=table.texts("title"),
        value_minor=table.amount("value", None if valued else 0, low=int(valued)),
        percent_off=table.whole("percent_off", None if kind == "percent" else 0, low=int(kind == "percent"), high=100),
        cap_minor=table.amount_or_none("cap"),
        threshold_minor=table.amount(
            "threshold", None if kind == "threshold_off" else 0, low=int(kind == "threshold_off")
        ),
        goods=table.texts("goods", required=kind in ("gift", "exchange")),
        validity=validity.read(table),
        claim=cast("Way", table.choice("claim", WAYS, "granted")),
        price_points=table.whole("price_points", 0),
        stock=table.whole_or_none("stock"),
        per_member=table.whole_or_none("per_member", low=1),
        per_day=table.whole_or_none("per_day", low=1),
        tiers=frozenset(table.words("tiers")),
        tags=frozenset(tags.read(table, "tags")),
        new_days=table.whole_or_none("new_days", low=1, high=3650),
        keywords=table.words("keywords"),
        picture=table.text("picture", "", shape=PICTURE, cure="write the name of a JPEG or PNG beside this file"),
        stores=frozenset(table.words("stores")),
        exclusive=table.flag("exclusive", default=False),
        stack_group=table.code("stack_group", ""),
        with_tier_price=table.flag("with_tier_price", default=True),
        with_points=table.flag("with_points", default=True),
    )
    _check(offer, table)
    table.done()
    return offer


def _check(offer: Offer, table: Reader) -> None:
    """Note what the offer's keys say only together."""
    table.meant(_ONLY_WITH, offer.kind)
    window = offer.validity
    if offer.claim in CLAIMED and window.from_next_day and window.starts_on and window.starts_on == window.ends_on:
        table.note("from_next_day", "begins after its only day", "take it out, or let ends_on be later")
    if offer.claim == "mall" and not offer.price_points:
        table.note("price_points", "is missing: the mall sells for points", "write what it costs, such as 500")
    if offer.price_points and offer.claim not in CLAIMED:
        table.note("price_points", "is paid for an offer nobody can claim", 'add claim = "mall", or take it out')
    if offer.keywords and offer.claim not in CLAIMED:
        table.note("keywords", "claim an offer nobody can claim", 'add claim = "open", or take them out')
    for keyword in offer.keywords:
        if not _plain(keyword) or len(keyword) > KEYWORD_MAX or _plain(keyword).isdigit():
            table.note("keywords", f'"{keyword}" will not do', "write words of up to 20 letters, not only digits")


def check(offers: Iterable[Offer], top: Reader) -> None:
    """Note keywords that would claim two offers."""
    owners: dict[str, str] = {}
    for number, offer in enumerate(offers, start=1):
        for keyword in offer.keywords:
            first = owners.setdefault(_plain(keyword), offer.id)
            if first != offer.id:
                top.note(f"offers[{number}].keywords", f'"{keyword}" claims "{first}" already', "write another word")
