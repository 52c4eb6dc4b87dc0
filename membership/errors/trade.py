"""No to a purchase, its refund, and to a broadcast."""

from __future__ import annotations

from membership.errors.refusal import Refusal


# ---- purchases and what follows them
class ReceiptUsed(Refusal):
    """The receipt number was recorded before, ``at`` that moment."""

    takes = ("at",)


class ItemsOverBill(Refusal):
    """The products ``listed`` come to more than the ``amount`` of the bill."""

    status = 422
    takes = ("listed", "amount")


class PurchaseUnknown(Refusal):
    """No such purchase."""

    status = 404


class AlreadyRefunded(Refusal):
    """The whole purchase has been refunded."""


class RefundTooLarge(Refusal):
    """Only this amount is ``left`` to be refunded."""

    takes = ("left",)


class UndoTooLate(Refusal):
    """It can be undone for this many ``minutes``; afterwards a manager can help."""

    takes = ("minutes",)


class DayOver(Refusal):
    """It can be undone on the day it was recorded only; afterwards a manager can help."""


class ReversalFinal(Refusal):
    """What was taken back stays so, and no more of it than there was: a correction is a new entry."""


class PointsSpent(Refusal):
    """The points of this purchase have been spent already; a manager can refund it, and they become debt."""


class LimitReached(Refusal):
    """A cap of the shop against fraud is reached: ``limit`` per ``scope`` (scan, member, staff or day)."""

    takes = ("limit", "scope")


# ---- bills that wait for the member's yes
class ReservationUnknown(Refusal):
    """No bill waits for a yes under this id, or not here."""

    status = 404


class AnswerAwaited(Refusal):
    """Another bill of this member waits for a yes; it runs out at ``until``."""

    takes = ("until",)


class AlreadyDecided(Refusal):
    """The bill waits no more: ``state`` says what became of it, in words."""

    takes = ("state",)


class AnswerTooLate(Refusal):
    """The time for the yes ran out; nothing was taken."""

    status = 410


class MoreThanAgreed(Refusal):
    """More is to be recorded than the member was asked for: at most ``agreed``."""

    takes = ("agreed",)


# ---- the second person
class ApprovalUnknown(Refusal):
    """Nothing of this kind waits for a yes."""

    status = 404


class ApprovalOver(Refusal):
    """Somebody has decided it already."""


class ApprovalExpired(Refusal):
    """Nobody said yes within a day, or whoever asked no longer works here."""

    status = 410


class SamePerson(Refusal):
    """Whoever asked cannot say yes as well, under no account."""

    status = 403


class SecondPersonMissing(Refusal):
    """A second person's yes is needed, and nobody else may give it."""


# ---- broadcasts and dialogues
class BroadcastUnknown(Refusal):
    """No such broadcast."""

    status = 404


class BroadcastEmpty(Refusal):
    """There is nothing to send, or nobody to send it to."""

    status = 422


class BroadcastOver(Refusal):
    """The broadcast has ended or was cancelled."""


# ---- groups of members
class SegmentUnknown(Refusal):
    """No such group of members, or it was taken away."""

    status = 404


class SegmentEmpty(Refusal):
    """A group needs at least one condition: without any it is everybody."""

    status = 422
