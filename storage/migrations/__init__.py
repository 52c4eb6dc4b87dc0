"""How the tables came to be as they are: numbered steps, each applied once, at the start, by whoever comes first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection

from storage.database import Database
from storage.faults import Fault

FOLDER: Final = Path(__file__).parent


class DatabaseNewer(Fault):
    """A newer program changed the tables in a way this one does not know; nothing was touched."""

    text: ClassVar[str] = (
        "The database was last changed by a newer memberbot (step {revision}). Install that version or a later one."
    )


async def migrate(db: Database) -> list[str]:
    """Bring the tables up to date in one transaction and return the steps that were applied, first to last.

    Two programs that start together wait for each other: one applies the steps, the other finds them applied.
    Raises DatabaseNewer.
    """
    return await db.run_ddl(upgrade)


async def pending(db: Database) -> list[str]:
    """Return the steps that were not applied yet. Raises DatabaseNewer."""
    return await db.read(lambda tx: [step.revision for step in _missing(tx.connection)])


def upgrade(connection: Connection) -> list[str]:
    """Apply the missing steps inside the transaction this connection has open; return them."""
    applied = [step.revision for step in _missing(connection)]

    def steps(heads: tuple[str, ...], _: MigrationContext) -> Iterator[MigrationStep]:
        script = scripts()
        found = reversed(list(script.iterate_revisions("heads", heads or "base")))
        return (MigrationStep.upgrade_from_script(script.revision_map, step) for step in found)

    if applied:
        context = MigrationContext.configure(connection, opts={"fn": steps})
        with Operations.context(context):
            context.run_migrations()
    return applied


def scripts() -> ScriptDirectory:
    """Return the steps as they lie in the folder."""
    return ScriptDirectory(str(FOLDER))


def _missing(connection: Connection) -> list[Any]:
    heads = MigrationContext.configure(connection).get_current_heads()
    try:
        return list(reversed(list(scripts().iterate_revisions("heads", heads or "base"))))
    except (CommandError, ResolutionError):
        raise DatabaseNewer(revision=", ".join(heads)) from None
