"""No to whoever wants to take part: in the lottery, or in an activity."""

from __future__ import annotations

from membership.errors.refusal import Refusal


# ---- the lottery
class LotteryClosed(Refusal):
    """The lottery is over, has not begun, is switched off, or has no prize left."""

    status = 410


class DrawLimitReached(Refusal):
    """The member has had the ``limit`` of draws of one day."""

    takes = ("limit",)


# ---- activities
class ActivityUnknown(Refusal):
    """No such activity."""

    status = 404


class ActivityOver(Refusal):
    """The activity was cancelled, or it is too late for this."""

    status = 410


class ActivityTooEarly(Refusal):
    """Who comes is marked from the moment ``at`` on."""

    takes = ("at",)


class ActivityFull(Refusal):
    """Every place of the activity is taken."""


class CapacityTaken(Refusal):
    """More people have signed up (``taken``) than would find room."""

    takes = ("taken",)
