"""Every table of the memory, one page a subject; the names here are the names everywhere."""

from __future__ import annotations

from storage.tables.chat import blobs, channel_state, dialogues, events, media
from storage.tables.ledger import accounts, lots, slices, transfers
from storage.tables.messages import broadcasts, grants, outbox
from storage.tables.metadata import metadata
from storage.tables.people import consents, identities, members
from storage.tables.running import audit, counters, keyring, leases, requests, watermarks
from storage.tables.shop import api_keys, guesses, invites, rules, shop, staff, stores
from storage.tables.trade import codes, coupons, offers, purchases, redemptions, refunds, scans

__all__ = [
    "accounts",
    "api_keys",
    "audit",
    "blobs",
    "broadcasts",
    "channel_state",
    "codes",
    "consents",
    "counters",
    "coupons",
    "dialogues",
    "events",
    "grants",
    "guesses",
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
    "purchases",
    "redemptions",
    "refunds",
    "requests",
    "rules",
    "scans",
    "shop",
    "slices",
    "staff",
    "stores",
    "transfers",
    "watermarks",
]
