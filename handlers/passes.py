"""A member's counted passes in chat: what is left on each and until when, the visits taken, and what can be bought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from handlers.reply import home_row, listed, screen, tap
from handlers.said import Said
from membership.errors import Expired
from membership.member import Who
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment
from membership.passes import Plan
from services import Tx, members, passes, visit_asks, visits
from services.passes import Pass
from services.visits import Line

PAGE: Final = 5
PAGES_DIGITS_MAX: Final = 6


def show_passes(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show the passes held, with ``history`` (and how many lines were shown) the visits, with ``shop`` what is sold.

    ``yes <visit>`` and ``no <visit>`` answer what the counter asks.
    """
    del said
    member_id = members.required(who)
    match list(arguments):
        case []:
            return _held(tx, member_id, moment=moment)
        case ["shop"]:
            return _shop(tx)
        case ["yes", visit_id]:
            done = visit_asks.agree(tx, visit_id, member_id, moment=moment)
            return screen(say("visit.thanks", title=done.of.title, left=done.of.remaining), buttons=[_mine()])
        case ["no", visit_id]:
            asked = visit_asks.refuse(tx, visit_id, member_id, moment=moment)
            return screen(say("visit.no_thanks", title=asked.of.title), buttons=[[tap("code", "code"), *home_row()]])
        case ["history"]:
            return _history(tx, member_id, 0)
        case ["history", behind] if behind.isascii() and behind.isdigit() and len(behind) <= PAGES_DIGITS_MAX:
            return _history(tx, member_id, int(behind))
    raise Expired


def _mine() -> list[Button]:
    return [tap("passes", "passes"), *home_row()]


def plan_line(tx: Tx, plan: Plan) -> Message:
    """Return what a pass is: its name, visits, price and for how long."""
    days = say("passes.no_end") if plan.days is None else say("passes.days", count=plan.days)
    return say("passes.plan", title=choose(plan.name), count=plan.visits, price=passes.price(tx, plan), ends=days)


def held_line(one: Pass) -> Message:
    """Return a pass in one line: its name, what is left, until when."""
    facts = {"title": one.title, "left": one.remaining, "total": one.plan.visits, "ends": passes.until(one.ends_on)}
    return say("passes.line", **facts)


def _held(tx: Tx, member_id: str, *, moment: Moment) -> Reply:
    held = passes.held(tx, member_id, now=moment.now)
    if not held and not passes.kept(tx):
        return screen(
            say("passes.not_here"), buttons=[[tap("points", "points"), tap("coupons", "coupons")], home_row()]
        )
    shop = [tap("passes_shop", "passes shop")] if passes.offered(tx) else []
    history = [tap("passes_history", "passes history")] if passes.every(tx, member_id, now=moment.now) else []
    if not held:
        return screen(say("passes.none"), buttons=[[*shop, *history], home_row()])
    rows = [[tap("code", "code"), *history], [*shop, *home_row()]]
    return screen(say("passes.title"), *listed(held_line(one) for one in held), say("passes.how"), buttons=rows)


def _shop(tx: Tx) -> Reply:
    sold = passes.offered(tx)
    if not sold:
        return screen(say("passes.not_here"), buttons=[[tap("passes", "passes")], home_row()])
    lines = listed(plan_line(tx, plan) for plan in sold)
    return screen(say("passes.shop"), *lines, say("passes.where"), buttons=[[tap("passes", "passes")], home_row()])


def _history(tx: Tx, member_id: str, behind: int) -> Reply:
    found = visits.history(tx, member_id, behind=behind, limit=PAGE + 1)
    older = [tap("older", f"passes history {behind + PAGE}")] if len(found) > PAGE else []
    title = say("passes.history") if found else say("passes.no_visits")
    return screen(title, *listed(map(_line, found[:PAGE])), buttons=[[*older, tap("passes", "passes")], home_row()])


def _line(one: Line) -> Message:
    facts = {"at": one.at, "title": one.title, "count": one.count, "store": one.store}
    return say("passes.visit_undone" if one.undone else "passes.visit", **facts)
