"""What is written stays: the ledger and the audit trail refuse to be changed, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

AUDIT = "id, at, actor, action, subject, store_id, facts"


def upgrade() -> None:
    statements = _postgresql() if op.get_context().dialect.name == "postgresql" else _sqlite()
    for statement in statements:
        op.execute(statement)


def _sqlite() -> Iterator[str]:
    for table in ("transfers", "slices", "audit"):
        yield _refuse(table, "delete", "DELETE")
    for table in ("transfers", "slices"):
        yield _refuse(table, "update", "UPDATE")
    yield _refuse("audit", "update", f"UPDATE OF {AUDIT}")
    yield _refuse("audit", "reseal", "UPDATE OF sequence, hash", when="WHEN OLD.sequence IS NOT NULL ")


def _refuse(table: str, name: str, deed: str, when: str = "") -> str:
    said = f"SELECT RAISE(ABORT, '{table} are never changed')"
    return f"CREATE TRIGGER {table}_refuse_{name} BEFORE {deed} ON {table} {when}BEGIN {said}; END"


def _postgresql() -> Iterator[str]:
    yield (
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% are never changed', TG_TABLE_NAME; END $$"
    )
    for table in ("transfers", "slices", "audit"):
        yield _guard(table, "delete", "DELETE")
        yield _guard(table, "truncate", "TRUNCATE", each="STATEMENT")
    for table in ("transfers", "slices"):
        yield _guard(table, "update", "UPDATE")
    yield _guard("audit", "update", f"UPDATE OF {AUDIT}")
    yield _guard("audit", "reseal", "UPDATE OF sequence, hash", when="WHEN (OLD.sequence IS NOT NULL) ")


def _guard(table: str, name: str, deed: str, *, each: str = "ROW", when: str = "") -> str:
    return (
        f"CREATE TRIGGER {table}_refuse_{name} BEFORE {deed} ON {table} "
        f"FOR EACH {each} {when}EXECUTE FUNCTION refuse_change()"
    )
