"""Whether the write-ahead log is whole: SQLite itself would silently drop all that follows a damaged place."""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from storage.faults import DatabaseDamaged

# The format: https://sqlite.org/fileformat2.html#walformat
HEADER_BYTES: Final = 32
FRAME_BYTES: Final = 24
BIG_ENDIAN_MAGIC: Final = 0x377F0683
MAGICS: Final = (0x377F0682, BIG_ENDIAN_MAGIC)
MASK: Final = 0xFFFFFFFF
READS_MAX: Final = 10

Sums = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Log:
    """A log file's bytes with what its header says."""

    content: bytes
    page: int
    big_endian: bool
    salts: bytes
    sums: Sums

    @property
    def frames(self) -> range:
        """Where each frame begins."""
        size = FRAME_BYTES + self.page
        return range(HEADER_BYTES, len(self.content) - size + 1, size)

    def belongs(self, start: int) -> bool:
        """Whether the frame was written since the log was last begun anew; older ones lie behind the newest."""
        return self.content[start + 8 : start + 16] == self.salts

    def commits(self, start: int) -> bool:
        return self.content[start + 4 : start + 8] != b"\0\0\0\0"


def check_log(database: Path) -> None:
    """Raise DatabaseDamaged if whole transactions follow a damaged place; to be called before the file is opened.

    A power cut may leave the last transaction half-written, which SQLite rightly drops: it was never acknowledged.
    But as every transaction is synced before the next begins, a bad frame with two transactions' ends behind it was
    whole once, and dropping it would lose what was acknowledged. Damage to the very last one cannot be told apart.
    """
    path = database.with_name(database.name + "-wal")
    for _ in range(READS_MAX):
        content = path.read_bytes() if path.exists() else b""
        finding = _finding(content)
        if finding is None:
            return
        # Someone may be writing while we read; only what stays as it is, is damage.
        if path.exists() and path.read_bytes() == content:
            raise DatabaseDamaged(path=path, findings=finding)


def _finding(content: bytes) -> str | None:
    # A log just begun may be empty or, after a power cut, still nothing but zeros.
    if len(content) <= HEADER_BYTES or not any(content[:HEADER_BYTES]):
        return None
    log = _opened(content)
    if log is None:
        return "the header of the log is not as it was written"
    bad = _first_bad(log)
    if bad is None or not _more_follows(log, bad):
        return None
    return f"byte {bad} begins a part that is not as it was written"


def _opened(content: bytes) -> Log | None:
    magic, _, page, _ = struct.unpack(">4I", content[:16])
    if magic not in MAGICS:
        return None
    big_endian = magic == BIG_ENDIAN_MAGIC
    sums = _summed((0, 0), content[:24], big_endian=big_endian)
    if sums != struct.unpack(">2I", content[24:32]):
        return None
    return Log(content, page, big_endian, content[16:24], sums)


def _first_bad(log: Log) -> int | None:
    sums = log.sums
    for start in log.frames:
        if not log.belongs(start):
            return start
        body = start + FRAME_BYTES
        sums = _summed(sums, log.content[start : start + 8], big_endian=log.big_endian)
        sums = _summed(sums, log.content[body : body + log.page], big_endian=log.big_endian)
        if sums != struct.unpack(">2I", log.content[start + 16 : body]):
            return start
    return None


def _more_follows(log: Log, bad: int) -> bool:
    """Whether a transaction ends behind the bad frame and another one begins behind that end.

    The bad frame's own mark of an end is not believed: it may be a frame of an older log, never overwritten.
    """
    ended = False
    for start in log.frames:
        if start > bad and log.belongs(start):
            if ended:
                return True
            ended = log.commits(start)
    return False


def _summed(sums: Sums, content: bytes, *, big_endian: bool) -> Sums:
    words = array("I", content)
    if big_endian != (sys.byteorder == "big"):
        words.byteswap()
    first, second = sums
    pairs = iter(words)
    for one, other in zip(pairs, pairs, strict=True):
        first = (first + one + second) & MASK
        second = (second + other + first) & MASK
    return first, second
