"""Two members become one and are parted again: nothing is lost, nothing is there twice, whatever happened between."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from membership.errors import (
    IdReused,
    InsufficientPoints,
    LinkOwn,
    MemberFrozen,
    MergeFinal,
    MergeUnknown,
    NotAMember,
    PointsOverCap,
)
from services import checkin, members, merges, points, privacy
from services.merges import Merged
from services.orders import Recorded
from services.points import Cause
from storage import members as member_rows
from storage.database import Tx
from storage.tables import audit, check_ins, identities, lots, outbox, referrals, tags, tier_changes
from tests.documents import read, rows, sections
from tests.proof import assert_clean
from tests.services.couple import Couple
from tests.services.shopfront import Shop

PARTED = list(rows(sections(read("docs/rules/linking.md"), 2)["Parting them again"]))


@pytest.fixture
async def couple(shop: Shop) -> Couple:
    return await Couple.meet(shop)


async def test_everything_of_both_is_one_members_and_nothing_of_it_is_lost(couple: Couple) -> None:
    for member_id, given, minor in ((couple.old, 120, 10000), (couple.young, 35, 5000)):
        await couple.earn(member_id, given)
        await couple.top_up(member_id, minor)
        await couple.give_all(member_id)
        await couple.buy(member_id, 3000, stored=2000)
    before = await couple.value(couple.old, couple.young)
    seen = await couple.db.read(merges.preview, couple.young, couple.old, now=couple.shop.now)
    done = await couple.merge()
    assert (done.kept_id, done.gone_id) == (couple.old, couple.young)
    assert await couple.value(couple.old) == before == await couple.value(couple.old, couple.young)
    has = await couple.db.read(merges.holding, couple.old, now=couple.shop.now)
    assert has == seen.together
    found = await couple.db.read(lambda tx: tx.all(select(identities.c.channel, identities.c.member_id)))
    assert {(row.channel, row.member_id) for row in found} == {("telegram", couple.old), ("wechat", couple.old)}
    assert (await couple.row(couple.young)).merged_into == couple.old
    with pytest.raises(NotAMember):
        await couple.buy(couple.young, 1000)
    await assert_clean(couple.db)


async def test_a_press_that_comes_twice_or_at_once_merges_once(couple: Couple) -> None:
    await couple.earn(couple.young, 40)
    done = await asyncio.gather(*(couple.merge() for _ in range(4)))
    assert len(set(done)) == 1
    assert await couple.points(couple.old) == 40
    noted = await couple.db.read(lambda tx: tx.all(select(audit).where(audit.c.action == "member.merge")))
    assert len(noted) == 1
    [third] = await couple.shop.settle(1)
    with pytest.raises(IdReused):
        await couple.db.write(merges.merge, couple.old, third, reference="code", actor=third, moment=couple.moment())
    await assert_clean(couple.db)


async def test_what_happens_at_the_same_moment_is_lost_by_nobody(couple: Couple) -> None:
    await couple.earn(couple.young, 100)
    await couple.top_up(couple.young, 5000)
    deeds = [couple.buy(couple.young, 1000, points_spent=100) for _ in range(3)]
    deeds += [couple.buy(couple.old, 1000) for _ in range(2)]
    done = await asyncio.gather(couple.merge(), *deeds, couple.give_all(couple.young), return_exceptions=True)
    assert isinstance(done[0], Merged)
    bought = [one for one in done[1:6] if isinstance(one, Recorded)]
    refused = [one for one in done[1:] if isinstance(one, BaseException)]
    assert {type(one) for one in refused} <= {NotAMember, InsufficientPoints, PointsOverCap}
    found = await couple.value(couple.old)
    assert found["purchases"] == len(bought)
    assert found["stored_principal"] == 5000
    assert await couple.points(couple.old) == 100 + sum(one.points_earned - one.points_spent for one in bought)
    await assert_clean(couple.db)


async def test_points_keep_their_ends_and_what_ends_first_is_still_spent_first(couple: Couple) -> None:
    await couple.earn(couple.old, 50, days=30)
    await couple.earn(couple.young, 20, days=10)
    await couple.earn(couple.young, 20, days=40)
    ends = {30: 50, 10: 20, 40: 20}
    await couple.merge()
    held = await couple.db.read(lambda tx: tx.all(select(lots).where(lots.c.remaining > 0)))
    assert {(row.expires_at - couple.shop.now).days: row.remaining for row in held} == ends
    await couple.buy(couple.old, 6000, points_spent=30)
    left = await couple.db.read(lambda tx: tx.all(select(lots).where(lots.c.remaining > 0)))
    mine = {(row.expires_at - couple.shop.now).days: row.remaining for row in left}
    assert (mine[30], mine[40], mine.get(10)) == (40, 20, None)
    couple.shop.counter.pass_by(days=31)
    assert await couple.points(couple.old) >= 20
    await assert_clean(couple.db)


async def test_a_purchase_of_before_is_refunded_as_if_it_had_been_the_ones_own(couple: Couple) -> None:
    await couple.earn(couple.young, 200, days=20)
    bought = await couple.buy(couple.young, 10000, points_spent=100)
    before = await couple.points(couple.young)
    done = await couple.merge()
    await couple.refund(bought, 2000)
    await couple.refund(bought)
    assert await couple.points(couple.old) == 200
    assert before == 100 + bought.points_earned
    await couple.part(done)
    assert (await couple.points(couple.young), await couple.points(couple.old)) == (200, 0)
    await assert_clean(couple.db)


async def test_a_debt_comes_over_and_later_points_repay_it(couple: Couple) -> None:
    bought = await couple.buy(couple.young, 5000)
    spent = bought.points_earned
    cause = Cause("spent-elsewhere", "mo")
    await couple.db.write(points.spend, couple.young, spent, cause, moment=couple.moment())
    await couple.refund(bought)
    assert await couple.value(couple.young) == {"debt": spent, "coupons": 0, "purchases": 1, "top_ups": 0}
    await couple.merge()
    await couple.earn(couple.old, spent + 5)
    assert (await couple.value(couple.old)).get("debt") is None
    assert await couple.points(couple.old) == 5
    await assert_clean(couple.db)


async def test_parting_gives_back_what_came_as_it_stands(couple: Couple) -> None:
    await couple.earn(couple.old, 100, days=30)
    await couple.earn(couple.young, 60, days=10)
    await couple.top_up(couple.old, 10000)
    await couple.top_up(couple.young, 5000)
    bought = await couple.buy(couple.young, 2000)
    before = await couple.value(couple.old, couple.young)
    apart = await couple.value(couple.young)
    done = await couple.merge()
    await couple.part(done)
    assert await couple.value(couple.young) == apart
    assert await couple.value(couple.old, couple.young) == before
    await couple.refund(bought)
    again = await couple.merge("another code")
    await couple.buy(couple.old, 10000, points_spent=50)
    await couple.part(again)
    assert await couple.points(couple.young) == 10
    assert (await couple.row(couple.young)).merged_into == ""
    with pytest.raises(MergeUnknown):
        await couple.part(again)
    await assert_clean(couple.db)


@pytest.mark.parametrize(("spent", "kept", "other"), PARTED)
async def test_what_was_spent_meanwhile_stays_spent(couple: Couple, spent: str, kept: str, other: str) -> None:
    await couple.earn(couple.old, 100, days=30)
    await couple.earn(couple.young, 60, days=10)
    done = await couple.merge()
    if spent != "0":
        cause = Cause("spent-meanwhile", "mo")
        await couple.db.write(points.spend, couple.old, int(spent), cause, moment=couple.moment())
    await couple.part(done)
    assert (await couple.points(couple.old), await couple.points(couple.young)) == (int(kept), int(other))
    await assert_clean(couple.db)


async def test_what_stayed_when_two_were_parted_is_not_taken_when_they_are_parted_once_more(couple: Couple) -> None:
    await couple.earn(couple.young, 60, days=10)
    done = await couple.merge()
    bought = await couple.buy(couple.old, 10000, points_spent=50)
    await couple.part(done)
    await couple.refund(bought)
    apart = [await couple.points(member_id) for member_id in (couple.old, couple.young)]
    assert apart == [50, 10]
    couple.shop.counter.pass_by(minutes=1)
    again = await couple.merge("another code")
    await couple.part(again)
    assert [await couple.points(member_id) for member_id in (couple.old, couple.young)] == apart
    await assert_clean(couple.db)


async def test_a_refund_that_had_begun_before_they_became_one_goes_back_when_they_are_parted(couple: Couple) -> None:
    await couple.earn(couple.young, 200, days=20)
    bought = await couple.buy(couple.young, 10000, points_spent=100)
    done = await couple.merge()
    couple.shop.counter.pass_by(seconds=-1)  # it has waited until they were one, and its moment is an earlier one
    await couple.refund(bought)
    couple.shop.counter.pass_by(seconds=2)
    assert await couple.points(couple.old) == 200
    await couple.part(done)
    assert (await couple.points(couple.young), await couple.points(couple.old)) == (200, 0)
    await assert_clean(couple.db)


async def test_after_a_week_the_two_stay_one_and_the_others_data_is_erased(couple: Couple) -> None:
    await couple.shop.change(couple.young, phone="+8613800000001", birthday="05-03")
    done = await couple.merge()
    couple.shop.counter.pass_by(days=7)
    with pytest.raises(MergeFinal):
        await couple.part(done)
    await couple.db.write(privacy.erase, couple.young, now=couple.shop.now)
    kept = await couple.row(couple.old)
    assert await couple.db.read(lambda tx: member_rows.opened(tx, kept, "phone")) == "+8613800000001"
    assert kept.erased_at is None
    await assert_clean(couple.db)


async def test_what_one_has_told_fills_the_others_gaps_and_goes_back(couple: Couple) -> None:
    await couple.shop.change(couple.young, phone="+8613800000001")
    await couple.shop.change(couple.old, name="")
    done = await couple.merge()
    found = await couple.db.read(members.find_by_phone, "13800000001")
    assert found == couple.old
    assert (await couple.db.read(members.get, couple.old)).name == "Amy"
    await couple.part(done)
    assert await couple.db.read(members.find_by_phone, "13800000001") == couple.young
    assert (await couple.db.read(members.get, couple.old)).phone == ""


@pytest.mark.parametrize("still_shown", [False, True], ids=["parted today", "parted by an earlier program"])
async def test_a_phone_that_somebody_else_has_given_meanwhile_stays_theirs(
    couple: Couple, *, still_shown: bool
) -> None:
    [third] = await couple.shop.settle(1)
    [oldest] = await couple.shop.settle(1, joined_at=couple.shop.now - timedelta(days=900))
    await couple.db.write(members.set_phone, couple.old, "13800138001")
    await couple.db.write(members.set_phone, couple.young, "13800138002")
    done = await couple.merge()
    await couple.db.write(members.set_phone, third, "13800138002")
    await couple.db.write(merges.undo, done.id, actor="owner", moment=couple.moment())
    assert (await couple.db.read(members.get, couple.young)).phone == ""
    if still_shown:
        await couple.shop.change(couple.young, phone="+8613800138003")
        await couple.shop.change(couple.young, phone_index=None)
        await couple.db.write(members.set_phone, third, "13800138003")
    how: dict[str, Any] = {"reference": "code2", "actor": "owner", "moment": couple.moment()}
    again = await couple.db.write(merges.merge, couple.young, oldest, **how)
    assert (again.kept_id, (await couple.db.read(members.get, oldest)).phone) == (oldest, "")


@pytest.mark.parametrize(("said", "together"), [((True, True), True), ((True, False), False), ((False, True), False)])
async def test_offers_go_on_only_where_both_had_said_yes(
    couple: Couple, said: tuple[bool, bool], *, together: bool
) -> None:
    for member_id, yes in zip((couple.old, couple.young), said, strict=True):
        await couple.shop.change(member_id, offers_on=yes)
    done = await couple.merge()
    assert (await couple.row(couple.old)).offers_on is together
    await couple.part(done)
    assert tuple([(await couple.row(one)).offers_on for one in (couple.old, couple.young)]) == said


async def test_a_no_said_while_they_were_one_counts_for_both(couple: Couple) -> None:
    done = await couple.merge()
    await couple.shop.change(couple.old, offers_on=False)
    await couple.part(done)
    assert [(await couple.row(one)).offers_on for one in (couple.old, couple.young)] == [False, False]


async def test_the_higher_tier_counts_and_goes_back(couple: Couple) -> None:
    await couple.shop.change(couple.old, tier="regular")
    await couple.shop.change(couple.young, tier="gold", tier_since=couple.shop.now)
    done = await couple.merge()
    assert (await couple.row(couple.old)).tier == "gold"
    [change] = await couple.db.read(lambda tx: tx.all(select(tier_changes)))
    assert (change.member_id, change.before, change.after, change.reason) == (couple.old, "regular", "gold", "merged")
    await couple.part(done)
    assert [(await couple.row(one)).tier for one in (couple.old, couple.young)] == ["regular", "gold"]
    changes = await couple.db.read(lambda tx: tx.all(select(tier_changes.c.reason)))
    assert sorted(row.reason for row in changes) == ["merged", "unmerged"]


async def test_days_of_both_make_one_row_of_check_ins(couple: Couple) -> None:
    for member_id in (couple.old, couple.young, couple.young, couple.old):
        await couple.db.write(checkin.check_in, member_id, moment=couple.moment())
        couple.shop.counter.pass_by(days=1)
    done = await couple.merge()
    seen = await couple.db.read(checkin.look, couple.old, now=couple.shop.now)
    assert seen.streak == 4
    await couple.part(done)
    found = await couple.db.read(lambda tx: tx.all(select(check_ins).order_by(check_ins.c.day)))
    assert [row.member_id for row in found] == [couple.old, couple.young, couple.young, couple.old]
    assert [row.streak for row in found] == [1, 1, 2, 1]


async def test_nobody_is_a_friend_of_themselves(couple: Couple) -> None:
    at = {"at": couple.shop.now, "state": "joined"}
    row = {"id": "r", "inviter_id": couple.old, "friend_id": couple.young, **at}
    await couple.db.write(lambda tx: tx.insert_once(referrals, row))
    await couple.merge()
    [after] = await couple.db.read(lambda tx: tx.all(select(referrals)))
    assert (after.state, after.reason) == ("refused", "same_person")


async def test_who_had_been_a_member_before_is_nobodys_new_friend(couple: Couple) -> None:
    [inviter] = await couple.shop.settle(1)
    row = {"id": "r", "inviter_id": inviter, "friend_id": couple.young, "at": couple.shop.now, "state": "joined"}
    await couple.db.write(lambda tx: tx.insert_once(referrals, row))
    await couple.merge()
    [after] = await couple.db.read(lambda tx: tx.all(select(referrals)))
    assert (after.state, after.reason) == ("refused", "known_before")


async def test_tags_are_joined_and_messages_find_their_way(couple: Couple) -> None:
    for member_id, tag in ((couple.old, "tea"), (couple.young, "tea"), (couple.young, "vegan")):
        row = {"member_id": member_id, "tag": tag, "actor": "mo", "at": couple.shop.now}
        await couple.db.write(Tx.insert_once, tags, row)
    await couple.buy(couple.young, 1000)
    await couple.merge()
    found = await couple.db.read(lambda tx: tx.all(select(tags).where(tags.c.member_id == couple.old)))
    assert sorted(row.tag for row in found) == ["tea", "vegan"]
    [receipt] = await couple.db.read(lambda tx: tx.all(select(outbox).where(outbox.c.kind == "receipt")))
    assert (receipt.recipient, receipt.member_id) == (couple.old, couple.old)
    await assert_clean(couple.db)


async def test_frozen_left_and_the_same_are_not_merged(couple: Couple) -> None:
    with pytest.raises(LinkOwn):
        await couple.db.write(merges.merge, couple.old, couple.old, reference="x", actor="mo", moment=couple.moment())
    await couple.shop.change(couple.young, frozen_at=couple.shop.now)
    with pytest.raises(MemberFrozen):
        await couple.merge()
    await couple.shop.change(couple.young, frozen_at=None, state="left")
    with pytest.raises(NotAMember):
        await couple.merge()


async def test_three_become_one_and_are_parted_in_the_other_order_only(couple: Couple) -> None:
    [third] = await couple.shop.settle(1, joined_at=couple.shop.now - timedelta(days=9))
    await couple.earn(couple.young, 30)
    first = await couple.merge()
    how: dict[str, Any] = {"reference": "second", "actor": third}
    second = await couple.db.write(merges.merge, couple.old, third, **how, moment=couple.moment())
    assert await couple.points(third) == 30
    assert await couple.db.read(merges.now_one, couple.young) == third
    with pytest.raises(MergeFinal):
        await couple.part(first)
    await couple.part(second)
    await couple.part(first)
    assert await couple.points(couple.young) == 30
    await assert_clean(couple.db)


async def test_an_erased_copy_holds_what_came_over(couple: Couple) -> None:
    await couple.buy(couple.young, 1000)
    await couple.merge()
    told = await couple.db.read(privacy.export, couple.old, now=couple.shop.now)
    assert '"merges"' in told
    assert '"purchases"' in told
