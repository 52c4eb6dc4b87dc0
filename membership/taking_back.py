"""Taking back what was recorded by mistake 撤销: who may, in which store, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from membership import days
from membership.errors import DayOver, UndoTooLate


def check_time(made_at: datetime, now: datetime, *, zone: ZoneInfo, minutes: int | None) -> None:
    """Refuse what comes too late: after the shop's ``minutes`` (None: no such limit), or on another day of the shop.

    Raises:
        UndoTooLate: the minutes are over.
        DayOver: the day is over; what it was is part of the day's books, and is refunded instead.

    """
    if minutes is not None and now > made_at + timedelta(minutes=minutes):
        raise UndoTooLate(minutes=minutes)
    if days.day_of(now, zone) != days.day_of(made_at, zone):
        raise DayOver
