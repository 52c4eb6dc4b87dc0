"""No to the code that was shown at the counter, and to what was to be done with it."""

from __future__ import annotations

from membership.errors.refusal import Refusal


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


class ShownElsewhere(Refusal):
    """The member's code is shown on another screen now; this one shows none until it is asked to."""


class CodeUsed(Refusal):
    """The code was used ``at`` that moment in that ``store``."""

    takes = ("at", "store")


class ScanRequired(Refusal):
    """Spending needs a fresh code of the member."""

    status = 403


class YesRequired(Refusal):
    """Stored value is spent only after the member said yes to the store and the amount."""

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


class OfflineTooLate(Refusal):
    """The purchase was made without a line and waited longer than a day, or lies ahead of our clock."""

    status = 410


# ---- the member's PIN, typed at a till
class PinMissing(Refusal):
    """The member has set no PIN; the yes comes by chat or card."""


class PinLocked(Refusal):
    """Too many wrong PINs were typed; ``until`` says when it can be tried again."""

    status = 429
    takes = ("until",)


class WrongPin(Refusal):
    """The PIN is not the right one; so many tries are ``left``."""

    status = 403
    takes = ("left",)


class PinDayLimit(Refusal):
    """By PIN a member agrees to at most this much a day; ``left`` is what is left of it today."""

    status = 403
    takes = ("left",)
