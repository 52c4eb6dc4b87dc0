"""What each of WeChat's error numbers means for a message on its way (CHANNELS §2)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone

from bot.wechat.calls import Refusal
from scheduler.messenger import NotSent, Trouble, Undeliverable

BEIJING = timezone(timedelta(hours=8))  # WeChat's day; China has no summer time
WINDOW_CLOSED, WINDOW_USED_UP = "window_closed", "window_used_up"
ALREADY_SENT = 45065
MEDIUM_GONE = 40007
TEXT_TOO_LONG = 45002

PERSON = {  # this person is not to be reached by anything
    40003: "unknown_person",
    43004: "not_following",
    50005: "not_following",
    43019: "on_blacklist",
    48002: "declines_messages",
}
MESSAGE = {  # not by this message or road; another road or the next contact may do
    43101: "no_grant",
    45015: WINDOW_CLOSED,
    45047: WINDOW_USED_UP,
    40007: "medium_gone",
    45002: "text_too_long",
    45028: "mass_quota",
}
SETTINGS = {  # somebody must mend the settings or the account: worth an alert
    40037: "unknown_template",
    47003: "template_fields",
    40036: "template_size",
    48001: "feature_off",
    48004: "feature_taken_away",
    50002: "account_limited",
}
FEATURE_OFF = frozenset({48001, 48004, 50002})
TOKEN = frozenset({40001, 40014, 42001})


def trouble(refusal: Refusal, *, attempts: int, now: datetime) -> Trouble:
    """Return what this refusal means: to wait and for whom, or never, and why."""
    code = refusal.code
    if code == -1:
        return NotSent("busy", after=float(2 ** min(attempts, 2)))
    if code in TOKEN:
        return NotSent("token", after=60.0, scope="bot")
    if code == 45009:  # noqa: PLR2004 - the table's own number
        return NotSent("quota", after=until_midnight(now), scope="bot")
    if code == 45011:  # noqa: PLR2004 - the table's own number
        return NotSent("too_fast", after=60.0, scope="bot")
    if code in PERSON:
        return Undeliverable(PERSON[code], person=True)
    return Undeliverable(MESSAGE.get(code) or SETTINGS.get(code) or f"errcode_{code}")


def until_midnight(now: datetime) -> float:
    """Return the seconds until WeChat counts anew."""
    local = now.astimezone(BEIJING)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), BEIJING)
    return (midnight.astimezone(UTC) - now).total_seconds()
