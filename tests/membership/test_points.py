"""Points: the rules of lots, spending, expiry and giving back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership import points
from membership.errors import InsufficientPoints
from membership.points import ExpiryPolicy, Lot, Slice

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def lot(name: str, remaining: int, ends: timedelta | None = None, *, opens: timedelta = -DAY) -> Lot:
    return Lot(name, remaining, NOW + opens, None if ends is None else NOW + ends)


def spendable(lots: list[Lot]) -> int:
    return sum(lot.remaining for lot in lots if lot.live(NOW))


LOTS = st.lists(
    st.builds(
        lot,
        name=st.uuids().map(str),
        remaining=st.integers(0, 500),
        ends=st.none() | st.integers(-3, 30).map(lambda count: count * DAY),
        opens=st.integers(-30, 2).map(lambda count: count * DAY),
    ),
    max_size=8,
)


def test_points_that_expire_first_are_spent_first() -> None:
    lots = [lot("ever", 50), lot("late", 50, 9 * DAY), lot("soon", 50, DAY), lot("gone", 50, -SECOND), lot("b", 5, DAY)]
    assert points.take(lots, 100, now=NOW) == (Slice("b", 5), Slice("soon", 50), Slice("late", 45))


def test_a_lot_counts_until_its_end_and_not_at_it() -> None:
    assert spendable([lot("a", 7, SECOND), lot("b", 9, timedelta(0))]) == 7


def test_pending_points_are_not_spent() -> None:
    lots = [lot("a", 7), lot("b", 9, opens=SECOND)]
    with pytest.raises(InsufficientPoints) as refusal:
        points.take(lots, 8, now=NOW)
    assert refusal.value.facts == {"balance": 7, "needed": 8}


@given(LOTS, st.integers(1, 2000))
def test_a_spend_takes_exactly_its_points_and_never_more_than_a_lot_holds(lots: list[Lot], wanted: int) -> None:
    held = {lot.id: lot for lot in lots}
    if spendable(lots) < wanted:
        with pytest.raises(InsufficientPoints):
            points.take(lots, wanted, now=NOW)
        return
    slices = points.take(lots, wanted, now=NOW)
    assert sum(s.points for s in slices) == wanted
    assert all(0 < s.points <= held[s.lot_id].remaining and held[s.lot_id].live(NOW) for s in slices)


@given(LOTS, st.integers(1, 2000))
def test_no_later_lot_is_touched_while_an_earlier_one_has_points(lots: list[Lot], wanted: int) -> None:
    live = [lot for lot in points.in_order(lots) if lot.live(NOW)]
    taken = {s.lot_id: s.points for s in points.take(lots, min(wanted, spendable(lots)), now=NOW)}
    whole = [taken.get(lot.id, 0) == lot.remaining for lot in live]
    used = [lot.id in taken for lot in live]
    assert all(whole[i] for i in range(len(live)) if any(used[i + 1 :]))


def test_a_clawback_takes_the_purchases_own_lot_first_and_leaves_the_rest_as_debt() -> None:
    lots = [lot("other", 30, DAY), lot("own", 20, 9 * DAY), lot("pending", 5, 20 * DAY, opens=DAY)]
    assert points.take_at_most(lots, 40, now=NOW, first="own") == (Slice("own", 20), Slice("other", 20))
    assert sum(s.points for s in points.take_at_most(lots, 100, now=NOW, first="own")) == 55


@pytest.mark.parametrize(
    ("policy", "earned_on", "last_on"),
    [
        (ExpiryPolicy(), date(2026, 11, 22), None),
        (ExpiryPolicy("days", 30), date(2026, 11, 22), date(2026, 12, 22)),
        (ExpiryPolicy("days", 0), date(2026, 11, 22), date(2026, 11, 22)),
        (ExpiryPolicy("months", 12), date(2026, 11, 22), date(2027, 11, 30)),
        (ExpiryPolicy("months", 3), date(2026, 11, 30), date(2027, 2, 28)),
        (ExpiryPolicy("fixed_day"), date(2026, 11, 22), date(2026, 12, 31)),
        (ExpiryPolicy("fixed_day"), date(2026, 12, 31), date(2026, 12, 31)),
        (ExpiryPolicy("fixed_day", 1), date(2026, 11, 22), date(2027, 12, 31)),
        (ExpiryPolicy("fixed_day", month=3, day=31), date(2026, 4, 1), date(2027, 3, 31)),
        (ExpiryPolicy("fixed_day", month=2, day=29), date(2026, 4, 1), date(2027, 2, 28)),
    ],
)
def test_points_count_through_their_last_day(policy: ExpiryPolicy, earned_on: date, last_on: date | None) -> None:
    assert policy.last_on(earned_on) == last_on


def test_the_last_day_counts_whole_in_the_shops_zone() -> None:
    earned_at = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)  # half past midnight of the 22nd in Shanghai
    end = ExpiryPolicy("days", 1).expires_at(earned_at, SHANGHAI)
    assert end == datetime(2026, 11, 23, 16, tzinfo=UTC)
    assert points.last_day(end, SHANGHAI) == date(2026, 11, 23)
    assert ExpiryPolicy().expires_at(earned_at, SHANGHAI) is None
