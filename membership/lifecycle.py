"""Lifecycle 生命周期: new to gone, by each member's own rhythm, and what happens when somebody gets there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Final

from membership.reading import Reader

STAGES: Final = ("new", "growing", "loyal", "at_risk", "dormant", "gone")
SCORE_MAX: Final = 5
ONE_DAY: Final = timedelta(days=1)
_RHYTHM_FROM: Final = 3
"""So many visits (two spans between them) make a rhythm of one's own."""


@dataclass(frozen=True, slots=True)
class Action:
    """What happens when a member gets to ``stage``: a coupon of ``offer``, at most once in ``every_days`` days.

    ``text``: the shop's own words of the message; empty: the usual ones.
    """

    stage: str
    offer: str
    every_days: int = 90
    text: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LifecycleRules:
    """When somebody is what.

    ``growing_visits`` and ``loyal_visits`` are the visits from which on who comes in time is growing and loyal.
    ``at_risk``, ``dormant`` and ``gone`` are so many of the member's usual times between two visits; ``usual_days``
    stands for it until there were three visits. ``least_days`` without a visit nobody is at risk before. ``at`` is
    the shop's hour at which everybody is looked at.
    """

    growing_visits: int = 2
    loyal_visits: int = 6
    usual_days: int = 30
    least_days: int = 3
    at_risk: Fraction = Fraction(3, 2)
    dormant: Fraction = Fraction(3)
    gone: Fraction = Fraction(6)
    at: time = time(4)
    actions: tuple[Action, ...] = ()

    def action(self, stage: str) -> Action | None:
        return next((action for action in self.actions if action.stage == stage), None)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a stage depends on: how many visits, the last day of one (or of joining), and the own rhythm, if any."""

    visits: int
    last_on: date
    usual: timedelta | None = None


def usual(came: Sequence[date]) -> timedelta | None:
    """Return a member's own rhythm: the median time between two visits; None with fewer than three.

    ``came`` are days in order, each once: two purchases of one day are one visit.
    """
    if len(came) < _RHYTHM_FROM:
        return None
    spans = sorted(later - earlier for earlier, later in pairwise(came))
    return (spans[(len(spans) - 1) // 2] + spans[len(spans) // 2]) / 2


def stage(rules: LifecycleRules, seen: Seen, today: date) -> str:
    """Return what somebody is today, one of STAGES.

    Who never bought anything counts from the day they joined, and is new until they are at risk.
    """
    away = today - seen.last_on
    rhythm = timedelta(days=rules.usual_days) if seen.usual is None else seen.usual
    for name, times in (("gone", rules.gone), ("dormant", rules.dormant), ("at_risk", rules.at_risk)):
        if _more(away, rhythm, times) and away >= rules.least_days * ONE_DAY:
            return name
    if seen.visits >= rules.loyal_visits:
        return "loyal"
    return "growing" if seen.visits >= rules.growing_visits else "new"


def last_places(total: int) -> tuple[int, ...]:
    """Return the places, counted from 1, of the last member of each fifth but the highest; none of nobody.

    Whoever is above the figure at such a place is in a higher fifth, and equals share one: four figures that were read
    once score everybody. It is taken apart for recency, frequency and money (RFM).
    """
    return tuple(-(-fifth * total // SCORE_MAX) for fifth in range(1, SCORE_MAX)) if total else ()


def _more(away: timedelta, rhythm: timedelta, times: Fraction) -> bool:
    return away * times.denominator > rhythm * times.numerator


def read(top: Reader) -> LifecycleRules:
    """Read the table ``[lifecycle]``; without it everybody is counted by the usual rules and nothing happens."""
    table, usual_rules = top.table("lifecycle"), LifecycleRules()
    rules = LifecycleRules(
        growing_visits=table.whole("growing_visits", usual_rules.growing_visits, low=2, high=1000),
        loyal_visits=table.whole("loyal_visits", usual_rules.loyal_visits, low=2, high=1000),
        usual_days=table.whole("usual_days", usual_rules.usual_days, low=1, high=3650),
        least_days=table.whole("least_days", usual_rules.least_days, high=365),
        at_risk=table.ratio("at_risk", usual_rules.at_risk),
        dormant=table.ratio("dormant", usual_rules.dormant),
        gone=table.ratio("gone", usual_rules.gone),
        at=table.clock("at", usual_rules.at),
        actions=tuple(_action(one) for one in table.tables("actions")),
    )
    if not 1 <= rules.at_risk < rules.dormant < rules.gone:
        table.note("at_risk", "at_risk, dormant and gone do not rise", 'write rising numbers, such as "1.5", "3", "6"')
    if rules.loyal_visits <= rules.growing_visits:
        table.note("loyal_visits", "is not above growing_visits", "let it take more visits to be loyal than to grow")
    table.once("actions", [action.stage for action in rules.actions], "write one action for each stage")
    table.done()
    return rules


def _action(table: Reader) -> Action:
    action = Action(
        stage=table.choice("stage", STAGES[1:]),  # whoever joins is new: what they get is the offers for joining
        offer=table.code("offer"),
        every_days=table.whole("every_days", 90, low=1, high=3650),
        text=table.texts("text", required=False),
    )
    table.done()
    return action


def check(rules: LifecycleRules, offers: Collection[str], top: Reader) -> None:
    """Note an action whose coupon is none of the shop's offers."""
    for number, action in enumerate(rules.actions, start=1):
        place = f"lifecycle.actions[{number}].offer"
        top.known(place, [action.offer], {"", *offers}, "write the id of one of the [[offers]]")
