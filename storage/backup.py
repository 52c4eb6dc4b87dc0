"""A copy of the shop's memory that was checked before it is called a backup, and the way back from it."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from storage.database import Tx
from storage.faults import BackupUnsigned, DatabaseDamaged, DatabaseMissing
from storage.key_file import sync_folder
from storage.lock import ServerLock
from storage.sqlite_start import check_whole, make_private, newest_module

Check = Callable[[Tx], Sequence[str]]
"""A rule the books must keep: returns what is wrong, in words without personal data; nothing if all is well."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup: where it lies, its size in bytes, and the SHA-256 kept beside it in `<name>.sha256`."""

    path: Path
    size: int
    sha256: str


def backup(database: Path, to: Path, *, checks: Sequence[Check] = ()) -> Backup:
    """Copy a database, beside a running server if there is one; `to` appears only if the copy passed every check.

    Raises DatabaseMissing, or DatabaseDamaged with what was found. Blocks: call it from a thread of its own.
    """
    if not database.exists():
        raise DatabaseMissing(path=database)
    part = to.with_name(to.name + ".part")
    part.unlink(missing_ok=True)
    make_private(part)
    try:
        _copy(database, part)
        _sync(part)
        _check(part, checks)
        digest = _sha256(part)
        _write_digest(to, digest)
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(to.parent)
    return Backup(to, to.stat().st_size, digest)


def verify(path: Path, *, checks: Sequence[Check] = (), unsigned: bool = False) -> None:
    """Check a backup without changing it: every byte, every index, every rule given.

    Raises DatabaseMissing, DatabaseDamaged, and BackupUnsigned if no SHA-256 lies beside it (unless `unsigned`).
    """
    if not path.exists():
        raise DatabaseMissing(path=path)
    digest = digest_path(path)
    if digest.exists():
        if digest.read_text().split(" ")[0] != _sha256(path):
            raise DatabaseDamaged(path=path, findings=f"its bytes differ from {digest.name}")
    elif not unsigned:
        raise BackupUnsigned(path=path, digest=digest.name)
    _check(path, checks)


def restore(source: Path, to: Path, *, checks: Sequence[Check] = (), unsigned: bool = False) -> None:
    """Put a verified backup in the database's place; what was there is kept as `<name>.replaced`.

    Raises DatabaseInUse while a server runs, and what `verify` raises; nothing is touched then.
    """
    verify(source, checks=checks, unsigned=unsigned)
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = ServerLock.take(to, name="memberbot restore")
    part = to.with_name(to.name + ".part")
    try:
        part.unlink(missing_ok=True)
        make_private(part)
        shutil.copyfile(source, part)
        _sync(part)
        _check(part, checks)
        _set_aside(to)
        part.replace(to)
        sync_folder(to.parent)
    finally:
        part.unlink(missing_ok=True)
        lock.release()


def digest_path(path: Path) -> Path:
    """Return the file beside a backup that holds its SHA-256, as sha256sum writes it."""
    return path.with_name(path.name + ".sha256")


def _copy(database: Path, part: Path) -> None:
    module = newest_module()
    with closing(module.connect(str(database))) as live, closing(module.connect(str(part))) as copy:
        live.execute("PRAGMA wal_autocheckpoint=0")
        try:
            # All pages in one step: one snapshot, which a busy server cannot make us begin again.
            live.backup(copy)
            # One plain file, without a log beside it that could be forgotten or go stale.
            copy.execute("PRAGMA journal_mode=DELETE")
        except module.DatabaseError as fault:
            raise DatabaseDamaged(path=database, findings=fault) from fault


def _check(path: Path, checks: Sequence[Check]) -> None:
    module = newest_module()
    # Immutable: reading leaves no trace beside the file, and no other process can be writing it.
    with closing(module.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as raw:
        check_whole(raw, path, pragma="integrity_check")
        findings = _findings(raw, module, checks)
    if findings:
        raise DatabaseDamaged(path=path, findings="; ".join(findings))


def _findings(raw: Any, module: Any, checks: Sequence[Check]) -> list[str]:
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool, module=module)
    with engine.connect() as connection:
        tx = Tx(connection, cipher=None, dialect="sqlite")
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        broken = [f"{len(orphans)} rows point at missing rows"] if orphans else []
        return broken + [finding for check in checks for finding in check(tx)]


def _set_aside(database: Path) -> None:
    # The log moves along with its file: left behind, it would be played into the restored one.
    for suffix in ("-wal", ""):
        old = database.with_name(database.name + suffix)
        kept = database.with_name(f"{database.name}.replaced{suffix}")
        kept.unlink(missing_ok=True)
        if old.exists():
            old.rename(kept)
    database.with_name(database.name + "-shm").unlink(missing_ok=True)


def _write_digest(to: Path, digest: str) -> None:
    path = digest_path(to)
    part = path.with_name(path.name + ".part")
    part.write_text(f"{digest}  {to.name}\n")
    _sync(part)
    part.replace(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
