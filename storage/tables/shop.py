"""The shop itself: its rules, stores, staff and tills."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, UniqueConstraint, text

from storage.tables.metadata import facts, key, metadata, moment, sealed, to, word

shop = Table(
    "shop",
    metadata,
    key(),
    word("code"),
    word("currency"),
    word("zone"),
    moment("created_at"),
)

rules = Table(
    "rules",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    word("body"),  # what shop.toml said
    word("digest"),
    word("actor"),
    moment("created_at"),
)

stores = Table(
    "stores",
    metadata,
    key(),
    word("code", unique=True),
    facts("name"),  # one text per language
    moment("closed_at", null=True),
)

staff = Table(
    "staff",
    metadata,
    key(),
    to("identities", "identity_id"),
    word("role"),
    to("stores", "store_id", null=True),  # null: every store
    sealed("name_ct"),
    to("staff", "invited_by", null=True),
    word("at_store_id", default=""),  # where the person stands now, if their right holds in several stores
    sealed("pin_ct"),  # the hash of the PIN that changes staff at a shared device
    moment("created_at"),
    moment("removed_at", null=True),
    Index("uq_staff_identity_id", "identity_id", unique=True, sqlite_where=text("removed_at IS NULL"),
          postgresql_where=text("removed_at IS NULL")),
)  # fmt: skip

posts = Table(
    "posts",
    metadata,
    key(),
    to("staff", "staff_id", index=True),
    to("stores", "store_id"),  # one more store in which the person's right holds
    to("staff", "granted_by", null=True),
    moment("created_at"),
    moment("removed_at", null=True),
)

invites = Table(
    "invites",
    metadata,
    key(),
    Column("token_index", LargeBinary, nullable=False, unique=True),
    word("role"),
    to("stores", "store_id", null=True),
    facts("more_store_ids", null=True),  # where the right holds in several stores: all but the first
    to("staff", "created_by", null=True),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", null=True),  # somebody accepted; they work here once the inviter has said yes
    to("identities", "used_by", null=True),
    word("state", default="open"),  # open, accepted, confirmed, refused
    word("decided_by", default=""),
    moment("decided_at", null=True),
)

api_keys = Table(
    "api_keys",
    metadata,
    key(),
    word("name"),
    Column("digest", LargeBinary, nullable=False, unique=True),
    word("role"),  # till or manager
    to("stores", "store_id"),
    moment("created_at"),
    moment("revoked_at", null=True),
    moment("used_at", null=True),
    UniqueConstraint("name"),
)

guesses = Table(
    "guesses",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    word("actor"),
    word("store_id", default=""),
    word("kind"),  # digits, phone, member_pin, staff_pin
    moment("at"),
    Index("ix_guesses_actor_at", "actor", "at"),
    Index("ix_guesses_store_at", "store_id", "at"),
)

switches = Table(
    "switches",
    metadata,
    key(),  # of kind and code
    word("kind"),  # campaign, promotion, offer, lottery
    word("code"),  # its id in the rules
    word("state"),  # on, off
    word("actor"),
    moment("at"),
    UniqueConstraint("kind", "code"),
)
