"""No to two accounts becoming one member, and to points sent from one person to another."""

from __future__ import annotations

from membership.errors.refusal import Refusal


class LinkUnknown(Refusal):
    """There is no such code, it was used, or its time is over; ask for a new one."""

    status = 404


class LinkLocked(Refusal):
    """Too many wrong codes; ``until`` says when the next one is looked at."""

    status = 429
    takes = ("until",)


class LinkOwn(Refusal):
    """The code is this very member's: it is for the other account, or for the other person."""


class MergeUnknown(Refusal):
    """There are no such two members that were made one, or they were parted before."""

    status = 404


class MergeFinal(Refusal):
    """The two were made one too long ago to be parted, or have become one with somebody else since."""

    status = 410


class TransferOff(Refusal):
    """Nobody can send points in this shop."""


class NotLinked(Refusal):
    """Points go only to somebody both agreed to be linked with."""

    status = 403


class FriendStopped(Refusal):
    """The card of the other one of two who are linked is stopped; only they and the shop can change that."""

    status = 403


class BondLimitReached(Refusal):
    """Somebody may be linked with ``limit`` people at most."""

    takes = ("limit",)


class TransferTooSmall(Refusal):
    """At least ``least`` points are sent at once."""

    status = 422
    takes = ("least",)


class TransferOverCap(Refusal):
    """Of what may be sent in a month, ``left`` points are left."""

    takes = ("left",)


class InDebt(Refusal):
    """Who owes ``points`` points sends none."""

    takes = ("points",)
