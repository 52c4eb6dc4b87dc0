"""The morning's look at the day before: ten ways to cheat are all seen, and an honest month is left in peace."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from membership import days
from membership.fraud import Finding
from services import Database, Tx, rules, watch
from tests.services.counter_month import Cashier, Month, day_numbers, store_ids
from tests.services.shopfront import Shop

HONEST_DAYS = 28
PEOPLE = 6


class Town:
    """A shop with cashiers, customers, and a past of eight weeks."""

    def __init__(self, shop: Shop, month: Month, people: list[Cashier]) -> None:
        self.shop, self.month, self.people = shop, month, people
        self.db: Database = shop.db
        self.given: list[tuple[int, float]] = []

    @property
    def cheat(self) -> Cashier:
        return self.people[2]

    async def judge(self, day: int) -> list[Finding]:
        zone = (await self.db.read(rules.current)).zone
        return await self.db.read(watch.daily, days.day_of(self.month.at(day, 12), zone))

    async def write(self) -> None:
        await self.db.write(self._write)

    def _write(self, tx: Tx) -> None:
        self.month.write(tx)
        for day, hour in self.given:
            self.month.adjust(tx, self.cheat, day, hour)
        self.given = []


async def town_of(shop: Shop, seed: int, *, weeks: int = 4) -> Town:
    people = [await shop.hire(f"P{number}", "cashier") for number in range(PEOPLE)]
    members = await shop.settle(200)
    zone = (await shop.db.read(rules.current)).zone
    midnight = days.start_of(days.day_of(shop.now, zone) - timedelta(days=70), zone)
    chance = random.Random(seed)
    month = Month(chance, members, store_ids("main"), midnight)
    town = Town(shop, month, month.staff(str(one.staff_id) for one in people))
    for day in range(7 * weeks):
        month.live(town.people, day)
    await town.write()
    return town


def typed_digits(town: Town, day: int) -> None:
    for number in range(30):
        town.month.sell(town.cheat, day, 9 + number / 4, typed=number % 2 == 0)


def own_voids(town: Town, day: int) -> None:
    for number in range(40):
        sold = town.month.sell(town.cheat, day, 9 + number / 5)
        if number % 5 == 0:
            town.month.take_back(town.cheat, sold)


def voids_after_points(town: Town, day: int) -> None:
    for number in range(40):
        sold = town.month.sell(town.cheat, day, 9 + number / 5, used=float(number % 10 == 0))
        if number % 10 == 0:
            town.month.take_back(town.cheat, sold)


def one_member(town: Town, day: int) -> None:
    for back in range(5):
        for number in range(6):
            town.month.sell(town.cheat, day - back, 9 + 2 * number, member=town.month.members[-1])


def after_hours(town: Town, day: int) -> None:
    for number in range(3):
        town.month.sell(town.cheat, day, 23.2 + number / 10)


def night_scans(town: Town, day: int) -> None:
    for number in range(4):
        town.month.scan(town.cheat, day, 2 + number / 10, bought=False)


def round_amounts(town: Town, day: int) -> None:
    for number in range(40):
        town.month.sell(town.cheat, day, 9 + number / 5, minor=5000 if number % 3 == 0 else 2345)


def refunds_to_one(town: Town, day: int) -> None:
    for back in range(4):
        sold = town.month.sell(town.cheat, day - back, 15, member=town.month.members[-1])
        town.month.take_back(town.people[0], sold, minutes=60)


def idle_lookups(town: Town, day: int) -> None:
    for number in range(30):
        town.month.sell(town.cheat, day, 9 + number / 4)
    for number in range(15):
        town.month.look_up(town.cheat, day, 10 + number / 4)


def given_by_hand(town: Town, day: int) -> None:
    town.given = [(day, 10.0 + number) for number in range(6)]


PATTERNS: dict[str, Callable[[Town, int], None]] = {
    "typed": typed_digits,
    "voids": own_voids,
    "spent_voids": voids_after_points,
    "one_member": one_member,
    "off_hours": after_hours,
    "night_scans": night_scans,
    "round": round_amounts,
    "refunds_to_one": refunds_to_one,
    "lookups": idle_lookups,
    "adjusts": given_by_hand,
}


async def test_an_honest_month_is_left_in_peace_and_ten_ways_to_cheat_are_all_seen(shop: Shop) -> None:
    town = await town_of(shop, 7, weeks=8)
    honest = [one for day in day_numbers(HONEST_DAYS) for one in await town.judge(day)]
    assert len(honest) <= 0.01 * HONEST_DAYS * PEOPLE, honest
    seen = {}
    for day, (rule, cheat) in enumerate(PATTERNS.items(), start=60):
        cheat(town, day)
        await town.write()
        who = town.people[0] if rule == "refunds_to_one" else town.cheat
        found = [(one.rule, one.actor) for one in await town.judge(day)]
        seen[rule] = (rule, who.id) in found
    assert len(seen) == len(PATTERNS)
    assert [rule for rule, is_seen in seen.items() if not is_seen] == []
