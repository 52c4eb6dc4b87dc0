"""No to a purchase, its refund, and to a broadcast."""

from __future__ import annotations

from membership.errors.refusal import Refusal


# ---- purchases and what follows them
class ReceiptUsed(Refusal):
    """The receipt number was recorded before, ``at`` that moment."""

    takes = ("at",)


class PurchaseUnknown(Refusal):
    """No such purchase."""

    status = 404


class AlreadyRefunded(Refusal):
    """The whole purchase has been refunded."""


class RefundTooLarge(Refusal):
    """Only this amount is ``left`` to be refunded."""

    takes = ("left",)


class UndoTooLate(Refusal):
    """A purchase can be undone for this many ``minutes``; afterwards a manager refunds it."""

    takes = ("minutes",)


class LimitReached(Refusal):
    """A cap of the shop against fraud is reached: ``limit`` per ``scope`` (scan, member, staff or day)."""

    takes = ("limit", "scope")


# ---- broadcasts and dialogues
class BroadcastUnknown(Refusal):
    """No such broadcast."""

    status = 404


class BroadcastEmpty(Refusal):
    """There is nothing to send, or nobody to send it to."""

    status = 422


class BroadcastOver(Refusal):
    """The broadcast has ended or was cancelled."""
