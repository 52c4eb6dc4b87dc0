"""The counter: yes of the member, second person, sessions, questions, stored value, hooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import Json, UtcDateTime

revision = "0003"
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('hooks',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('url_ct', sa.LargeBinary(), nullable=True),
    sa.Column('secret_ct', sa.LargeBinary(), nullable=True),
    sa.Column('events', Json(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('removed_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hooks')),
    sa.UniqueConstraint('name', name=op.f('uq_hooks_name'))
    )
    op.create_table('approvals',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('content', Json(), nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=False),
    sa.Column('reason', sa.Text(), server_default='', nullable=False),
    sa.Column('asked_by', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('decided_by', sa.Text(), server_default='', nullable=False),
    sa.Column('result', sa.Text(), server_default='', nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('decided_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint("state IN ('pending', 'approved', 'refused', 'expired')", name=op.f('ck_approvals_known_state')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_approvals_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_approvals')),
    sa.UniqueConstraint('reference', name=op.f('uq_approvals_reference'))
    )
    op.create_index('ix_approvals_due', 'approvals', ['expires_at'], unique=False, sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))
    op.create_table('hook_calls',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('hook_id', sa.String(length=36), nullable=False),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('body_ct', sa.LargeBinary(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('attempts', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('not_before', UtcDateTime(), nullable=False),
    sa.Column('lease_owner', sa.Text(), server_default='', nullable=False),
    sa.Column('lease_epoch', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('lease_until', UtcDateTime(), nullable=True),
    sa.Column('last_error', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('settled_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint("state IN ('pending', 'sending', 'sent', 'dead')", name=op.f('ck_hook_calls_known_state')),
    sa.ForeignKeyConstraint(['hook_id'], ['hooks.id'], name=op.f('fk_hook_calls_hook_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hook_calls')),
    sa.UniqueConstraint('hook_id', 'event', 'subject', name=op.f('uq_hook_calls_hook_id_event_subject'))
    )
    op.create_index('ix_hook_calls_due', 'hook_calls', ['not_before'], unique=False, sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))
    op.create_table('flags',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('store_id', sa.Text(), server_default='', nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=True),
    sa.Column('facts', Json(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('seen_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_flags_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_flags')),
    sa.UniqueConstraint('reference', name=op.f('uq_flags_reference'))
    )
    op.create_index(op.f('ix_flags_day'), 'flags', ['day'], unique=False)
    op.create_table('top_ups',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=False),
    sa.Column('principal_minor', sa.BigInteger(), nullable=False),
    sa.Column('bonus_minor', sa.BigInteger(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('rules_version', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('undone_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_top_ups_member_id')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_top_ups_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_top_ups')),
    sa.UniqueConstraint('reference', name=op.f('uq_top_ups_reference'))
    )
    op.create_index(op.f('ix_top_ups_member_id'), 'top_ups', ['member_id'], unique=False)
    op.create_table('questions',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('identity_id', sa.String(length=36), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=True),
    sa.Column('text_ct', sa.LargeBinary(), nullable=True),
    sa.Column('answer_ct', sa.LargeBinary(), nullable=True),
    sa.Column('answered_by', sa.Text(), server_default='', nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('answered_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['identity_id'], ['identities.id'], name=op.f('fk_questions_identity_id')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_questions_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_questions'))
    )
    op.create_index(op.f('ix_questions_identity_id'), 'questions', ['identity_id'], unique=False)
    op.create_index(op.f('ix_questions_member_id'), 'questions', ['member_id'], unique=False)
    op.create_index('ix_questions_open', 'questions', ['at'], unique=False, sqlite_where=sa.text('answered_at IS NULL'), postgresql_where=sa.text('answered_at IS NULL'))
    op.create_table('tickets',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('door', sa.Text(), nullable=False),
    sa.Column('identity_id', sa.String(length=36), nullable=True),
    sa.Column('facts', Json(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('used_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['identity_id'], ['identities.id'], name=op.f('fk_tickets_identity_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets')),
    sa.UniqueConstraint('digest', name=op.f('uq_tickets_digest'))
    )
    op.create_index(op.f('ix_tickets_expires_at'), 'tickets', ['expires_at'], unique=False)
    op.create_table('posts',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('staff_id', sa.String(length=36), nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=False),
    sa.Column('granted_by', sa.String(length=36), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('removed_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['granted_by'], ['staff.id'], name=op.f('fk_posts_granted_by')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_posts_staff_id')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_posts_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_posts'))
    )
    op.create_index(op.f('ix_posts_staff_id'), 'posts', ['staff_id'], unique=False)
    op.create_table('sessions',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('door', sa.Text(), nullable=False),
    sa.Column('device', sa.Text(), nullable=False),
    sa.Column('identity_id', sa.String(length=36), nullable=True),
    sa.Column('staff_id', sa.String(length=36), nullable=True),
    sa.Column('member_id', sa.String(length=36), nullable=True),
    sa.Column('store_id', sa.String(length=36), nullable=True),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['identity_id'], ['identities.id'], name=op.f('fk_sessions_identity_id')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_sessions_member_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_sessions_staff_id')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_sessions_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sessions')),
    sa.UniqueConstraint('digest', name=op.f('uq_sessions_digest'))
    )
    op.create_index(op.f('ix_sessions_expires_at'), 'sessions', ['expires_at'], unique=False)
    op.create_index(op.f('ix_sessions_identity_id'), 'sessions', ['identity_id'], unique=False)
    op.create_index(op.f('ix_sessions_staff_id'), 'sessions', ['staff_id'], unique=False)
    op.create_table('reservations',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('channel', sa.Text(), nullable=False),
    sa.Column('bill', Json(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('stored_minor', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('how', sa.Text(), server_default='', nullable=False),
    sa.Column('purchase_id', sa.String(length=36), nullable=True),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('decided_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint("state IN ('pending', 'posted', 'refused', 'withdrawn', 'expired')", name=op.f('ck_reservations_known_state')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_reservations_member_id')),
    sa.ForeignKeyConstraint(['purchase_id'], ['purchases.id'], name=op.f('fk_reservations_purchase_id')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_reservations_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reservations')),
    sa.UniqueConstraint('reference', name=op.f('uq_reservations_reference'))
    )
    op.create_index('ix_reservations_due', 'reservations', ['expires_at'], unique=False, sqlite_where=sa.text("state = 'pending'"), postgresql_where=sa.text("state = 'pending'"))
    op.create_index('ix_reservations_member_id_state', 'reservations', ['member_id', 'state'], unique=False)
    op.add_column('codes', sa.Column('kind', sa.Text(), server_default='', nullable=False))
    op.add_column('invites', sa.Column('state', sa.Text(), server_default='open', nullable=False))
    op.add_column('invites', sa.Column('more_store_ids', Json(), nullable=True))
    op.add_column('invites', sa.Column('decided_by', sa.Text(), server_default='', nullable=False))
    op.add_column('invites', sa.Column('decided_at', UtcDateTime(), nullable=True))
    op.add_column('members', sa.Column('phone_tail_index', sa.LargeBinary(), nullable=True))
    op.add_column('members', sa.Column('code_session', sa.Text(), server_default='', nullable=False))
    op.add_column('members', sa.Column('pin_ct', sa.LargeBinary(), nullable=True))
    op.create_index(op.f('ix_members_phone_tail_index'), 'members', ['phone_tail_index'], unique=False)
    op.add_column('purchases', sa.Column('stored_principal_minor', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('purchases', sa.Column('stored_bonus_minor', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('purchases', sa.Column('yes', sa.Text(), server_default='', nullable=False))
    op.create_index('ix_purchases_actor_at', 'purchases', ['actor', 'at'], unique=False)
    op.add_column('refunds', sa.Column('stored_principal_minor', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('refunds', sa.Column('stored_bonus_minor', sa.BigInteger(), server_default='0', nullable=False))
    op.add_column('scans', sa.Column('kind', sa.Text(), server_default='', nullable=False))
    op.add_column('scans', sa.Column('typed', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_index(op.f('ix_scans_at'), 'scans', ['at'], unique=False)
    op.create_index(op.f('ix_refunds_at'), 'refunds', ['at'], unique=False)
    op.add_column('staff', sa.Column('at_store_id', sa.Text(), server_default='', nullable=False))
    op.add_column('staff', sa.Column('pin_ct', sa.LargeBinary(), nullable=True))
