"""How big a picture is, told from its first bytes; Pillow, another reader, draws the pictures."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from playground.telegram_api import ApiError
from playground.telegram_api.files import Files, photo_sizes, picture_size


def drawn(size: tuple[int, int], kind: str, **options: Any) -> bytes:
    kept = io.BytesIO()
    mode = "RGBA" if options.pop("clear", False) else "RGB"
    Image.new(mode, size, "teal").save(kept, kind, **options)
    return kept.getvalue()


@pytest.mark.parametrize("size", [(1, 1), (37, 512), (1280, 960)])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("JPEG", {"exif": b"Exif\0\0" + bytes(900)}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"clear": True}),
        ("WEBP", {"exif": b"Exif\0\0" + bytes(900)}),
    ],
)
def test_the_size_is_read_from_every_kind_of_picture(size: tuple[int, int], kind: str, options: dict[str, Any]) -> None:
    assert picture_size(drawn(size, kind, **options)) == size


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a\x01\x00\x01\x00",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        b"\xff\xd8 not a marker",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"%PDF-1.7",
    ],
)
def test_what_is_no_whole_picture_has_no_size(data: bytes) -> None:
    assert picture_size(data) is None
    with pytest.raises(ApiError, match="IMAGE_PROCESS_FAILED"):
        Files().put_photo(data)


@pytest.mark.parametrize(
    ("size", "taken"),
    [((5000, 5000), True), ((5000, 5001), False), ((20, 1), True), ((21, 1), False), ((1, 21), False)],
)
def test_a_photos_sides_are_limited_in_sum_and_ratio(size: tuple[int, int], *, taken: bool) -> None:
    files = Files()
    data = drawn(size, "PNG")
    if taken:
        file = files.put_photo(data)
        assert photo_sizes(file)[-1]["file_id"] == file.file_id
    else:
        with pytest.raises(ApiError, match="PHOTO_INVALID_DIMENSIONS"):
            files.put_photo(data)


def test_the_same_bytes_are_the_same_file_and_every_size_finds_them() -> None:
    files = Files()
    data = drawn((1000, 1000), "JPEG")
    file = files.put_photo(data)

    assert files.put_photo(bytes(data)) is file
    assert all(files.by_id(size["file_id"]) is file for size in photo_sizes(file))
    assert files.by_path(file.path) is file
    assert files.by_path(file.path.replace("photos", "documents")) is None
    assert files.by_id(file.file_id[:-1]) is None
