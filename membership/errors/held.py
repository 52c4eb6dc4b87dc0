"""No to what a member wants to use: points, offers, coupons."""

from __future__ import annotations

from membership.errors.refusal import Refusal


# ---- points
class InsufficientPoints(Refusal):
    """The ``balance`` of points that can be spent now is below the points ``needed``."""

    takes = ("balance", "needed")


class PointsOverCap(Refusal):
    """Points may pay only a part of this bill: at most ``points``."""

    takes = ("points",)


# ---- check-in
class NothingToMakeUp(Refusal):
    """No day can be made up: only yesterday can, if it was missed and the day before it was not."""


class MakeUpUsed(Refusal):
    """A day of that month was made up before; one a month can be."""


# ---- stored value
class StoredValueUnknown(Refusal):
    """The shop sells no stored value, or there is no such top-up."""

    status = 404


class InsufficientStoredValue(Refusal):
    """The ``balance`` of stored value is below the amount ``needed``."""

    takes = ("balance", "needed")


class StoredValueOverBill(Refusal):
    """Stored value pays at most what is ``left`` of this bill."""

    takes = ("left",)


class StoredValueOverCap(Refusal):
    """A member may hold stored value up to the ``cap``, gifts included: only so much is ``left`` up to it."""

    takes = ("cap", "left")


class TopUpTooSmall(Refusal):
    """A top-up is at least ``least``."""

    status = 422
    takes = ("least",)


class TopUpSpent(Refusal):
    """The top-up can no longer be undone: some of it has been spent or paid out."""


# ---- offers
class TierUnknown(Refusal):
    """The shop has no such tier (any more)."""

    status = 404


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
    """The offer is for other tiers, or for other members."""


class OfferForNewMembers(Refusal):
    """The offer is for members in their first ``days`` days."""

    takes = ("days",)


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


class CouponReserved(Refusal):
    """The coupon is kept, since ``at``, for a bill in that ``store`` that waits for the member's yes ``until`` then."""

    takes = ("at", "store", "until")


class CouponVoid(Refusal):
    """The coupon was taken back."""


class ExchangeFinal(Refusal):
    """An exchange can be taken back for this many ``minutes``, on the same day, while its coupon is unused."""

    takes = ("minutes",)


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
