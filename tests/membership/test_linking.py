"""One person with several accounts, as docs/rules/linking.md tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership import linking
from membership.linking import Door, Side
from tests.documents import read, rows, sections

PAGE = sections(read("docs/rules/linking.md"), 2)
STEPS = ("regular", "silver", "gold")
AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
TABLES = list(rows(PAGE["Who is kept, and what comes over"]))
TIERS = [row for row in TABLES if len(row) == 3]
SWITCHES = [row for row in TABLES if len(row) == 4]


@pytest.mark.parametrize(("typed", "asked", "meant"), list(rows(PAGE["The code"])))
def test_a_code_is_understood_as_the_page_says(typed: str, asked: str, meant: str) -> None:
    assert linking.recognise(typed.strip("`"), "link", bare=asked == "yes") == meant.strip("`")


@given(st.binary(min_size=5, max_size=32), st.sampled_from(("link", "bond")))
def test_every_code_is_read_as_it_was_written(secret: bytes, door: Door) -> None:
    code = linking.code_of(secret, door)
    assert linking.recognise(code, door) == code
    assert linking.recognise(code.lower().replace("-", "_"), door) == code
    assert linking.recognise(code, "bond" if door == "link" else "link", bare=True) == ""


def test_codes_of_all_secrets_differ_in_their_forty_bits() -> None:
    assert len({linking.code_of(number.to_bytes(5, "big"), "link") for number in range(5000)}) == 5000


@pytest.mark.parametrize(("kept", "gone", "together"), TIERS)
def test_the_higher_tier_counts(kept: str, gone: str, together: str) -> None:
    assert linking.higher(STEPS, kept, gone) == together


@pytest.mark.parametrize(("switch", "kept", "gone", "together"), SWITCHES)
def test_only_what_both_agreed_to_goes_on(switch: str, kept: str, gone: str, together: str) -> None:
    name = f"{switch}_on"
    one, other = (_side(name, said == "yes") for said in (kept, gone))
    assert linking.agreed(one, other)[name] is (together == "yes")


def _side(name: str, yes: object) -> Side:
    told: Any = {name: bool(yes)}
    return Side("id", AT, **told)


@given(st.integers(-5, 5))
def test_whoever_is_a_member_longer_is_kept_whichever_is_named_first(later: int) -> None:
    one, other = Side("a", AT), Side("b", AT + timedelta(seconds=later))
    assert linking.in_order(one, other) == linking.in_order(other, one)
    assert linking.in_order(one, other)[0] == (other if later < 0 else one)
