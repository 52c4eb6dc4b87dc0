"""Rules that look right and do nothing: keys that mean nothing together, and what could never be used."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

import membership
from membership import rules
from membership.rules import RulesError

CAFE: dict[str, Any] = tomllib.loads((Path(membership.__file__).parent / "presets" / "cafe.toml").read_text("utf-8"))
CASH = {"id": "c", "kind": "cash", "title": "5 off", "value": "5"}
PERCENT = {"id": "p", "kind": "percent", "title": "5 % off", "percent_off": 5}
DAYS = {"starts_on": date(2026, 12, 5), "ends_on": date(2026, 12, 6)}  # Saturday and Sunday
OFF = {"id": "o", "title": "1 off", "value": "1"}


def slips(**changes: object) -> list[str]:
    """Return what is said of the café's rules with these tables in the place of its own."""
    try:
        rules.parse({**deepcopy(CAFE), **changes})
    except RulesError as wrong:
        return [f"{problem.path}: {problem.what}" for problem in wrong.problems]
    return []


def points(**changes: object) -> dict[str, Any]:
    return {**CAFE["points"], **changes}


@pytest.mark.parametrize(
    ("offer", "slip"),
    [
        ({**CASH, "percent_off": 10}, 'percent_off: means nothing with kind = "cash"'),
        ({**CASH, "cap": "3"}, 'cap: means nothing with kind = "cash"'),
        ({**CASH, "goods": "a cookie"}, 'goods: means nothing with kind = "cash"'),
        ({**PERCENT, "value": "5"}, 'value: means nothing with kind = "percent"'),
        ({**CASH, **DAYS, "weekdays": ["mon", "tue"]}, "ends_on: leaves no day on which it counts"),
        ({**CASH, **DAYS, "blackout": list(DAYS.values())}, "ends_on: leaves no day on which it counts"),
        ({**CASH, **DAYS, "weekdays": ["sat"], "blackout": [DAYS["ends_on"]]}, None),
        ({**CASH, **DAYS, "weekdays": ["sat"], "blackout": [DAYS["starts_on"]]}, "ends_on: leaves no day"),
        ({**CASH, **dict.fromkeys(DAYS, date(2026, 12, 5)), "claim": "open", "from_next_day": True}, "from_next_day: "),
        ({**CASH, **dict.fromkeys(DAYS, date(2026, 12, 5)), "claim": "open"}, None),
        ({**CASH, "threshold": "5000.01"}, "threshold: is more than limits.amount_max allows"),
        ({**CASH, "threshold": "5000"}, None),
        ({**CASH, "blackout": date(2026, 12, 25)}, "blackout: 2026-12-25 will not do"),
        ({**CASH, "hours": {"from": time(14, 0, 30), "until": "17:00"}}, "hours.from: 14:00:30 will not do"),
        ({**CASH, "ends_on": date(9999, 12, 31)}, "ends_on: 9999-12-31 will not do"),
        ({**CASH, "price_points": 5}, "price_points: is paid for an offer nobody can claim"),
        ({**CASH, "price_points": 5, "claim": "open"}, None),
        ({**CASH, "title": ""}, 'title: "" will not do'),
        ({**CASH, "title": " "}, 'title: " " will not do'),
        ({**CASH, "title": {"en": "5 off", "zh-Hans": ""}}, "title: "),
    ],
)
def test_an_offer_that_would_do_nothing_is_a_slip(offer: dict[str, Any], slip: str | None) -> None:
    told = slips(offers=[offer])
    assert [one.partition(slip or ":")[1] for one in told] == ([slip] if slip else [])
    assert all(one.startswith("offers[1].") for one in told)


@pytest.mark.parametrize(
    ("expiry", "pending_days", "slip"),
    [
        ({"count": 12}, 0, 'points.expiry.count: means nothing with kind = "never"'),
        ({"kind": "days", "count": 30, "day": 31}, 0, 'points.expiry.day: means nothing with kind = "days"'),
        ({"kind": "months", "count": 6, "month": 6}, 0, 'points.expiry.month: means nothing with kind = "months"'),
        ({"kind": "fixed_day", "month": 6, "day": 30, "count": 1}, 0, None),
        ({"kind": "days", "count": 6}, 7, "points.pending_days: is longer than points count"),
        ({"kind": "days", "count": 7}, 7, None),
        ({"kind": "months", "count": 1}, 29, "points.pending_days: is longer than points count"),
    ],
)
def test_an_end_of_points_that_is_not_meant_so_is_a_slip(
    expiry: dict[str, Any], pending_days: int, slip: str | None
) -> None:
    told = slips(points=points(expiry=expiry, pending_days=pending_days))
    assert [one.partition(slip or "x")[1] for one in told] == ([slip] if slip else [])


@pytest.mark.parametrize(
    ("when", "slip"),
    [
        ({**DAYS, "weekdays": ["fri"]}, "promotions[1].ends_on: leaves no day on which it counts"),
        ({**DAYS, "month_days": [8, 18]}, "promotions[1].ends_on: leaves no day on which it counts"),
        ({**DAYS, "month_days": [6], "weekdays": ["sat"]}, "promotions[1].ends_on: leaves no day on which it counts"),
        ({**DAYS, "month_days": [8], "weekdays": ["fri"]}, "promotions[1].ends_on: leaves no day on which it counts"),
        ({**DAYS, "month_days": [6], "weekdays": ["sun"]}, None),
        ({"starts_on": date(2026, 12, 5), "weekdays": ["fri"], "month_days": [31]}, None),
        ({"value": None, "percent_off": 0}, "promotions[1].percent_off: 0 will not do"),
        ({"value": None, "goods": "a cookie", "cap": "5"}, "promotions[1].cap: means nothing with goods"),
        ({"value": None, "goods": "a cookie", "worth": "5"}, None),
        ({"worth": "5"}, "promotions[1].worth: means nothing without goods"),
        ({"threshold": "5000.01"}, "promotions[1].threshold: is more than limits.amount_max allows"),
    ],
)
def test_a_promotion_that_no_bill_could_meet_or_that_gives_nothing_is_a_slip(
    when: dict[str, Any], slip: str | None
) -> None:
    promotion = {key: value for key, value in {**OFF, **when}.items() if value is not None}
    assert slips(promotions=[promotion]) == ([slip] if slip else [])


def test_what_was_in_force_is_known_for_ever_even_where_new_rules_must_be_better() -> None:
    body = {**CAFE, "offers": [{**CASH, "cap": "3"}, PERCENT], "gone": {"with": "an earlier program"}}
    with pytest.raises(RulesError):
        rules.parse(body)
    assert [offer.id for offer in rules.recall(body).offers] == ["c", "p"]
