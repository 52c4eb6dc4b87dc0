"""What keeps the program itself in order: keys, repeated requests, leases, watermarks and the audit trail."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.tables.metadata import facts, key, metadata, moment, number, sealed, to, word

keyring = Table(
    "keyring",
    metadata,
    Column("kid", Integer, primary_key=True, autoincrement=False),
    word("purpose"),  # data, index, qr
    word("state"),
    Column("wrapped", LargeBinary, nullable=False),
    moment("created_at"),
)

requests = Table(
    "requests",
    metadata,
    word("scope"),
    word("key"),
    Column("content_hash", LargeBinary, nullable=False),
    number("status"),
    sealed("body_ct"),
    moment("at"),
    PrimaryKeyConstraint("scope", "key"),
)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    number("value", default=0),
)

watermarks = Table(
    "watermarks",
    metadata,
    Column("job", Text, primary_key=True),
    moment("at"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    word("owner"),
    number("epoch", default=0),
    moment("until"),
)

tickets = Table(
    "tickets",
    metadata,
    key(),
    Column("digest", LargeBinary, nullable=False, unique=True),  # of the one-time secret; the secret is not kept
    word("door"),  # staff, card, wechat: what it opens
    to("identities", "identity_id", null=True),
    facts("facts"),
    moment("at"),
    moment("expires_at", index=True),
    moment("used_at", null=True),
)

sessions = Table(
    "sessions",
    metadata,
    key(),
    Column("digest", LargeBinary, nullable=False, unique=True),  # of the browser's secret; the secret is not kept
    word("door"),  # staff, card
    word("device"),  # a random name the browser keeps from one session to the next
    to("identities", "identity_id", null=True, index=True),
    to("staff", "staff_id", null=True, index=True),
    to("members", "member_id", null=True),
    to("stores", "store_id", null=True),
    moment("at"),
    moment("expires_at", index=True),
    moment("ended_at", null=True),
)

hooks = Table(
    "hooks",
    metadata,
    key(),
    word("name", unique=True),
    sealed("url_ct"),
    sealed("secret_ct"),
    facts("events"),  # which events (none named: all), and whether addresses inside are allowed
    moment("created_at"),
    moment("removed_at", null=True),
)

hook_calls = Table(
    "hook_calls",
    metadata,
    key(),
    to("hooks", "hook_id"),
    word("event"),
    word("subject"),
    sealed("body_ct"),
    word("state"),  # pending, sending, sent, dead
    number("attempts", default=0),
    moment("not_before"),
    word("lease_owner", default=""),
    number("lease_epoch", default=0),
    moment("lease_until", null=True),
    word("last_error", default=""),
    moment("created_at"),
    moment("settled_at", null=True),
    UniqueConstraint("hook_id", "event", "subject"),
    CheckConstraint("state IN ('pending', 'sending', 'sent', 'dead')", name="known_state"),
    Index("ix_hook_calls_due", "not_before", sqlite_where=text("state = 'pending'"),
          postgresql_where=text("state = 'pending'")),
)  # fmt: skip

audit = Table(
    "audit",
    metadata,
    key(),
    moment("at"),
    word("actor"),
    word("action"),
    word("subject"),
    word("store_id", default=""),
    facts("facts"),  # people only by id
    Column("sequence", BigInteger, nullable=True, unique=True),  # given by the sealer after the commit
    Column("hash", LargeBinary, nullable=True),
    Index("ix_audit_unsealed", "at", sqlite_where=text("sequence IS NULL"),
          postgresql_where=text("sequence IS NULL")),
    Index("ix_audit_subject", "subject"),
)  # fmt: skip
