"""What the rehearsal's café has beside coffee: a lottery, and a tasting to sign up for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time, timedelta
from typing import Final

from membership import days
from membership.activities import Plan
from membership.member import Channel, Identity
from membership.moment import Moment
from playground.phones import Person
from services import Tx, activities, people, rules

LOTTERY: Final = """
[lottery]                                   # 抽奖: its odds are published
price_points = 10
per_day = 3

[[lottery.prizes]]
id = "latte"
odds = "5%"
stock = 50
goods = { "zh-Hans" = "抽中的拿铁一杯", "zh-Hant" = "抽中的拿鐵一杯", en = "A latte from the draw" }

[[lottery.prizes]]
id = "fifty"
odds = "10%"
points = 50

[[lottery.prizes]]
id = "back"
odds = "30%"
points = 10
"""
TASTING: Final = "手冲咖啡品鉴会 Tasting"
PLACES: Final = 2
"""So few that whoever tries it with three phones sees the waiting list."""


def plan_tasting(tx: Tx, known: Sequence[Person], accounts: Mapping[Channel, str], *, moment: Moment) -> None:
    """Let the owner plan a tasting for the afternoon four days ahead."""
    owner = next(one for one in known if one.role == "owner")
    who = people.find(tx, Identity(owner.app, accounts[owner.app], owner.user))
    assert who is not None, "the owner was hired"
    zone = rules.current(tx).zone
    begins = days.at(days.day_of(moment.now, zone) + timedelta(days=4), time(14), zone)
    wanted = Plan(
        title=TASTING,
        about="三款手冲，边喝边聊。\nThree coffees, brewed by hand.",
        store_id=rules.store_id("main"),
        starts_at=begins,
        ends_at=begins + timedelta(hours=2),
        capacity=PLACES,
        points=50,
    )
    activities.plan(tx, wanted, who, key="tasting", moment=moment)
