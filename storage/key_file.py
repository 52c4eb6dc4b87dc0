"""The key file: the one thing without which this shop's personal data cannot be read. Keep a copy elsewhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from storage.cipher import KEY_BYTES, Random
from storage.faults import KeyFileBroken, KeyFileMissing, KeyFileOpen

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def make_key_file(path: Path, *, random: Random) -> bytes:
    """Write a new key, readable by its owner only, and return it; FileExistsError if there is one already.

    The file appears whole or not at all: a half-written key would lock the shop out.
    """
    key = random(KEY_BYTES)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, never replaces a key that is there already.
        path.hardlink_to(part)
    finally:
        part.unlink()
    sync_folder(path.parent)
    return key


def read_key_file(path: Path) -> bytes:
    """Return the 32-byte key; KeyFileMissing, KeyFileOpen or KeyFileBroken say what to do."""
    try:
        with path.open() as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & OTHERS:
                raise KeyFileOpen(path=path, mode=mode)
            key = bytes.fromhex(file.read(1000).strip())
    except FileNotFoundError:
        raise KeyFileMissing(path=path) from None
    except ValueError:
        raise KeyFileBroken(path=path) from None
    if len(key) != KEY_BYTES:
        raise KeyFileBroken(path=path)
    return key


def sync_folder(folder: Path) -> None:
    """Make a new or renamed file's name survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
