"""No to whoever asks: said before, too often, or without the right."""

from __future__ import annotations

from membership.errors.refusal import Refusal


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


class TailSearchOff(Refusal):
    """The shop does not let members be found by the last digits of their phone."""

    status = 403


class QuestionUnknown(Refusal):
    """Nobody asked this question."""

    status = 404


class QuestionAnswered(Refusal):
    """A colleague, ``name``, answered the question ``at`` that moment."""

    takes = ("name", "at")


# ---- who is asking
class SignInExpired(Refusal):
    """The link, or the chat app's note, that should open the page was used before, is too old, or unknown."""

    status = 401


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


class ColleagueUnknown(Refusal):
    """Nobody who works here, as far as the asker may see, has this id."""

    status = 404


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
