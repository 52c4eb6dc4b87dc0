"""What is checked before a SQLite file is opened: a new enough SQLite, a local disk, an unharmed file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pysqlite3

from storage.faults import DatabaseDamaged, NetworkDisk, SQLiteTooOld

# Older ones can lose committed data when two connections meet at the start of a new write-ahead log
# (the "WAL-reset bug", https://sqlite.org/wal.html#walresetbug).
SQLITE_MIN: Final = (3, 51, 3)
NETWORK_FILE_SYSTEMS: Final = frozenset(
    {
        "nfs",
        "nfs3",
        "nfs4",
        "cifs",
        "smb",
        "smb2",
        "smb3",
        "smbfs",
        "ncpfs",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "beegfs",
        "gfs2",
        "ocfs2",
        "davfs",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.cephfs",
        "fuse.s3fs",
        "fuse.rclone",
        "fuse.davfs",
        "fuse.smbnetfs",
        "fuse.gcsfuse",
    }
)


def newest_module(modules: Iterable[ModuleType] = (sqlite3, pysqlite3), *, allow_old: bool = False) -> ModuleType:
    """Return the sqlite3 module with the newest SQLite inside; SQLiteTooOld if even that is before 3.51.3 ."""
    newest = max(modules, key=lambda module: tuple(module.sqlite_version_info))
    if tuple(newest.sqlite_version_info) < SQLITE_MIN and not allow_old:
        raise SQLiteTooOld(version=newest.sqlite_version, needed=".".join(map(str, SQLITE_MIN)))
    return newest


def network_mount(path: Path, mounts: str) -> str | None:
    """Return the kind of network disk `path` lies on, or None; `mounts` is the text of /proc/mounts."""
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:  # noqa: PLR2004 - device, folder, kind: see proc_mounts(5)
            continue
        folder = fields[1].replace("\\040", " ")
        # Later mounts hide earlier ones on the same folder, hence >=.
        if path.is_relative_to(folder) and len(folder) >= len(best):
            best, kind = folder, fields[2]
    return kind if kind in NETWORK_FILE_SYSTEMS else None


def refuse_network_disk(path: Path, *, mounts: Path = Path("/proc/mounts")) -> None:
    """Raise NetworkDisk if the file lies on one; systems without /proc/mounts are trusted."""
    try:
        text = mounts.read_text(errors="replace")
    except OSError:
        return
    if kind := network_mount(path.resolve(), text):
        raise NetworkDisk(path=path, kind=kind)


def make_private(path: Path) -> None:
    """Create an empty file only its owner may read; SQLite gives its side files the same rights."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def check_whole(raw: Any, path: Path, *, pragma: str = "quick_check") -> None:
    """Let SQLite read every page (`quick_check`) and every index (`integrity_check`); DatabaseDamaged on any fault."""
    try:
        findings = [str(row[0]) for row in raw.execute(f"PRAGMA {pragma}(5)")]
    except (sqlite3.DatabaseError, pysqlite3.DatabaseError) as fault:
        findings = [str(fault)]
    if findings != ["ok"]:
        raise DatabaseDamaged(path=path, findings="; ".join(findings))
