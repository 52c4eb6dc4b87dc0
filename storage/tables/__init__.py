"""Every table of the memory, one page a subject; the names here are the names everywhere."""

from __future__ import annotations

from storage.tables.chat import blobs, channel_state, dialogues, events, media
from storage.tables.ledger import accounts, lots, slices, transfers
from storage.tables.messages import broadcasts, grants, outbox
from storage.tables.metadata import metadata
from storage.tables.people import consents, identities, members, questions, remarks
from storage.tables.returning import check_ins, referrals
from storage.tables.running import (
    audit,
    counters,
    hook_calls,
    hooks,
    keyring,
    leases,
    requests,
    sessions,
    tickets,
    watermarks,
)
from storage.tables.shop import api_keys, guesses, invites, posts, rules, shop, staff, stores
from storage.tables.trade import (
    approvals,
    codes,
    coupons,
    flags,
    offers,
    purchases,
    redemptions,
    refunds,
    reservations,
    scans,
    top_ups,
)

__all__ = [
    "accounts",
    "api_keys",
    "approvals",
    "audit",
    "blobs",
    "broadcasts",
    "channel_state",
    "check_ins",
    "codes",
    "consents",
    "counters",
    "coupons",
    "dialogues",
    "events",
    "flags",
    "grants",
    "guesses",
    "hook_calls",
    "hooks",
    "identities",
    "invites",
    "keyring",
    "leases",
    "lots",
    "media",
    "members",
    "metadata",
    "offers",
    "outbox",
    "posts",
    "purchases",
    "questions",
    "redemptions",
    "referrals",
    "refunds",
    "remarks",
    "requests",
    "reservations",
    "rules",
    "scans",
    "sessions",
    "shop",
    "slices",
    "staff",
    "stores",
    "tickets",
    "top_ups",
    "transfers",
    "watermarks",
]
