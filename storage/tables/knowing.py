"""What the shop knows of its members: tags, own fields, habits, and the groups the owner speaks to."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint, String, Table

from storage.tables.metadata import facts, key, metadata, moment, number, sealed, to, word

tags = Table(
    "tags",
    metadata,
    to("members", "member_id"),
    word("tag", index=True),
    word("actor"),
    moment("at"),
    PrimaryKeyConstraint("member_id", "tag"),
)

fields = Table(
    "fields",
    metadata,
    to("members", "member_id"),
    word("field"),  # its code in the rules
    sealed("value_ct"),
    word("choice", default="", index=True),  # of a field with a list of answers: which one
    word("actor"),
    moment("at"),
    PrimaryKeyConstraint("member_id", "field"),
)

habits = Table(
    "habits",
    metadata,
    Column("member_id", String(36), primary_key=True),
    number("visits"),  # on how many days they bought
    number("spent_minor"),
    moment("first_at", null=True),
    moment("last_at", null=True, index=True),
    number("usual_seconds", null=True),  # the member's own rhythm: the median time between two visits
    number("recency", default=0),  # 1 to 5, 5 is best
    number("frequency", default=0),
    number("money", default=0),
    word("stage", index=True),  # new, growing, loyal, dormant, at_risk, gone
    moment("stage_since"),
    moment("computed_at", index=True),
)

segments = Table(
    "segments",
    metadata,
    key(),
    word("code", unique=True),
    word("name"),  # the owner's own words
    facts("conditions"),
    word("created_by"),
    moment("created_at"),
    moment("removed_at", null=True),
)

audiences = Table(
    "audiences",
    metadata,
    to("broadcasts", "broadcast_id"),
    to("members", "member_id"),
    PrimaryKeyConstraint("broadcast_id", "member_id"),
)
