"""Two members are made one and part again at any point of their business: all they have together stays the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from membership.errors import InsufficientPoints
from membership.moment import Moment
from services import Tx, points
from services.points import Cause
from tests.model.couple import Couple
from tests.model.deeds import Count, Wrong
from tests.model.scope import Scope


class LosesAPoint(Couple):
    """Becoming one, or parting, costs a point where there is one."""

    def conserving(self, deed: Callable[[Tx, Moment], Any], statements: int | None) -> Any:
        def leaking(tx: Tx, moment: Moment) -> Any:
            done = deed(tx, moment)
            with suppress(InsufficientPoints):
                points.spend(tx, done.kept_id, 1, Cause(self.shop.name("leak"), "test"), moment=moment)
            return done

        return super().conserving(leaking, statements)


def try_couples(scope: Scope, runs: int, kind: type[Couple] = Couple) -> Count:
    count = Count()

    class Run(kind):  # type: ignore[misc, valid-type] # a base given by the caller
        def __init__(self) -> None:
            super().__init__(scope, count)

    how = settings(max_examples=runs, stateful_step_count=30, deadline=None, database=None)
    if kind is not Couple:  # a fault that was planted need not be made short
        how = settings(how, phases=[Phase.generate])
    run_state_machine_as_test(Run, settings=settings(how, suppress_health_check=list(HealthCheck)))
    return count


def test_couples_lose_and_win_nothing_by_becoming_one(in_memory: Scope) -> None:
    assert try_couples(in_memory, 100).done >= 1_500


def test_couples_lose_and_win_nothing_by_becoming_one_on_postgresql(on_postgresql: Scope) -> None:
    assert try_couples(on_postgresql, 20).done >= 300


@pytest.mark.torture
def test_many_couples_lose_and_win_nothing_by_becoming_one(in_memory: Scope) -> None:
    assert try_couples(in_memory, 5_000).done >= 80_000


def test_a_point_lost_on_the_way_is_found(in_memory: Scope) -> None:
    with pytest.raises(Wrong):
        try_couples(in_memory, 100, LosesAPoint)
