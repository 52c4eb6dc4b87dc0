"""The power fails before any statement of a job, and the job runs again: nothing is done twice, nothing is lost."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import pytest
from sqlalchemy import select

from membership.activities import Plan
from membership.moment import Moment
from services import (
    Tx,
    activities,
    greetings,
    habits,
    members,
    pass_warnings,
    passes,
    people,
    purchases,
    ratings,
    referrals,
    rules,
    sign_ups,
    tier_gifts,
    tier_moves,
    tier_warnings,
)
from services.orders import Order
from storage import identities
from storage import referrals as friend_rows
from storage.cipher import Cipher
from storage.database import Database
from storage.tables import metadata
from tests.databases import SqliteFiles
from tests.handlers.counter import PRESETS, Counter
from tests.proof import assert_clean
from tests.services.savings import MAIN
from tests.services.shopfront import Shop

Unit = Callable[[Tx, Moment], int]
JOBS: Final[tuple[Unit, ...]] = (
    partial(greetings.expire_points, limit=1),
    greetings.expire_coupons,
    partial(greetings.greet_birthdays, limit=1),
    partial(greetings.warn_points, limit=1),
    partial(greetings.warn_coupons, limit=1),
    partial(tier_moves.review_due, limit=1),
    partial(tier_warnings.warn_due, limit=1),
    partial(tier_gifts.give_monthly, limit=1),
    sign_ups.keep,
    partial(pass_warnings.expire_due, limit=1),
    partial(pass_warnings.warn_due, limit=1),
    partial(ratings.ask_due, limit=1),
    partial(referrals.pay_due, limit=1),
    partial(habits.compute, limit=2),
    partial(greetings.erase_left, limit=1),
)
"""The timetable's jobs that plan, each in the smallest pieces."""

DAYS: Final = (0, 2, 9, 23, 31, 46)
"""On which days after the first one the jobs run."""

SEEN: Final = {
    "outbox": ("recipient", "kind", "period_key", "state"),
    "coupons": ("reference", "state"),
    "transfers": ("reference", "amount"),
    "tier_changes": ("reference",),
    "members": ("id", "tier", "state", "birthday_next_on"),
    "habits": ("member_id", "stage", "visits"),
    "referrals": ("friend_id", "state", "points"),
    "ratings": ("id", "state"),
    "passes": ("id", "state"),
    "activities": ("id", "state", "taken"),
    "sign_ups": ("id", "state"),
}
"""What must come out the same, however often the power failed."""

BODY: Final[dict[str, Any]] = {
    "survey": {"after_minutes": 60},
    "referral": {"refund_days": 1, "friend_coupon": "welcome"},
    "ladder": {"window": "rolling", "days": 30, "review": "one_down", "warn_days": [7]},
    "passes": [{"id": "ten", "name": "Ten", "visits": 10, "price": "200", "days": 30}],
    "lifecycle": {"actions": [{"stage": "at_risk", "offer": "back"}]},
}
TOLD: Final = {
    "activity", "birthday", "coupon_expiring", "lifecycle", "pass_ending", "points_expiring", "rating", "referral",
    "tier_lowered", "tier_monthly", "tier_warning",
}  # fmt: skip
"""What somebody is told by these jobs at least once."""


class PowerCut(Exception):
    """The power fails."""


class Frail(Tx):
    """A transaction whose power fails before its n-th statement."""

    __slots__ = ("left",)

    def __init__(self, tx: Tx, number: int) -> None:
        super().__init__(tx.connection, cipher=tx.cipher, dialect=tx.dialect)
        self.left = number

    def execute(self, *arguments: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            raise PowerCut
        return super().execute(*arguments)


async def opened(db: Database, now: datetime) -> Shop:
    """A shop where something of everything will come due within six weeks."""
    shop = Shop(Counter(db, now))
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8")) | BODY
    body["points"] |= {"expiry": {"kind": "days", "count": 45}}
    body["offers"].append({"id": "back", "kind": "cash", "title": "Two off", "value": "2"})
    body["tiers"][1] |= {"monthly": "welcome", "gift": "welcome"}
    await db.write(rules.bring, body, actor="test", now=now)
    owner = await shop.hire("Olga")
    amy, ben, chen, dora = await shop.settle(4, tier="basic", tier_since=now)
    leaving = await db.read(person, dora)

    def begin(tx: Tx) -> None:
        moment = shop.moment()
        friend_rows.add(tx, ben, inviter_id=amy, state="joined", reason="", at=moment.now)
        for number, (one, minor) in enumerate(((amy, 120_000), (ben, 5_000), (chen, 150_000))):
            how: dict[str, Any] = {"reference": f"buy:{number}", "channel": "pos", "moment": moment}
            purchases.record(tx, Order(one, minor), MAIN, **how)
            members.set_birthday(tx, one, f"11-2{number + 3}", moment=moment)
            passes.sell(tx, one, "ten", MAIN, reference=f"pass:{number}", moment=moment)
        for number, days in enumerate((2, 5)):
            begins = moment.now + timedelta(days=days)
            wanted = Plan("Tasting", "", MAIN.store_id, begins, begins + timedelta(hours=2), 2)
            planned = activities.plan(tx, wanted, owner, key=f"a{number}", moment=moment)
            for one in (amy, ben, chen, dora):
                sign_ups.sign_up(tx, planned.id, one, moment=moment)
        activities.cancel(tx, planned.id, owner, moment=moment)
        members.leave(tx, leaving, moment=moment)

    await db.write(begin)
    return shop


def person(tx: Tx, member_id: str) -> Any:
    """Return who is behind a member's account."""
    return people.who(tx, identities.of_member(tx, member_id)[0].id)


def outcome(tx: Tx) -> dict[str, list[tuple[str, ...]]]:
    """Return what came of it."""
    found = {}
    for name, columns in SEEN.items():
        table = metadata.tables[name]
        rows = tx.all(select(*(table.c[column] for column in columns)))
        found[name] = sorted(tuple(str(value) for value in row) for row in rows)
    return found


async def run(shop: Shop, job: Unit, moment: Moment, cuts: Callable[[], Iterator[int]]) -> int:
    """Run a job to its end, and let the power fail before these statements of each of its transactions."""
    failed, done = 0, 1
    while done:
        for number in cuts():
            try:
                done = await shop.db.write(partial(frail, job, number, moment))
            except PowerCut:
                failed += 1
            else:
                break
        else:
            done = await shop.db.write(job, moment)
    return failed


def frail(job: Unit, number: int, moment: Moment, tx: Tx) -> int:
    return job(Frail(tx, number), moment)


async def live_through(shop: Shop, cuts: Callable[[], Iterator[int]]) -> int:
    """Let six weeks go by; return how often the power failed."""
    failed, first = 0, shop.now
    for day in DAYS:
        shop.counter.now = first + timedelta(days=day)
        for job in JOBS:
            failed += await run(shop, job, shop.moment(), cuts)
    return failed


async def compare(db: Database, sqlite: SqliteFiles, cipher: Cipher, now: datetime, *, cuts: Any) -> int:
    """Live through it with and without power cuts; return how many there were."""
    async with sqlite.fresh() as url:
        quiet = await Database.open(url, cipher=cipher)
        undisturbed = await opened(quiet, now)
        assert await live_through(undisturbed, lambda: iter(())) == 0
        expected = await quiet.read(outcome)
        await quiet.close()
    shop = await opened(db, now)
    failed = await live_through(shop, cuts)
    assert await db.read(outcome) == expected
    assert {row[1] for row in expected["outbox"]} >= TOLD
    await assert_clean(db)
    return failed


async def test_after_a_power_cut_a_job_does_what_was_left_and_nothing_twice(
    db: Database, sqlite: SqliteFiles, cipher: Cipher, now: datetime
) -> None:
    assert await compare(db, sqlite, cipher, now, cuts=lambda: iter((4, 19))) > len(JOBS)


@pytest.mark.torture
async def test_after_a_power_cut_before_every_statement_a_job_does_what_was_left(
    db: Database, sqlite: SqliteFiles, cipher: Cipher, now: datetime
) -> None:
    assert await compare(db, sqlite, cipher, now, cuts=lambda: iter(range(1, 10_000))) > 1000
