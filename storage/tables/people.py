"""Members, their accounts in chat apps, and what they agreed to."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    LargeBinary,
    Table,
    UniqueConstraint,
    false,
    text,
    true,
)

from storage.tables.metadata import facts, key, metadata, moment, number, sealed, to, word

members = Table(
    "members",
    metadata,
    key(),
    Column("handle", LargeBinary, nullable=False, unique=True),  # 8 random bytes, in codes instead of the id
    word("state"),  # enrolled (by staff, not yet claimed), joined, left
    sealed("name_ct"),
    sealed("phone_ct"),
    Column("phone_index", LargeBinary, nullable=True, unique=True),
    Column("phone_tail_index", LargeBinary, nullable=True, index=True),  # of the last four digits, where the shop asks
    sealed("birthday_ct"),
    Column("birthday_next_on", Date, nullable=True, index=True),
    Column("birthday_changed_on", Date, nullable=True),
    word("language", default=""),
    word("tier", default=""),
    moment("tier_since", null=True),
    word("source", default=""),
    to("stores", "store_id", null=True),
    Column("offers_on", Boolean, nullable=False, server_default=false()),
    Column("reminders_on", Boolean, nullable=False, server_default=true()),
    Column("birthday_on", Boolean, nullable=False, server_default=true()),
    moment("joined_at", index=True),
    moment("frozen_at", null=True),
    moment("left_at", null=True),
    moment("erased_at", null=True),
    moment("code_not_before", null=True),
    word("code_session", default=""),  # the chat or page that asked for the newest code
    sealed("pin_ct"),  # the hash of the PIN with which the member says yes at a till
    moment("tier_until", null=True, index=True),  # when the tier is looked at again
    moment("tier_fixed_until", null=True),  # set by hand: until then no purchase and no review changes it
    word("merged_into", default=""),  # the member this one became part of
)

identities = Table(
    "identities",
    metadata,
    key(),
    word("channel"),
    word("account"),
    Column("external_index", LargeBinary, nullable=False),
    sealed("external_ct"),
    sealed("name_ct"),
    to("members", "member_id", null=True, index=True),
    word("language", default=""),  # chosen by the person; empty: the hint counts
    word("language_hint", default=""),
    word("source", default=""),  # how they came: a deep link or scene, kept for joining
    Column("following", Boolean, nullable=False, server_default=true()),
    word("unreachable", default=""),  # the reason; empty: reachable
    moment("first_at"),
    moment("said_at", null=True),  # WeChat: opens 48 h with 5 messages
    number("said_used", default=0),
    moment("clicked_at", null=True),  # WeChat: opens 1 min with 3 messages
    number("clicked_used", default=0),
    number("turn", default=0),  # how many turns were taken: the row locked to keep one person in order
    UniqueConstraint("channel", "account", "external_index"),
)

questions = Table(
    "questions",
    metadata,
    key(),
    to("identities", "identity_id", index=True),
    to("members", "member_id", null=True, index=True),
    sealed("text_ct"),
    sealed("answer_ct"),
    word("answered_by", default=""),
    moment("at"),
    moment("answered_at", null=True),
    Index("ix_questions_open", "at", sqlite_where=text("answered_at IS NULL"),
          postgresql_where=text("answered_at IS NULL")),
)  # fmt: skip

remarks = Table(
    "remarks",
    metadata,
    key(),  # the id of the deed that is explained: a refund, an adjustment, a purchase, an approval
    to("members", "member_id", index=True),
    sealed("text_ct"),  # a reason in somebody's own words
    moment("at"),
)

consents = Table(
    "consents",
    metadata,
    key(),
    to("members", "member_id", index=True),
    to("identities", "identity_id", null=True),
    word("kind"),  # terms, offers, birthday
    Column("given", Boolean, nullable=False),
    word("text_version"),
    word("channel"),
    moment("at"),
    Index("ix_consents_member_kind_at", "member_id", "kind", "at"),
)

tier_changes = Table(
    "tier_changes",
    metadata,
    key(),
    word("reference", unique=True),
    to("members", "member_id"),
    word("before"),
    word("after"),
    word("reason"),  # reached, reviewed, kept, by_hand, hand_ended, merged …
    number("counted"),  # of the ladder's metric at that moment
    word("actor"),
    number("rules_version"),
    moment("at"),
    moment("until", null=True),
    Index("ix_tier_changes_member_id_at", "member_id", "at"),
)

merges = Table(
    "merges",
    metadata,
    key(),
    word("reference", unique=True),
    to("members", "kept_id", index=True),
    to("members", "gone_id", index=True),
    word("state"),  # done, undone
    facts("moved"),  # table → ids of what came over; nothing personal
    word("actor"),
    moment("at"),
    moment("undo_until"),
    moment("undone_at", null=True),
    CheckConstraint("kept_id <> gone_id", name="two_people"),
    CheckConstraint("state IN ('done', 'undone')", name="known_state"),
)

bonds = Table(
    "bonds",
    metadata,
    key(),
    to("members", "one_id"),  # the smaller id of the two
    to("members", "other_id", index=True),
    moment("at"),
    moment("ended_at", null=True),
    UniqueConstraint("one_id", "other_id", "at"),
    CheckConstraint("one_id <> other_id", name="two_people"),
)

doubles = Table(
    "doubles",
    metadata,
    key(),
    to("members", "one_id"),
    to("members", "other_id"),
    word("reason"),  # own (the app vouched) or phone, and which of the two typed it: one, other
    word("state"),  # found, merged, apart
    word("decided_by", default=""),
    moment("at"),
    UniqueConstraint("one_id", "other_id"),
)
