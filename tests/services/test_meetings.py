"""Whatever is done while two become one (or part, or become one with a third) is done to the one, or refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from membership.errors import Refusal
from services import Tx, proof
from storage.cipher import Cipher
from storage.database import Database
from storage.merges import PLAIN
from storage.tables import activities, members, sign_ups
from tests.databases import PostgresDatabases
from tests.handlers.counter import Counter
from tests.services import meeting_pairs as pairs
from tests.services import meeting_people as deeds
from tests.services.crossing import Met, cross, quick_deadlocks
from tests.services.meeting_people import Prepare, Town
from tests.services.shopfront import Shop

VERBS = (
    deeds.check_in, deeds.top_up, deeds.cash_out, deeds.undo_top_up, deeds.adjust, deeds.buy, deeds.refund,
    deeds.bill, deeds.agree, deeds.receive, deeds.send, deeds.claim, deeds.undo_claim, deeds.grant, deeds.hand_out,
    deeds.sell_pass, deeds.visit, deeds.back_pass, deeds.sign_up, deeds.withdraw, deeds.attend, deeds.draw,
    deeds.lift, deeds.review, deeds.habit, deeds.expire, deeds.leave, deeds.attach, deeds.tell_phone,
)  # fmt: skip
QUICK = (
    deeds.check_in, deeds.top_up, deeds.receive, deeds.attach, deeds.refund, deeds.agree, deeds.attend, deeds.leave,
)  # fmt: skip
FIRST, LATER = 1, 6
"""Before a deed has looked at anything, and when the two are held but not written of yet."""


@pytest.fixture
async def town(postgresql: PostgresDatabases, cipher: Cipher, now: datetime) -> AsyncIterator[Town]:
    async with postgresql.fresh() as url:
        db = await Database.open(url, cipher=cipher)
        await quick_deadlocks(db)
        yield await Town.open(Shop(Counter(db, now)))
        await db.close()


def strays(tx: Tx, member_id: str) -> dict[str, int]:
    """Return what a member who became part of another one still holds, by table."""
    if not tx.scalar(select(members.c.merged_into).where(members.c.id == member_id)):
        return {}
    counted = {
        table.name: int(tx.scalar(select(func.count()).select_from(table).where(table.c.member_id == member_id)))
        for table in PLAIN
    }
    return {name: number for name, number in counted.items() if number}


async def meet(town: Town, prepare: Prepare, other: Prepare, *, at: int, verb_first: bool) -> Met:
    """Let a deed of Young's meet another one at this statement; afterwards nothing is lost and the books are clean."""
    three = await town.meet()
    if other is deeds.part:  # while they are one, what is done is done to the one who was kept
        second, three = await other(town, three), three.turned
        verb = await prepare(town, three)
    else:
        verb, second = await prepare(town, three), await other(town, three)
    met = await cross(town.db, *((verb, second) if verb_first else (second, verb)), at=at)
    where = f"{prepare.__name__} and {other.__name__} at {at}, verb first: {verb_first}"
    assert not await town.db.read(strays, three.young), where
    findings = await town.db.read(proof.check)
    assert not findings, f"{where}: {findings[0]}"
    return met


async def test_what_is_done_while_two_become_one_is_done_to_the_one(town: Town) -> None:
    stopped = 0
    for place, prepare in enumerate(QUICK):
        met = await meet(town, prepare, deeds.merge, at=FIRST, verb_first=True)
        stopped += met.stopped
        if place % 3 == 0:
            stopped += (await meet(town, prepare, deeds.merge, at=LATER, verb_first=False)).stopped
    assert stopped == len(QUICK) + 3, "the deeds did not meet"


async def test_of_two_who_give_one_phone_at_once_one_is_told_that_it_is_taken(town: Town) -> None:
    for prepare, other in ((deeds.tell_phone, deeds.tell_the_same_phone), (deeds.tell_phone, deeds.enrol)):
        met = await meet(town, prepare, other, at=3, verb_first=True)
        assert sorted(type(one).__name__ for one in (met.first, met.second)) == ["PhoneTaken", "str"]


PAIRS: tuple[tuple[Any, set[str]], ...] = (
    (pairs.coupon, {"CouponVoid", "ExchangeFinal"}), (pairs.counted_pass, {"PassOver"}),
    (pairs.bill, {"AlreadyDecided"}), (pairs.last_points, {"InsufficientPoints"}), (pairs.both_ways, set()),
    (pairs.erasure, {"MergeFinal"}), (pairs.places, set()), (pairs.tier, set()), (pairs.ended_points, set()),
    (pairs.reward, set()), (pairs.reward_of_one, {"NotAMember"}),
    (pairs.ended_coupon, {"CouponUnknown", "CouponExpired"}),
)  # fmt: skip
"""Deeds about one thing, and by what the second to come may be refused."""


async def meet_about(town: Town, prepare: Any, refusals: set[str], *, at: int, turned: bool) -> Met:
    """Let two deeds about one thing meet at this statement; one of them at least is done, and the books are clean."""
    three = await town.meet()
    one, other = await prepare(town, three)
    met = await cross(town.db, *((other, one) if turned else (one, other)), at=at)
    told = [type(one).__name__ for one in (met.first, met.second) if isinstance(one, Refusal)]
    where = f"{prepare.__name__} at {at}, turned: {turned}"
    assert len(told) <= 1, where
    assert set(told) <= refusals, where
    assert not await town.db.read(strays, three.young), where
    findings = await town.db.read(proof.check)
    assert not findings, f"{where}: {findings[0]}"
    assert await town.db.read(wronged) == (0, 0), where
    return met


def wronged(tx: Tx) -> tuple[int, int]:
    """Return how many wait for an activity that has a free place, and how many members were erased who are here."""
    waiting = select(func.count()).select_from(sign_ups).join(activities, activities.c.id == sign_ups.c.activity_id)
    free = (sign_ups.c.state == "waiting", activities.c.taken < activities.c.capacity)
    erased = select(func.count()).where(members.c.erased_at.is_not(None), members.c.state != "left")
    return int(tx.scalar(waiting.where(*free))), int(tx.scalar(erased))


async def test_a_coupon_used_in_its_last_second_stays_used(town: Town) -> None:
    met = await meet_about(town, pairs.ended_coupon, {"CouponUnknown"}, at=12, turned=False)
    assert met.stopped


async def test_of_two_deeds_about_one_thing_both_are_done_or_one_is_refused(town: Town) -> None:
    for place, (prepare, refusals) in enumerate(PAIRS):
        await meet_about(town, prepare, refusals, at=LATER, turned=place % 2 == 1)


@pytest.mark.torture
@pytest.mark.parametrize("turned", [True, False])
@pytest.mark.parametrize(("prepare", "refusals"), PAIRS, ids=lambda one: getattr(one, "__name__", ""))
async def test_two_deeds_about_one_thing_meet_before_every_statement(
    town: Town, prepare: Any, refusals: set[str], *, turned: bool
) -> None:
    at, met = 1, None
    while met is None or met.stopped:
        met = await meet_about(town, prepare, refusals, at=at, turned=turned)
        at += 1


async def all_meetings(town: Town, prepare: Prepare, other: Prepare, *, verb_first: bool) -> None:
    at, met = 1, None
    while met is None or met.stopped:
        met = await meet(town, prepare, other, at=at, verb_first=verb_first)
        at += 1


@pytest.mark.torture
@pytest.mark.parametrize(
    ("other", "verb_first"),
    [(deeds.merge, True), (deeds.merge, False), (deeds.part, True)],
    ids=["then one", "one, then", "then parted"],
)
@pytest.mark.parametrize("prepare", VERBS, ids=lambda one: one.__name__)
async def test_every_deed_meets_joining_and_parting_before_every_statement(
    prepare: Any, other: Any, *, verb_first: bool, town: Town
) -> None:
    await all_meetings(town, prepare, other, verb_first=verb_first)


@pytest.mark.torture
async def test_three_who_become_one_in_two_steps_at_once_lose_nothing(town: Town) -> None:
    await all_meetings(town, deeds.merge, deeds.merge_third, verb_first=True)


@pytest.mark.torture
@pytest.mark.parametrize("prepare", VERBS, ids=lambda one: one.__name__)
async def test_a_deed_that_meets_itself_before_every_statement_is_done_once(prepare: Any, town: Town) -> None:
    async def same(town: Town, three: deeds.Three) -> Any:
        if three.young not in made:
            made[three.young] = await prepare(town, three)
        return made[three.young]

    made: dict[str, Any] = {}
    await all_meetings(town, same, same, verb_first=True)
