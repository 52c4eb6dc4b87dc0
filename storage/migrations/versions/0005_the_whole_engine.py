"""The whole engine."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import Json, UtcDateTime

revision = "0005"
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('habits',
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('visits', sa.BigInteger(), nullable=False),
    sa.Column('spent_minor', sa.BigInteger(), nullable=False),
    sa.Column('first_at', UtcDateTime(), nullable=True),
    sa.Column('last_at', UtcDateTime(), nullable=True),
    sa.Column('usual_seconds', sa.BigInteger(), nullable=True),
    sa.Column('recency', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('frequency', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('money', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('stage_since', UtcDateTime(), nullable=False),
    sa.Column('computed_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('member_id', name=op.f('pk_habits'))
    )
    op.create_index(op.f('ix_habits_computed_at'), 'habits', ['computed_at'], unique=False)
    op.create_index(op.f('ix_habits_last_at'), 'habits', ['last_at'], unique=False)
    op.create_index(op.f('ix_habits_stage'), 'habits', ['stage'], unique=False)
    op.create_table('prizes',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('stock', sa.BigInteger(), nullable=True),
    sa.Column('given', sa.BigInteger(), server_default='0', nullable=False),
    sa.CheckConstraint('stock IS NULL OR given <= stock', name=op.f('ck_prizes_given_within_stock')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_prizes')),
    sa.UniqueConstraint('code', name=op.f('uq_prizes_code'))
    )
    op.create_table('segments',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('conditions', Json(), nullable=False),
    sa.Column('created_by', sa.Text(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('removed_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_segments')),
    sa.UniqueConstraint('code', name=op.f('uq_segments_code'))
    )
    op.create_table('switches',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_switches')),
    sa.UniqueConstraint('kind', 'code', name=op.f('uq_switches_kind_code'))
    )
    op.create_table('activities',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('about', sa.Text(), server_default='', nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=True),
    sa.Column('starts_at', UtcDateTime(), nullable=False),
    sa.Column('ends_at', UtcDateTime(), nullable=False),
    sa.Column('capacity', sa.BigInteger(), nullable=True),
    sa.Column('taken', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('points', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('created_by', sa.Text(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint('capacity IS NULL OR taken <= capacity', name=op.f('ck_activities_taken_within_capacity')),
    sa.CheckConstraint('taken >= 0', name=op.f('ck_activities_taken_not_negative')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_activities_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activities'))
    )
    op.create_index(op.f('ix_activities_starts_at'), 'activities', ['starts_at'], unique=False)
    op.create_table('bonds',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('one_id', sa.String(length=36), nullable=False),
    sa.Column('other_id', sa.String(length=36), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('one_id <> other_id', name=op.f('ck_bonds_two_people')),
    sa.ForeignKeyConstraint(['one_id'], ['members.id'], name=op.f('fk_bonds_one_id')),
    sa.ForeignKeyConstraint(['other_id'], ['members.id'], name=op.f('fk_bonds_other_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bonds')),
    sa.UniqueConstraint('one_id', 'other_id', 'at', name=op.f('uq_bonds_one_id_other_id_at'))
    )
    op.create_index(op.f('ix_bonds_other_id'), 'bonds', ['other_id'], unique=False)
    op.create_table('doubles',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('one_id', sa.String(length=36), nullable=False),
    sa.Column('other_id', sa.String(length=36), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('decided_by', sa.Text(), server_default='', nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['one_id'], ['members.id'], name=op.f('fk_doubles_one_id')),
    sa.ForeignKeyConstraint(['other_id'], ['members.id'], name=op.f('fk_doubles_other_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_doubles')),
    sa.UniqueConstraint('one_id', 'other_id', name=op.f('uq_doubles_one_id_other_id'))
    )
    op.create_table('fields',
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('field', sa.Text(), nullable=False),
    sa.Column('value_ct', sa.LargeBinary(), nullable=True),
    sa.Column('choice', sa.Text(), server_default='', nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_fields_member_id')),
    sa.PrimaryKeyConstraint('member_id', 'field', name=op.f('pk_fields'))
    )
    op.create_index(op.f('ix_fields_choice'), 'fields', ['choice'], unique=False)
    op.create_table('merges',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('kept_id', sa.String(length=36), nullable=False),
    sa.Column('gone_id', sa.String(length=36), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('moved', Json(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('undo_until', UtcDateTime(), nullable=False),
    sa.Column('undone_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint("state IN ('done', 'undone')", name=op.f('ck_merges_known_state')),
    sa.CheckConstraint('kept_id <> gone_id', name=op.f('ck_merges_two_people')),
    sa.ForeignKeyConstraint(['gone_id'], ['members.id'], name=op.f('fk_merges_gone_id')),
    sa.ForeignKeyConstraint(['kept_id'], ['members.id'], name=op.f('fk_merges_kept_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_merges')),
    sa.UniqueConstraint('reference', name=op.f('uq_merges_reference'))
    )
    op.create_index(op.f('ix_merges_gone_id'), 'merges', ['gone_id'], unique=False)
    op.create_index(op.f('ix_merges_kept_id'), 'merges', ['kept_id'], unique=False)
    op.create_table('passes',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('plan', sa.Text(), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=False),
    sa.Column('visits', sa.BigInteger(), nullable=False),
    sa.Column('remaining', sa.BigInteger(), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=False),
    sa.Column('refunded_minor', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('rules_version', sa.BigInteger(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint("state IN ('live', 'refunded', 'voided')", name=op.f('ck_passes_known_state')),
    sa.CheckConstraint('refunded_minor >= 0 AND refunded_minor <= price_minor', name=op.f('ck_passes_refunded_in_bounds')),
    sa.CheckConstraint('remaining >= 0 AND remaining <= visits', name=op.f('ck_passes_remaining_in_bounds')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_passes_member_id')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_passes_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passes')),
    sa.UniqueConstraint('reference', name=op.f('uq_passes_reference'))
    )
    op.create_index(op.f('ix_passes_at'), 'passes', ['at'], unique=False)
    op.create_index('ix_passes_due', 'passes', ['expires_at'], unique=False, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('ix_passes_member_id_state', 'passes', ['member_id', 'state'], unique=False)
    op.create_table('sign_ups',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('activity_id', sa.String(length=36), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('place', sa.BigInteger(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('changed_at', UtcDateTime(), nullable=False),
    sa.CheckConstraint("state IN ('signed', 'waiting', 'withdrawn', 'attended', 'missed')", name=op.f('ck_sign_ups_known_state')),
    sa.ForeignKeyConstraint(['activity_id'], ['activities.id'], name=op.f('fk_sign_ups_activity_id')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_sign_ups_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_ups')),
    sa.UniqueConstraint('activity_id', 'member_id', name=op.f('uq_sign_ups_activity_id_member_id'))
    )
    op.create_index('ix_sign_ups_activity_id_state', 'sign_ups', ['activity_id', 'state', 'place'], unique=False)
    op.create_index(op.f('ix_sign_ups_member_id'), 'sign_ups', ['member_id'], unique=False)
    op.create_table('tags',
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('tag', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_tags_member_id')),
    sa.PrimaryKeyConstraint('member_id', 'tag', name=op.f('pk_tags'))
    )
    op.create_index(op.f('ix_tags_tag'), 'tags', ['tag'], unique=False)
    op.create_table('tier_changes',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('before', sa.Text(), nullable=False),
    sa.Column('after', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('counted', sa.BigInteger(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('rules_version', sa.BigInteger(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('until', UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_tier_changes_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tier_changes')),
    sa.UniqueConstraint('reference', name=op.f('uq_tier_changes_reference'))
    )
    op.create_index('ix_tier_changes_member_id_at', 'tier_changes', ['member_id', 'at'], unique=False)
    op.create_table('draws',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('nth', sa.BigInteger(), nullable=False),
    sa.Column('price_points', sa.BigInteger(), nullable=False),
    sa.Column('prize', sa.Text(), nullable=False),
    sa.Column('coupon_id', sa.String(length=36), nullable=True),
    sa.Column('points', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('rules_version', sa.BigInteger(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['coupon_id'], ['coupons.id'], name=op.f('fk_draws_coupon_id')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_draws_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draws')),
    sa.UniqueConstraint('member_id', 'day', 'nth', name=op.f('uq_draws_member_id_day_nth')),
    sa.UniqueConstraint('reference', name=op.f('uq_draws_reference'))
    )
    op.create_index(op.f('ix_draws_at'), 'draws', ['at'], unique=False)
    op.create_table('visits',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('pass_id', sa.String(length=36), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.Column('scan_id', sa.String(length=36), nullable=True),
    sa.Column('yes', sa.Text(), server_default='', nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('undone_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('count > 0', name=op.f('ck_visits_count_above_zero')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_visits_member_id')),
    sa.ForeignKeyConstraint(['pass_id'], ['passes.id'], name=op.f('fk_visits_pass_id')),
    sa.ForeignKeyConstraint(['scan_id'], ['scans.id'], name=op.f('fk_visits_scan_id')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_visits_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visits')),
    sa.UniqueConstraint('reference', name=op.f('uq_visits_reference'))
    )
    op.create_index(op.f('ix_visits_at'), 'visits', ['at'], unique=False)
    op.create_index(op.f('ix_visits_pass_id'), 'visits', ['pass_id'], unique=False)
    op.create_table('audiences',
    sa.Column('broadcast_id', sa.String(length=36), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.ForeignKeyConstraint(['broadcast_id'], ['broadcasts.id'], name=op.f('fk_audiences_broadcast_id')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_audiences_member_id')),
    sa.PrimaryKeyConstraint('broadcast_id', 'member_id', name=op.f('pk_audiences'))
    )
    op.create_table('ratings',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('purchase_id', sa.String(length=36), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('score', sa.BigInteger(), nullable=True),
    sa.Column('due_at', UtcDateTime(), nullable=False),
    sa.Column('asked_at', UtcDateTime(), nullable=True),
    sa.Column('answered_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('score IS NULL OR (score >= 1 AND score <= 5)', name=op.f('ck_ratings_score_in_bounds')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_ratings_member_id')),
    sa.ForeignKeyConstraint(['purchase_id'], ['purchases.id'], name=op.f('fk_ratings_purchase_id')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_ratings_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ratings')),
    sa.UniqueConstraint('purchase_id', name=op.f('uq_ratings_purchase_id'))
    )
    op.create_index('ix_ratings_due', 'ratings', ['due_at'], unique=False, sqlite_where=sa.text("state = 'due'"), postgresql_where=sa.text("state = 'due'"))
    op.create_index(op.f('ix_ratings_member_id'), 'ratings', ['member_id'], unique=False)
    op.create_index('ix_ratings_store_id_answered_at', 'ratings', ['store_id', 'answered_at'], unique=False)
    op.add_column('broadcasts', sa.Column('segment', sa.Text(), server_default='', nullable=False))
    op.add_column('coupons', sa.Column('reservation_id', sa.Text(), server_default='', nullable=False))
    op.add_column('coupons', sa.Column('purchase_id', sa.Text(), server_default='', nullable=False))
    op.create_index('ix_coupons_purchase_id', 'coupons', ['purchase_id'], unique=False, sqlite_where=sa.text("purchase_id <> ''"), postgresql_where=sa.text("purchase_id <> ''"))
    op.create_index('ix_coupons_reservation_id', 'coupons', ['reservation_id'], unique=False, sqlite_where=sa.text("reservation_id <> ''"), postgresql_where=sa.text("reservation_id <> ''"))
    op.create_index('ix_lots_waiting', 'lots', ['account_id', 'available_at'], unique=False, sqlite_where=sa.text('remaining > 0'), postgresql_where=sa.text('remaining > 0'))
    op.add_column('members', sa.Column('tier_until', UtcDateTime(), nullable=True))
    op.add_column('members', sa.Column('tier_fixed_until', UtcDateTime(), nullable=True))
    op.add_column('members', sa.Column('merged_into', sa.Text(), server_default='', nullable=False))
    op.create_index(op.f('ix_members_tier_until'), 'members', ['tier_until'], unique=False)
    op.add_column('offers', sa.Column('blob_id', sa.Text(), server_default='', nullable=False))
    op.add_column('offers', sa.Column('picture', sa.Text(), server_default='', nullable=False))
