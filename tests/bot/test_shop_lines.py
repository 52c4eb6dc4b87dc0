"""The lines of shop.toml: every key is found where it stands, also below long values and in lists of tables."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import membership
from bot import shop, shop_lines
from membership.reading import RulesError

PRESETS = sorted((Path(membership.__file__).parent / "presets").glob("*.toml"))
TEXT = '''a = 1
[shop]
name = { x = "]", y = """
[nope]
k = 2
""" }  # [still shop]
list = [
  1, # ]
  "[", ']',
]
"quoted key".deep = 5
[points]
earn = { points = 1, per = "x" }
[[tiers]]
id = "b"

[[tiers]]   # the second
id = "c"
[[stored.gifts]]
from = 1
[[stored.gifts]]
from = 2
[stored.gifts.deep]
q = \'\'\'
[[tiers]]\'\'\'
last = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a", 1),
        ("shop", 2),
        ("shop.name", 3),
        ("shop.list", 7),
        ("shop.quoted key.deep", 11),
        ("shop.zone", 2),
        ("points.earn.per", 13),
        ("tiers", 14),
        ("tiers[1].id", 15),
        ("tiers[2]", 17),
        ("tiers[2].id", 18),
        ("tiers[2].from", 17),
        ("stored.gifts[1].from", 20),
        ("stored.gifts[2].from", 22),
        ("stored.gifts[2].deep.q", 24),
        ("stored.gifts[2].deep.last", 26),
        ("nothing", None),
        ("the file", None),
    ],
)
def test_a_rule_is_found_on_its_line_or_where_it_should_stand(path: str, line: int | None) -> None:
    tomllib.loads(TEXT)
    assert shop_lines.find(TEXT, path) == line


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_every_key_of_a_preset_stands_on_a_line_of_its_own(preset: Path) -> None:
    text = preset.read_text("utf-8")
    rows = text.splitlines()
    for path, key in leaves(tomllib.loads(text)):
        line = shop_lines.find(text, path)
        assert line is not None
        assert key in rows[line - 1], path


def leaves(body: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Give the path and the key of everything a file says."""
    for key, value in body.items():
        place = f"{path}.{key}" if path else key
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for number, one in enumerate(value, start=1):
                yield from leaves(one, f"{place}[{number}]")
        elif isinstance(value, dict):
            yield from leaves(value, place)
        else:
            yield place, key


def test_slips_are_told_in_the_order_of_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "shop.toml"
    text = PRESETS[0].read_text("utf-8")
    path.write_text(text.replace("cap_percent", "cap_procent").replace('kind = "percent"', 'kind = "percnt"'), "utf-8")
    with pytest.raises(RulesError) as wrong:
        shop.check_shop_file(path)
    lines = [problem.line for problem in wrong.value.problems]
    assert None not in lines
    assert lines == sorted(lines, key=lambda line: line or 0)
    rows = text.splitlines()
    for problem in wrong.value.problems:
        if problem.path == "points.cap_procent":
            assert problem.line is not None
            assert rows[problem.line - 1].startswith("cap_percent")
            assert str(problem).startswith(f"line {problem.line}, points.cap_procent: ")
