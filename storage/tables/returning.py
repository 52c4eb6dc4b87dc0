"""What makes members come back: check-ins, and friends they brought."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Table, UniqueConstraint, false, text

from storage.tables.metadata import key, metadata, moment, number, to, word

check_ins = Table(
    "check_ins",
    metadata,
    key(),
    to("members", "member_id"),
    Column("day", Date, nullable=False),  # of the shop
    number("streak"),  # days in a row up to this one
    number("points"),
    Column("made_up", Boolean, nullable=False, server_default=false()),  # filled in later, once a month
    number("rules_version", default=0),
    moment("at"),
    UniqueConstraint("member_id", "day"),
)

referrals = Table(
    "referrals",
    metadata,
    key(),
    to("members", "inviter_id", index=True),
    to("members", "friend_id"),
    word("state"),  # joined, bought, paid, refused
    word("reason", default=""),  # why it was refused
    to("purchases", "purchase_id", null=True),
    number("points", default=0),
    moment("at"),
    moment("due_at", null=True),  # the end of the first purchase's refund window
    moment("paid_at", null=True),
    CheckConstraint("state IN ('joined', 'bought', 'paid', 'refused')", name="known_state"),
    UniqueConstraint("friend_id"),  # somebody is brought once
    CheckConstraint("inviter_id <> friend_id", name="two_people"),
    Index("ix_referrals_due", "due_at", sqlite_where=text("state = 'bought'"),
          postgresql_where=text("state = 'bought'")),
)  # fmt: skip
