"""Odd patterns: little is proved by little, habits are no crime, and a bill in pieces is seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership import fraud
from membership.fraud import Bill, Part

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
COLLEAGUES = {"ann": Part(50, 1000), "ben": Part(50, 1000)}


def bills(*minutes: int, actor: str = "jay", minor: int = 1000) -> list[Bill]:
    return [Bill(NOON + timedelta(minutes=minute), actor, minor) for minute in minutes]


@pytest.mark.parametrize(
    ("minutes", "quick"), [((0, 7, 15), True), ((0, 8, 16), False), ((0, 1), False), ((0, 30, 31, 44, 45), True)]
)
def test_three_bills_in_a_quarter_of_an_hour_are_quick(minutes: tuple[int, ...], *, quick: bool) -> None:
    assert fraud.is_quick(bills(*minutes)) is quick


def test_bills_by_different_people_are_nobodys_split() -> None:
    assert not fraud.is_quick([*bills(0, 5), *bills(10, actor="kim")])


@pytest.mark.parametrize(("minors", "cut"), [((900, 1000), True), ((899, 1000), False), ((1000,), False)])
def test_two_bills_just_under_the_cap_are_cut(minors: tuple[int, ...], *, cut: bool) -> None:
    assert fraud.is_cut([bills(0, minor=minor)[0] for minor in minors], 1000) is cut


@given(total=st.integers(0, 500), others=st.integers(0, 500), usual=st.floats(0.001, 0.5))
def test_a_share_scores_higher_with_every_case_and_whoever_did_nothing_scores_nothing(
    total: int, others: int, usual: float
) -> None:
    base = Part(others // 10, others)
    scores = [fraud.share_score(Part(cases, total), base, usual) for cases in range(total + 1)]
    assert scores == sorted(scores)
    assert fraud.share_score(Part(0, 0), base, usual) == 0


@given(cases=st.integers(0, 100), total=st.integers(100, 1000))
def test_whoever_does_as_the_colleagues_do_is_not_odd(cases: int, total: int) -> None:
    mine = Part(cases, total)
    assert fraud.share_score(mine, Part(10 * cases, 10 * total), cases / total) < fraud.ODD


def test_the_same_share_of_few_cases_proves_less_than_of_many() -> None:
    few, many = (fraud.share_score(Part(number, 5 * number), Part(50, 1000), 0.05) for number in (2, 20))
    assert few < fraud.ODD <= many


def test_far_above_the_colleagues_is_found_with_its_figures() -> None:
    [found] = fraud.odd_shares("typed", {"jay": Part(20, 40), "ann": Part(2, 40)}, COLLEAGUES)
    assert (found.rule, found.actor, dict(found.facts)) == ("typed", "jay", {"cases": 20, "of": 40, "usual": 5})


def test_a_few_cases_are_never_found_however_unusual() -> None:
    least = fraud.SHARES["voids"].least
    never = {actor: Part(0, 5000) for actor in ("ann", "ben")}
    assert fraud.odd_shares("voids", {"jay": Part(least - 1, 5)}, never) == []
    assert [one.actor for one in fraud.odd_shares("voids", {"jay": Part(least, 5)}, never)] == ["jay"]


def test_somebody_alone_is_compared_with_their_own_past() -> None:
    assert fraud.odd_shares("typed", {"jay": Part(20, 40)}, {"jay": Part(500, 1000)}) == []
    assert fraud.odd_shares("typed", {"jay": Part(38, 40)}, {"jay": Part(100, 1000)}) != []


def test_the_own_past_does_not_hide_what_colleagues_show() -> None:
    past = {**COLLEAGUES, "jay": Part(900, 1000)}
    assert [one.actor for one in fraud.odd_shares("typed", {"jay": Part(36, 40)}, past)] == ["jay"]


@pytest.mark.parametrize(("today", "odd"), [(3, False), (6, True)])
def test_many_adjustments_on_a_day_are_odd(today: int, *, odd: bool) -> None:
    found = fraud.odd_counts("adjusts", {"mia": today}, {"max": 14}, 28)
    assert bool(found) is odd


@pytest.mark.parametrize(
    ("pairs", "odd"), [((12, 4), True), ((11, 1), False), ((12, 5), False), ((12,), True), ((), False)]
)
def test_one_member_far_ahead_of_all_others_is_odd(pairs: tuple[int, ...], *, odd: bool) -> None:
    week = [("jay", f"member {place}", number) for place, number in enumerate(pairs)]
    found = fraud.odd_pairs([*week, ("kim", "member 9", 99)], {"jay": 100})
    assert [one.member_id for one in found] == (["member 0"] if odd else [])


def test_a_small_part_of_much_work_is_not_odd() -> None:
    assert fraud.odd_pairs([("jay", "amy", 12)], {"jay": 241}) == []


def test_a_stores_day_is_known_after_a_week_and_one_late_day_does_not_change_it() -> None:
    opened, closed = [timedelta(hours=9)] * 7, [timedelta(hours=21)] * 6
    assert fraud.usual_day(opened[:6], closed) is None
    assert fraud.usual_day(opened, [*closed, timedelta(hours=26)]) == (timedelta(hours=8), timedelta(hours=22))
