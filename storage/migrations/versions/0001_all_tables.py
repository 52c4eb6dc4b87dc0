"""All tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('store_id', sa.Text(), server_default='', nullable=False),
    sa.Column('facts', Json(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=True),
    sa.Column('hash', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit')),
    sa.UniqueConstraint('sequence', name=op.f('uq_audit_sequence'))
    )
    op.create_index('ix_audit_subject', 'audit', ['subject'], unique=False)
    op.create_index('ix_audit_unsealed', 'audit', ['at'], unique=False, sqlite_where=sa.text('sequence IS NULL'), postgresql_where=sa.text('sequence IS NULL'))
    op.create_table('blobs',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('content_type', sa.Text(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_blobs'))
    )
    op.create_table('channel_state',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('value_ct', sa.LargeBinary(), nullable=True),
    sa.Column('expires_at', UtcDateTime(), nullable=True),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_channel_state'))
    )
    op.create_table('counters',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('value', sa.BigInteger(), server_default='0', nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_counters'))
    )
    op.create_table('dialogues',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('question', sa.Text(), server_default='', nullable=False),
    sa.Column('data_ct', sa.LargeBinary(), nullable=True),
    sa.Column('choices_ct', sa.LargeBinary(), nullable=True),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dialogues'))
    )
    op.create_table('guesses',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('store_id', sa.Text(), server_default='', nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_guesses'))
    )
    op.create_index('ix_guesses_actor_at', 'guesses', ['actor', 'at'], unique=False)
    op.create_index('ix_guesses_store_at', 'guesses', ['store_id', 'at'], unique=False)
    op.create_table('keyring',
    sa.Column('kid', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('kid', name=op.f('pk_keyring'))
    )
    op.create_table('leases',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('epoch', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('until', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_leases'))
    )
    op.create_table('media',
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('file_id', sa.Text(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('account', 'digest', name=op.f('pk_media'))
    )
    op.create_table('offers',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('stock', sa.BigInteger(), nullable=True),
    sa.Column('issued', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('rules_version', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('stock IS NULL OR issued <= stock', name=op.f('ck_offers_issued_within_stock')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_offers')),
    sa.UniqueConstraint('code', name=op.f('uq_offers_code'))
    )
    op.create_table('requests',
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('content_hash', sa.LargeBinary(), nullable=False),
    sa.Column('status', sa.BigInteger(), nullable=False),
    sa.Column('body_ct', sa.LargeBinary(), nullable=True),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('scope', 'key', name=op.f('pk_requests'))
    )
    op.create_table('rules',
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_rules'))
    )
    op.create_table('shop',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('zone', sa.Text(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shop'))
    )
    op.create_table('stores',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', Json(), nullable=False),
    sa.Column('closed_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stores')),
    sa.UniqueConstraint('code', name=op.f('uq_stores_code'))
    )
    op.create_table('watermarks',
    sa.Column('job', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('job', name=op.f('pk_watermarks'))
    )
    op.create_table('api_keys',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('revoked_at', UtcDateTime(), nullable=True),
    sa.Column('used_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_api_keys_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_keys')),
    sa.UniqueConstraint('digest', name=op.f('uq_api_keys_digest')),
    sa.UniqueConstraint('name', name=op.f('uq_api_keys_name'))
    )
    op.create_table('members',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('handle', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('name_ct', sa.LargeBinary(), nullable=True),
    sa.Column('phone_ct', sa.LargeBinary(), nullable=True),
    sa.Column('phone_index', sa.LargeBinary(), nullable=True),
    sa.Column('birthday_ct', sa.LargeBinary(), nullable=True),
    sa.Column('birthday_next_on', sa.Date(), nullable=True),
    sa.Column('birthday_changed_on', sa.Date(), nullable=True),
    sa.Column('language', sa.Text(), server_default='', nullable=False),
    sa.Column('tier', sa.Text(), server_default='', nullable=False),
    sa.Column('tier_since', UtcDateTime(), nullable=True),
    sa.Column('source', sa.Text(), server_default='', nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=True),
    sa.Column('offers_on', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('reminders_on', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('birthday_on', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('joined_at', UtcDateTime(), nullable=False),
    sa.Column('frozen_at', UtcDateTime(), nullable=True),
    sa.Column('left_at', UtcDateTime(), nullable=True),
    sa.Column('erased_at', UtcDateTime(), nullable=True),
    sa.Column('code_not_before', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_members_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_members')),
    sa.UniqueConstraint('handle', name=op.f('uq_members_handle')),
    sa.UniqueConstraint('phone_index', name=op.f('uq_members_phone_index'))
    )
    op.create_index(op.f('ix_members_birthday_next_on'), 'members', ['birthday_next_on'], unique=False)
    op.create_index(op.f('ix_members_joined_at'), 'members', ['joined_at'], unique=False)
    op.create_table('accounts',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('balance', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('sequence', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('kept', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.CheckConstraint('balance >= 0', name=op.f('ck_accounts_balance_not_negative')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_accounts_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts')),
    sa.UniqueConstraint('member_id', 'kind', name=op.f('uq_accounts_member_id_kind'))
    )
    op.create_table('coupons',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('offer_id', sa.String(length=36), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('rules_version', sa.BigInteger(), nullable=False),
    sa.Column('issued_at', UtcDateTime(), nullable=False),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint("state IN ('issued', 'redeemed', 'expired', 'voided')", name=op.f('ck_coupons_known_state')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_coupons_member_id')),
    sa.ForeignKeyConstraint(['offer_id'], ['offers.id'], name=op.f('fk_coupons_offer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coupons')),
    sa.UniqueConstraint('reference', name=op.f('uq_coupons_reference'))
    )
    op.create_index('ix_coupons_due', 'coupons', ['expires_at'], unique=False, sqlite_where=sa.text("state = 'issued'"), postgresql_where=sa.text("state = 'issued'"))
    op.create_index('ix_coupons_issued_at', 'coupons', ['issued_at'], unique=False)
    op.create_index('ix_coupons_member_id_state', 'coupons', ['member_id', 'state'], unique=False)
    op.create_index(op.f('ix_coupons_offer_id'), 'coupons', ['offer_id'], unique=False)
    op.create_table('identities',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('external_index', sa.LargeBinary(), nullable=False),
    sa.Column('external_ct', sa.LargeBinary(), nullable=True),
    sa.Column('name_ct', sa.LargeBinary(), nullable=True),
    sa.Column('member_id', sa.String(length=36), nullable=True),
    sa.Column('language', sa.Text(), server_default='', nullable=False),
    sa.Column('language_hint', sa.Text(), server_default='', nullable=False),
    sa.Column('source', sa.Text(), server_default='', nullable=False),
    sa.Column('following', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('unreachable', sa.Text(), server_default='', nullable=False),
    sa.Column('first_at', UtcDateTime(), nullable=False),
    sa.Column('said_at', UtcDateTime(), nullable=True),
    sa.Column('said_used', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('clicked_at', UtcDateTime(), nullable=True),
    sa.Column('clicked_used', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('turn', sa.BigInteger(), server_default='0', nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_identities_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identities')),
    sa.UniqueConstraint('channel', 'account', 'external_index', name=op.f('uq_identities_channel_account_external_index'))
    )
    op.create_index(op.f('ix_identities_member_id'), 'identities', ['member_id'], unique=False)
    op.create_table('codes',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('digits', sa.Text(), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('coupon_id', sa.String(length=36), nullable=True),
    sa.Column('issued_at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['coupon_id'], ['coupons.id'], name=op.f('fk_codes_coupon_id')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_codes_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_codes'))
    )
    op.create_index('ix_codes_digits', 'codes', ['digits', 'expires_at'], unique=False)
    op.create_index(op.f('ix_codes_expires_at'), 'codes', ['expires_at'], unique=False)
    op.create_index(op.f('ix_codes_member_id'), 'codes', ['member_id'], unique=False)
    op.create_table('consents',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('identity_id', sa.String(length=36), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('given', sa.Boolean(), nullable=False),
    sa.Column('text_version', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['identity_id'], ['identities.id'], name=op.f('fk_consents_identity_id')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_consents_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consents'))
    )
    op.create_index(op.f('ix_consents_member_id'), 'consents', ['member_id'], unique=False)
    op.create_index('ix_consents_member_kind_at', 'consents', ['member_id', 'kind', 'at'], unique=False)
    op.create_table('events',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('identity_id', sa.String(length=36), nullable=True),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('reply_ct', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['identity_id'], ['identities.id'], name=op.f('fk_events_identity_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_events'))
    )
    op.create_index(op.f('ix_events_at'), 'events', ['at'], unique=False)
    op.create_table('grants',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('identity_id', sa.String(length=36), nullable=False),
    sa.Column('template_id', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('used_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['identity_id'], ['identities.id'], name=op.f('fk_grants_identity_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grants')),
    sa.UniqueConstraint('reference', name=op.f('uq_grants_reference'))
    )
    op.create_index(op.f('ix_grants_identity_id'), 'grants', ['identity_id'], unique=False)
    op.create_table('lots',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('account_id', sa.String(length=36), nullable=False),
    sa.Column('earned', sa.BigInteger(), nullable=False),
    sa.Column('remaining', sa.BigInteger(), nullable=False),
    sa.Column('available_at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('remaining >= 0 AND remaining <= earned', name=op.f('ck_lots_remaining_in_bounds')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_lots_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lots'))
    )
    op.create_index('ix_lots_due', 'lots', ['expires_at'], unique=False, sqlite_where=sa.text('remaining > 0'), postgresql_where=sa.text('remaining > 0'))
    op.create_index('ix_lots_live', 'lots', ['account_id', 'expires_at', 'id'], unique=False, sqlite_where=sa.text('remaining > 0'), postgresql_where=sa.text('remaining > 0'))
    op.create_table('scans',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('code_id', sa.Text(), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('coupon_id', sa.String(length=36), nullable=True),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('used_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['coupon_id'], ['coupons.id'], name=op.f('fk_scans_coupon_id')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_scans_member_id')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_scans_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scans')),
    sa.UniqueConstraint('code_id', name=op.f('uq_scans_code_id'))
    )
    op.create_index(op.f('ix_scans_member_id'), 'scans', ['member_id'], unique=False)
    op.create_table('staff',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('identity_id', sa.String(length=36), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=True),
    sa.Column('name_ct', sa.LargeBinary(), nullable=True),
    sa.Column('invited_by', sa.String(length=36), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('removed_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['identity_id'], ['identities.id'], name=op.f('fk_staff_identity_id')),
    sa.ForeignKeyConstraint(['invited_by'], ['staff.id'], name=op.f('fk_staff_invited_by')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_staff_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff'))
    )
    op.create_index('uq_staff_identity_id', 'staff', ['identity_id'], unique=True, sqlite_where=sa.text('removed_at IS NULL'), postgresql_where=sa.text('removed_at IS NULL'))
    op.create_table('broadcasts',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('staff_id', sa.String(length=36), nullable=False),
    sa.Column('identity_id', sa.String(length=36), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('body_ct', sa.LargeBinary(), nullable=True),
    sa.Column('blob_id', sa.String(length=36), nullable=True),
    sa.Column('left_out', Json(), nullable=False),
    sa.Column('total', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('cursor', sa.Text(), server_default='', nullable=False),
    sa.Column('progress_id', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('started_at', UtcDateTime(), nullable=True),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['blob_id'], ['blobs.id'], name=op.f('fk_broadcasts_blob_id')),
    sa.ForeignKeyConstraint(['identity_id'], ['identities.id'], name=op.f('fk_broadcasts_identity_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_broadcasts_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_broadcasts'))
    )
    op.create_table('invites',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('token_index', sa.LargeBinary(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=True),
    sa.Column('created_by', sa.String(length=36), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('used_at', UtcDateTime(), nullable=True),
    sa.Column('used_by', sa.String(length=36), nullable=True),
    sa.ForeignKeyConstraint(['created_by'], ['staff.id'], name=op.f('fk_invites_created_by')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_invites_store_id')),
    sa.ForeignKeyConstraint(['used_by'], ['identities.id'], name=op.f('fk_invites_used_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invites')),
    sa.UniqueConstraint('token_index', name=op.f('uq_invites_token_index'))
    )
    op.create_table('purchases',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('receipt_no', sa.Text(), nullable=False),
    sa.Column('business_on', sa.Date(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('paid_minor', sa.BigInteger(), nullable=False),
    sa.Column('points_earned', sa.BigInteger(), nullable=False),
    sa.Column('points_spent', sa.BigInteger(), nullable=False),
    sa.Column('lines', Json(), nullable=False),
    sa.Column('terms', Json(), nullable=False),
    sa.Column('why', Json(), nullable=False),
    sa.Column('items', Json(), nullable=True),
    sa.Column('pay_method', sa.Text(), server_default='', nullable=False),
    sa.Column('rules_version', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('tier', sa.Text(), server_default='', nullable=False),
    sa.Column('scan_id', sa.String(length=36), nullable=True),
    sa.Column('refunded_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('undone_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('refunded_minor >= 0 AND refunded_minor <= paid_minor', name=op.f('ck_purchases_refunded_in_bounds')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_purchases_member_id')),
    sa.ForeignKeyConstraint(['scan_id'], ['scans.id'], name=op.f('fk_purchases_scan_id')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_purchases_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_purchases')),
    sa.UniqueConstraint('reference', name=op.f('uq_purchases_reference')),
    sa.UniqueConstraint('store_id', 'business_on', 'receipt_no', name=op.f('uq_purchases_store_id_business_on_receipt_no'))
    )
    op.create_index('ix_purchases_at', 'purchases', ['at'], unique=False)
    op.create_index('ix_purchases_member_id_at', 'purchases', ['member_id', 'at'], unique=False)
    op.create_table('outbox',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('recipient', sa.Text(), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=True),
    sa.Column('identity_id', sa.String(length=36), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('period_key', sa.Text(), nullable=False),
    sa.Column('class', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), server_default='', nullable=False),
    sa.Column('payload_ct', sa.LargeBinary(), nullable=True),
    sa.Column('attempts', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('not_before', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=True),
    sa.Column('lease_owner', sa.Text(), server_default='', nullable=False),
    sa.Column('lease_epoch', sa.Integer(), server_default='0', nullable=False),
    sa.Column('lease_until', UtcDateTime(), nullable=True),
    sa.Column('platform_id', sa.Text(), server_default='', nullable=False),
    sa.Column('last_error', sa.Text(), server_default='', nullable=False),
    sa.Column('broadcast_id', sa.String(length=36), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('settled_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint("state IN ('pending', 'waiting', 'sending', 'sent', 'dead', 'uncertain', 'cancelled')", name=op.f('ck_outbox_known_state')),
    sa.ForeignKeyConstraint(['broadcast_id'], ['broadcasts.id'], name=op.f('fk_outbox_broadcast_id')),
    sa.ForeignKeyConstraint(['identity_id'], ['identities.id'], name=op.f('fk_outbox_identity_id')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_outbox_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('recipient', 'kind', 'period_key', name=op.f('uq_outbox_recipient_kind_period_key'))
    )
    op.create_index('ix_outbox_broadcast_id', 'outbox', ['broadcast_id', 'state'], unique=False)
    op.create_index('ix_outbox_due', 'outbox', ['not_before'], unique=False, sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))
    op.create_index(op.f('ix_outbox_member_id'), 'outbox', ['member_id'], unique=False)
    op.create_index('ix_outbox_next', 'outbox', ['class', 'not_before', 'created_at', 'id'], unique=False, sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))
    op.create_index('ix_outbox_sending', 'outbox', ['lease_until'], unique=False, sqlite_where=sa.text("state = 'sending'"), postgresql_where=sa.text("state = 'sending'"))
    op.create_index('ix_outbox_waiting', 'outbox', ['recipient'], unique=False, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))
    op.create_table('redemptions',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('coupon_id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('purchase_id', sa.String(length=36), nullable=True),
    sa.Column('store_id', sa.String(length=36), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('reversed_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['coupon_id'], ['coupons.id'], name=op.f('fk_redemptions_coupon_id')),
    sa.ForeignKeyConstraint(['purchase_id'], ['purchases.id'], name=op.f('fk_redemptions_purchase_id')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_redemptions_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_redemptions')),
    sa.UniqueConstraint('reference', name=op.f('uq_redemptions_reference'))
    )
    op.create_index(op.f('ix_redemptions_at'), 'redemptions', ['at'], unique=False)
    op.create_index(op.f('ix_redemptions_coupon_id'), 'redemptions', ['coupon_id'], unique=False)
    op.create_index('uq_redemptions_coupon_id', 'redemptions', ['coupon_id'], unique=True, sqlite_where=sa.text('reversed_at IS NULL'), postgresql_where=sa.text('reversed_at IS NULL'))
    op.create_table('refunds',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('purchase_id', sa.String(length=36), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('points_clawed_back', sa.BigInteger(), nullable=False),
    sa.Column('points_restored', sa.BigInteger(), nullable=False),
    sa.Column('debt', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['purchase_id'], ['purchases.id'], name=op.f('fk_refunds_purchase_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refunds')),
    sa.UniqueConstraint('reference', name=op.f('uq_refunds_reference'))
    )
    op.create_index(op.f('ix_refunds_purchase_id'), 'refunds', ['purchase_id'], unique=False)
    op.create_table('transfers',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('debit', sa.String(length=36), nullable=False),
    sa.Column('credit', sa.String(length=36), nullable=False),
    sa.Column('debit_sequence', sa.BigInteger(), nullable=True),
    sa.Column('credit_sequence', sa.BigInteger(), nullable=True),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('reverses', sa.String(length=36), nullable=True),
    sa.Column('purchase_id', sa.String(length=36), nullable=True),
    sa.Column('why', Json(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=True),
    sa.Column('device', sa.Text(), server_default='', nullable=False),
    sa.Column('rules_version', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('content_hash', sa.LargeBinary(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('amount > 0 AND amount <= 1000000000000', name=op.f('ck_transfers_amount_in_bounds')),
    sa.CheckConstraint('debit <> credit', name=op.f('ck_transfers_two_accounts')),
    sa.ForeignKeyConstraint(['credit'], ['accounts.id'], name=op.f('fk_transfers_credit')),
    sa.ForeignKeyConstraint(['debit'], ['accounts.id'], name=op.f('fk_transfers_debit')),
    sa.ForeignKeyConstraint(['purchase_id'], ['purchases.id'], name=op.f('fk_transfers_purchase_id')),
    sa.ForeignKeyConstraint(['reverses'], ['transfers.id'], name=op.f('fk_transfers_reverses')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_transfers_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfers')),
    sa.UniqueConstraint('credit', 'credit_sequence', name=op.f('uq_transfers_credit_credit_sequence')),
    sa.UniqueConstraint('debit', 'debit_sequence', name=op.f('uq_transfers_debit_debit_sequence')),
    sa.UniqueConstraint('reference', name=op.f('uq_transfers_reference'))
    )
    op.create_index(op.f('ix_transfers_at'), 'transfers', ['at'], unique=False)
    op.create_index(op.f('ix_transfers_purchase_id'), 'transfers', ['purchase_id'], unique=False)
    op.create_index(op.f('ix_transfers_reverses'), 'transfers', ['reverses'], unique=False)
    op.create_table('slices',
    sa.Column('transfer_id', sa.String(length=36), nullable=False),
    sa.Column('lot_id', sa.String(length=36), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_slices_amount_not_zero')),
    sa.ForeignKeyConstraint(['lot_id'], ['lots.id'], name=op.f('fk_slices_lot_id')),
    sa.ForeignKeyConstraint(['transfer_id'], ['transfers.id'], name=op.f('fk_slices_transfer_id')),
    sa.PrimaryKeyConstraint('transfer_id', 'lot_id', name=op.f('pk_slices'))
    )
    op.create_index('ix_slices_lot_id', 'slices', ['lot_id'], unique=False)
