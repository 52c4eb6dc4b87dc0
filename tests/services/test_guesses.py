"""Wrong numbers are counted for a person and for a store, on all instances together, until a manager unlocks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from membership.codes import damm
from membership.errors import Refusal, TooManyGuesses, UnknownCode
from membership.moment import Moment
from services import Database, Tx, codes, counter, guesses, rules
from services.reader import Reader
from storage.cipher import Cipher
from storage.tables import outbox
from tests.databases import PostgresDatabases, make_cipher
from tests.handlers.counter import Counter as Till
from tests.services.shopfront import Shop

STORE = rules.store_id("main")
JAY, KIM = Reader("jay", STORE), Reader("kim", STORE)


def ten(number: int) -> str:
    """Return ten digits whose check digit fits and that nobody shows."""
    nine = f"{number:09}"
    return nine + str(damm(nine))


def typed(tx: Tx, scanned: str, reader: Reader, moment: Moment) -> str:
    """Type a number as every door does, and return how it was refused."""
    counter.hold(tx, scanned, reader)
    try:
        with tx.savepoint():
            counter.read(tx, scanned, reader, moment=moment)
    except Refusal as no:
        counter.note_wrong(tx, scanned, no, reader, moment=moment)
        return type(no).__name__
    return "read"


async def guess(shop: Shop, times: int, reader: Reader = JAY) -> Counter[str]:
    """Type so many different wrong numbers, one after the other."""
    said = [await shop.db.write(typed, ten(number), reader, shop.moment()) for number in range(times)]
    return Counter(said)


async def alarms(shop: Shop) -> int:
    return len(await shop.db.read(lambda tx: tx.all(select(outbox.c.id).where(outbox.c.kind == "alarm"))))


async def test_a_person_has_five_in_ten_minutes_and_twenty_a_day_and_then_waits_for_a_manager(shop: Shop) -> None:
    await shop.hire("Mia", "manager")
    for _ in range(4):
        assert await guess(shop, 6) == {"UnknownCode": 5, "TooManyGuesses": 1}
        shop.counter.pass_by(minutes=11)
    assert await guess(shop, 1) == {"TooManyGuesses": 1}
    assert await alarms(shop) == 1
    assert await guess(shop, 1, KIM) == {"UnknownCode": 1}  # a colleague's fingers are their own

    shop.counter.pass_by(days=3)
    assert await guess(shop, 1) == {"TooManyGuesses": 1}  # no time unlocks it
    await shop.db.write(guesses.forgive, JAY.actor, by="mia", moment=shop.moment())
    assert await guess(shop, 1) == {"UnknownCode": 1}


async def test_a_store_has_a_hundred_a_day_and_then_waits_for_a_manager(shop: Shop) -> None:
    await shop.hire("Mia", "manager")
    readers = [replace(JAY, actor=f"till {number}") for number in range(25)]
    for reader in readers:
        shop.counter.pass_by(minutes=1)
        await guess(shop, 4, reader)
    assert await guess(shop, 1, KIM) == {"TooManyGuesses": 1}
    assert await alarms(shop) == 1
    elsewhere = replace(KIM, store_id="another store")
    assert await guess(shop, 1, elsewhere) == {"UnknownCode": 1}

    shop.counter.pass_by(days=3)
    assert await guess(shop, 1, KIM) == {"TooManyGuesses": 1}
    await shop.db.write(guesses.forgive, f"store:{STORE}", by="mia", moment=shop.moment())
    assert await guess(shop, 1, KIM) == {"UnknownCode": 1}


async def test_a_number_that_is_right_is_not_looked_at_while_typing_is_locked(shop: Shop) -> None:
    await guess(shop, 5)
    [member_id] = await shop.settle(1)

    def show(tx: Tx, moment: Moment) -> str:
        return codes.show(tx, member_id, moment=moment).digits

    digits = await shop.db.write(show, shop.moment())
    assert await shop.db.write(typed, digits, JAY, shop.moment()) == TooManyGuesses.__name__
    shop.counter.now += timedelta(minutes=1)
    assert await shop.db.write(typed, digits, KIM, shop.moment()) == "read"


@pytest.fixture
async def two(postgresql: PostgresDatabases, cipher: Cipher) -> AsyncIterator[tuple[Database, Database]]:
    """One memory, and two instances of the program that use it."""
    async with postgresql.fresh() as url:
        first, second = [await Database.open(url, cipher=make_cipher()) for _ in range(2)]
        first.use(cipher)
        second.use(cipher)
        yield first, second
        await first.close()
        await second.close()


async def test_two_instances_count_together_however_many_tries_come_at_once(
    two: tuple[Database, Database], now: datetime
) -> None:
    shop = Till(two[0], now)
    await shop.open()
    tries = [two[number % 2].write(typed, ten(number), JAY, shop.moment()) for number in range(40)]
    assert Counter(await asyncio.gather(*tries)) == {UnknownCode.__name__: 5, TooManyGuesses.__name__: 35}

    readers = [replace(JAY, actor=f"till {number}") for number in range(30)]
    many = [
        two[number % 2].write(typed, ten(number), reader, shop.moment())
        for number, reader in enumerate(reader for reader in readers for _ in range(4))
    ]
    assert Counter(await asyncio.gather(*many)) == {UnknownCode.__name__: 95, TooManyGuesses.__name__: 25}
