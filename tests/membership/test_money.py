"""Amounts: read exactly or refused, never guessed."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership import money
from membership.errors import IN_ORDER, AmountTooLarge, InvalidAmount, InvalidPoints
from membership.money import Money


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("58", "CNY", 5800),
        (" 58.5\n", "CNY", 5850),
        ("0.01", "CNY", 1),
        ("¥58.00", "CNY", 5800),
        ("￥ 58", "CNY", 5800),
        ("58元", "CNY", 5800),
        ("58 €", "EUR", 5800),
        ("$1", "USD", 100),
        ("500", "JPY", 500),
        ("¥500", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("007", "CNY", 700),
    ],
)
def test_a_typed_amount_is_read_in_the_shops_currency(typed: str, currency: str, minor: int) -> None:
    assert money.parse_amount(typed, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0",
        "0.00",
        "-1",
        "+5",
        "0.001",
        "1e3",
        "1_000",
        "1,000",
        "１００",
        "٣٠",
        "NaN",
        "Infinity",
        "5 8",
        "¥",
        "58.",
        ".5",
        "¥58元",
        "58 yuan",
        "0x10",
        "5\x008",
        "1234567890",
        "10000000000.01",
        "9223372036854775808",
        "€5",
        "一百",
    ],
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(InvalidAmount):
        money.parse_amount(typed, "CNY")


@pytest.mark.parametrize("typed", ["5.0", "1.5"])
def test_a_currency_without_small_coins_takes_no_decimals(typed: str) -> None:
    with pytest.raises(InvalidAmount):
        money.parse_amount(typed, "JPY")


def test_an_amount_above_the_limit_is_refused_with_the_limit() -> None:
    with pytest.raises(AmountTooLarge) as refusal:
        money.parse_amount("500.01", "CNY", limit_minor=50000)
    assert refusal.value.facts == {"limit": Money(50000, "CNY")}


@pytest.mark.parametrize("minor", [0, -1, True, 1.5, "5", None])
def test_a_till_may_send_only_whole_amounts_above_zero(minor: object) -> None:
    with pytest.raises(InvalidAmount):
        money.checked(minor, "CNY")  # type: ignore[arg-type]


@pytest.mark.parametrize("minor", [10**12 + 1, 2**63])
def test_a_till_may_not_send_more_than_a_row_can_hold(minor: int) -> None:
    with pytest.raises(AmountTooLarge):
        money.checked(minor, "CNY")


@given(st.integers(1, 10**9 - 1), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_an_amount_written_is_the_amount_read(minor: int, currency: str) -> None:
    assert money.parse_amount(Money(minor, currency).plain, currency) == Money(minor, currency)


def test_an_amount_below_zero_is_written_with_its_sign() -> None:
    assert (money.plain(-5, "CNY"), money.plain(-5, "JPY")) == ("-0.05", "-5")


@given(st.text(alphabet="0123456789.eE+-_ ¥元NaInf１٣\n"))
def test_any_text_is_an_amount_or_refused(typed: str) -> None:
    with suppress(InvalidAmount):
        assert money.parse_amount(typed, "CNY").minor > 0


@pytest.mark.parametrize(("typed", "points"), [("5", 5), (" 120 ", 120)])
def test_points_are_whole_numbers(typed: str, points: int) -> None:
    assert money.parse_points(typed) == points


@pytest.mark.parametrize("typed", ["0", "-5", "1.5", "１０", "1e3", "", "12345678901"])
def test_what_is_no_number_of_points_is_refused(typed: str) -> None:
    with pytest.raises(InvalidPoints):
        money.parse_points(typed)


def test_every_refusal_has_a_key_a_status_and_a_meaning() -> None:
    assert len({refusal.key for refusal in IN_ORDER}) == len(IN_ORDER)
    assert all(400 <= refusal.status < 500 and refusal.__doc__ for refusal in IN_ORDER)
    assert AmountTooLarge.key == "amount_too_large"


def test_a_refusal_takes_exactly_its_facts_and_tells_none_of_them_to_a_log() -> None:
    refusal = AmountTooLarge(limit=Money(1, "CNY"))
    assert str(refusal) == "amount_too_large"
    with pytest.raises(TypeError):
        AmountTooLarge()
