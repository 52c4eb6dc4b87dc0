"""Warning members who may lose a tier, while there is time: each on the days the shop chose, with what is missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from membership import days
from membership.moment import Moment
from services import Tx, greetings, rules, tiers
from services.greetings import Stage
from services.outbox import Notice, tell_member
from storage import tiers as rows

BATCH: Final = 100


def warn_due(tx: Tx, moment: Moment, *, limit: int = BATCH) -> int:
    """Warn members whose tier ends in so many days and who have not reached it anew; return how many are told."""
    ladder = rules.current(tx).ladder
    if not ladder.reviews:
        return 0

    def warn(stage: Stage) -> int:
        return _warn(tx, stage, moment=moment, limit=limit)

    return greetings.in_stages(tx, "warn_tiers", ladder.warned_ahead, warn, moment=moment)


def _warn(tx: Tx, stage: Stage, *, moment: Moment, limit: int) -> int:
    shop = rules.current(tx)
    ladder, last = shop.ladder, stage.on - timedelta(days=shop.ladder.grace_days)
    begins = ladder.window.starts_on(last, last + timedelta(days=1))
    assert begins is not None, "a ladder that reviews has a window that begins"
    held = (days.start_of(last, shop.zone), days.end_of(last, shop.zone))
    counting = (days.start_of(begins, shop.zone), stage.until)
    key = f"{stage.on.isoformat()}/{stage.days_ahead}"
    needed = {tier.id: tier.threshold for tier in ladder.tiers if not ladder.is_first(tier)}
    found = rows.to_warn(tx, key, ladder.metric, needed, held=held, counting=counting, limit=limit)
    for row in found:
        told = tiers.warning(tx, row.id, stage.on)
        assert told is not None, "the memory counts as the rules do"
        tell_member(tx, row.id, Notice("tier_warning", "reminder", key, told, expires_at=stage.until), moment=moment)
    return len(found)
