"""A friend brought along 推荐有礼: who counts as one, when it pays, and how often in a month."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from membership import days
from membership.reading import Reader

PREFIX: Final = "REF-"
LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U: what is read aloud or copied by hand is not mistaken."""
LENGTH: Final = 6
BITS: Final = 5
_CODE: Final = re.compile(rf"REF[- ]?([{LETTERS}]{{{LENGTH}}})")
_MISREAD: Final = str.maketrans("OIL", "011")

REASONS: Final = (
    "friend_staff", "inviter_staff", "came_back", "known_before", "same_phone", "refunded", "inviter_left",
    "friend_left", "same_person", "cap",
)  # fmt: skip
"""Why a referral pays nobody; of ``cap``, only the inviter."""


@dataclass(frozen=True, slots=True)
class ReferralRules:
    """What a shop gives for a friend brought along.

    ``points`` go to the inviter, ``friend_points`` and the offer ``friend_coupon`` ("": none) to the friend, once the
    friend's first purchase is ``refund_days`` old. The inviter is paid for at most ``month_cap`` friends a month. A
    friend joins within ``join_days`` days of first meeting the shop.
    """

    points: int = 50
    friend_points: int = 0
    friend_coupon: str = ""
    refund_days: int = 7
    month_cap: int = 10
    join_days: int = 30


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who has just joined by an invitation: since when the shop knows the account, and what else counts."""

    met_at: datetime
    works_here: bool = False
    was_member: bool = False
    inviter_works_here: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands when the window is over: was any of the first purchase refunded, who left, who works here."""

    refunded: bool = False
    inviter_left: bool = False
    friend_left: bool = False
    inviter_works_here: bool = False
    friend_works_here: bool = False


def code_of(secret: bytes) -> str:
    """Return the code that stands for these (at least four) unforeseeable bytes, such as ``REF-7K2M9Q``."""
    number = int.from_bytes(secret[:4], "big")
    return PREFIX + "".join(LETTERS[number >> BITS * place & 31] for place in range(LENGTH))


def recognise(text: str) -> str:
    """Return the code that was typed or came by a link, as we write it; "" where it is none."""
    typed = unicodedata.normalize("NFKC", text).strip().upper()
    if not typed.startswith("REF"):
        return ""
    found = _CODE.fullmatch("REF" + typed[3:].translate(_MISREAD))
    return PREFIX + found[1] if found else ""


def why_no_friend(one: Newcomer, rules: ReferralRules, *, now: datetime) -> str:
    """Return why somebody who joined by an invitation counts as nobody's friend, one of REASONS; "" where they do."""
    if one.works_here:
        return "friend_staff"
    if one.inviter_works_here:
        return "inviter_staff"
    if one.was_member:
        return "came_back"
    return "known_before" if now - one.met_at > timedelta(days=rules.join_days) else ""


def due_at(bought_at: datetime, rules: ReferralRules, zone: ZoneInfo) -> datetime:
    """Return when the refund window of a first purchase is over: the end of its last day in the shop (UTC)."""
    return days.end_of(days.day_of(bought_at, zone) + timedelta(days=rules.refund_days), zone)


def why_not_paid(one: Standing) -> str:
    """Return why nothing is paid after the window, one of REASONS; "" where it is."""
    said = {
        "refunded": one.refunded,
        "inviter_left": one.inviter_left,
        "friend_left": one.friend_left,
        "inviter_staff": one.inviter_works_here,
        "friend_staff": one.friend_works_here,
    }
    return next((reason for reason, holds in said.items() if holds), "")


def month_of(now: datetime, zone: ZoneInfo) -> datetime:
    """Return when the month of the shop began in which this moment lies (UTC)."""
    return days.start_of(days.day_of(now, zone).replace(day=1), zone)


def points_for(paid_this_month: int, rules: ReferralRules) -> int:
    """Return what the inviter gets for one more friend in a month in which so many were paid."""
    return rules.points if paid_this_month < rules.month_cap else 0


def read(top: Reader) -> ReferralRules | None:
    """Read the table ``[referral]``; None where the shop has none: friends are brought for nothing."""
    if not top.has("referral"):
        return None
    table = top.table("referral")
    rules = ReferralRules(
        points=table.whole("points", 50, high=10**6),
        friend_points=table.whole("friend_points", 0, high=10**6),
        friend_coupon=table.text("friend_coupon", ""),
        refund_days=table.whole("refund_days", 7, high=90),
        month_cap=table.whole("month_cap", 10, high=1000),
        join_days=table.whole("join_days", 30, low=1, high=365),
    )
    table.done()
    return rules


def check(rules: ReferralRules | None, offers: Collection[str], top: Reader) -> None:
    """Note a coupon for the friend that is none of the shop's offers."""
    coupon = rules.friend_coupon if rules else ""
    top.known("referral.friend_coupon", [coupon], {"", *offers}, "write the id of one of the [[offers]]")
