"""How many mass messages WeChat lets the shop's account send: a service account four a month to each follower."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from membership.routing import AccountKind
from services import Tx
from storage import mass as rows

BEIJING = timezone(timedelta(hours=8))
"""WeChat counts days and months in Beijing time; China has no summer time."""

A_MONTH = 4
BATCH, CALL_MAX = 500, 10_000
BYTES_MAX = 1_900
"""A mass message holds 2,048 bytes; the line under the owner's text needs the rest."""


@dataclass(frozen=True, slots=True)
class Room:
    """What is left: since when mass messages count, how many each member may have, and how many people a call takes.

    ``one_call`` tells that a single call is all there is, so everybody goes into it, in the shop's language.
    """

    since: datetime
    each: int
    batch: int
    one_call: bool = False


def room(tx: Tx, kind: AccountKind, *, now: datetime) -> Room | None:
    """Return what an account of this kind may still send, None for nothing.

    Service accounts: four a calendar month to each follower. Subscription accounts: one call a day. Messages sent by
    hand in WeChat's own page are not known here; WeChat's refusal tells of them. Source: developers.weixin.qq.com,
    mass messages.
    """
    day = now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    if kind == "service":
        return Room(day.replace(day=1), A_MONTH, BATCH)
    if kind == "subscription" and not rows.was_called(tx, since=day):
        return Room(day, 1, CALL_MAX, one_call=True)
    return None


def room_now(tx: Tx, *, now: datetime) -> Room | None:
    """Return what the account that the running program found may still send."""
    return room(tx, rows.noted_kind(tx), now=now)


def fits(text: str) -> bool:
    """Tell whether the owner's text, with the line under it, fits into one mass message."""
    return len(text.encode()) <= BYTES_MAX
