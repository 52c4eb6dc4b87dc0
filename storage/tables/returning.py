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

prizes = Table(
    "prizes",
    metadata,
    key(),  # of the prize's code
    word("code", unique=True),
    number("stock", null=True),  # null: any number
    number("given", default=0),
    CheckConstraint("stock IS NULL OR given <= stock", name="given_within_stock"),
)

draws = Table(
    "draws",
    metadata,
    key(),
    word("reference", unique=True),
    to("members", "member_id"),
    Column("day", Date, nullable=False),
    number("nth"),  # which draw of that day and member: the limit is kept by the unique key
    number("price_points"),
    word("prize"),  # its code; empty: no win
    to("coupons", "coupon_id", null=True),
    number("points", default=0),  # won
    number("rules_version"),
    moment("at", index=True),
    UniqueConstraint("member_id", "day", "nth"),
)

activities = Table(
    "activities",
    metadata,
    key(),
    word("title"),  # the owner's own words, for everybody to read
    word("about", default=""),
    to("stores", "store_id", null=True),
    moment("starts_at", index=True),
    moment("ends_at"),
    number("capacity", null=True),  # null: any number
    number("taken", default=0),
    number("points", default=0),  # for coming
    word("state"),  # open, cancelled, over
    word("created_by"),
    moment("created_at"),
    CheckConstraint("capacity IS NULL OR taken <= capacity", name="taken_within_capacity"),
    CheckConstraint("taken >= 0", name="taken_not_negative"),
)

sign_ups = Table(
    "sign_ups",
    metadata,
    key(),
    to("activities", "activity_id"),
    to("members", "member_id", index=True),
    word("state"),  # signed, waiting, withdrawn, attended, missed
    number("place"),  # the order in which they came, for the waiting list
    moment("at"),
    moment("changed_at"),
    UniqueConstraint("activity_id", "member_id"),
    CheckConstraint("state IN ('signed', 'waiting', 'withdrawn', 'attended', 'missed')", name="known_state"),
    Index("ix_sign_ups_activity_id_state", "activity_id", "state", "place"),
)

ratings = Table(
    "ratings",
    metadata,
    key(),
    to("purchases", "purchase_id", null=True),
    to("visits", "visit_id", null=True),  # on a counted pass
    to("members", "member_id", index=True),
    to("stores", "store_id"),
    moment("at"),  # when the visit was
    word("state"),  # due, asked, answered, lapsed
    number("score", null=True),  # 1 to 5
    moment("due_at"),
    moment("asked_at", null=True),
    moment("answered_at", null=True),
    UniqueConstraint("purchase_id"),
    UniqueConstraint("visit_id"),
    CheckConstraint("(purchase_id IS NULL) <> (visit_id IS NULL)", name="one_occasion"),
    CheckConstraint("score IS NULL OR (score >= 1 AND score <= 5)", name="score_in_bounds"),
    Index("ix_ratings_due", "due_at", sqlite_where=text("state = 'due'"), postgresql_where=text("state = 'due'")),
    Index("ix_ratings_store_id_answered_at", "store_id", "answered_at"),
)
