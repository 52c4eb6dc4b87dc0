"""What rules mean, in plain words of the shop's language: what is switched on, and what one bill would come to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final, TypeVar

from bot.cli.plainly import ASKED_WRONGLY, Stopped
from locales import Words
from membership import days, figures, money, pricing, products
from membership.earning import Boost
from membership.errors import Refusal
from membership.messages import Message, choose, say
from membership.money import Money
from membership.pricing import Bill, Buyer, Quote
from membership.rules import ShopRules
from membership.tiers import Tier

T = TypeVar("T")
PARTS: Final[Mapping[str, Callable[[ShopRules], object]]] = {
    "tiers": lambda shop: shop.ladder.tiers,
    "review": lambda shop: shop.ladder.reviews,
    "offers": lambda shop: shop.offers,
    "mall": lambda shop: shop.offers_for("mall"),
    "grants": lambda shop: shop.grants,
    "products": lambda shop: shop.products,
    "promotions": lambda shop: shop.promotions,
    "campaigns": lambda shop: shop.campaigns,
    "stored_value": lambda shop: shop.stored_value,
    "passes": lambda shop: shop.passes,
    "checkin": lambda shop: shop.checkin,
    "referral": lambda shop: shop.referral,
    "lottery": lambda shop: shop.lottery,
    "transfer": lambda shop: shop.transfer,
    "fields": lambda shop: shop.fields,
    "profile": lambda shop: shop.profile.given,
    "segments": lambda shop: shop.segments,
    "survey": lambda shop: shop.survey,
    "actions": lambda shop: shop.lifecycle.actions,
}
"""What a shop may have, each with what tells whether it has it: nothing, or what there is of it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A bill to reckon, as it was typed: ``items`` are ``sku`` or ``sku=2``; "" stands for what is usual."""

    amount: str = ""
    tier: str = ""
    on: str = ""
    store: str = ""
    items: tuple[str, ...] = ()
    first: bool = False
    birthday: bool = False


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What a sample comes to, and who it was reckoned for."""

    quote: Quote
    amount: Money
    tier: Tier | None
    store: Message
    at: datetime


def reckon(shop: ShopRules, sample: Sample, *, now: datetime) -> Reckoned:
    """Reckon a bill as the counter would. Raises Stopped for what the rules do not know, and ItemsOverBill."""
    tier = _one_of("tier", sample.tier, {tier.id: tier for tier in shop.ladder.tiers}, default=shop.ladder.earned_by(0))
    store = _one_of("store", sample.store, {store.code: store for store in shop.stores}, default=shop.stores[0])
    assert store is not None, "a shop has a store"
    items = [_item(shop, told) for told in sample.items]
    listed = products.pieces(shop.products, items)
    amount = _amount(shop, sample.amount, sum(piece.minor for piece in listed))
    at = _moment(shop, sample.on, now)
    boosts = tuple(boost for boost in (_birthday(shop, tier),) if boost is not None and sample.birthday)
    extras = shop.points.extras(first=sample.first, first_in_birthday_month=sample.birthday)
    buyer = Buyer(tier=tier, extras=extras, boosts=boosts)
    found = pricing.quote(shop, Bill(amount, store.code, listed), buyer, now=at)
    return Reckoned(found, amount, tier, choose(store.name), at)


def words(shop: ShopRules) -> Words:
    return Words.open(zone=shop.zone)


def told(shop: ShopRules, reckoned: Reckoned) -> Iterator[Message]:
    """Give what to say of a sample and of what the shop has, a paragraph each."""
    facts = {"amount": reckoned.amount, "store": reckoned.store, "at": reckoned.at}
    if reckoned.tier is None:
        yield say("rules.bill", **facts)
    else:
        yield say("rules.bill_as", tier=choose(reckoned.tier.name), **facts)
    lines = tuple(figures.price_line(line.label, line.amount) for line in reckoned.quote.lines)
    yield say("receipt.body", lines=lines, paid=reckoned.quote.to_pay)
    earned = reckoned.quote.points_earned
    worth = Money(shop.points.worth.minor_of(earned), shop.currency)
    if earned:
        yield say("rules.earns", points=earned, worth=worth, why=reckoned.quote.why)
    else:
        yield say("rules.earns_nothing")
    yield say("rules.on", lines=tuple(_part(name, found) for name, found in _on(shop)))
    off = tuple(say(f"rules.part.{name}") for name in PARTS if name not in dict(_on(shop)))
    if off:
        yield say("rules.off", lines=off)
    over = tuple(_over(shop, days.day_of(reckoned.at, shop.zone)))
    if over:
        yield say("rules.over", lines=over)


def _over(shop: ShopRules, today: date) -> Iterator[Message]:
    """Give each offer, campaign and promotion whose last day has passed: right as it is written, and of no use."""
    told = [(choose(one.title), one.validity.ends_on) for one in shop.offers]
    told += [(choose(one.name), one.when.validity.ends_on) for one in shop.campaigns]
    told += [(choose(one.title), one.when.validity.ends_on) for one in shop.promotions]
    for title, last in told:
        if last is not None and last < today:
            yield say("rules.ended", title=title, on=last)


def facts(shop: ShopRules, reckoned: Reckoned) -> dict[str, Any]:
    """Return the same for programs: amounts in minor units, texts in the shop's language."""
    say_it, language = words(shop), shop.languages[0]
    quote = reckoned.quote
    return {
        "sample": {
            "amount": reckoned.amount.minor,
            "tier": None if reckoned.tier is None else reckoned.tier.id,
            "at": reckoned.at,
            "lines": [{"label": say_it.text(one.label, language), "amount": one.amount.minor} for one in quote.lines],
            "to_pay": quote.to_pay.minor,
            "points_earned": quote.points_earned,
            "why": [say_it.text(line, language) for line in quote.why],
        },
        "on": [name for name, _ in _on(shop)],
        "off": [name for name in PARTS if name not in dict(_on(shop))],
    }


def _on(shop: ShopRules) -> list[tuple[str, object]]:
    looked = ((name, look(shop)) for name, look in PARTS.items())
    return [(name, found) for name, found in looked if found]


def _part(name: str, found: object) -> Message:
    text = say(f"rules.part.{name}")
    return say("rules.counted", what=text, count=len(found)) if isinstance(found, Sequence) else text


def _one_of(what: str, asked: str, known: Mapping[str, T], *, default: T | None) -> T | None:
    if not asked:
        return default
    if asked not in known:
        cure = f"Write one of: {', '.join(known)}." if known else "The shop names none."
        raise Stopped(f'There is no {what} "{asked}". {cure}', code=ASKED_WRONGLY)
    return known[asked]


def _item(shop: ShopRules, text: str) -> dict[str, Any]:
    sku, _, count = text.partition("=")
    product = _one_of("product", sku, {one.sku: one for one in shop.products}, default=None)
    number = int(count or "1") if (count or "1").isascii() and (count or "1").isdigit() else 0
    if product is None or not 0 < number < 1000:  # noqa: PLR2004 -- more of one thing is a slip
        raise Stopped(f'"{text}" is no item. Write a product and how many, such as latte=2.', code=ASKED_WRONGLY)
    return {"sku": sku, "quantity": number, "amount": number * product.price_minor}


def _amount(shop: ShopRules, text: str, of_items: int) -> Money:
    """Return the bill: as it was typed, else what the items come to, else a hundred units."""
    if not text:
        return Money(of_items or 100 * 10 ** money.EXPONENTS[shop.currency], shop.currency)
    try:
        return money.parse_amount(text, shop.currency)
    except Refusal:
        raise Stopped(f'"{text}" is no amount. Write one such as 88.50.', code=ASKED_WRONGLY) from None


def _moment(shop: ShopRules, text: str, now: datetime) -> datetime:
    """Return when the bill is made: at noon of a day, or at a local time of the shop."""
    if not text:
        return now
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise Stopped(f'"{text}" is no day. Write 2026-12-24, or 2026-12-24T15:00.', code=ASKED_WRONGLY) from None
    clock = local.time() if "T" in text else time(12)
    return days.at(date(local.year, local.month, local.day), clock.replace(tzinfo=None), shop.zone)


def _birthday(shop: ShopRules, tier: Tier | None) -> Boost | None:
    return shop.points.birthday_boost() if tier is None else shop.points.birthday_boost(tier.birthday_multiplier)
