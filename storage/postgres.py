"""The memory of a chain: PostgreSQL, where many instances of the program work side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Any, Final, Self, TypeVar

import psycopg
from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError

from storage.faults import DatabaseClosed

T = TypeVar("T")

THREADS: Final = 8
ATTEMPTS_MAX: Final = 5
PAUSE_SECONDS: Final = 0.05
PREPARED_MAX: Final = 500
"""So many plans a connection keeps: more than the program has statements, or it would plan the same ones for ever."""
SERIALIZATION_FAILURE: Final = "40001"
DEADLOCK_DETECTED: Final = "40P01"
SESSION: Final = (
    "-c lock_timeout=3s -c statement_timeout=10s -c idle_in_transaction_session_timeout=15s "
    "-c synchronous_commit=on -c timezone=UTC"
)
# Any fixed number: those who change the tables wait for each other on it.
SCHEMA_LOCK: Final = 0x6D656D62


class Postgres:
    """A pool of threads with a connection each; a whole function runs on one of them."""

    dialect: Final = "postgresql"

    def __init__(self, url: URL, *, jitter: Callable[[], float], threads: int = THREADS) -> None:
        """`jitter` gives numbers from 0 to 1, so that two who met in a deadlock do not meet again."""
        self.engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=threads,
            max_overflow=0,
            isolation_level="READ COMMITTED",
            connect_args={"options": SESSION, "application_name": "memberbot", "connect_timeout": 5},
        )
        event.listen(self.engine, "connect", _keep_plans)
        # A snapshot that stays the same over several statements; nobody can be made to wait by it.
        self._snapshots = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._jitter = jitter
        self._closed = False
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="memberbot-postgres")

    @classmethod
    async def open(cls, url: URL, *, jitter: Callable[[], float]) -> Self:
        """Connect once, to fail now rather than at the first customer if the server cannot be reached."""
        async with AsyncExitStack() as stack:
            store = cls(url, jitter=jitter)
            stack.push_async_callback(store.close)
            await store.read(lambda connection: connection.exec_driver_sql("SELECT 1"))
            stack.pop_all()
        return store

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run the function in one transaction, again after a deadlock or a lost connection.

        A connection lost at COMMIT leaves the outcome unknown; the function's ids make a second run harmless.
        """
        return await self._on_a_thread(lambda: self._again(self._write, function))

    async def read(self, function: Callable[[Connection], T]) -> T:
        return await self._on_a_thread(lambda: self._again(self._read, function))

    async def run_ddl(self, function: Callable[[Connection], T]) -> T:
        return await self._on_a_thread(lambda: self._change_schema(function))

    async def close(self) -> None:
        """Wait for every function that was begun, then close the connections."""
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown)
        self.engine.dispose()

    async def _on_a_thread(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise DatabaseClosed
        # Cancelled while it waits for a thread: nothing happens. Cancelled later: it runs to its end.
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _again(self, run: Callable[[Callable[[Connection], T]], T], function: Callable[[Connection], T]) -> T:
        for attempt in range(1, ATTEMPTS_MAX):
            try:
                return run(function)
            except DBAPIError as failed:
                if not may_work_again(failed):
                    raise
            time.sleep(PAUSE_SECONDS * 2**attempt * self._jitter())
        return run(function)

    def _write(self, function: Callable[[Connection], T]) -> T:
        with self.engine.begin() as connection:
            return function(connection)

    def _read(self, function: Callable[[Connection], T]) -> T:
        with self._snapshots.begin() as connection:
            return function(connection)

    def _change_schema(self, function: Callable[[Connection], T]) -> T:
        with self.engine.begin() as connection:
            # Another instance's migration may take a while; customers' tables are then waited for shortly only.
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({SCHEMA_LOCK})")
            connection.exec_driver_sql("SET LOCAL lock_timeout = '3s'")
            return function(connection)


def _keep_plans(connection: psycopg.Connection[Any], _: object) -> None:
    """Keep a plan for each statement; the driver's own measure is a hundred."""
    connection.prepared_max = PREPARED_MAX


def may_work_again(failed: DBAPIError) -> bool:
    """Whether the same function may succeed when run once more: it met another one, or lost its connection."""
    if failed.connection_invalidated:
        return True
    cause = failed.orig
    if not isinstance(cause, psycopg.OperationalError):
        return False
    # No state at all: the server could not be reached. Class 57P: it is being stopped or started.
    state = cause.sqlstate
    return state in {None, SERIALIZATION_FAILURE, DEADLOCK_DETECTED} or str(state).startswith("57P")
