"""Rows read once in a transaction: never older than what the transaction itself did, nor than the lock it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import pytest
from sqlalchemy import event

from storage import members, rules
from storage.database import Database, Tx


class TakenBack(Exception):
    """Ends a savepoint."""


def looked(tx: Tx, function: Callable[[], object]) -> int:
    """Return how many statements the function needed."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(tx.connection, "before_cursor_execute", note)
    try:
        function()
    finally:
        event.remove(tx.connection, "before_cursor_execute", note)
    return len(said)


@pytest.fixture
async def member(db: Database, now: datetime) -> str:
    def unit(tx: Tx) -> bool:
        return members.add(tx, "member-1", handle=b"handle-1", state="joined", tier="basic", joined_at=now)

    assert await db.write(unit)
    return "member-1"


async def test_a_member_is_read_once_in_a_transaction(db: Database, member: str) -> None:
    def unit(tx: Tx) -> tuple[int, int]:
        return looked(tx, lambda: members.get(tx, member)), looked(tx, lambda: members.get(tx, member))

    assert await db.write(unit) == (1, 0)


async def test_what_a_transaction_changed_is_read_as_it_is_now(db: Database, member: str) -> None:
    def unit(tx: Tx) -> tuple[str, str]:
        before = members.get(tx, member).tier
        members.change(tx, member, tier="gold")
        return before, members.get(tx, member).tier

    assert await db.write(unit) == ("basic", "gold")


async def test_a_change_that_a_savepoint_takes_back_is_not_remembered(db: Database, member: str) -> None:
    def unit(tx: Tx) -> tuple[str, str]:
        inside = ""
        with suppress(TakenBack), tx.savepoint():
            members.change(tx, member, tier="gold")
            inside = members.get(tx, member).tier
            raise TakenBack
        return inside, members.get(tx, member).tier

    assert await db.write(unit) == ("gold", "basic")


async def test_a_member_that_is_not_there_yet_is_found_once_it_is(db: Database, now: datetime) -> None:
    def unit(tx: Tx) -> tuple[bool, bool]:
        before = members.find(tx, "new") is not None
        members.add(tx, "new", handle=b"handle-2", state="joined", joined_at=now)
        return before, members.find(tx, "new") is not None

    assert await db.write(unit) == (False, True)


async def test_whoever_waited_for_the_lock_sees_what_the_other_did(db: Database, member: str) -> None:
    def visit(tx: Tx) -> None:
        members.get(tx, member)  # read before the lock, as at the beginning of a turn
        visits = len(members.lock(tx, member).tier)
        assert len(members.get(tx, member).tier) == visits
        members.change(tx, member, tier="x" * (visits + 1))

    before = len((await db.read(members.get, member)).tier)
    await asyncio.gather(*(db.write(visit) for _ in range(8)))
    assert len((await db.read(members.get, member)).tier) == before + 8


async def test_a_store_that_is_closed_is_seen_closed(db: Database, now: datetime) -> None:
    def unit(tx: Tx) -> list[bool]:
        rules.put_store(tx, "east", {"en": "East"})
        before = [row.closed_at is None for row in rules.all_stores(tx)]
        rules.close_stores(tx, but=[], now=now)
        return before + [row.closed_at is None for row in rules.all_stores(tx)]

    assert await db.write(unit) == [True, False]
