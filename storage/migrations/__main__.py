"""For those who change the tables: writes the next step from what differs (`python -m storage.migrations NAME`)."""

from __future__ import annotations

import re
import sys
from typing import Any, Final, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from storage.migrations import FOLDER, scripts, upgrade
from storage.tables import metadata
from storage.types import Json, UtcDateTime

OURS: Final = (Json, UtcDateTime)
STEP: Final = '''"""{name}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import Json, UtcDateTime

revision = "{revision}"
down_revision = {before!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    {body}
'''


def main(name: str) -> None:
    """Write the step that leads from the tables as the steps make them to the tables as storage/tables names them."""
    before = scripts().get_current_head()
    revision = f"{int(before or 0) + 1:04}"
    text = STEP.format(name=name.capitalize(), revision=revision, before=before, body=_body())
    file = FOLDER / "versions" / f"{revision}_{re.sub('[^a-z0-9]+', '_', name.lower())}.py"
    file.write_text(text)


def _body() -> str:
    with create_engine("sqlite://").begin() as connection:
        upgrade(connection)
        found = produce_migrations(MigrationContext.configure(connection), metadata).upgrade_ops
    assert found is not None
    # Written in PostgreSQL's words ("false"), which SQLite understands too.
    postgresql = MigrationContext.configure(dialect_name="postgresql")
    code: str = render_python_code(found, render_item=_ours, migration_context=postgresql)
    return "\n".join(line for line in code.splitlines() if "# ###" not in line).strip()


def _ours(kind: str, thing: Any, _: Any) -> str | Literal[False]:
    return f"{type(thing).__name__}()" if kind == "type" and isinstance(thing, OURS) else False


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
