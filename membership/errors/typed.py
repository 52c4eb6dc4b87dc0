"""No to what was typed: amounts, points, phones, birthdays, names."""

from __future__ import annotations

from membership.errors.refusal import Refusal


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


class InvalidTag(Refusal):
    """Nothing readable is left of the tag, or it has more than ``limit`` hanzi (two letters count as one)."""

    status = 422
    takes = ("limit",)


class TooManyTags(Refusal):
    """One member has at most ``limit`` tags."""

    takes = ("limit",)


class InvalidAnswer(Refusal):
    """What was typed is not what the shop's own field takes: a number, a date, or one of its answers."""

    status = 422


class InvalidLastDay(Refusal):
    """What was typed is not a day from today on within three years."""

    status = 422


class PhoneTaken(Refusal):
    """Another member has this phone number."""


class BirthdayChangedRecently(Refusal):
    """The birthday was changed within the year; it may be changed again ``on`` that day."""

    takes = ("on",)


class ConsentMissing(Refusal):
    """Joining needs a yes to the shop's terms."""

    status = 422


class InvalidPin(Refusal):
    """A member's PIN is six digits, a colleague's four to six, and not one everybody tries first."""

    status = 422
