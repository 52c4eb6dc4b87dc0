"""Draws the QR picture of a scene code, with nothing but arithmetic, as the platform's own drawing machine."""

from __future__ import annotations

import struct
import zlib

SIZE = 33  # version 4
DATA_WORDS, CHECK_WORDS = 80, 20  # version 4, level L: one block
TEXT_BYTES_MAX = 78
QUIET = 4
PIXELS = 8
FORMAT = 0b111011111000100  # level L, mask 0, from the table of ISO/IEC 18004
_ALIGN = 26


def _words(text: bytes) -> list[int]:
    """Return the data words: byte mode, length, content, padding."""
    bits = "0100" + f"{len(text):08b}" + "".join(f"{byte:08b}" for byte in text)
    bits += "0" * min(4, DATA_WORDS * 8 - len(bits))
    bits += "0" * (-len(bits) % 8)
    words = [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]
    padding = (0xEC, 0x11)
    return words + [padding[at % 2] for at in range(DATA_WORDS - len(words))]


def _times(left: int, right: int) -> int:
    """Multiply in the field GF(256) of QR codes."""
    product = 0
    for bit in range(7, -1, -1):
        product = (product << 1) ^ (0x11D if product & 0x80 else 0)
        product ^= left if right >> bit & 1 else 0
    return product


def _check(words: list[int]) -> list[int]:
    """Return the Reed-Solomon words that let a camera repair what it misread."""
    divisor, root = [0] * (CHECK_WORDS - 1) + [1], 1
    for _ in range(CHECK_WORDS):
        for at in range(CHECK_WORDS):
            divisor[at] = _times(divisor[at], root) ^ (divisor[at + 1] if at + 1 < CHECK_WORDS else 0)
        root = _times(root, 2)
    rest = [0] * CHECK_WORDS
    for word in words:
        factor = word ^ rest.pop(0)
        rest.append(0)
        rest = [old ^ _times(part, factor) for old, part in zip(rest, divisor, strict=True)]
    return rest


Grid = dict[tuple[int, int], bool]  # (row, column) → dark


def _square(grid: Grid, row: int, column: int, radius: int) -> None:
    """Draw a finder (radius 4 with its light rim) or an alignment pattern (radius 2) around its middle."""
    for down in range(-radius, radius + 1):
        for right in range(-radius, radius + 1):
            if 0 <= row + down < SIZE and 0 <= column + right < SIZE:
                ring = max(abs(down), abs(right))
                dark = ring not in {2, 4} if radius > 2 else ring != 1  # noqa: PLR2004 - rings of the two patterns
                grid[row + down, column + right] = dark


def _frame() -> Grid:
    """Return everything that is the same in each code of this size."""
    grid: Grid = {(6, at): at % 2 == 0 for at in range(SIZE)} | {(at, 6): at % 2 == 0 for at in range(SIZE)}
    for row, column in ((3, 3), (3, SIZE - 4), (SIZE - 4, 3)):
        _square(grid, row, column, 4)
    _square(grid, _ALIGN, _ALIGN, 2)
    for bit in range(15):
        dark = bool(FORMAT >> bit & 1)
        grid[_beside_first(bit)] = dark
        grid[(8, SIZE - 1 - bit) if bit < 8 else (SIZE - 15 + bit, 8)] = dark  # noqa: PLR2004 - 8 bits, then 7
    grid[SIZE - 8, 8] = True
    return grid


def _beside_first(bit: int) -> tuple[int, int]:
    """Return where a format bit stands beside the first finder, leaping over the timing line."""
    down = (0, 1, 2, 3, 4, 5, 7, 8)
    right = (7, 5, 4, 3, 2, 1, 0)
    return (down[bit], 8) if bit < len(down) else (8, right[bit - len(down)])


def _grid(text: str) -> Grid:
    content = text.encode()
    if len(content) > TEXT_BYTES_MAX:
        raise ValueError("too long for this size of code")
    words = _words(content)
    bits = iter("".join(f"{word:08b}" for word in words + _check(words)))
    grid = _frame()
    for place in _path():
        if place not in grid:
            grid[place] = (next(bits, "0") == "1") ^ (sum(place) % 2 == 0)
    return grid


def _path() -> list[tuple[int, int]]:
    """Return the places in the order of the bits: two columns at a time, upwards and downwards in turn."""
    places, upwards = list[tuple[int, int]](), True
    for right in (*range(SIZE - 1, 6, -2), 5, 3, 1):
        rows = range(SIZE - 1, -1, -1) if upwards else range(SIZE)
        places += [(row, column) for row in rows for column in (right, right - 1)]
        upwards = not upwards
    return places


def _png(rows: list[bytes], side: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack("!I", len(content)) + kind + content + struct.pack("!I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack("!IIBBBBB", side, side, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def draw(text: str) -> tuple[bytes, str]:
    """Return a QR code as PNG and its content type; ValueError for more than 78 bytes."""
    grid = _grid(text)
    around = range(-QUIET, SIZE + QUIET)
    rows = [
        b"".join((b"\0" if grid.get((row, column), False) else b"\xff") * PIXELS for column in around)
        for row in around
        for _ in range(PIXELS)
    ]
    return _png(rows, len(around) * PIXELS), "image/png"
