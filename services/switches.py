"""Switching campaigns, promotions, offers and the lottery off and on again, without touching the shop's rules."""

from __future__ import annotations

from typing import Final, Literal

from membership.moment import Moment
from services import Tx, audit
from storage import switches as rows

Kind = Literal["campaign", "promotion", "offer", "lottery"]
State = Literal["on", "off"]
KINDS: Final[tuple[Kind, ...]] = ("campaign", "promotion", "offer", "lottery")


def off(tx: Tx, kind: Kind) -> frozenset[str]:
    """Return the codes of this kind that are switched off.

    Ask only where the rules have something of the kind: the first look costs one statement, every further one of the
    transaction none.
    """
    return frozenset(code for of_kind, code in rows.off(tx) if of_kind == kind)


def state(tx: Tx, kind: Kind, code: str) -> State:
    """Return whether something is on; what nobody ever switched is."""
    return "off" if (kind, code) in rows.off(tx) else "on"


def turn(tx: Tx, kind: Kind, code: str, state: State, *, actor: str, moment: Moment) -> bool:
    """Switch something on or off from now on; False where it is so already.

    What was given or recorded before stays as it is. The caller has made sure that the rules name it.
    """
    if not rows.turn(tx, kind, code, state, actor=actor, at=moment.now):
        return False
    audit.note(tx, moment, f"switch.{state}", moment.new_id(f"switch:{kind}:{code}"), actor=actor, kind=kind, code=code)
    return True
