"""A friend brought along: how a code is read, who counts, when it pays, and for how many a month."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import membership
from membership import referrals, rules
from membership.reading import RulesError
from membership.referrals import Newcomer, ReferralRules, Standing
from tests.documents import read, rows, sections

BODY = tomllib.loads((Path(membership.__file__).parent / "presets" / "cafe.toml").read_text("utf-8"))
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
SHOP = ReferralRules()
EXAMPLES = sections(read("docs/rules/referral.md"), 2)


def cafe(**table: Any) -> ReferralRules | None:
    return rules.parse({**BODY, "referral": table}).referral


def test_without_the_table_nobody_is_rewarded_and_an_empty_one_is_the_trades_custom() -> None:
    assert rules.parse(BODY).referral is None
    assert "refer" in rules.parse(BODY).lacking
    assert cafe() == ReferralRules(50, 0, "", 7, 10, 30)
    assert "refer" not in rules.parse({**BODY, "referral": {}}).lacking


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ({"points": -1}, "referral.points"),
        ({"friend_coupon": "nothing"}, "referral.friend_coupon"),
        ({"month_cap": "ten"}, "referral.month_cap"),
        ({"join_days": 0}, "referral.join_days"),
        ({"point": 5}, "referral.point"),
    ],
)
def test_every_slip_is_named_with_its_place(table: dict[str, Any], place: str) -> None:
    with pytest.raises(RulesError, match=place):
        cafe(**table)


@given(st.binary(min_size=4, max_size=16))
def test_a_code_is_read_as_it_was_written_however_it_is_typed(secret: bytes) -> None:
    code = referrals.code_of(secret)
    for typed in (code, code.lower(), f"  {code} ", code.replace("-", " "), code.replace("-", ""), f"{code}\n"):
        assert referrals.recognise(typed) == code
    assert referrals.recognise("REF-" + code[4:].replace("0", "O").replace("1", "l")) == code


@pytest.mark.parametrize(
    "text", ["", "REF-", "REF-12345", "REF-1234567", "INV-123456", "refund", "REF-12345U", "1234567890"]
)
def test_what_is_no_code_is_read_as_none(text: str) -> None:
    assert referrals.recognise(text) == ""


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({}, ""),
        ({"works_here": True}, "friend_staff"),
        ({"inviter_works_here": True}, "inviter_staff"),
        ({"was_member": True}, "came_back"),
        ({"met_at": NOW - timedelta(days=30)}, ""),
        ({"met_at": NOW - timedelta(days=30, seconds=1)}, "known_before"),
    ],
)
def test_only_somebody_new_who_does_not_work_here_is_a_friend(about: dict[str, Any], reason: str) -> None:
    assert referrals.why_no_friend(replace(Newcomer(NOW), **about), SHOP, now=NOW) == reason


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({}, ""),
        ({"refunded": True}, "refunded"),
        ({"inviter_left": True}, "inviter_left"),
        ({"friend_left": True}, "friend_left"),
        ({"inviter_works_here": True}, "inviter_staff"),
        ({"friend_works_here": True}, "friend_staff"),
    ],
)
def test_what_stands_in_the_way_after_the_window_is_named(about: dict[str, bool], reason: str) -> None:
    assert referrals.why_not_paid(replace(Standing(), **about)) == reason
    assert not reason or reason in referrals.REASONS


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.integers(0, 90))  # noqa: DTZ001 — made UTC below
def test_the_window_lasts_to_the_end_of_its_last_day_in_the_shop(at: datetime, length: int) -> None:
    bought = at.replace(tzinfo=UTC)
    due = referrals.due_at(bought, replace(SHOP, refund_days=length), SHANGHAI).astimezone(SHANGHAI)
    assert (due.hour, due.minute, due.second) == (0, 0, 0)
    assert due.date() - bought.astimezone(SHANGHAI).date() == timedelta(days=length + 1)


@given(st.integers(0, 20), st.integers(0, 20))
def test_no_more_friends_than_the_cap_pay_the_inviter(paid: int, cap: int) -> None:
    assert referrals.points_for(paid, replace(SHOP, month_cap=cap)) == (50 if paid < cap else 0)


def test_a_month_begins_with_its_first_day_in_the_shop() -> None:
    new_year = datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert referrals.month_of(new_year, SHANGHAI) == new_year
    assert referrals.month_of(new_year - timedelta(seconds=1), SHANGHAI) == datetime(2026, 11, 30, 16, tzinfo=UTC)


@pytest.mark.parametrize("row", list(rows(EXAMPLES["When it pays"])))
def test_the_windows_of_the_page_are_those_of_the_rule(row: list[str]) -> None:
    bought, length, due = row
    local = datetime.fromisoformat(bought).replace(tzinfo=SHANGHAI).astimezone(UTC)
    found = referrals.due_at(local, replace(SHOP, refund_days=int(length)), SHANGHAI)
    assert found.astimezone(SHANGHAI) == datetime.fromisoformat(due).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize("row", list(rows(EXAMPLES["How often"])))
def test_the_rewards_of_the_page_are_those_of_the_rule(row: list[str]) -> None:
    assert referrals.points_for(int(row[0]), replace(SHOP, month_cap=2)) == int(row[1])
