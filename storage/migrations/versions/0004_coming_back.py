"""Coming back: check-ins and referrals; own words apart from the books; indexes of top-ups and redemptions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import Json, UtcDateTime

revision = "0004"
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('check_ins',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('streak', sa.BigInteger(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('made_up', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('rules_version', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_check_ins_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check_ins')),
    sa.UniqueConstraint('member_id', 'day', name=op.f('uq_check_ins_member_id_day'))
    )
    op.create_table('remarks',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('text_ct', sa.LargeBinary(), nullable=True),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_remarks_member_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_remarks'))
    )
    op.create_index(op.f('ix_remarks_member_id'), 'remarks', ['member_id'], unique=False)
    op.create_table('referrals',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('inviter_id', sa.String(length=36), nullable=False),
    sa.Column('friend_id', sa.String(length=36), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), server_default='', nullable=False),
    sa.Column('purchase_id', sa.String(length=36), nullable=True),
    sa.Column('points', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('due_at', UtcDateTime(), nullable=True),
    sa.Column('paid_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint("state IN ('joined', 'bought', 'paid', 'refused')", name=op.f('ck_referrals_known_state')),
    sa.CheckConstraint('inviter_id <> friend_id', name=op.f('ck_referrals_two_people')),
    sa.ForeignKeyConstraint(['friend_id'], ['members.id'], name=op.f('fk_referrals_friend_id')),
    sa.ForeignKeyConstraint(['inviter_id'], ['members.id'], name=op.f('fk_referrals_inviter_id')),
    sa.ForeignKeyConstraint(['purchase_id'], ['purchases.id'], name=op.f('fk_referrals_purchase_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referrals')),
    sa.UniqueConstraint('friend_id', name=op.f('uq_referrals_friend_id'))
    )
    op.create_index('ix_referrals_due', 'referrals', ['due_at'], unique=False, sqlite_where=sa.text("state = 'bought'"), postgresql_where=sa.text("state = 'bought'"))
    op.create_index(op.f('ix_referrals_inviter_id'), 'referrals', ['inviter_id'], unique=False)
    op.create_index(op.f('ix_redemptions_purchase_id'), 'redemptions', ['purchase_id'], unique=False)
    op.create_index('ix_top_ups_actor_at', 'top_ups', ['actor', 'at'], unique=False)
    op.create_index('ix_top_ups_store_id_at', 'top_ups', ['store_id', 'at'], unique=False)
