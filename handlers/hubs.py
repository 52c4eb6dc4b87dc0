"""Two doors to many rooms: what the shop offers beside points and coupons, and what those who lead it look after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from handlers.reply import home_row, screen, tap
from handlers.said import Said
from membership import staff as rights
from membership.errors import NotAllowed, NotStaff
from membership.member import Who
from membership.messages import Button, Reply, choose, say
from membership.moment import Moment
from services import Tx, members, rules, stored_value

PERKS = (
    "checkin", "tier", "campaigns", "mall", "passes", "balance", "lottery", "activities", "rate", "refer", "family",
    "link",
)  # fmt: skip
"""Words of what a shop may offer; those it lacks are left out."""

OFFICE = (
    ("report", "report"), ("watch", "watch"), ("broadcast", "broadcast"), ("segments", "segments"),
    ("campaigns", "switch"), ("activities", "activities"), ("grant", "grant"), ("tag", "tag"), ("settier", "set_tier"),
    ("sellpass", "sell_pass"), ("topup", "top_up"), ("refund", "refund"), ("adjust", "adjust"), ("approve", "refund"),
    ("doubles", "merge_members"), ("staff", "invite"), ("store", "scan"),
)  # fmt: skip
"""Words of those who lead, and the action each needs."""

LABELS = {"approve": "approvals"}
"""Words whose button says what waits behind it, not the deed."""


def show_perks(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Show a member what there is beside points and coupons."""
    del said, moment
    members.required(who)
    shop = rules.current(tx)
    lacking = shop.lacking if shop.campaigns or shop.promotions else {*shop.lacking, "campaigns"}
    offered = [word for word in PERKS if word not in lacking]
    return screen(say("perks.title", shop=choose(shop.name)), buttons=[*_pairs(offered), home_row()])


def show_manage(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Show those who lead the shop what they may look after. Raises NotStaff and NotAllowed."""
    del said, moment
    if not who.roles:
        raise NotStaff
    lacking, needs = rules.current(tx).lacking, {"topup": stored_value.right(tx)} if stored_value.sold(tx) else {}
    words = [word for word, needed in OFFICE if word not in lacking and rights.may(who.roles, needs.get(word, needed))]
    if not words:
        raise NotAllowed(action="manage")
    return screen(say("manage.title"), buttons=[*_pairs(words), home_row()])


def _pairs(words: Iterable[str]) -> list[list[Button]]:
    buttons = [tap(LABELS.get(word, word), word) for word in words]
    return [buttons[place : place + 2] for place in range(0, len(buttons), 2)]
