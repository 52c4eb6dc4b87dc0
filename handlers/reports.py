"""The owner's report: today or seven days, in words and as one picture, beside the same span before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from handlers import lifecycle
from handlers.reply import home_row, screen, tap
from handlers.said import Said
from membership import staff as rights
from membership.errors import Expired
from membership.member import Who
from membership.messages import Message, Picture, Reply, choose, say
from membership.moment import Moment
from membership.money import Money
from services import Tx, reports, rules, staff, watch
from services.reports import Bar, Effect, Figures, Report

Headline = tuple[Message, Message, Message, str]
"""A number of the picture: label, value, change, and up, down or same."""
Series = tuple[Message, tuple[int, ...], tuple[Message, ...]]
"""A row of bars: label, heights, and what stands on each."""

WEEK = 7
OPEN_HOURS = (8, 20)
"""Hours the picture of a day shows at least; earlier and later ones only when something happened."""


def show_report(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show today, or with ``7`` the last seven days; who works in some stores sees the one they stand in.

    ``life`` shows who comes how often.
    """
    reader = staff.check(tx, who, "report")
    if list(arguments) == ["life"]:
        return lifecycle.show_life(tx, who)
    if list(arguments) not in ([], ["1"], [str(WEEK)]):
        raise Expired
    length = int(arguments[0]) if arguments else 1
    store_id = None if any(role.store_id is None for role in who.roles) else reader.store_id
    found = reports.report(tx, length=length, store_id=store_id, now=moment.now)
    del said
    buttons = [(tap("report_today", "report"), tap("report_week", f"report {WEEK}")), home_row()]
    odd = watch.unseen(tx, now=moment.now) if rights.may(who.roles, "watch") else 0
    if odd:
        buttons.insert(1, (tap("watch", "watch"),))
    if found.store_id is None:
        buttons.insert(1, (tap("report_life", "report life"),))
    if rules.current(tx).referral is not None and found.store_id is None:
        buttons.insert(1, (tap("refer_shop", "refer shop"),))
    words = [*_words(tx, found), *([say("report.watch", count=odd)] if odd else [])]
    return screen(*words, picture=_picture(tx, found), buttons=buttons)


def _words(tx: Tx, found: Report) -> Iterator[Message]:
    now, before = found.now, found.before
    yield say("report.title", place=_place(tx, found), period=_period(found))
    sales = {"amount": _money(found, now.sales_minor), "change": _change(now.sales_minor, before.sales_minor)}
    yield say("report.sales", **sales, average=_money(found, now.average_minor), count=now.purchases)
    if now.passes_sold or now.passes_back_minor or now.visits or now.passes_ended:
        yield _passes(found)
    if now.rating_tenths is not None:
        whole, tenth = divmod(now.rating_tenths, 10)
        yield say("report.ratings", total=now.ratings, average=f"{whole}.{tenth}", low=now.ratings_low)
    if found.store_id is None:
        yield say("report.members", count=now.joined, change=_change(now.joined, before.joined))
        if found.sources:
            lines = tuple(_source(source, count) for source, count in found.sources.items())
            yield say("report.sources", lines=lines)
        points = {"issued": now.points_issued, "spent": now.points_spent, "expired": now.points_expired}
        yield say("report.points", **points)
        yield say("report.liability", points=found.points_out, worth=found.liability)
        yield say("report.coupons", issued=now.coupons_issued, redeemed=now.coupons_redeemed)
    else:
        yield say("report.store", buyers=now.buyers, issued=now.points_issued, redeemed=now.coupons_redeemed)
    if found.effects:
        yield say("report.campaigns", lines=tuple(_effect(found, one) for one in found.effects))
    yield say("report.compared.day" if found.days == 1 else "report.compared.week")


def _effect(found: Report, one: Effect) -> Message:
    sold = _money(found, one.sales_minor)
    return say("report.campaign", name=one.name, amount=sold, purchases=one.purchases, points=one.points)


def _passes(found: Report) -> Message:
    """Return what passes brought and gave back, which is no part of the sales."""
    now = found.now
    back = say("report.passes_back", amount=_money(found, now.passes_back_minor))
    facts = {"sold": now.passes_sold, "amount": _money(found, now.passes_minor), "visits": now.visits}
    facts["ended"] = say("report.passes_ended", count=now.passes_ended) if now.passes_ended else say("empty")
    return say("report.passes", **facts, back=back if now.passes_back_minor else say("empty"))


def _picture(tx: Tx, found: Report) -> Picture:
    shown = _opening(found.bars) if found.days == 1 else found.bars
    zone = rules.current(tx).zone
    if found.days == 1:
        ticks = tuple(say("report.hour", hour=f"{bar.begins_at.astimezone(zone):%H}") for bar in shown)
    else:
        ticks = tuple(say("report.day", on=bar.begins_at.astimezone(zone).date()) for bar in shown)
    sales = [(bar.sales_minor, say("report.amount", amount=_money(found, bar.sales_minor))) for bar in shown]
    joined = [(bar.joined, say("picture.number", number=bar.joined)) for bar in shown]
    facts = {
        "shop": choose(rules.current(tx).name),
        "title": say("report.picture.day" if found.days == 1 else "report.picture.week"),
        "period": _period(found),
        "headlines": tuple(_headlines(found)),
        "ticks": ticks,
        "bars": _series("report.series.sales", sales),
        "second": _series("report.series.joined", joined) if found.store_id is None else None,
    }
    return Picture("report", facts)


def _headlines(found: Report) -> Iterator[Headline]:
    yield _headline(found, "sales", lambda figures: figures.sales_minor, money=True)
    yield _headline(found, "purchases", lambda figures: figures.purchases)
    yield _headline(found, "average", lambda figures: figures.average_minor, money=True)
    if found.store_id is None:
        yield _headline(found, "joined", lambda figures: figures.joined)
    else:
        yield _headline(found, "buyers", lambda figures: figures.buyers)
    yield _headline(found, "points", lambda figures: figures.points_issued)
    yield _headline(found, "redeemed", lambda figures: figures.coupons_redeemed)


def _headline(found: Report, name: str, figure: Callable[[Figures], int], *, money: bool = False) -> Headline:
    now, before = figure(found.now), figure(found.before)
    value = say("report.amount", amount=_money(found, now)) if money else say("picture.number", number=now)
    trend = "up" if now > before else "down" if now < before else "same"
    return say(f"report.tile.{name}"), value, _change(now, before), trend


def _series(key: str, bars: Sequence[tuple[int, Message]]) -> Series:
    return say(key), tuple(max(0, value) for value, _ in bars), tuple(text for _, text in bars)


def _opening(bars: Sequence[Bar]) -> Sequence[Bar]:
    """Return the hours worth a bar: the usual opening hours, and what lies outside where anything happened."""
    busy = [number for number, bar in enumerate(bars) if bar.sales_minor or bar.joined]
    first, last = min([OPEN_HOURS[0], *busy]), max([OPEN_HOURS[1], *busy])
    return bars[first : last + 1]


def _change(now: int, before: int) -> Message:
    """Return how a figure moved against the span before, in whole per cent."""
    if before <= 0:
        return say("report.change.none")
    percent = (200 * (now - before) + before) // (2 * before)
    if percent == 0:
        return say("report.change.same")
    return say("report.change.up" if percent > 0 else "report.change.down", percent=abs(percent))


def _place(tx: Tx, found: Report) -> Message:
    return choose(rules.current(tx).name if found.store_id is None else rules.store_name(tx, found.store_id))


def _period(found: Report) -> Message:
    if found.first == found.last:
        return say("report.period.day", on=found.last)
    return say("report.period.days", first=found.first, last=found.last)


def _source(source: str, count: int) -> Message:
    if source in ("", "counter", "friend", "left"):
        return say(f"report.source.{source or 'direct'}", count=count)
    return say("report.source.link", source=source, count=count)


def _money(found: Report, minor: int) -> Money:
    return Money(minor, found.currency)
