"""The proof of the books: every rule they must keep, asked of the rows themselves, and the chain of the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services import Tx, audit
from storage.invariants import INVARIANTS, Wrong

Finding = Wrong
"""A row that breaks a rule: ``name`` (I1 to I14), ``table``, ``id`` and ``sentence``, without personal data."""


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the proof: its name, and what finds the first wrong row. Each may run in a reading of its own."""

    name: str
    find: Callable[[Tx], Finding | None]


def chain(tx: Tx) -> Finding | None:
    """Return the first row of the audit trail that does not follow from the ones before it."""
    number = audit.first_broken(tx)
    return None if number is None else Finding("I11", "audit", str(number), "The chain of the audit trail breaks here.")


STEPS: Final = (*(Step(rule.name, rule.first_wrong) for rule in INVARIANTS), Step("I11", chain))


def check(tx: Tx) -> list[Finding]:
    """Return the first row that breaks each rule; nothing where the books are in order."""
    return [finding for step in STEPS if (finding := step.find(tx)) is not None]


def sentences(tx: Tx) -> list[str]:
    """Return the findings in words, as a backup is checked by them."""
    return [str(finding) for finding in check(tx)]
