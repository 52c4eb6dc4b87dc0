"""Stored value: the worked examples of docs/rules/stored-value.md."""

from __future__ import annotations

import pytest

from membership.errors import Refusal
from membership.money import Money
from membership.stored_value import Gift, Parts, StoredValueRules, cash_out, returned
from tests.documents import read, rows, sections

EXAMPLES = sections(read("docs/rules/stored-value.md"), 2)
GIFTS = (Gift(10_000, 2_000), Gift(50_000, 15_000))


def cny(minor: str) -> Money:
    return Money(int(minor), "CNY")


@pytest.mark.parametrize("row", list(rows(EXAMPLES["What a top-up brings"])), ids=" ".join)
def test_a_top_up_brings_what_is_written(row: list[str]) -> None:
    held, paid, gift, after = row
    try:
        added = StoredValueRules(500_000, GIFTS).top_up(cny(paid), Parts(int(held)))
        said = [str(added.bonus), str(int(held) + added.total)]
    except Refusal as no:
        said = [no.key, "–"]
    assert said == [gift, after]


@pytest.mark.parametrize("row", list(rows(EXAMPLES["From which part a bill is paid"])), ids=" ".join)
def test_a_bill_is_paid_from_the_parts_that_are_written(row: list[str]) -> None:
    principal, bonus, first, bill, *parts = row
    selling = StoredValueRules(500_000, first="bonus" if first == "bonus" else "principal")
    try:
        spent = selling.spend(cny(bill), Parts(int(principal), int(bonus)))
        said = [str(spent.principal), str(spent.bonus)]
    except Refusal as no:
        said = [no.key, "–"]
    assert said == parts


@pytest.mark.parametrize("row", list(rows(EXAMPLES["What a refund returns"])), ids=" ".join)
def test_a_refund_returns_what_is_written(row: list[str]) -> None:
    paid, principal, bonus, refunded, *back = map(int, row)
    moved = returned(paid, Parts(principal, bonus), refunded)
    assert [moved.principal, moved.bonus] == back


@pytest.mark.parametrize("row", list(rows(EXAMPLES["What a payout takes"])), ids=" ".join)
def test_a_payout_takes_what_is_written(row: list[str]) -> None:
    principal, bonus, paid, void = row
    try:
        said = str(cash_out(cny(paid), Parts(int(principal), int(bonus))).bonus)
    except Refusal as no:
        said = no.key
    assert said == void
