"""Two members are made one and part again at any point of their business: all they have together stays the same."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.couple import Couple
from tests.model.deeds import Count
from tests.model.scope import Scope


def try_couples(scope: Scope, runs: int) -> Count:
    count = Count()

    class Run(Couple):
        def __init__(self) -> None:
            super().__init__(scope, count)

    how = settings(max_examples=runs, stateful_step_count=30, deadline=None, database=None)
    run_state_machine_as_test(Run, settings=settings(how, suppress_health_check=list(HealthCheck)))
    return count


def test_couples_lose_and_win_nothing_by_becoming_one(in_memory: Scope) -> None:
    assert try_couples(in_memory, 100).done >= 1_500


def test_couples_lose_and_win_nothing_by_becoming_one_on_postgresql(on_postgresql: Scope) -> None:
    assert try_couples(on_postgresql, 20).done >= 300


@pytest.mark.torture
def test_many_couples_lose_and_win_nothing_by_becoming_one(in_memory: Scope) -> None:
    assert try_couples(in_memory, 5_000).done >= 80_000
