"""What a till is shown of counted passes: services' records as JSON-shaped data, its words still messages."""

from __future__ import annotations

from typing import Any

from membership.messages import choose
from membership.passes import Plan
from services import Tx, passes
from services.passes import Pass
from services.visit_asks import Asked
from services.visits import Visit

Shown = dict[str, Any]


def plan(tx: Tx, found: Plan) -> Shown:
    """Return a pass the shop sells."""
    about = {"plan": found.id, "title": choose(found.name), "visits": found.visits, "price": passes.price(tx, found)}
    return {**about, "days": found.days, "points": found.points}


def a_pass(found: Pass) -> Shown:
    """Return a pass a member holds, or held."""
    about = {"pass_id": found.id, "plan": found.plan.id, "title": found.title, "state": found.state}
    counted = {"visits": found.plan.visits, "remaining": found.remaining}
    money = {"price": found.price, "refunded": found.refunded}
    return {**about, **counted, **money, "ends_on": found.ends_on, "store": found.store, "at": found.at}


def settled(done: Visit | Asked) -> tuple[int, Shown]:
    """Return status and body of visits that were taken, or that wait for the member's yes."""
    return (201, visit(done)) if isinstance(done, Visit) else (202, asked(done))


def asked(found: Asked) -> Shown:
    """Return visits the member was asked about, and what they said."""
    about = {"visit_id": found.id, "count": found.count, "state": found.state, "expires_at": found.expires_at}
    return {**about, "store": found.store, "pass": a_pass(found.of)}


def visit(done: Visit) -> Shown:
    """Return visits that were taken, and how their pass stands after them."""
    about = {"visit_id": done.id, "count": done.count, "undone": done.undone}
    return {**about, "store": done.store, "at": done.at, "pass": a_pass(done.of)}
