"""What happens at the counter: codes, scans, purchases, offers and coupons."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Table, UniqueConstraint, false, text

from storage.tables.metadata import facts, key, metadata, moment, number, to, word

codes = Table(
    "codes",
    metadata,
    key(),  # handle, issue time and nonce of the code: the same for its QR form and its ten digits
    word("digits"),
    to("members", "member_id", index=True),
    to("coupons", "coupon_id", null=True),
    word("kind", default=""),  # empty for one that identifies, pay for one that says yes as well
    moment("issued_at"),
    moment("expires_at", index=True),
    Index("ix_codes_digits", "digits", "expires_at"),
)

scans = Table(
    "scans",
    metadata,
    key(),
    word("code_id", unique=True),  # a code is read once: the second till finds this row
    to("members", "member_id", index=True),
    to("coupons", "coupon_id", null=True),
    word("kind", default=""),  # of the code: empty for one that identifies, pay for one that says yes as well
    Column("typed", Boolean, nullable=False, server_default=false()),  # its ten digits were typed, not read
    word("actor"),
    to("stores", "store_id"),
    moment("at", index=True),
    moment("expires_at"),
    moment("used_at", null=True),
)

purchases = Table(
    "purchases",
    metadata,
    key(),
    word("reference", unique=True),
    to("stores", "store_id"),
    to("members", "member_id"),
    word("actor"),
    word("channel"),  # telegram, wechat, pos, staff, offline, seed
    word("receipt_no"),
    Column("business_on", Date, nullable=False),
    number("amount_minor"),  # the bill before discounts
    number("paid_minor"),  # what is paid; earning counts from it
    number("points_earned"),
    number("points_spent"),
    facts("lines"),  # the quote's lines
    facts("terms"),  # what the points depended on, for refunds (membership/earning.py)
    facts("why"),  # why so many points, in words
    facts("items", null=True),  # as the till gave them
    word("pay_method", default=""),
    number("rules_version", default=0),
    word("tier", default=""),
    to("scans", "scan_id", null=True),
    number("refunded_minor", default=0),
    number("stored_principal_minor", default=0),  # of what was paid, how much came from the member's own money here
    number("stored_bonus_minor", default=0),  # and how much from money the shop had added
    word("yes", default=""),  # how the member agreed: chat, card, pin, pay_code, manager; empty: no need
    moment("at"),
    moment("undone_at", null=True),
    UniqueConstraint("store_id", "business_on", "receipt_no"),
    CheckConstraint("refunded_minor >= 0 AND refunded_minor <= paid_minor", name="refunded_in_bounds"),
    Index("ix_purchases_member_id_at", "member_id", "at"),
    Index("ix_purchases_at", "at"),
    Index("ix_purchases_actor_at", "actor", "at"),
)

refunds = Table(
    "refunds",
    metadata,
    key(),
    word("reference", unique=True),
    to("purchases", "purchase_id", index=True),
    number("amount_minor"),
    number("points_clawed_back"),
    number("points_restored"),
    number("debt"),
    number("stored_principal_minor", default=0),
    number("stored_bonus_minor", default=0),
    word("reason"),
    word("actor"),
    moment("at", index=True),
)

top_ups = Table(
    "top_ups",
    metadata,
    key(),
    word("reference", unique=True),
    word("kind"),  # top_up, cash_out
    to("members", "member_id", index=True),
    to("stores", "store_id"),
    number("principal_minor"),
    number("bonus_minor"),
    word("actor"),
    number("rules_version", default=0),
    moment("at"),
    moment("undone_at", null=True),
    Index("ix_top_ups_actor_at", "actor", "at"),
    Index("ix_top_ups_store_id_at", "store_id", "at"),
)

reservations = Table(
    "reservations",
    metadata,
    key(),
    word("reference", unique=True),
    to("members", "member_id"),
    to("stores", "store_id"),
    word("actor"),
    word("channel"),
    facts("bill"),  # the order as it was shown: amounts and ids, nothing personal
    number("amount_minor"),  # the bill
    number("points"),  # kept for this purchase until it is decided
    number("stored_minor"),
    word("state"),  # pending, posted, refused, withdrawn, expired
    word("how", default=""),  # chat, card, pin
    to("purchases", "purchase_id", null=True),
    moment("at"),
    moment("expires_at"),
    moment("decided_at", null=True),
    CheckConstraint("state IN ('pending', 'posted', 'refused', 'withdrawn', 'expired')", name="known_state"),
    Index("ix_reservations_member_id_state", "member_id", "state"),
    Index("ix_reservations_due", "expires_at", sqlite_where=text("state = 'pending'"),
          postgresql_where=text("state = 'pending'")),
)  # fmt: skip

approvals = Table(
    "approvals",
    metadata,
    key(),
    word("reference", unique=True),
    word("action"),  # refund, adjust, top_up, cash_out
    word("subject"),  # the purchase or member it is about
    facts("content"),  # what is to be done, amounts and ids
    to("stores", "store_id"),
    word("reason", default=""),
    word("asked_by"),
    word("state"),  # pending, approved, refused, expired
    word("decided_by", default=""),
    word("result", default=""),  # the id of what came of it
    moment("at"),
    moment("expires_at"),
    moment("decided_at", null=True),
    CheckConstraint("state IN ('pending', 'approved', 'refused', 'expired')", name="known_state"),
    Index("ix_approvals_due", "expires_at", sqlite_where=text("state = 'pending'"),
          postgresql_where=text("state = 'pending'")),
)  # fmt: skip

flags = Table(
    "flags",
    metadata,
    key(),
    word("reference", unique=True),
    word("rule"),  # the odd pattern's name
    word("actor"),
    word("store_id", default=""),
    to("members", "member_id", null=True),
    facts("facts"),
    Column("day", Date, nullable=False, index=True),
    moment("at"),
    moment("seen_at", null=True),
)

offers = Table(
    "offers",
    metadata,
    key(),
    word("code", unique=True),
    word("kind"),
    word("state"),  # on, off
    number("stock", null=True),
    number("issued", default=0),
    number("rules_version"),
    word("blob_id", default=""),  # its picture
    word("picture", default=""),  # the digest of the picture's bytes
    CheckConstraint("stock IS NULL OR issued <= stock", name="issued_within_stock"),
)

coupons = Table(
    "coupons",
    metadata,
    key(),
    word("reference", unique=True),  # why it was given: claim, birthday:<member>:<year> …
    to("offers", "offer_id", index=True),
    to("members", "member_id"),
    word("state"),  # issued, redeemed, expired, voided
    number("rules_version"),  # the offer as it was then
    moment("issued_at"),
    moment("starts_at"),
    moment("expires_at"),
    word("reservation_id", default=""),  # the bill that waits with it: nothing else may use it
    word("purchase_id", default=""),  # the purchase that brought it: a refund voids it
    CheckConstraint("state IN ('issued', 'redeemed', 'expired', 'voided')", name="known_state"),
    Index("ix_coupons_purchase_id", "purchase_id", sqlite_where=text("purchase_id <> ''"),
          postgresql_where=text("purchase_id <> ''")),
    Index("ix_coupons_reservation_id", "reservation_id", sqlite_where=text("reservation_id <> ''"),
          postgresql_where=text("reservation_id <> ''")),
    Index("ix_coupons_member_id_state", "member_id", "state"),
    Index("ix_coupons_issued_at", "issued_at"),
    Index("ix_coupons_due", "expires_at", sqlite_where=text("state = 'issued'"),
          postgresql_where=text("state = 'issued'")),
)  # fmt: skip

redemptions = Table(
    "redemptions",
    metadata,
    key(),
    to("coupons", "coupon_id", index=True),
    word("reference", unique=True),
    to("purchases", "purchase_id", null=True, index=True),
    to("stores", "store_id"),
    word("actor"),
    moment("at", index=True),
    moment("reversed_at", null=True),
    Index("uq_redemptions_coupon_id", "coupon_id", unique=True, sqlite_where=text("reversed_at IS NULL"),
          postgresql_where=text("reversed_at IS NULL")),
)  # fmt: skip
