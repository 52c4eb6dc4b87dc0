"""No to a counted pass, to the visits on it, and to a rating."""

from __future__ import annotations

from membership.errors.refusal import Refusal


class PassUnknown(Refusal):
    """The shop sells no such pass, or there is none under this id, or no such visit."""

    status = 404


class PassOver(Refusal):
    """The pass was given back, or its sale was undone."""


class PassExpired(Refusal):
    """The last day of the pass was ``on``."""

    status = 410
    takes = ("on",)


class PassUsedUp(Refusal):
    """The pass has only so many visits ``left``."""

    takes = ("left",)


class PassNotHere(Refusal):
    """The pass does not count in this store."""


class PassBegun(Refusal):
    """A visit was taken from the pass: its sale is not undone any more, a manager gives it back."""


class PassWorthNothing(Refusal):
    """The visits taken come, at the price of a single one, to what the pass cost: nothing is left to give back."""


# ---- ratings
class RatingUnknown(Refusal):
    """There is no such visit to rate."""

    status = 404


class InvalidScore(Refusal):
    """A score is a whole number from 1 to 5."""

    status = 422
