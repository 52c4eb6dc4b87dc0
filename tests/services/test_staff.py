"""What two do to the staff list at the same moment: one invitation seats one person, and one owner is always left."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from membership.errors import AlreadyStaff, InviteUsed, LastOwner, Refusal
from membership.member import Channel, Identity, Who
from services import Database, invites, people, staff
from services.invites import Waiting
from storage import identities
from storage.database import Tx
from tests.handlers.counter import Counter
from tests.handlers.counting import Counting


@pytest.fixture
async def counter(db: Database, now: datetime) -> Counter:
    shop = Counter(db, now)
    await shop.open()
    return shop


def met(tx: Tx, name: str, channel: Channel, now: datetime) -> Who:
    row_id = identities.meet(tx, Identity(channel, "shop", name), now)
    identities.change(tx, row_id, name=name)
    return people.who(tx, row_id)


async def meet(counter: Counter, name: str, channel: Channel = "telegram") -> Who:
    return await counter.db.write(met, name, channel, counter.now)


async def hire(counter: Counter, name: str, role: str, *stores: str) -> Who:
    """Let somebody work here, and return them as they are afterwards."""
    who, db = await meet(counter, name), counter.db
    code = await db.write(invites.invite, role, stores=stores, by=None, moment=counter.moment())
    accepted = await db.write(invites.accept, who, code, moment=counter.moment())
    if accepted.waiting:
        await db.write(invites.confirm, accepted.id, None, moment=counter.moment())
    return await db.read(people.who, who.identity_id)


async def test_two_owners_who_dismiss_each_other_leave_one(counter: Counter) -> None:
    for number in range(5):
        first, second = [await hire(counter, f"{name}{number}", "owner") for name in ("Olga", "Nina")]
        for one in await counter.db.read(staff.working):
            if one.id not in (first.staff_id, second.staff_id):
                await counter.db.write(staff.dismiss, one.id, by=None, moment=counter.moment())
        assert first.staff_id is not None
        assert second.staff_id is not None
        done = await asyncio.gather(
            counter.db.write(staff.dismiss, second.staff_id, by=first, moment=counter.moment()),
            counter.db.write(staff.dismiss, first.staff_id, by=second, moment=counter.moment()),
            return_exceptions=True,
        )
        assert sum(isinstance(one, LastOwner) for one in done) == 1, done
        assert len(await counter.db.read(staff.working)) == 1


async def test_one_invitation_taken_by_many_at_once_is_accepted_by_one(counter: Counter) -> None:
    await hire(counter, "Olga", "owner")
    code = await counter.db.write(invites.invite, "cashier", by=None, moment=counter.moment())
    many = [await meet(counter, f"Ann{number}") for number in range(8)]
    done = await asyncio.gather(
        *(counter.db.write(invites.accept, who, code, moment=counter.moment()) for who in many), return_exceptions=True
    )
    assert sum(isinstance(one, InviteUsed) for one in done) == 7, done


async def test_two_yeses_at_once_seat_one_person_once(counter: Counter) -> None:
    owner, ann = await hire(counter, "Olga", "owner"), await meet(counter, "Ann")
    for _ in range(2):
        code = await counter.db.write(invites.invite, "cashier", by=owner, moment=counter.moment())
        await counter.db.write(invites.accept, ann, code, moment=counter.moment())
    first, second = await counter.db.read(invites.waiting, owner, moment=counter.moment())
    done = await asyncio.gather(
        *(counter.db.write(invites.confirm, one.id, owner, moment=counter.moment()) for one in (first, first, second)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Waiting) for one in done) == 1, done
    assert {type(one) for one in done if isinstance(one, Refusal)} <= {InviteUsed, AlreadyStaff}
    assert sorted(one.name for one in await counter.db.read(staff.working)) == ["Ann", "Olga"]


async def test_somebody_seated_is_as_the_database_knows_them_now(counter: Counter) -> None:
    await hire(counter, "Olga", "owner")
    ann = await hire(counter, "Ann", "cashier", "main")
    assert ann.staff_id is not None
    seated = await counter.db.read(staff.seated, ann.staff_id)
    assert seated is not None
    assert (seated.identity_id, seated.roles, seated.name) == (ann.identity_id, ann.roles, "Ann")
    assert seated.store_id == ann.roles[0].store_id
    await counter.db.write(staff.change, ann.staff_id, "auditor", store_ids=[], by=None, moment=counter.moment())
    changed = await counter.db.read(staff.seated, ann.staff_id)
    assert changed is not None
    assert [(role.name, role.store_id) for role in changed.roles] == [("auditor", None)]
    await counter.db.write(staff.dismiss, ann.staff_id, by=None, moment=counter.moment())
    assert await counter.db.read(staff.seated, ann.staff_id) is None
    assert await counter.db.read(staff.seated, "nobody") is None


async def test_a_removed_person_may_be_hired_again_with_another_right(counter: Counter) -> None:
    await hire(counter, "Olga", "owner")
    ann = await hire(counter, "Ann", "manager")
    assert ann.staff_id is not None
    await counter.db.write(staff.dismiss, ann.staff_id, by=None, moment=counter.moment())
    again = await hire(counter, "Ann", "cashier", "main")
    assert [role.name for role in again.roles] == ["cashier"]
    assert await counter.db.read(staff.is_gone, ann.staff_id) is True
    assert await counter.db.read(staff.is_gone, again.staff_id or "") is False


async def test_a_right_in_some_stores_costs_one_look_more_and_a_right_in_all_none(
    db: Database, counter: Counter
) -> None:
    counting = Counting(db)
    everywhere, here = await hire(counter, "Olga", "owner"), await hire(counter, "Ann", "cashier", "main")
    nobody = replace(await meet(counter, "Amy"), name="Amy")
    asked = {}
    for who in (nobody, everywhere, here):
        await counting.write(people.who, who.identity_id)
        asked[who.name] = len(counting.statements)
    assert asked == {"Amy": asked["Amy"], "Olga": asked["Amy"], "Ann": asked["Amy"] + 1}
