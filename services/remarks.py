"""Why something was done by hand: a reason of the list stands in the books, own words are kept apart, sealed."""

from __future__ import annotations

from typing import Final

from membership.messages import Message, say
from membership.moment import Moment
from services import Tx
from storage import remarks as rows

REASONS: Final = ("returned", "wrong_amount", "complaint", "goodwill", "correction", "void", "undo")
"""Reasons that need not be typed; anything else is somebody's own words."""

OWN: Final = "own"
"""What stands in the books, which are never erased, in place of somebody's own words."""


def keep(tx: Tx, subject: str, member_id: str, reason: str, *, moment: Moment) -> str:
    """Return a reason as the books may hold it; own words are kept sealed under ``subject``, the id of the deed.

    They are the member's data: part of their copy, and gone when the member is erased.
    """
    if not reason or reason in REASONS:
        return reason
    rows.add(tx, subject, member_id, reason, at=moment.now)
    return OWN


def of(tx: Tx, subject: str, kept: str) -> str:
    """Return the reason behind what ``keep`` returned for this deed; OWN where the words were erased since."""
    return (rows.find(tx, subject) or OWN) if kept == OWN else kept


def shown(reason: str) -> Message:
    """Return a reason in words: one of the list, or as it was typed; without the words, that there was another one."""
    if reason in REASONS:
        return say(f"reason.{reason}")
    if not reason:
        return say("reason.none")
    return say("reason.other") if reason == OWN else say("reason.own", text=reason)


def in_books(reason: str) -> Message:
    """Return a reason as it may stand in a member's history for ever."""
    return shown(reason if reason in REASONS else OWN)
