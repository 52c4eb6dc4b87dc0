"""The commands about the books: bring the tables up to date, prove them, copy them, bring a copy back."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import track

from bot import settings
from bot.cli.memory import with_memory
from bot.cli.plainly import CANNOT, AsJson, Stopped, Yes, answer, answer_one
from bot.clock import SystemClock
from bot.settings import Settings
from bot.shop import database_file
from services import Database, proof
from storage import backup as copies
from storage.migrations import migrate as apply_steps
from storage.opening import open_memory


def migrate(*, as_json: AsJson = False) -> None:
    """Bring the tables up to date (`run` does the same at its start)."""
    applied = asyncio.run(_migrate(settings.load()))
    text = f"Applied: {', '.join(applied)}." if applied else "The tables are up to date."
    answer_one({"applied": applied}, as_json=as_json, text=text)


async def _migrate(read: Settings) -> list[str]:
    db = await open_memory(read.database_url)
    try:
        return await apply_steps(db)
    finally:
        await db.close()


def audit(*, as_json: AsJson = False) -> None:
    """Prove the books (I1 to I14 and the chain of the audit trail); name the first wrong row of each rule."""
    findings = [asdict(finding) for finding in with_memory(lambda db, _: _audit(db, quiet=as_json))]
    rules = len({step.name for step in proof.STEPS})
    answer(findings, as_json=as_json, empty=f"The books are in order: {rules} rules hold, and so does the audit trail.")
    if findings:
        raise typer.Exit(CANNOT)


async def _audit(db: Database, *, quiet: bool) -> list[Any]:
    findings = []
    for step in track(proof.STEPS, "Proving the books", transient=True, disable=quiet):
        # A reading each: none holds its snapshot for long while the shop works on.
        finding = await db.read(step.find)
        findings += [finding] if finding else []
    return findings


def backup(
    to: Annotated[Path | None, typer.Argument(help="The file to write. Default: beside the database, by date.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Copy the database, beside a running server, and check the copy: every page, every rule of the books."""
    read = settings.load()
    database = _file_of(read)
    stamp = SystemClock().now().strftime("%Y%m%d-%H%M%S")
    wanted = to or database.parent / "backups" / f"{database.stem}-{stamp}.db"
    made = copies.backup(database, wanted, checks=[proof.sentences])
    text = (
        f"{made.path} ({made.size:,} bytes), checked. Its SHA-256 lies beside it.\n"
        f"Keep the key file {read.key_file} with it, but in another place: without it no name and no phone can be read."
    )
    answer_one({"path": str(made.path), "size": made.size, "sha256": made.sha256}, as_json=as_json, text=text)


def restore(
    source: Annotated[Path, typer.Argument(help="The backup to bring back.")],
    *,
    unsigned: Annotated[bool, typer.Option("--unsigned", help="Accept a backup without its .sha256 file.")] = False,
    yes: Yes = False,
) -> None:
    """Put a checked backup in the database's place; what was there is kept beside it as .replaced."""
    database = _file_of(settings.load())
    if not yes and not typer.confirm(f"Put {source} in the place of {database}?"):
        raise Stopped("Nothing was changed.")
    copies.restore(source, database, checks=[proof.sentences], unsigned=unsigned)
    typer.echo(f"{database} is {source} again. What was there before is kept as {database.name}.replaced.")


def _file_of(read: Settings) -> Path:
    path = database_file(read)
    if path is None:
        raise Stopped("This is PostgreSQL: use pg_dump and pg_restore, or the backups of the server's provider.")
    return path
