"""One movement in the books: made once under its reference, with its cause, its words and its audit row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from membership.errors import IdReused, ReversalFinal
from membership.messages import Message, pack
from membership.moment import Moment
from services import Tx, audit, rules, webhooks
from storage import points as rows
from storage.points import Transfer


@dataclass(frozen=True, slots=True)
class Cause:
    """Why value moves: the reference that makes it once, who did it, where, and the words for the history."""

    reference: str
    actor: str
    why: Sequence[Message] = ()
    store_id: str | None = None
    purchase_id: str | None = None
    device: str = ""

    def part(self, name: str) -> Cause:
        """Return the cause of one of several movements of the same deed: its reference has a name of its own."""
        return replace(self, reference=f"{self.reference}:{name}")


def transfer(
    tx: Tx,
    kind: str,
    amount: int,
    cause: Cause,
    *,
    debit: str,
    credit: str,
    moment: Moment,
    reverses: str | None = None,
    unit: str = "points",
) -> Transfer:
    """Return a movement of ``amount`` points or minor units from ``debit`` to ``credit`` (accounts), not yet made."""
    content = json.dumps([kind, amount, debit, credit, cause.purchase_id])
    return Transfer(
        reference=cause.reference,
        debit=debit,
        credit=credit,
        amount=amount,
        kind=kind,
        actor=cause.actor,
        at=moment.now,
        content_hash=hashlib.sha256(content.encode()).digest(),
        unit=unit,
        reverses=reverses,
        purchase_id=cause.purchase_id,
        store_id=cause.store_id,
        device=cause.device,
        rules_version=rules.version(tx),
        why=pack(tuple(cause.why)),
    )


def made_before(tx: Tx, movement: Transfer) -> bool:
    """Tell whether the reference was used for the same movement. Raises IdReused if for another one."""
    row = rows.find(tx, movement.id)
    if row is not None and bytes(row.content_hash) != movement.content_hash:
        raise IdReused
    return row is not None


def post(tx: Tx, movement: Transfer, subject: str, *, moment: Moment) -> bool:
    """Make a movement that is new, and note it about ``subject``; False (nothing done) where the debit is short.

    Raises ReversalFinal where it would reverse a reversal, or more than there was: a correction is a new movement.
    """
    return post_all(tx, (movement,), subject, moment=moment) is not None


def post_all(tx: Tx, movements: Sequence[Transfer], subject: str, *, moment: Moment) -> rows.Run | None:
    """Make movements of one kind and cause that all go from one account to another, as ``post`` makes each.

    None (nothing done) where the debit is short of their sum. As many statements for a thousand as for one, but what
    other systems are told of each.
    """
    for movement in movements:
        if movement.reverses is not None:
            _check_reversal(tx, movement)
    run = rows.post_all(tx, movements)
    if run is None:
        return None
    first = movements[0]
    notes = {one.id: {"amount": one.amount, "account_of": subject} for one in movements}
    audit.note_all(tx, moment, notes, first.kind, actor=first.actor, store_id=first.store_id or "")
    if first.unit == "points":
        for movement in movements:
            _tell(tx, movement, moment)
    return run


def _tell(tx: Tx, movement: Transfer, moment: Moment) -> None:
    """Tell other systems which points came or went; a debt that changes is told by what it comes with."""
    if not webhooks.wanted(tx, "points.changed"):
        return
    for account, amount in ((movement.debit, -movement.amount), (movement.credit, movement.amount)):
        member_id = rows.owner(tx, account, "points")
        if member_id is not None:
            about = {"member_id": member_id, "points": amount, "kind": movement.kind, "store_id": movement.store_id}
            told = {**about, "transfer_id": movement.id, "purchase_id": movement.purchase_id, "at": moment.now}
            webhooks.emit(tx, "points.changed", movement.id, told, moment=moment)


def _check_reversal(tx: Tx, movement: Transfer) -> None:
    assert movement.reverses is not None
    original = rows.find(tx, movement.reverses)
    if original is None or original.reverses is not None:
        raise ReversalFinal
    if rows.reversed_amount(tx, original.id) + movement.amount > original.amount:
        raise ReversalFinal
