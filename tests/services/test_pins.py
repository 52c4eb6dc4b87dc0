"""A PIN is compared five times at most, however it is tried; by it a member agrees to a limit a day."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from membership.errors import (
    InvalidPin,
    PinDayLimit,
    PinLocked,
    PinMissing,
    Refusal,
    ReservationUnknown,
    WrongPin,
)
from services import Database, Tx, codes, counter, pins, points, reservations
from services.orders import Order, Recorded
from services.points import Cause
from services.reservations import Waiting
from storage.tables import members, outbox
from tests.proof import assert_clean
from tests.services.savings import JAY, MAIN, Savings
from tests.services.shopfront import Shop

PIN, WRONG = "804219", "804218"
HASH = pins.hashed(PIN)


async def tried(db: Database, member_id: str, pin: str, shop: Shop) -> str:
    """Try a PIN as a door does, and return how that went."""
    try:
        kept = await db.write(pins.begin_member, member_id, MAIN, moment=shop.moment())
        good = await asyncio.to_thread(pins.matches, kept, pin)
        await db.write(pins.check_member, member_id, good=good, moment=shop.moment())
    except Refusal as no:
        return no.key
    return "right"


@pytest.fixture
async def savings(shop: Shop) -> Savings:
    found = await Savings.open(shop)
    await found.top_up(100_000)
    await shop.db.write(pins.set_member, found.member_id, HASH, moment=shop.moment())
    return found


async def notices(shop: Shop) -> list[Any]:
    asked = select(outbox.c.state).where(outbox.c.kind == "pin_locked")
    return [row.state for row in await shop.db.read(lambda tx: tx.all(asked))]


@pytest.mark.parametrize(
    "pin", ["12345", "1234567", "123456", "654321", "000000", "12a456", "１２３４５７", " 804219", ""]
)
def test_what_everybody_tries_first_is_no_pin(pin: str) -> None:
    with pytest.raises(InvalidPin):
        pins.check_form(pin)


def test_a_colleagues_pin_is_four_to_six_digits() -> None:
    for pin in ("8042", "80421", PIN):
        pins.check_form(pin, staff=True)
    for pin in ("804", "1234", "8042195"):
        with pytest.raises(InvalidPin):
            pins.check_form(pin, staff=True)


def test_a_hash_has_its_own_salt_and_fits_its_pin_alone() -> None:
    assert pins.hashed(PIN) != HASH
    assert HASH.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert pins.matches(HASH, PIN)
    assert not pins.matches(HASH, WRONG)
    assert not pins.matches("no hash", PIN)


async def test_the_hash_lies_sealed_in_the_table(savings: Savings) -> None:
    def kept(tx: Tx) -> bytes:
        return bytes(tx.scalar(select(members.c.pin_ct).where(members.c.id == savings.member_id)))

    assert b"argon2" not in await savings.db.read(kept)
    assert await savings.db.read(pins.has_member, savings.member_id)


async def test_five_wrong_pins_lock_it_for_an_hour_and_the_member_is_told(savings: Savings, shop: Shop) -> None:
    said = [await tried(shop.db, savings.member_id, WRONG, shop) for _ in range(6)]
    assert said == ["wrong_pin"] * 5 + ["pin_locked"]
    assert await tried(shop.db, savings.member_id, PIN, shop) == "pin_locked"
    assert await notices(shop) == ["pending"]
    shop.counter.pass_by(minutes=61)
    assert await tried(shop.db, savings.member_id, PIN, shop) == "right"


async def test_a_right_pin_at_the_last_try_forgets_the_wrong_ones(savings: Savings, shop: Shop) -> None:
    for _ in range(2):
        said = [await tried(shop.db, savings.member_id, pin, shop) for pin in (*[WRONG] * 4, PIN)]
        assert said == ["wrong_pin"] * 4 + ["right"]
        shop.counter.pass_by(seconds=1)
    assert await notices(shop) == ["cancelled", "cancelled"]


async def test_of_many_tries_at_once_five_are_compared(savings: Savings, shop: Shop) -> None:
    said = await asyncio.gather(*(tried(shop.db, savings.member_id, WRONG, shop) for _ in range(20)))
    assert Counter(said)["pin_locked"] == 15


async def test_the_refusals_tell_what_is_left(savings: Savings, shop: Shop) -> None:
    await shop.db.write(pins.begin_member, savings.member_id, MAIN, moment=shop.moment())
    with pytest.raises(WrongPin) as wrong:
        await shop.db.write(pins.check_member, savings.member_id, good=False, moment=shop.moment())
    assert wrong.value.facts == {"left": 4}
    for _ in range(4):
        await shop.db.write(pins.begin_member, savings.member_id, MAIN, moment=shop.moment())
    with pytest.raises(PinLocked) as locked:
        await shop.db.write(pins.begin_member, savings.member_id, MAIN, moment=shop.moment())
    assert locked.value.facts == {"until": shop.now + timedelta(hours=1)}


async def test_who_has_set_no_pin_cannot_say_yes_by_one(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    with pytest.raises(PinMissing):
        await shop.db.write(pins.begin_member, member_id, MAIN, moment=shop.moment())
    boss = await shop.hire("Mia", "manager")
    assert boss.staff_id is not None
    with pytest.raises(PinMissing):
        await shop.db.write(pins.begin_staff, boss.staff_id, MAIN.store_id, moment=shop.moment())


async def test_a_colleagues_pin_counts_its_tries_too(shop: Shop) -> None:
    boss = await shop.hire("Mia", "manager")
    assert boss.staff_id is not None
    await shop.db.write(pins.set_staff, boss.staff_id, HASH, moment=shop.moment())
    assert await shop.db.read(pins.has_staff, boss.staff_id)
    for _ in range(5):
        assert await shop.db.write(pins.begin_staff, boss.staff_id, MAIN.store_id, moment=shop.moment()) == HASH
    with pytest.raises(PinLocked):
        await shop.db.write(pins.begin_staff, boss.staff_id, MAIN.store_id, moment=shop.moment())
    await shop.db.write(pins.check_staff, boss.staff_id, good=True, moment=shop.moment())
    assert await shop.db.write(pins.begin_staff, boss.staff_id, MAIN.store_id, moment=shop.moment()) == HASH


async def settle(savings: Savings, order: Order, reference: str) -> Recorded | Waiting:
    named = {"reference": reference, "channel": "pos"}
    return await savings.db.write(counter.settle, order, MAIN, **named, moment=savings.shop.moment())


async def test_by_pin_a_member_agrees_to_a_limit_a_day(savings: Savings, shop: Shop) -> None:
    order = Order(savings.member_id, 15_000, stored_minor=15_000, yes="pin")
    assert isinstance(await settle(savings, order, "first"), Recorded)
    with pytest.raises(PinDayLimit) as no:
        await settle(savings, order, "second")
    left: Any = no.value.facts["left"]
    assert left.minor == 5_000
    part = Order(savings.member_id, 9_000, stored_minor=5_000, yes="pin")
    assert isinstance(await settle(savings, part, "third"), Recorded)  # cash needs nobody's yes
    shop.counter.pass_by(days=1)
    assert isinstance(await settle(savings, order, "fourth"), Recorded)
    await assert_clean(shop.db)


async def test_the_limit_of_a_day_holds_for_small_bills_too(savings: Savings, shop: Shop) -> None:
    """What needs no yes with a code in hand is spent by PIN without one: it must not go on for ever."""

    def give(tx: Tx) -> None:
        points.earn(tx, savings.member_id, 100_000, Cause("gift", "test"), moment=shop.moment())

    await shop.db.write(give)
    small = Order(savings.member_id, 10_000, points=5_000, yes="pin")  # worth 50: exactly what needs no yes
    for number in range(4):
        assert isinstance(await settle(savings, small, f"small {number}"), Recorded)
    with pytest.raises(PinDayLimit):
        await settle(savings, small, "one more")


async def test_a_pin_answers_a_bill_that_waits_within_the_same_limit(savings: Savings, shop: Shop) -> None:
    for number, amount in enumerate((15_000, 6_000)):
        scan = await shop.db.write(scanned, savings.member_id, shop)
        order = Order(savings.member_id, amount, stored_minor=amount, scan_id=scan)
        waits = await settle(savings, order, f"bill {number}")
        assert isinstance(waits, Waiting)
        if number == 0:
            with pytest.raises(ReservationUnknown):
                await shop.db.write(reservations.post, waits.id, JAY, how="pin", moment=shop.moment())
            await shop.db.write(reservations.post, waits.id, MAIN, how="pin", moment=shop.moment())
        else:
            with pytest.raises(PinDayLimit):
                await shop.db.write(reservations.post, waits.id, MAIN, how="pin", moment=shop.moment())
            done = await shop.db.write(
                reservations.agree, waits.id, savings.member_id, how="chat", moment=shop.moment()
            )
            assert done.stored.minor == 6_000
    await assert_clean(shop.db)


def scanned(tx: Tx, member_id: str, shop: Shop) -> str:
    moment = shop.moment()
    return codes.scan(tx, codes.show(tx, member_id, moment=moment).text, MAIN, moment=moment).id
