"""The catalogue of bad inputs and faults is whole, and every test it names exists."""

from __future__ import annotations

import ast
import functools
import re
from typing import Final

import pytest

from tests.documents import ROOT, read, rows

NEEDED: Final = {
    "A": "A01 A02 A03 A04 A05 A06 A07 A08 A09 A10 A11 A12 A13 A14 A15 A16 A17 A18",
    "B": "B05 B06 B11",
    "C": "C01 C02 C03 C04 C05 C06 C07 C08 C09 C10 C11 C12",
    "E": "E01 E02 E03 E04 E05 E06 E07 E08 E09 E10 E11",
    "F": "F01 F02 F03 F04 F05 F06 F07 F08 F09 F10 F11",
    "G": "G01 G02 G03 G04 G05 G06 G07 G08 G09 G10 G11 G12",
    "I": "I01 I02 I03 I04 I05 I06 I07 I08 I09 I10",
}
"""What has to be shown before the main job, the counter and the engine count as done."""

TEST: Final = re.compile(r"`(?P<file>tests/[\w/]+\.py)::(?P<name>test_\w+)`")


def catalogue() -> dict[str, list[str]]:
    """The table's rows by their item: what must happen, and the tests that show it."""
    return {item: rest for item, *rest in rows(read("docs/catalogue.md"))}


@functools.cache
def names_in(file: str) -> frozenset[str]:
    """The names of the tests of a file; none for a file that is not there."""
    path = ROOT / file
    if not path.exists():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        found.name for found in ast.walk(tree) if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def missing(cell: str) -> list[str]:
    """The tests a cell names that do not exist, and the cell itself if it names none."""
    named = [(found["file"], found["name"]) for found in TEST.finditer(cell)]
    return [f"{file}::{name}" for file, name in named if name not in names_in(file)] + ([] if named else [cell])


@pytest.mark.parametrize("item", " ".join(NEEDED.values()).split())
def test_every_needed_item_says_what_must_happen_and_which_tests_show_it(item: str) -> None:
    must, shown = catalogue()[item]

    assert must
    assert missing(shown) == []


def test_no_row_of_the_catalogue_names_a_test_that_is_not_there() -> None:
    assert {item: missing(cells[-1]) for item, cells in catalogue().items() if missing(cells[-1])} == {}


def test_each_item_stands_in_the_catalogue_once_and_in_order() -> None:
    items = [row[0] for row in rows(read("docs/catalogue.md"))]

    assert items == sorted(set(items))


def test_a_test_that_is_not_there_is_noticed() -> None:
    here = "tests/test_catalogue.py"

    assert missing(f"`{here}::test_nobody_wrote`") == [f"{here}::test_nobody_wrote"]
    assert missing("`tests/test_nowhere.py::test_x`") == ["tests/test_nowhere.py::test_x"]
    assert missing("no test at all") == ["no test at all"]
    assert missing(f"`{here}::test_a_test_that_is_not_there_is_noticed`") == []
