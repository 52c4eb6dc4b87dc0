"""Lots of points, reckoned a second time: what is taken from which, and what becomes of them when two become one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from membership.moment import id_of


class Owner(Protocol):
    """Whoever has lots."""

    lots: dict[str, Lot]


@dataclass(eq=False)
class Lot:
    """Points that came at once; a merge ``filled`` it out of other lots, and merges let its points go into others."""

    id: str
    owner: Owner = field(repr=False)
    earned: int
    left: int
    available_at: datetime
    ends_at: datetime
    came_at: datetime
    filled: list[tuple[Lot, int]] = field(default_factory=list, repr=False)
    went: list[Lot] = field(default_factory=list, repr=False)

    @property
    def place(self) -> tuple[datetime, datetime, str]:
        return (self.ends_at, self.available_at, self.id)

    def now_of(self, member: Owner) -> Lot:
        """The lot of this member in which these points lie by now."""
        lot = self
        while lot.owner is not member and lot.went:
            lot = min(lot.went, key=lambda one: (-one.came_at.timestamp(), one.id))
        return lot


Slices = dict[Lot, int]
"""How many points of which lot."""


def take(lots: list[Lot], points: int) -> Slices:
    taken: Slices = {}
    for lot in lots:
        part = min(lot.left, points - sum(taken.values()))
        if part:
            lot.left -= part
            taken[lot] = part
    return taken


def sweep(giver: Owner, taker: Owner, reference: str, now: datetime) -> None:
    """Move all that has not run out: what ends at one moment becomes one lot, what is pending keeps its moment."""
    held = [lot for lot in giver.lots.values() if lot.left and lot.ends_at > now]
    groups: dict[tuple[bool, datetime, datetime], list[Lot]] = {}
    for lot in held:
        waits = lot.available_at > now
        groups.setdefault((waits, lot.ends_at, lot.available_at if waits else now), []).append(lot)
    for place, ((_, ends_at, available_at), lots) in enumerate(sorted(groups.items(), key=lambda group: group[0])):
        lot_id, total = id_of(f"transfer:{reference}:{place}"), sum(lot.left for lot in lots)
        filled = [(lot, lot.left) for lot in lots]
        new = taker.lots[lot_id] = Lot(lot_id, taker, total, total, available_at, ends_at, now, filled)
        for lot in lots:
            lot.left = 0
            lot.went.append(new)


def return_swept(holder: Owner, owner: Owner, since: datetime, now: datetime) -> None:
    """Put what is left of the lots that had come from somebody since then back into the lots it came from."""
    came = [lot for lot in holder.lots.values() if lot.filled and lot.filled[0][0].owner is owner]
    for lot in sorted(came, key=lambda one: (one.ends_at, one.id)):
        if lot.left and lot.ends_at > now and lot.came_at >= since:
            points, lot.left = lot.left, 0
            _refill(lot, points)


def _refill(lot: Lot, points: int) -> None:
    """Fill what had been spent last at the front; a later end the lot was given meanwhile goes with its points."""
    for source, amount in sorted(lot.filled, key=lambda one: (one[0].available_at, one[0].id), reverse=True):
        back = min(amount, points)
        if back:
            source.left += back
            source.ends_at = max(source.ends_at, lot.ends_at)
            points -= back
