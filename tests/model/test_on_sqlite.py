"""Whatever members and staff do, in whatever order: the shop's books agree with one kept by hand (SQLite)."""

from __future__ import annotations

import pytest

from tests.model.runs import IN_CI, LONG, try_steps
from tests.model.scope import Scope


def test_after_any_deeds_in_any_order_the_books_are_right(in_memory: Scope) -> None:
    count = try_steps(in_memory, IN_CI["sqlite"])

    assert count.done >= IN_CI["sqlite"]
    assert count.refused >= count.done // 20, "a model in which everything is allowed shows little"


@pytest.mark.torture
def test_after_very_many_deeds_the_books_are_right(in_memory: Scope) -> None:
    assert try_steps(in_memory, LONG["sqlite"]).done >= LONG["sqlite"]
