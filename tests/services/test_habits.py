"""Habits: counted once a night in batches, anew only for who came or was given back, and each stage acted on once."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from membership.member import Who
from membership.messages import choose
from services import Tx, habits, privacy, rules
from storage import habits as habit_rows
from storage import outbox, purchases
from storage.cipher import Cipher
from storage.database import Database
from storage.tables import audit, counters, coupons, refunds
from storage.tables import habits as table
from storage.tables import members as people
from storage.tables import outbox as messages
from storage.tables import purchases as sold
from tests.databases import PostgresDatabases
from tests.handlers.counter import PRESETS, Counter
from tests.proof import assert_clean
from tests.services.crossing import cross
from tests.services.shopfront import Shop

SCORES = 3
"""Units of a night in which the bounds of the scores are read off."""
ACTIONS = [
    {"stage": "at_risk", "offer": "welcome", "every_days": 30},
    {"stage": "loyal", "offer": "welcome", "every_days": 30, "text": "Our regular!"},
]


class Nights:
    """A café whose members buy by the day, and whose nights count them."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.db, self.number = shop, shop.db, 0

    async def open(self, **more: Any) -> None:
        body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8")) | more
        await self.db.write(rules.bring, body, actor="test", now=self.shop.now)

    async def buy(self, member_id: str, *ago: int, paid: int = 1000) -> list[str]:
        """Let a member have bought something so many days ago."""
        ids = [f"{member_id[:30]}{self.number + place:06}" for place in range(len(ago))]
        self.number += len(ago)
        await self.db.write(self._buy, member_id, list(zip(ids, ago, strict=True)), paid)
        return ids

    def _buy(self, tx: Tx, member_id: str, bought: Sequence[tuple[str, int]], paid: int) -> None:
        for row_id, ago in bought:
            at = self.shop.now - timedelta(days=ago)
            facts = {"store_id": rules.store_id("main"), "actor": "test", "channel": "pos", "receipt_no": row_id}
            sums = {"amount_minor": paid, "paid_minor": paid, "points_earned": 0, "points_spent": 0}
            told = {"lines": [], "terms": {}, "why": [], "business_on": (at + timedelta(hours=8)).date(), "at": at}
            purchases.add(tx, row_id, reference=row_id, member_id=member_id, **facts, **sums, **told)

    async def night(self, *, limit: int = 1000) -> int:
        """Count everybody; return how many members were looked at."""
        looked = 0
        while counted := await self.db.write(habits.compute, self.shop.moment(), limit=limit):
            looked += counted
        return looked

    async def of(self, member_id: str) -> Any:
        return await self.db.read(lambda tx: tx.one(select(table).where(table.c.member_id == member_id)))

    async def rows(self, found: Any) -> list[Any]:
        return await self.db.read(lambda tx: tx.all(select(found)))

    def pass_by(self, days: int) -> None:
        self.shop.counter.pass_by(days=days)


@pytest.fixture
async def nights(shop: Shop) -> Nights:
    return Nights(shop)


async def test_visits_money_and_rhythm_are_added_up(nights: Nights) -> None:
    [amy, ben] = await nights.shop.settle(2)
    await nights.buy(amy, 13, 9, 9, 5, 1)
    assert await nights.night() == 2 + SCORES + 2
    seen = await nights.of(amy)
    assert (seen.visits, seen.spent_minor, seen.usual_seconds, seen.stage) == (4, 5000, 4 * 86400, "growing")
    assert (seen.first_at, seen.last_at) == (nights.shop.now - timedelta(13), nights.shop.now - timedelta(1))
    assert (await nights.of(ben)).stage == "new"


async def test_a_night_counts_once_and_in_batches(nights: Nights) -> None:
    await nights.shop.settle(7)
    assert await nights.night(limit=3) == 7 + SCORES + 7
    assert await nights.night(limit=3) == 0
    nights.pass_by(1)
    assert await nights.night(limit=3) == 7 + SCORES + 7


async def test_what_was_undone_or_given_back_whole_is_no_visit(nights: Nights) -> None:
    [amy] = await nights.shop.settle(1)
    undone, back, part = await nights.buy(amy, 3, 2, 1)

    def take_back(tx: Tx) -> None:
        purchases.undo(tx, undone, nights.shop.now)
        purchases.refund(tx, back, 1000)
        purchases.refund(tx, part, 400)

    await nights.db.write(take_back)
    await nights.night()
    seen = await nights.of(amy)
    assert (seen.visits, seen.spent_minor) == (1, 600)


async def test_only_who_came_or_was_given_back_is_added_up_anew(nights: Nights) -> None:
    [amy, ben, cho] = await nights.shop.settle(3)
    [old] = await nights.buy(amy, 40)
    await nights.buy(ben, 40)
    await nights.buy(cho, 40)
    await nights.night()
    nights.pass_by(5)
    await nights.buy(ben, 0)

    def change(tx: Tx) -> None:
        purchases.refund(tx, old, 1000)
        facts = {"points_clawed_back": 0, "points_restored": 0, "debt": 0, "reason": "other", "actor": "test"}
        at = {"purchase_id": old, "amount_minor": 1000, "at": nights.shop.now, "reference": "back"}
        tx.execute(refunds.insert().values(id="back", **at, **facts))
        tx.execute(update(sold).where(sold.c.member_id == cho).values(paid_minor=1))  # unseen: nothing points to it

    await nights.db.write(change)
    nights.pass_by(1)
    await nights.night()
    assert [(await nights.of(one)).visits for one in (amy, ben, cho)] == [0, 2, 1]
    assert [(await nights.of(one)).spent_minor for one in (amy, ben, cho)] == [0, 2000, 1000]


async def test_a_stage_moves_on_with_the_days_alone(nights: Nights) -> None:
    [amy] = await nights.shop.settle(1)
    await nights.buy(amy, 8, 4, 0)
    await nights.night()
    stages = []
    for _ in range(25):
        nights.pass_by(1)
        await nights.night()
        stages.append((await nights.of(amy)).stage)
    assert stages == 6 * ["growing"] + 6 * ["at_risk"] + 12 * ["dormant"] + ["gone"]


async def test_getting_to_a_stage_brings_its_coupon_once_to_who_wants_offers(nights: Nights) -> None:
    await nights.open(lifecycle={"actions": ACTIONS})
    [amy] = await nights.shop.settle(1)
    await nights.shop.settle(1, offers_on=False)
    await nights.shop.settle(1, frozen_at=nights.shop.now)
    await nights.shop.settle(1, joined_at=nights.shop.now - timedelta(days=50))  # at risk when first looked at
    for _ in range(5):
        await nights.night()
        nights.pass_by(12)
    given = await nights.rows(coupons)
    assert [(row.member_id, row.reference.startswith(f"stage:{amy}:at_risk:")) for row in given] == [(amy, True)]
    [told] = [row for row in await nights.rows(messages) if row.kind == "lifecycle"]
    assert (told.member_id, told._mapping["class"]) == (amy, "offer")
    await assert_clean(nights.db)


async def test_nobody_gets_the_same_coupon_again_within_the_days_of_the_action(nights: Nights) -> None:
    offers = [{"id": "back", "kind": "cash", "title": "¥5", "value": "5"}]
    await nights.open(lifecycle={"actions": [{"stage": "at_risk", "offer": "back", "every_days": 30}]}, offers=offers)
    [amy] = await nights.shop.settle(1)
    await nights.buy(amy, 16, 12, 8, 4, 0)
    for day in range(60):
        if day in (20, 40):
            await nights.buy(amy, 0)  # comes again, and stays away again
        await nights.night()
        nights.pass_by(1)
    first, second = sorted(row.issued_at for row in await nights.rows(coupons))
    assert (second - first).days == 40


async def test_whoever_looks_after_it_hears_once_that_the_coupons_are_used_up(nights: Nights, owner: Who) -> None:
    offers = [{"id": "back", "kind": "cash", "title": "¥5", "value": "5", "stock": 1}]
    await nights.open(lifecycle={"actions": [{"stage": "at_risk", "offer": "back"}]}, offers=offers)
    await nights.shop.settle(3)
    for _ in range(2):
        await nights.night()
        nights.pass_by(46)
    assert len(await nights.rows(coupons)) == 1
    told = [row for row in await nights.rows(messages) if row.kind == "lifecycle_sold_out"]
    assert [row.identity_id for row in told] == [owner.identity_id]
    noted = [row.subject for row in await nights.rows(audit) if row.action == "lifecycle.sold_out"]
    assert noted == ["at_risk:back:1"]


async def test_the_shops_own_words_stand_in_the_message(nights: Nights) -> None:
    await nights.open(lifecycle={"actions": ACTIONS})
    [amy] = await nights.shop.settle(1)
    await nights.buy(amy, 20, 16, 12, 8, 4)
    await nights.night()
    await nights.buy(amy, 0)
    nights.pass_by(1)
    await nights.night()
    [row] = [row for row in await nights.rows(messages) if row.kind == "lifecycle"]
    said = await nights.db.read(outbox.payload, row)
    assert said.messages[0] == choose(dict.fromkeys(("zh-Hans", "zh-Hant", "en"), "Our regular!"))


async def test_scores_are_fifths_and_equals_share_one(nights: Nights) -> None:
    everybody = await nights.shop.settle(11)
    for place, one in enumerate(everybody[1:]):
        await nights.buy(one, place, paid=1000 if place < 4 else 500)
    await nights.night()
    seen = [await nights.of(one) for one in everybody]
    assert (seen[0].recency, seen[0].frequency, seen[0].money) == (0, 0, 0)
    assert [row.recency for row in seen[1:]] == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert [row.frequency for row in seen[1:]] == 10 * [1]
    assert [row.money for row in seen[1:]] == 4 * [4] + 6 * [1]


async def test_who_goes_while_the_fifths_are_read_off_is_in_none_of_them(
    postgresql: PostgresDatabases, cipher: Cipher, now: datetime
) -> None:
    async with postgresql.fresh() as url:
        db = await Database.open(url, cipher=cipher)
        counter = Counter(db, now)
        await counter.open()
        nights = Nights(Shop(counter))
        [amy] = await nights.shop.settle(1)
        await nights.buy(amy, 1)
        await nights.night()
        met = await cross(db, lambda tx: habit_rows.cut(tx, "money"), lambda tx: habit_rows.forget(tx, amy), at=2)
        assert met.stopped, "between the count and the figures"
        assert [row.name for row in await nights.rows(counters) if row.name.startswith("fifths:money")] == []
        await db.close()


async def test_life_is_counted_for_the_owner_and_who_left_is_not_in_it(nights: Nights) -> None:
    [amy, ben, *_] = everybody = await nights.shop.settle(4)
    await nights.buy(amy, 0)
    await nights.buy(ben, 100)
    await nights.night()
    seen = await nights.db.read(habits.life)
    assert (seen.stages["new"], seen.stages["dormant"], sum(seen.stages.values())) == (3, 1, 4)
    assert seen.grid == {(1, 1): 1, (3, 1): 1}
    await nights.db.write(lambda tx: tx.execute(update(people).where(people.c.id == ben).values(state="left")))
    nights.pass_by(1)
    await nights.night()
    assert sum((await nights.db.read(habits.life)).stages.values()) == len(everybody) - 1


async def test_the_copy_of_ones_data_holds_the_figures_and_erasure_takes_them(nights: Nights) -> None:
    [amy] = await nights.shop.settle(1)
    await nights.night()
    assert '"habits"' in await nights.db.read(privacy.export, amy, now=nights.shop.now)
    await nights.db.write(privacy.erase, amy, now=nights.shop.now)
    assert await nights.of(amy) is None
