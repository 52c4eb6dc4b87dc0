"""What a screen or a job asks of the database does not grow with what it finds: as much for a few as for many."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select, update

from membership.segments import Conditions
from services import Tx, coupons, mall, merges, points, rules
from services.ledger import Cause
from storage import segments
from storage.database import Database
from storage.points import by_reference
from storage.tables import lots, members
from tests.databases import NOW, SqliteFiles
from tests.handlers.counter import PRESETS
from tests.services.shopfront import Shop

FEW, MANY = 3, 24


class Purse:
    """A member with so many coupons, and so many lots of ten points, which end a day apart; and their double."""

    def __init__(self, shop: Shop, member_id: str, double_id: str, number: int) -> None:
        self.shop, self.member_id, self.double_id, self.number = shop, member_id, double_id, number

    @classmethod
    async def of(cls, shop: Shop, number: int) -> Purse:
        body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
        gifts = [offer(f"gift{place}", claim="granted", days=30) for place in range(number)]
        goods = [offer(f"goods{place}", claim="mall", price_points=5) for place in range(number)]
        await shop.db.write(rules.bring, {**body, "offers": [*gifts, *goods]}, actor="test", now=shop.now)
        [double_id] = await shop.settle(1)
        shop.counter.pass_by(minutes=1)
        [member_id] = await shop.settle(1)
        purse = cls(shop, member_id, double_id, number)
        await shop.db.write(purse.fill)
        return purse

    def fill(self, tx: Tx) -> None:
        moment = self.shop.moment()
        for place in range(self.number):
            given = rules.current(tx).offer(f"gift{place}")
            assert given is not None
            named = {"reference": f"{self.member_id}:{place}", "actor": "test"}
            assert coupons.give(tx, self.member_id, given, **named, moment=moment) is not None
            earned = Cause(f"earned:{self.member_id}:{place}", "test")
            points.earn(tx, self.member_id, 10, earned, moment=moment)
            ends = self.shop.now + timedelta(days=place + 1)
            tx.execute(update(lots).where(lots.c.id == lot_of(tx, earned)).values(expires_at=ends))

    async def statements(self, deed: Callable[[Tx, Purse], Any]) -> int:
        """Return how many statements a deed makes, each counted once, for however many rows it is made."""
        said: list[str] = []

        def counted(tx: Tx) -> None:
            def count(*about: Any) -> None:
                said.append(about[2])

            event.listen(tx.connection, "before_cursor_execute", count)
            try:
                deed(tx, self)
            finally:
                event.remove(tx.connection, "before_cursor_execute", count)

        await self.shop.db.write(counted)
        return len(said)


def offer(code: str, **about: Any) -> dict[str, Any]:
    return {"id": code, "kind": "exchange", "title": code, "goods": "One", **about}


def lot_of(tx: Tx, cause: Cause) -> str:
    found = by_reference(tx, cause.reference)
    assert found is not None
    return str(found.id)


def see_coupons(tx: Tx, purse: Purse) -> None:
    assert len(coupons.held(tx, purse.member_id, now=purse.shop.now)) == purse.number


def see_mall(tx: Tx, purse: Purse) -> None:
    assert len(mall.goods(tx, purse.member_id, now=purse.shop.now)) == purse.number


def see_points(tx: Tx, purse: Purse) -> None:
    assert points.balance(tx, purse.member_id, now=purse.shop.now).points == 10 * purse.number


def spend(tx: Tx, purse: Purse) -> None:
    cause = Cause(f"spent:{purse.member_id}", "test")
    points.spend(tx, purse.member_id, 10 * purse.number, cause, moment=purse.shop.moment())


def expire(tx: Tx, purse: Purse) -> None:
    purse.shop.counter.pass_by(minutes=60 * 24 * 365)
    assert points.expire_due(tx, moment=purse.shop.moment()) == purse.number


def merge_and_part(tx: Tx, purse: Purse) -> None:
    pair, moment = (purse.member_id, purse.double_id), purse.shop.moment()
    done = merges.merge(tx, *pair, reference=purse.member_id, actor="test", moment=moment)
    assert points.spendable(tx, purse.double_id, now=purse.shop.now) == 10 * purse.number
    merges.undo(tx, done.id, actor="test", moment=moment)
    assert points.spendable(tx, purse.member_id, now=purse.shop.now) == 10 * purse.number


@pytest.mark.parametrize("deed", [see_coupons, see_mall, see_points, spend, expire, merge_and_part])
async def test_so_many_statements_are_made_for_few_as_for_many(shop: Shop, deed: Callable[[Tx, Purse], Any]) -> None:
    few = await (await Purse.of(shop, FEW)).statements(deed)
    many = await (await Purse.of(shop, MANY)).statements(deed)
    assert many <= few, f"{few} statements for {FEW}, {many} for {MANY}"


async def test_a_group_of_a_store_looks_at_members_purchases_and_not_at_all_of_the_store(
    sqlite: SqliteFiles,
) -> None:
    async with sqlite.fresh() as url:
        db = await Database.open(url)
        asked = Conditions(stores=("main",))
        found = select(members.c.id).where(*segments.clauses(asked, segments.When(NOW, ZoneInfo("Asia/Shanghai"))))

        def plan(tx: Tx) -> str:
            text = str(found.compile(tx.connection, compile_kwargs={"literal_binds": True}))
            return " / ".join(row[3] for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))

        assert "ix_purchases_member_id_at (member_id=? AND at>?)" in await db.read(plan)
        await db.close()


async def test_what_a_night_writes_off_takes_four_statements_for_each_member(shop: Shop) -> None:
    """Their lock, their balance, their movements, their audit: what ends of a lot is taken for all at once."""
    said: dict[int, int] = {}
    for people in (1, FEW):
        for number, member_id in enumerate(await shop.settle(people)):
            for place in range(2):
                earned = Cause(f"earned:{people}:{number}:{place}", "test")
                await shop.db.write(points.earn, member_id, 10, earned, moment=shop.moment())
        shop.counter.pass_by(minutes=60 * 24 * 900)
        said[people] = await Purse(shop, "", "", 2 * people).statements(expire)
    assert said[FEW] <= said[1] + 4 * (FEW - 1)
