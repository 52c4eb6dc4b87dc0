"""The lottery in the books: paid, won and counted once, within stock and limits also when many draw at once."""

from __future__ import annotations

import asyncio
import tomllib
from typing import Any

import pytest
from sqlalchemy import select, text

from membership.errors import DrawLimitReached, Expired, InsufficientPoints, LotteryClosed, MemberFrozen, NotAMember
from membership.moment import Moment
from services import coupons, lottery, members, points, proof, rules, switches
from services.ledger import Cause
from services.lottery import Drawn
from storage.tables import audit, draws, prizes, transfers
from storage.tables import coupons as coupon_rows
from storage.tables import members as people
from tests.handlers.counter import PRESETS
from tests.proof import assert_clean
from tests.services.shopfront import Shop

CAFE: dict[str, Any] = tomllib.loads((PRESETS / "cafe.toml").read_text("utf-8"))
SURE = {"id": "sure", "odds": "100%", "points": 20}


async def bring(shop: Shop, *prizes: dict[str, Any], **about: Any) -> None:
    body = {**CAFE, "lottery": {"prizes": list(prizes), **about}}
    await shop.db.write(rules.bring, body, actor="test", now=shop.now)


async def draw(shop: Shop, member_id: str, nonce: str = "one") -> Drawn:
    return await shop.db.write(lottery.draw, member_id, nonce, moment=shop.moment())


async def give(shop: Shop, member_id: str, number: int) -> None:
    cause = Cause(f"test:{member_id}", "test")
    await shop.db.write(points.earn, member_id, number, cause, moment=shop.moment())


async def has(shop: Shop, member_id: str) -> int:
    return await shop.db.read(points.spendable, member_id, now=shop.now)


async def table(shop: Shop, which: Any) -> list[Any]:
    return await shop.db.read(lambda tx: list(tx.all(select(which))))


async def refused(shop: Shop, member_id: str, why: type[Exception], nonce: str = "one") -> None:
    with pytest.raises(why):
        await draw(shop, member_id, nonce)


async def test_a_draw_is_paid_won_written_and_noted_under_its_reference(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    await give(shop, member_id, 30)
    await bring(shop, SURE, price_points=10)
    drawn = await draw(shop, member_id)
    assert (drawn.points, drawn.fresh) == (20, True)
    assert await has(shop, member_id) == 30 - 10 + 20
    reference = f"draw:{member_id}:one"
    moved = {row.reference: row.amount for row in await table(shop, transfers)}
    assert (moved[f"{reference}:price"], moved[f"{reference}:win"]) == (10, 20)
    [row] = await table(shop, draws)
    assert (row.reference, row.nth, row.price_points, row.prize, row.points) == (reference, 1, 10, "sure", 20)
    [noted] = [one for one in await table(shop, audit) if one.action == "lottery.draw"]
    assert noted.subject == row.id
    await assert_clean(shop.db)


async def test_the_same_tap_many_times_at_once_is_one_draw_with_one_answer(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    await give(shop, member_id, 100)
    await bring(shop, {"id": "half", "odds": "50%", "points": 1}, price_points=10, per_day=9)
    drawn = await asyncio.gather(*(draw(shop, member_id) for _ in range(6)))
    assert len({(one.prize, one.points) for one in drawn}) == 1
    assert sorted(one.fresh for one in drawn) == [False] * 5 + [True]
    assert await has(shop, member_id) == 90 + drawn[0].points
    await assert_clean(shop.db)


async def test_the_days_limit_holds_also_at_once_and_a_new_day_begins_anew(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    await bring(shop, SURE, per_day=3)
    done = await asyncio.gather(*(draw(shop, member_id, str(number)) for number in range(8)), return_exceptions=True)
    assert [type(one) for one in done if isinstance(one, Exception)] == [DrawLimitReached] * 5
    assert await has(shop, member_id) == 60
    shop.counter.pass_by(days=1)
    assert (await draw(shop, member_id, "tomorrow")).points == 20
    await assert_clean(shop.db)


async def test_a_stock_is_never_overdrawn_by_many_at_once(shop: Shop) -> None:
    ids = await shop.settle(12)
    await bring(shop, {**SURE, "stock": 5})
    done = await asyncio.gather(*(draw(shop, one) for one in ids), return_exceptions=True)
    won = [one for one in done if isinstance(one, Drawn) and one.prize is not None]
    assert len(won) == 5
    assert {type(one) for one in done if isinstance(one, Exception)} <= {LotteryClosed}
    [row] = await table(shop, prizes)
    assert (row.given, row.stock) == (5, 5)
    await assert_clean(shop.db)


async def test_a_prize_that_is_gone_wins_nothing_and_the_others_keep_their_odds(shop: Shop) -> None:
    first, second = await shop.settle(2)
    await bring(shop, {**SURE, "odds": "99.9999%", "stock": 1}, {"id": "rare", "odds": "0.0001%", "points": 1})
    assert (await draw(shop, first)).prize is not None
    assert (await draw(shop, second)).prize is None
    drum = await shop.db.read(lottery.look, second, now=shop.now)
    assert [one.count for one in drum.left] == [0, None]
    assert drum.open


async def test_a_prize_whose_offer_is_switched_off_is_gone(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    await bring(shop, {"id": "c", "odds": "1%", "offer": "welcome"}, {"id": "p", "odds": "99%", "points": 1})
    await shop.db.write(switches.turn, "offer", "welcome", "off", actor="test", moment=shop.moment())
    drum = await shop.db.read(lottery.look, member_id, now=shop.now)
    assert [one.gone for one in drum.left] == [True, False]
    await bring(shop, {"id": "c", "odds": "100%", "offer": "welcome"})
    await refused(shop, member_id, LotteryClosed)


async def test_a_coupon_is_won_and_one_whose_offer_is_gone_wins_nothing(shop: Shop) -> None:
    first, second = await shop.settle(2)
    sure = {"id": "c", "odds": "99.9999%", "offer": "welcome", "stock": 9}
    offers = [{**one, "stock": 1} if one["id"] == "welcome" else one for one in CAFE["offers"]]
    body = {
        **CAFE,
        "offers": offers,
        "lottery": {"prizes": [sure, {"id": "p", "odds": "0.0001%", "points": 1}]},
    }
    await shop.db.write(rules.bring, body, actor="test", now=shop.now)
    drawn = await draw(shop, first)
    assert drawn.coupon is not None
    [held] = await shop.db.read(coupons.held, first, now=shop.now)
    assert held.id == drawn.coupon.id
    drum = await shop.db.read(lottery.look, second, now=shop.now)
    assert [one.count for one in drum.left] == [0, None], "of its own there would be eight"
    assert (await draw(shop, second)).prize is None
    [row] = await table(shop, prizes)
    assert row.given == 1
    assert (await draw(shop, first)).coupon == drawn.coupon
    await assert_clean(shop.db)


async def test_goods_are_a_gift_coupon_at_the_counter(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    await bring(shop, {"id": "tea", "odds": "100%", "goods": {"en": "a tea"}}, goods_days=5)
    drawn = await draw(shop, member_id)
    assert drawn.coupon is not None
    assert (drawn.coupon.offer.kind, drawn.coupon.offer.goods["en"]) == ("gift", "a tea")
    [row] = await table(shop, coupon_rows)
    assert (row.expires_at - shop.now).days in (4, 5)
    [win] = await shop.db.read(lottery.won, member_id)
    assert win.prize.facts["texts"]["en"] == "a tea"


async def test_whoever_may_not_draw_pays_nothing(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    await bring(shop, SURE, price_points=10)
    await refused(shop, member_id, InsufficientPoints)
    await give(shop, member_id, 30)
    await shop.db.write(switches.turn, "lottery", "lottery", "off", actor="test", moment=shop.moment())
    await refused(shop, member_id, LotteryClosed)
    await shop.db.write(switches.turn, "lottery", "lottery", "on", actor="test", moment=shop.moment())
    await shop.db.write(members.freeze, member_id, actor="test", moment=shop.moment())
    await refused(shop, member_id, MemberFrozen)
    await shop.db.write(lambda tx: tx.execute(people.update().values(state="left")))
    await refused(shop, member_id, NotAMember)
    assert await table(shop, draws) == []
    await shop.db.write(rules.bring, CAFE, actor="test", now=shop.now)
    await refused(shop, member_id, Expired)
    await assert_clean(shop.db)


async def test_a_changed_rule_leaves_what_was_won_and_a_lower_stock_closes(shop: Shop) -> None:
    first, second = await shop.settle(2)
    await bring(shop, {**SURE, "stock": 5})
    await draw(shop, first)
    await bring(shop, {**SURE, "points": 3, "stock": 1})
    assert (await draw(shop, first)).points == 20
    assert [one.prize.facts for one in await shop.db.read(lottery.won, first)] == [{"points": 20}]
    await refused(shop, second, LotteryClosed)
    await bring(shop, {**SURE, "points": 3, "stock": 2})
    assert (await draw(shop, second)).points == 3
    await assert_clean(shop.db)


async def test_a_transaction_that_is_run_again_pulls_the_same_ticket(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    await bring(shop, {"id": "half", "odds": "50%", "points": 1})

    class Undone(Exception):
        pass

    def tried(moment: Moment) -> Any:
        def run(tx: Any) -> None:
            outcomes.append(lottery.draw(tx, member_id, "one", moment=moment).points)
            raise Undone

        return run

    for seed in range(8):
        outcomes: list[int] = []
        for _ in range(2):
            with pytest.raises(Undone):
                await shop.db.write(tried(Moment(shop.now, seed.to_bytes(32))))
        assert outcomes[0] == outcomes[1]
    assert await table(shop, draws) == []


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        ("UPDATE prizes SET given = given + 1", "I5: prizes"),
        ("UPDATE draws SET points = points + 1", "I8: draws"),
        ("UPDATE draws SET price_points = 7", "I8: draws"),
    ],
)
async def test_the_proof_of_the_books_knows_draws_and_prizes(shop: Shop, lie: str, told: str) -> None:
    [member_id] = await shop.settle(1)
    await bring(shop, SURE)
    await draw(shop, member_id)
    await assert_clean(shop.db)
    await shop.db.write(lambda tx: tx.execute(text(lie)))
    wrong = await shop.db.read(proof.check)
    assert [str(one).startswith(told) for one in wrong] == [True]
