"""Rating a visit on a pass; a phone belongs to nobody who has left."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0006"
down_revision = '0005'
branch_labels = None
depends_on = None

COLUMNS = "id, purchase_id, member_id, store_id, state, score, due_at, asked_at, answered_at"


def upgrade() -> None:
    # SQLite cannot let go of a NOT NULL: the table is made anew around its rows, on both databases alike.
    op.execute("CREATE TABLE ratings_before AS SELECT * FROM ratings")
    op.drop_table('ratings')
    op.create_table('ratings',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('purchase_id', sa.String(length=36), nullable=True),
    sa.Column('visit_id', sa.String(length=36), nullable=True),
    sa.Column('member_id', sa.String(length=36), nullable=False),
    sa.Column('store_id', sa.String(length=36), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('score', sa.BigInteger(), nullable=True),
    sa.Column('due_at', UtcDateTime(), nullable=False),
    sa.Column('asked_at', UtcDateTime(), nullable=True),
    sa.Column('answered_at', UtcDateTime(), nullable=True),
    sa.CheckConstraint('(purchase_id IS NULL) <> (visit_id IS NULL)', name=op.f('ck_ratings_one_occasion')),
    sa.CheckConstraint('score IS NULL OR (score >= 1 AND score <= 5)', name=op.f('ck_ratings_score_in_bounds')),
    sa.ForeignKeyConstraint(['member_id'], ['members.id'], name=op.f('fk_ratings_member_id')),
    sa.ForeignKeyConstraint(['purchase_id'], ['purchases.id'], name=op.f('fk_ratings_purchase_id')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_ratings_store_id')),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_ratings_visit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ratings')),
    sa.UniqueConstraint('purchase_id', name=op.f('uq_ratings_purchase_id')),
    sa.UniqueConstraint('visit_id', name=op.f('uq_ratings_visit_id'))
    )
    op.create_index('ix_ratings_due', 'ratings', ['due_at'], unique=False, sqlite_where=sa.text("state = 'due'"), postgresql_where=sa.text("state = 'due'"))
    op.create_index(op.f('ix_ratings_member_id'), 'ratings', ['member_id'], unique=False)
    op.create_index('ix_ratings_store_id_answered_at', 'ratings', ['store_id', 'answered_at'], unique=False)
    at = "(SELECT at FROM purchases WHERE purchases.id = purchase_id)"
    op.execute(f"INSERT INTO ratings ({COLUMNS}, at) SELECT {COLUMNS}, {at} FROM ratings_before")
    op.drop_table('ratings_before')
    # Who leaves lets go of the phone at once from here on; those who left before do so now, not only when erased.
    op.execute("UPDATE members SET phone_index = NULL, phone_tail_index = NULL WHERE state = 'left'")
