"""The reading of the code finds what is planted in it."""

from __future__ import annotations

from pathlib import Path

from tests.locales.spoken_keys import Reading, Spoken, read

PLANTED = """
say("points.balance", points=1, worth=2)
messages.say("points.none")
tap("join", "join")
say("human.sent" if reached else "human.nobody")
Message("own.key", {"name": "x"})
Message("own.unread", facts)
say("told", **facts)
say(f"role.{role}")
tap(key, word)
say("plain", text="x")
player.say("not ours")
Extra("earning.first_purchase", 5)
"""


def planted(folder: Path, rows: dict[tuple[str, str], tuple[str, ...]]) -> Reading:
    (folder / "handlers").mkdir(exist_ok=True)
    (folder / "handlers" / "x.py").write_text(PLANTED, "utf-8")
    return read(rows, folder)


def test_every_way_to_say_a_text_is_found_with_its_facts(tmp_path: Path) -> None:
    found = {one.key: one.facts for one in planted(tmp_path, {}).spoken}
    assert found == {
        "points.balance": frozenset({"points", "worth"}),
        "points.none": frozenset(),
        "button.join": frozenset(),
        "human.sent": frozenset(),
        "human.nobody": frozenset(),
        "own.key": frozenset({"name"}),
        "own.unread": None,
        "told": None,
        "earning.first_purchase": frozenset({"points"}),
    }


def test_a_key_that_is_put_together_is_unknown_without_a_row(tmp_path: Path) -> None:
    unknown = planted(tmp_path, {}).unknown
    assert unknown == {("handlers/x.py", "f'role.{role}'"), ("handlers/x.py", "key")}


def test_a_row_of_the_table_stands_for_its_keys(tmp_path: Path) -> None:
    row = ("handlers/x.py", "key")
    found = planted(tmp_path, {row: ("scan", "undo")})
    assert {"button.scan", "button.undo"} <= {one.key for one in found.spoken}
    assert found.used_rows == {row}


def test_where_a_text_is_said_is_told(tmp_path: Path) -> None:
    assert Spoken("points.none", "handlers/x.py:3", frozenset()) in planted(tmp_path, {}).spoken
