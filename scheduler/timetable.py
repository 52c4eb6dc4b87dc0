"""The timetable: everything that happens by itself, in the order in which it is done, and how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from membership.moment import Moment
from services import (
    Tx,
    approvals,
    broadcasts,
    dispatch,
    greetings,
    habits,
    housekeeping,
    lookups,
    mass,
    pass_warnings,
    ratings,
    referrals,
    reservations,
    sign_ups,
    tier_gifts,
    tier_moves,
    tier_warnings,
    watch,
)

Unit = Callable[[Tx, Moment], int]
"""One transaction of a job: it does a batch and returns how much that was; 0 when nothing is left."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One job: its name, every how many seconds it runs, and what it does.

    ``unit`` is None for the five jobs that call others, which belong to the running server. ``plans`` marks what must
    not happen while the clock is in doubt.
    """

    name: str
    seconds: int
    what: str
    unit: Unit | None = None
    plans: bool = False


def _lose(tx: Tx, moment: Moment) -> int:
    return dispatch.lose(tx, now=moment.now) + mass.give_up(tx, now=moment.now)


def _plan_broadcasts(tx: Tx, moment: Moment) -> int:
    return broadcasts.plan_batch(tx, moment)


DELIVER, MASS_SEND, SHOW_PROGRESS, CALL_HOOKS = "deliver", "mass-send", "show-progress", "call-hooks"
SHOW_MENUS = "show-menus"

TIMETABLE: tuple[Entry, ...] = (
    Entry("expire-points", 60, "Book points off whose end has come.", greetings.expire_points, plans=True),
    Entry("expire-coupons", 60, "Mark coupons whose end has come.", greetings.expire_coupons, plans=True),
    Entry("greet-birthdays", 30, "Greet members on their birthday.", greetings.greet_birthdays, plans=True),
    Entry("warn-points", 60, "Warn of points that end soon.", greetings.warn_points, plans=True),
    Entry("warn-coupons", 60, "Warn of coupons that end soon.", greetings.warn_coupons, plans=True),
    Entry(
        "review-tiers",
        60,
        "Look at tiers whose time is over, and end those set by hand.",
        tier_moves.review_due,
        plans=True,
    ),
    Entry("warn-tiers", 60, "Warn members who may lose their tier.", tier_warnings.warn_due, plans=True),
    Entry(
        "tier-coupons", 60, "Give the coupon of the month to tiers that have one.", tier_gifts.give_monthly, plans=True
    ),
    Entry(
        "keep-activities", 30, "Tell of cancelled activities, and end those that are over.", sign_ups.keep, plans=True
    ),
    Entry("expire-passes", 60, "Note passes whose end has come.", pass_warnings.expire_due, plans=True),
    Entry("warn-passes", 60, "Warn of passes that end soon.", pass_warnings.warn_due, plans=True),
    Entry("ask-ratings", 60, "Ask members how their last visit was.", ratings.ask_due, plans=True),
    Entry("plan-broadcasts", 1, "Put the messages of a broadcast into the outbox.", _plan_broadcasts),
    Entry("expire-asked", 2, "End bills whose member has not answered in time.", reservations.expire_due),
    Entry("lost-leases", 10, "Settle messages whose sender went away.", _lose),
    Entry(DELIVER, 5, "Send what is due."),
    Entry(MASS_SEND, 5, "Send a broadcast to WeChat members without a window as a mass message."),
    Entry(SHOW_PROGRESS, 2, "Show how far a broadcast has come."),
    Entry(CALL_HOOKS, 2, "Call the other systems that asked to be told what happens."),
    Entry(SHOW_MENUS, 5, "Show the menus of a role to whoever was given it, and take them from whoever lost it."),
    Entry("expire-approvals", 60, "End what no second person decided in a day.", approvals.expire_due),
    Entry("watch", 600, "Tell the owner in the morning what was odd the day before.", watch.look, plans=True),
    Entry(
        "pay-referrals",
        60,
        "Pay for friends whose first purchase can no longer be refunded.",
        referrals.pay_due,
        plans=True,
    ),
    Entry(
        "compute-habits",
        30,
        "Count each night who comes how often, and look after who got to another stage.",
        habits.compute,
        plans=True,
    ),
    Entry("seal-audit", 10, "Chain the deeds of the audit trail.", housekeeping.seal_audit),
    Entry("erase-left", 3600, "Erase the data of members who left a week ago.", greetings.erase_left, plans=True),
    Entry("index-tails", 3600, "Keep the search by last digits of phones as the shop wants it.", lookups.index_tails),
    Entry("forget", 3600, "Drop old events and codes.", housekeeping.forget, plans=True),
)
