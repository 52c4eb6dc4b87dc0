"""Nobody serves themselves or an account linked to them, under no name; hurried and split bills are flagged."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

import pytest

from membership.errors import LimitReached, SelfCredit
from membership.member import Who
from services import Tx, doubles, fraud, purchases, rules
from services.orders import Order
from services.reader import Reader
from storage import bonds, identities, invites
from storage import doubles as double_rows
from storage import fraud as rows
from storage import sessions as session_rows
from tests.handlers.counter import PRESETS
from tests.services.shopfront import Shop

LONG_AGO = date(2000, 1, 1)


def reader(who: Who, *, told: bool = True) -> Reader:
    assert who.staff_id is not None
    return Reader(who.staff_id, rules.store_id("main"), who.member_id if told else None)


async def belongs(shop: Shop, who: Who, member_id: str) -> None:
    await shop.db.write(lambda tx: identities.change(tx, who.identity_id, member_id=member_id))


async def own_member(shop: Shop, who: Who) -> str:
    [member_id] = await shop.settle(1)
    await belongs(shop, who, member_id)
    return member_id


async def invite(shop: Shop, inviter: Who, invited: Who) -> None:
    def accept(tx: Tx) -> None:
        moment = shop.moment()
        invite_id = moment.new_id("invite")
        when = {"created_at": moment.now, "expires_at": moment.now}
        invites.add(tx, invite_id, moment.new_id("code"), role="cashier", created_by=inviter.staff_id, **when)
        invites.accept(tx, invite_id, invited.identity_id, moment.now)

    await shop.db.write(accept)


async def sits_at(shop: Shop, who: Who, door: str, device: str, *, identity_id: str = "") -> None:
    moment = shop.moment()
    whose: dict[str, Any] = {"identity_id": identity_id or who.identity_id}
    if door == "staff":
        whose["staff_id"] = who.staff_id
    when = {"at": moment.now, "expires_at": moment.now}

    def sit(tx: Tx) -> None:
        session_rows.add(
            tx, moment.new_id("session"), moment.new_id("token"), door=door, device=device, **whose, **when
        )

    await shop.db.write(sit)


async def account_of(shop: Shop, member_id: str) -> str:
    found = await shop.db.read(identities.of_member, member_id)
    return str(found[0].id)


async def check(shop: Shop, who: Who, member_id: str, *, told: bool = True) -> None:
    await shop.db.write(fraud.check_self, reader(who, told=told), member_id)


async def flags(shop: Shop) -> list[tuple[str, dict[str, Any]]]:
    return [(row.rule, row.facts) for row in await shop.db.read(rows.flagged, since=LONG_AGO)]


async def test_a_cashier_serves_anybody_who_is_not_linked_to_them(shop: Shop) -> None:
    jay = await shop.hire("Jay", "cashier")
    for member_id in await shop.settle(2):
        await check(shop, jay, member_id)


async def test_the_own_member_is_refused_whether_or_not_the_door_knows_it(shop: Shop) -> None:
    jay = await shop.hire("Jay", "cashier")
    mine = await own_member(shop, jay)
    for told in (True, False):
        with pytest.raises(SelfCredit):
            await check(shop, jay, mine, told=told)


async def test_the_own_member_is_refused_from_a_second_account_in_another_app(shop: Shop) -> None:
    jay, again = await shop.hire("Jay", "cashier"), await shop.hire("Jay", "cashier", "wechat")
    mine = await own_member(shop, jay)
    await belongs(shop, again, mine)
    with pytest.raises(SelfCredit):
        await check(shop, again, mine)


async def test_a_card_opened_on_the_device_one_works_at_is_linked(shop: Shop) -> None:
    jay, kim = await shop.hire("Jay", "cashier"), await shop.hire("Kim", "cashier")
    [other, stranger] = await shop.settle(2)
    await sits_at(shop, jay, "staff", "tablet")
    await sits_at(shop, jay, "card", "tablet", identity_id=await account_of(shop, other))
    await sits_at(shop, jay, "card", "", identity_id=await account_of(shop, stranger))
    await sits_at(shop, jay, "staff", "")
    with pytest.raises(SelfCredit):
        await check(shop, jay, other)
    await check(shop, jay, stranger)
    await check(shop, kim, other)


async def test_family_and_friends_who_could_send_the_points_on_are_linked_while_they_are_friends(shop: Shop) -> None:
    jay, kim = await shop.hire("Jay", "cashier"), await shop.hire("Kim", "cashier")
    mine = await own_member(shop, jay)
    friends = await shop.settle(2)
    made = [await shop.db.write(bonds.add, mine, friend, moment=shop.moment()) for friend in friends]
    for friend, bond_id in zip(friends, made, strict=True):
        await check(shop, kim, friend)
        with pytest.raises(SelfCredit):
            await check(shop, jay, friend)
        await shop.db.write(bonds.end, bond_id, shop.now)
        await check(shop, jay, friend)


async def test_nobody_makes_one_of_two_accounts_or_parts_them_where_one_is_linked_to_them(shop: Shop) -> None:
    mia, kim = await shop.hire("Mia", "manager"), await shop.hire("Kim", "manager")
    mine = await own_member(shop, mia)
    friend, stranger = await shop.settle(2)
    await shop.db.write(bonds.add, mine, friend, moment=shop.moment())

    def pair(tx: Tx, one: str) -> str:
        double_rows.add(tx, one, stranger, reason="phone:one", at=shop.now)
        found = double_rows.between(tx, one, stranger)
        assert found is not None
        return str(found.id)

    for one in (mine, friend):
        double_id = await shop.db.write(pair, one)
        with pytest.raises(SelfCredit):
            await shop.db.write(doubles.merge, double_id, reader(mia), moment=shop.moment())
    done = await shop.db.write(doubles.merge, double_id, reader(kim), moment=shop.moment())
    with pytest.raises(SelfCredit):
        await shop.db.write(doubles.part, done.id, reader(mia), moment=shop.moment())
    await shop.db.write(doubles.part, done.id, reader(kim), moment=shop.moment())


@pytest.mark.parametrize("role", ["manager", "owner"])
async def test_who_invited_whom_links_a_manager_but_not_the_owner_whose_money_it_is(shop: Shop, role: str) -> None:
    inviter, jay, kim = (
        await shop.hire("Mia", role),
        await shop.hire("Jay", "cashier"),
        await shop.hire("Kim", "cashier"),
    )
    his, hers = await own_member(shop, jay), await own_member(shop, inviter)
    await invite(shop, inviter, jay)
    for who, member_id in ((inviter, his), (jay, hers)):
        if role == "owner":
            await check(shop, who, member_id)
        else:
            with pytest.raises(SelfCredit):
                await check(shop, who, member_id)
    for member_id in (his, hers):
        await check(shop, kim, member_id)


async def test_a_till_is_nobody_and_serves_everybody(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    await shop.db.write(fraud.check_self, Reader("till", rules.store_id("main")), member_id)


async def test_the_attempt_is_flagged_once_a_day_though_the_refusal_undid_everything_else(shop: Shop) -> None:
    jay = await shop.hire("Jay", "cashier")
    mine = await own_member(shop, jay)

    def attempt(tx: Tx) -> None:
        try:
            with tx.savepoint():
                fraud.check_self(tx, reader(jay), mine)
        except SelfCredit:
            fraud.note_blocked(tx, moment=shop.moment())

    for _ in range(2):
        shop.counter.pass_by(seconds=1)
        await shop.db.write(attempt)
    assert await flags(shop) == [("self", {"link": "own"})]


async def buy(shop: Shop, who: Who, member_id: str, minor: int = 1000) -> None:
    moment, order = shop.moment(), Order(member_id, minor)

    def record(tx: Tx) -> None:
        purchases.record(tx, order, reader(who), reference=moment.new_id("buy"), channel="telegram", moment=moment)

    await shop.db.write(record)


async def test_more_purchases_of_one_member_than_usual_are_flagged_once(shop: Shop) -> None:
    jay = await shop.hire("Jay", "cashier")
    [member_id] = await shop.settle(1)
    for number in range(6):
        assert [rule for rule, _ in await flags(shop)] == (["velocity"] if number > 3 else [])
        await buy(shop, jay, member_id)
        shop.counter.pass_by(hours=1)


async def test_one_bill_in_three_pieces_is_flagged(shop: Shop) -> None:
    jay = await shop.hire("Jay", "cashier")
    [member_id, other] = await shop.settle(2)
    for _ in range(3):  # a usual customer comes again
        await buy(shop, jay, other)
        shop.counter.pass_by(minutes=16)
    assert await flags(shop) == []
    for _ in range(3):
        await buy(shop, jay, member_id)
        shop.counter.pass_by(minutes=7)
    assert await flags(shop) == [("split", {"cases": 3, "minor": 3000})]


async def test_two_bills_just_under_the_largest_one_are_flagged(shop: Shop) -> None:
    jay = await shop.hire("Jay", "cashier")
    [member_id] = await shop.settle(1)
    limit = (await shop.db.read(rules.current)).limits.amount_max_minor
    await buy(shop, jay, member_id, limit)
    assert await flags(shop) == []
    shop.counter.pass_by(hours=2)
    await buy(shop, jay, member_id, limit * 9 // 10)
    assert [rule for rule, _ in await flags(shop)] == ["split"]


async def test_a_cap_for_one_person_holds_for_people_and_not_for_tills(shop: Shop) -> None:
    jay = await shop.hire("Jay", "cashier")
    members = await shop.settle(3)
    await shop.db.write(_cap, 2, now=shop.now)
    for member_id in members[:2]:
        await buy(shop, jay, member_id)
    with pytest.raises(LimitReached):
        await buy(shop, jay, members[2])
    till, moment = Reader("till", rules.store_id("main")), shop.moment()
    for member_id in members:
        await shop.db.write(fraud.check_caps, Order(member_id, 1), till, moment=moment)
    shop.counter.pass_by(days=1)
    await buy(shop, jay, members[2])


def _cap(tx: Tx, most: int, *, now: Any) -> None:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    body["counter"] = {"staff_day_purchases": most}
    rules.bring(tx, body, actor="test", now=now)
