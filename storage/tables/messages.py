"""What is to be sent, was sent, or waits: the outbox, broadcasts and one-time grants."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, UniqueConstraint, text

from storage.tables.metadata import facts, key, metadata, moment, number, sealed, to, word

outbox = Table(
    "outbox",
    metadata,
    key(),
    word("recipient"),  # a member's id, or an identity's where the person is no member
    to("members", "member_id", null=True, index=True),
    to("identities", "identity_id", null=True),  # null: any of the member's, chosen when it is sent
    word("kind"),  # reply, receipt, birthday, points_expiring, coupon_expiring, broadcast, alert …
    word("period_key"),  # with recipient and kind: what may be said once
    word("class"),  # reply, receipt, reminder, offer, staff
    word("state"),
    word("reason", default=""),  # why this road, or why not
    sealed("payload_ct"),
    number("attempts", default=0),
    moment("not_before"),
    moment("expires_at", null=True),
    word("lease_owner", default=""),
    Column("lease_epoch", Integer, nullable=False, server_default="0"),
    moment("lease_until", null=True),
    word("platform_id", default=""),
    word("last_error", default=""),
    to("broadcasts", "broadcast_id", null=True),
    moment("created_at"),
    moment("settled_at", null=True),
    UniqueConstraint("recipient", "kind", "period_key"),
    CheckConstraint(
        "state IN ('pending', 'waiting', 'sending', 'sent', 'dead', 'uncertain', 'cancelled')", name="known_state"
    ),
    Index("ix_outbox_due", "not_before", sqlite_where=text("state = 'pending'"),
          postgresql_where=text("state = 'pending'")),
    Index("ix_outbox_next", "class", "not_before", "created_at", "id", sqlite_where=text("state = 'pending'"),
          postgresql_where=text("state = 'pending'")),
    Index("ix_outbox_waiting", "recipient", sqlite_where=text("state = 'waiting'"),
          postgresql_where=text("state = 'waiting'")),
    Index("ix_outbox_sending", "lease_until", sqlite_where=text("state = 'sending'"),
          postgresql_where=text("state = 'sending'")),
    Index("ix_outbox_broadcast_id", "broadcast_id", "state"),
)  # fmt: skip

broadcasts = Table(
    "broadcasts",
    metadata,
    key(),
    to("staff", "staff_id"),
    to("identities", "identity_id"),
    word("state"),  # draft, running, done, cancelled
    sealed("body_ct"),
    to("blobs", "blob_id", null=True),
    facts("left_out"),  # reason → count
    word("segment", default=""),  # the code of the group it is for; empty: everybody who wants offers
    number("total", default=0),
    word("cursor", default=""),
    word("progress_id", default=""),  # the progress message in the owner's chat
    moment("created_at"),
    moment("started_at", null=True),
    moment("ended_at", null=True),
)

grants = Table(
    "grants",
    metadata,
    key(),
    word("reference", unique=True),
    to("identities", "identity_id", index=True),
    word("template_id"),
    moment("at"),
    moment("used_at", null=True),
)
