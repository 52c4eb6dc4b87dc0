"""Two deeds of which one stops before a chosen statement while the other runs, on PostgreSQL."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, text

from membership.errors import Refusal
from services import Database, Tx
from storage.postgres import Postgres

Deed = Callable[[Tx], Any]
LOOK_SECONDS = 0.005
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@dataclass(frozen=True, slots=True)
class Met:
    """What came of two deeds (an answer or a refusal each), and whether the first one got to the chosen statement."""

    first: Any
    second: Any
    stopped: bool


class Gate:
    """Stops one thread before its n-th statement until it is opened."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.thread = 0
        self.reached = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._open = threading.Event()

    def mark(self, deed: Deed) -> Deed:
        """Return the deed, whose thread is the one that stops."""

        def marked(tx: Tx) -> Any:
            self.thread = threading.get_ident()
            try:
                return deed(tx)
            finally:
                self.thread = 0  # the thread may do the other deed next

        return marked

    def before_statement(self, *_: Any) -> None:
        if threading.get_ident() != self.thread:
            return
        self.left -= 1
        if self.left == 0:
            self._loop.call_soon_threadsafe(self.reached.set)
            assert self._open.wait(20), "nobody opened the gate"

    def open(self) -> None:
        self._open.set()


async def cross(db: Database, first: Deed, second: Deed, *, at: int) -> Met:
    """Stop the first deed before its statement number ``at``, do the second one as far as it comes, then the rest.

    Anything but an answer or a refusal is raised: a deadlock, two of one reference, a bug.
    """
    gate = Gate(at)
    with listening(db, gate):
        one = asyncio.create_task(db.write(gate.mark(first)))
        reached = asyncio.create_task(gate.reached.wait())
        await asyncio.wait({one, reached}, return_when=asyncio.FIRST_COMPLETED)
        stopped = gate.reached.is_set()
        reached.cancel()
        two = asyncio.create_task(db.write(second))
        while stopped and not two.done() and not await db.read(is_waiting):
            await asyncio.wait({two}, timeout=LOOK_SECONDS)
        gate.open()
        done = await asyncio.gather(one, two, return_exceptions=True)
    for outcome in done:
        if isinstance(outcome, BaseException) and not isinstance(outcome, Refusal):
            raise outcome
    return Met(*done, stopped)


def is_waiting(tx: Tx) -> bool:
    """Tell whether a transaction waits for what another one holds."""
    return bool(tx.scalar(WAITING))


@contextmanager
def listening(db: Database, gate: Gate) -> Iterator[None]:
    store = db.store
    assert isinstance(store, Postgres), "SQLite has one writer: nothing meets there"
    event.listen(store.engine, "before_cursor_execute", gate.before_statement)
    try:
        yield
    finally:
        event.remove(store.engine, "before_cursor_execute", gate.before_statement)


async def quick_deadlocks(db: Database) -> None:
    """Let the server find a deadlock in 20 ms instead of a second."""
    store = db.store
    assert isinstance(store, Postgres)
    name = store.engine.url.database
    await db.run_ddl(lambda connection: connection.exec_driver_sql(f"ALTER DATABASE {name} SET deadlock_timeout = 20"))
    store.engine.dispose()
