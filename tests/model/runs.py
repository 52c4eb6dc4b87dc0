"""How many steps of the model are tried: some in every run of the tests, a million on demand."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.model.deeds import Count
from tests.model.machine import Business, Shop, open_doors
from tests.model.scope import Scope

STEPS_A_RUN: Final = 100
IN_CI: Final = {"sqlite": 42_000, "postgresql": 9_000}
"""A step is a deed of the shop, refused or done, on a database; that the clock moves on is none."""
LONG: Final = {"sqlite": 840_000, "postgresql": 170_000}


def try_steps(
    scope: Scope, steps: int, kind: type[Shop] = Shop, *, shrink: bool = True, deeds: Collection[str] = ()
) -> Count:
    """Try at least so many deeds (only these kinds, if some are named), run after run.

    Raises what the first failing run ended with, made short.
    """
    count, people = Count(), open_doors(scope)

    class Run(Business):
        def __init__(self) -> None:
            super().__init__(scope, people, count, kind)

    for name in rules_of(Business) if deeds else ():
        if name not in deeds:
            setattr(Run, name, None)
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    while count.done < steps:
        # Of a run's steps some only move the clock.
        runs = max(10, (steps - count.done) // (STEPS_A_RUN * 3 // 4))
        how = settings(
            max_examples=runs,
            stateful_step_count=STEPS_A_RUN,
            deadline=None,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(Run, settings=how)
    return count


def rules_of(machine: type[RuleBasedStateMachine]) -> list[str]:
    """Return the names of what can happen in a machine."""
    return [rule.function.__name__ for rule in machine.setup_state().rules]
