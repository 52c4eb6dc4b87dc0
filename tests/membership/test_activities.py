"""Activities: the worked times, reminders and doors of docs/rules/activities.md."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from membership.activities import Activity, Plan, check_doors, ends, number, reminders, room_for, when
from membership.errors import Refusal
from tests.documents import read, rows, sections

PAGE = sections(read("docs/rules/activities.md"), 2)
TODAY = date(2026, 11, 22)
START = datetime(2026, 12, 5, 14)  # noqa: DTZ001 -- local times of a dialogue have no zone
STARTS_AT = START.replace(tzinfo=UTC)
ACTIVITY = Activity("a", Plan("Tasting", "", "s", STARTS_AT, STARTS_AT + timedelta(hours=2)), 0, "open")


def at(text: str) -> datetime:
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def shown(found: datetime | None) -> str:
    return "not understood" if found is None else f"{found:%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(("typed", "begins"), list(rows(PAGE["Times as they are typed"])))
def test_the_worked_beginnings_are_true(typed: str, begins: str) -> None:
    assert shown(when(typed, TODAY)) == begins


@pytest.mark.parametrize(("typed", "until"), list(rows(PAGE["Until when"])))
def test_the_worked_ends_are_true(typed: str, until: str) -> None:
    assert shown(ends(typed, START)) == until


@pytest.mark.parametrize(("signs_up", "reminded"), list(rows(PAGE["Reminders of somebody who signs up"])))
def test_the_worked_reminders_are_true(signs_up: str, reminded: str) -> None:
    found = ", ".join(f"{due:%m-%d %H:%M}" for _, due in reminders(STARTS_AT, at(signs_up)))
    assert (found or "–") == reminded


@pytest.mark.parametrize(("now", "marked"), list(rows(PAGE["When the doors are open"])))
def test_the_worked_doors_are_true(now: str, marked: str) -> None:
    try:
        check_doors(ACTIVITY, at(now))
        found = "yes"
    except Refusal as no:
        found = no.key
    assert found == marked


@pytest.mark.parametrize(
    ("capacity", "taken", "waiting", "moves"), [(None, 3, 4, 4), (3, 3, 4, 0), (3, 1, 4, 2), (9, 1, 4, 4), (2, 3, 4, 0)]
)
def test_as_many_move_up_as_there_is_room_for(capacity: int | None, taken: int, waiting: int, moves: int) -> None:
    assert room_for(capacity, taken, waiting) == moves


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("0", 0),
        (" 12 ", 12),
        ("100000", 100_000),
        ("100001", None),
        ("1e3", None),
        ("-1", None),
        ("１２", None),
        ("", None),
    ],
)
def test_a_number_is_taken_in_plain_digits_only(typed: str, meant: int | None) -> None:
    assert number(typed) == meant
