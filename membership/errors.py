"""Everything a rule may say no to, in the order in which the first no is given.

The docstring of each class is its meaning, its name in snake_case is its text key (``refusal.<key>``) and the
``code`` a till receives, ``status`` is the HTTP status beside it, ``takes`` names its facts. Amounts among the
facts are ``Money``, moments are aware UTC datetimes, days are dates in the shop's zone.
"""

from __future__ import annotations

import re
from typing import ClassVar


class Refusal(Exception):
    """A rule said no; the person is told which and what helps."""

    key: ClassVar[str] = "refusal"
    status: ClassVar[int] = 409
    takes: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.key = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, **facts: object) -> None:
        if set(facts) != set(self.takes):
            msg = f"{self.key} takes {self.takes}, got {tuple(facts)}"
            raise TypeError(msg)
        # the text of the exception is the key alone: facts may be personal and must not reach a log
        super().__init__(self.key)
        self.facts: dict[str, object] = facts


# ---- said before, too late, or too often
class IdReused(Refusal):
    """The same idempotency key came with another content."""


class Expired(Refusal):
    """The button belongs to an old message or is not one of ours."""

    status = 410


class TooManyGuesses(Refusal):
    """Too many wrong codes were typed; ``until`` says when typing is open again (None: a manager must unlock)."""

    status = 429
    takes = ("until",)


class TooManyLookups(Refusal):
    """Too many members were looked up by phone; ``until`` says when it is allowed again."""

    status = 429
    takes = ("until",)


# ---- who is asking
class NotAMember(Refusal):
    """The account has not joined yet."""

    status = 404


class AlreadyMember(Refusal):
    """The account belongs to a member already."""


class NotStaff(Refusal):
    """The account has no role in this shop."""

    status = 403


class NotAllowed(Refusal):
    """The role does not cover this ``action`` here."""

    status = 403
    takes = ("action",)


class StoreUnknown(Refusal):
    """No store has this code."""

    status = 404


class StoreClosed(Refusal):
    """The store is closed for good and takes no more purchases."""


class AlreadyStaff(Refusal):
    """The account works here already."""


class LastOwner(Refusal):
    """The last owner cannot be removed."""


class InviteUnknown(Refusal):
    """No invitation has this code."""

    status = 404


class InviteUsed(Refusal):
    """The invitation was used before."""


class InviteExpired(Refusal):
    """The invitation is older than a day."""

    status = 410


# ---- what was typed
class InvalidAmount(Refusal):
    """What was typed is not an amount above zero in the shop's currency."""

    status = 422


class AmountTooLarge(Refusal):
    """The amount is above the ``limit`` of one purchase."""

    status = 422
    takes = ("limit",)


class InvalidPoints(Refusal):
    """What was typed is not a whole number of points above zero."""

    status = 422


class InvalidPhone(Refusal):
    """What was typed is not a phone number."""

    status = 422


class InvalidBirthday(Refusal):
    """What was typed is not a day a person can be born on."""

    status = 422


class InvalidName(Refusal):
    """Nothing readable is left of the name."""

    status = 422


class PhoneTaken(Refusal):
    """Another member has this phone number."""


class BirthdayChangedRecently(Refusal):
    """The birthday was changed within the year; it may be changed again ``on`` that day."""

    takes = ("on",)


class ConsentMissing(Refusal):
    """Joining needs a yes to the shop's terms."""

    status = 422


# ---- the code that was shown
class NotAMemberCode(Refusal):
    """What was scanned is no member code of any shop."""

    status = 422


class MistypedCode(Refusal):
    """The check digit does not fit: a slip of the finger, not counted as a guess."""

    status = 422


class UnknownCode(Refusal):
    """The code is not one this shop gave out for this use."""

    status = 404


class CodeRevoked(Refusal):
    """A newer code was asked for, or the code was withdrawn."""

    status = 410


class CodeExpired(Refusal):
    """The code has run out; the member shows a new one."""

    status = 410


class CodeUsed(Refusal):
    """The code was used ``at`` that moment in that ``store``."""

    takes = ("at", "store")


class ScanRequired(Refusal):
    """Spending needs a fresh code of the member."""

    status = 403


class ScanExpired(Refusal):
    """The scan is too old; scan the member again."""

    status = 410


class QuoteExpired(Refusal):
    """The price shown is no longer the price; a new one is shown."""


class MemberFrozen(Refusal):
    """The member stopped the card ("not me"); a manager can release it."""

    status = 403


class SelfCredit(Refusal):
    """Nobody serves themselves or an account linked to them."""

    status = 403


# ---- points
class InsufficientPoints(Refusal):
    """The ``balance`` of points that can be spent now is below the points ``needed``."""

    takes = ("balance", "needed")


class PointsOverCap(Refusal):
    """Points may pay only a part of this bill: at most ``points``."""

    takes = ("points",)


# ---- offers
class OfferUnknown(Refusal):
    """The shop has no such offer."""

    status = 404


class OfferNotStarted(Refusal):
    """The offer begins ``on`` that day."""

    takes = ("on",)


class OfferEnded(Refusal):
    """The offer ended ``on`` that day, its last one."""

    status = 410
    takes = ("on",)


class OfferNotForYou(Refusal):
    """The offer is for other tiers."""


class OfferSoldOut(Refusal):
    """All coupons of the offer are given out."""


class OfferLimitReached(Refusal):
    """The member has had the ``limit`` of coupons one member may have."""

    takes = ("limit",)


# ---- coupons
class CouponUnknown(Refusal):
    """No such coupon."""

    status = 404


class CouponNotYours(Refusal):
    """The coupon belongs to another member."""

    status = 403


class CouponUsed(Refusal):
    """The coupon was used ``at`` that moment in that ``store``."""

    takes = ("at", "store")


class CouponVoid(Refusal):
    """The coupon was taken back."""


class CouponExpired(Refusal):
    """The last day of the coupon was ``on``."""

    status = 410
    takes = ("on",)


class CouponNotYetValid(Refusal):
    """The coupon counts from the day ``on``."""

    takes = ("on",)


class CouponNotNow(Refusal):
    """The coupon does not count on this weekday, at this hour or on this day."""


class CouponNotHere(Refusal):
    """The coupon does not count in this store."""


class CouponBelowThreshold(Refusal):
    """The bill is ``short`` of the amount the coupon asks for."""

    takes = ("short",)


class CouponNotCombinable(Refusal):
    """The coupon does not go together with what is already taken off."""


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


IN_ORDER: tuple[type[Refusal], ...] = tuple(Refusal.__subclasses__())
"""Every refusal, in order of precedence: where two apply, the earlier one is the answer."""
