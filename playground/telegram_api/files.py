"""The platform's store of pictures and documents, and how big a picture is."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from typing import Any

from playground.telegram_api.errors import bad_request

# Real ids begin like this too; both prefixes are equally long.
PHOTO_PREFIX = "AgACAgIAAxk"
DOCUMENT_PREFIX = "BQACAgIAAxk"
UNIQUE_LENGTH = 32
PHOTO_BYTES_MAX = 10 * 1024 * 1024
DOWNLOAD_BYTES_MAX = 20 * 1024 * 1024
PHOTO_SIDES_MAX = 10_000
PHOTO_RATIO_MAX = 20
# JPEG: each segment opens with the mark; the starts of frame hold the size (ITU T.81, table B.1).
MARK = 0xFF
FRAME_STARTS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# The sizes Telegram offers beside the picture itself: letter and longer side in pixels.
THUMBNAILS = (("s", 90), ("m", 320), ("x", 800))


@dataclass(frozen=True, slots=True)
class File:
    """One stored file. ``unique`` is the same for the same bytes, ``kind`` is photo or document."""

    unique: str
    kind: str
    data: bytes
    name: str
    content_type: str
    width: int = 0
    height: int = 0

    @property
    def file_id(self) -> str:
        return f"{PHOTO_PREFIX if self.kind == 'photo' else DOCUMENT_PREFIX}{self.unique}"

    @property
    def path(self) -> str:
        return f"{self.kind}s/{self.unique}{_ending(self)}"


@dataclass(slots=True)
class Files:
    """All files of the platform by their unique id; a file is kept until the rehearsal is reset."""

    kept: dict[str, File] = field(default_factory=dict)

    def put_photo(self, data: bytes) -> File:
        """Keep a photo; ApiError 400 with Telegram's words if it is none or too large."""
        if len(data) > PHOTO_BYTES_MAX:
            most = f"the maximum size is {PHOTO_BYTES_MAX} bytes"
            raise bad_request(f"file of size {len(data)} bytes is too big for a photo; {most}")
        size = picture_size(data)
        if size is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        width, height = size
        narrow, wide = sorted(size)
        if not narrow or width + height > PHOTO_SIDES_MAX or wide > PHOTO_RATIO_MAX * narrow:
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        unique = _unique(b"photo", data)
        return self._keep(File(unique, "photo", data, "", content_type(data), width=width, height=height))

    def put_document(self, data: bytes, *, name: str, kind: str) -> File:
        """Keep a document with the name it came under."""
        unique = _unique(b"document" + name.encode(), data)
        return self._keep(File(unique, "document", data, name or "file", kind))

    def _keep(self, file: File) -> File:
        return self.kept.setdefault(file.unique, file)

    def by_id(self, file_id: str) -> File | None:
        """Return the file of a file_id, thumbnails included, or None."""
        file = self.kept.get(file_id[len(PHOTO_PREFIX) :][:UNIQUE_LENGTH])
        return file if file and file_id.startswith(file.file_id) else None

    def by_path(self, path: str) -> File | None:
        file = self.kept.get(path.partition("/")[2].partition(".")[0])
        return file if file and file.path == path else None


def photo_sizes(file: File) -> list[dict[str, Any]]:
    """Return the ``photo`` array, smallest first.

    Every size serves the same bytes: this platform does not scale pictures, it only says what Telegram would say.
    """
    longest = max(file.width, file.height)
    sizes = [_size(file, letter, side / longest) for letter, side in THUMBNAILS if side < longest]
    return [*sizes, _size(file, "", 1.0)]


def _size(file: File, letter: str, scale: float) -> dict[str, Any]:
    return {
        "file_id": f"{file.file_id}{letter}",
        "file_unique_id": f"AQAD{file.unique[:10]}{letter or 'y'}",
        "file_size": max(int(len(file.data) * scale * scale), 1),
        "width": max(round(file.width * scale), 1),
        "height": max(round(file.height * scale), 1),
    }


def document_json(file: File) -> dict[str, Any]:
    return {
        "file_name": file.name,
        "mime_type": file.content_type,
        "file_id": file.file_id,
        "file_unique_id": f"AgAD{file.unique[:10]}",
        "file_size": len(file.data),
    }


def _unique(salt: bytes, data: bytes) -> str:
    return hashlib.sha256(salt + b"\0" + data).hexdigest()[:UNIQUE_LENGTH]


def _ending(file: File) -> str:
    if file.kind == "photo":
        return {"image/png": ".png", "image/webp": ".webp"}.get(file.content_type, ".jpg")
    dot = file.name.rfind(".")
    return file.name[dot:] if dot > 0 and file.name[dot + 1 :].isalnum() else ""


def content_type(data: bytes) -> str:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/jpeg" if data.startswith(b"\xff\xd8") else "application/octet-stream"


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG, JPEG or WebP, or None if it is no such picture."""
    reader = {"image/png": _png_size, "image/jpeg": _jpeg_size, "image/webp": _webp_size}.get(content_type(data))
    try:
        return reader(data) if reader else None
    except (struct.error, IndexError):
        return None


def _png_size(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at < len(data):
        marker = data[at + 1]
        if data[at] != MARK:
            return None
        if marker in FRAME_STARTS:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return None


def _webp_size(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", data[26:30])
    return width & 0x3FFF, height & 0x3FFF
