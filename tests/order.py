"""In which order the tests run, and on which database those of the doors: the same every time, whoever runs them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any, Final

import pytest

LONG: Final = (
    "tests/model/test_on_postgresql.py",
    "tests/model/test_on_sqlite.py",
    "tests/model/",
    "tests/acceptance/test_kill",
    "tests/web/test_schemathesis.py",
    "tests/acceptance/test_clock_and_owner.py",
    "tests/acceptance/test_mass_message.py",
    "tests/acceptance/test_faults.py",
    "tests/services/test_one_after_all.py",
)
"""What takes long though it is few tests comes first, so that no core waits for the last of it."""

DOORS: Final = ("tests/handlers/", "tests/web/")
"""What stands on services that are shown on both databases: half of these run on SQLite, half on PostgreSQL."""

ON_BOTH: Final = frozenset({"test_once.py", "test_rights.py", "test_one_member.py"})
"""Files of the doors that are about the databases themselves, or about what may never be wrong on either."""


def long_first(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return the tests, those that take long at the front, else as they came."""
    return sorted(items, key=lambda item: next((n for n, one in enumerate(LONG) if one in _place(item)), len(LONG)))


def runs_here(item: pytest.Item) -> bool:
    """Tell whether this test belongs to the half of its database; anything but a door's test always does."""
    if item.path.name in ON_BOTH or not any(_place(item).startswith(door) for door in DOORS):
        return True
    spec: Any = getattr(item, "callspec", None)
    kind: str | None = spec.params.get("db_url") if spec is not None else None
    if kind not in ("sqlite", "postgresql"):
        return True
    name = item.nodeid.replace("postgresql", "*").replace("sqlite", "*")
    return kind == ("sqlite", "postgresql")[zlib.crc32(name.encode()) % 2]


def _place(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]
