"""What was said: events already taken, open dialogues, uploaded media, and the channels' own memory."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, PrimaryKeyConstraint, String, Table, Text

from storage.tables.metadata import key, metadata, moment, sealed, to, word

events = Table(
    "events",
    metadata,
    Column("id", Text, primary_key=True),  # channel, account and the platform's id of the event
    to("identities", "identity_id", null=True),
    moment("at", index=True),
    sealed("reply_ct"),  # the first reply, given again to a repeated event
)

dialogues = Table(
    "dialogues",
    metadata,
    Column("id", String(36), primary_key=True),  # the identity's id
    word("question", default=""),
    sealed("data_ct"),
    sealed("choices_ct"),  # what the numbers of the last list stand for
    moment("at"),
)

media = Table(
    "media",
    metadata,
    word("account"),
    word("digest"),  # SHA-256 of the bytes, hex
    word("file_id"),
    moment("expires_at", null=True),
    PrimaryKeyConstraint("account", "digest"),
)

blobs = Table(
    "blobs",
    metadata,
    key(),
    word("content_type"),
    Column("content", LargeBinary, nullable=False),
    moment("at"),
)

channel_state = Table(
    "channel_state",
    metadata,
    key(),  # of account and name
    word("account"),
    word("name"),  # token, offset, menus, probe, webhook_secret …
    sealed("value_ct"),
    moment("expires_at", null=True),
    moment("at"),
)
