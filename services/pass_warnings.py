"""What happens to passes by themselves: their end is noted, and who has visits left is told before it comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from membership.messages import choose
from membership.moment import Moment
from services import Tx, audit, greetings, passes, reminders, rules
from services.greetings import Stage
from services.outbox import Notice, tell_member
from storage import passes as rows

BATCH: Final = 200
AGE: Final = timedelta(days=1)
"""A pass younger than this needs no warning: whoever bought it has just read when it ends."""


def expire_due(tx: Tx, moment: Moment, *, limit: int = BATCH) -> int:
    """Note passes whose end has come, with the visits left on them; return how many.

    They could not be used from that moment on, whether or not this has run.
    """
    found = rows.due(tx, moment.now, limit=limit)
    for row in found:
        if rows.expire(tx, row.id, moment.now):
            facts = {"member": row.member_id, "left": row.remaining}
            audit.note(tx, moment, "pass.expire", row.id, actor="clock", store_id=row.store_id, **facts)
    return len(found)


def warn_due(tx: Tx, moment: Moment, *, limit: int = BATCH) -> int:
    """Warn of passes that end in 7 days (each plan's own choice); return how many members are told."""
    plans = rules.current(tx).passes

    def warn(stage: Stage) -> int:
        codes = [plan.id for plan in plans if stage.days_ahead in plan.warn_days]
        span = {"since": stage.since, "until": stage.until, "sold_by": moment.now - AGE}
        found = rows.ending(tx, codes, stage.days_ahead, **span, limit=limit)
        for row in found:
            reply = reminders.pass_ending(choose(passes.plan_of(tx, row).name), row.remaining, stage.on)
            notice = Notice("pass_ending", "reminder", f"{row.id}/{stage.days_ahead}", reply, expires_at=row.expires_at)
            tell_member(tx, row.member_id, notice, moment=moment)
        return len(found)

    ahead = sorted({days for plan in plans for days in plan.warn_days})
    return greetings.in_stages(tx, "warn_passes", ahead, warn, moment=moment)
