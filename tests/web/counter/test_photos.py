"""A photo where there is no camera: every code in it is told, and what is no photo is refused at once."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

import web.app
from pictures.qr import qr_modules
from pictures.reader import Reader
from tests.web.desks import OURS, Desk, Team
from tests.web.tills import Clock, Shop

MODULE = 6


@pytest.fixture
async def eyes() -> AsyncIterator[Reader]:
    reader = Reader(children=1)
    await reader.start()
    yield reader
    await reader.close()


@pytest.fixture
async def desk(
    door_parts: dict[str, Any],
    clock: Clock,
    eyes: Reader,
    serve: Callable[[FastAPI], AbstractAsyncContextManager[httpx.AsyncClient]],
) -> AsyncIterator[Desk]:
    async with serve(web.app.create(**door_parts, read_photo=eyes.read)) as client:
        team = Team(Shop(door_parts["database"], clock, client))
        yield await team.desk("Jay")
        await team.close()


async def shown(desk: Desk, picture: bytes, kind: str = "image/png") -> httpx.Response:
    headers = {**OURS, "Content-Type": kind, "Idempotency-Key": "photo"}
    return await desk.client.post("/staff/api/photos", content=picture, headers=headers)


def photo(*texts: str) -> bytes:
    """A picture with these codes beside each other."""
    drawn = [qr_modules(text) for text in texts]
    side = max(len(modules) for modules in drawn) + 8
    image = Image.new("L", (side * len(drawn) * MODULE, side * MODULE), 255)
    for number, modules in enumerate(drawn):
        for y, row in enumerate(modules):
            for x, dark in enumerate(row):
                if dark:
                    left, top = (number * side + x + 4) * MODULE, (y + 4) * MODULE
                    image.paste(0, (left, top, left + MODULE, top + MODULE))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def bomb(side: int = 14_000) -> bytes:
    """A PNG of 196 megapixels in a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


async def test_every_code_in_a_photo_is_told_and_none_is_chosen(desk: Desk) -> None:
    one = await shown(desk, photo("first code"))
    assert (one.status_code, one.json()) == (200, {"codes": ["first code"]})
    both = await shown(desk, photo("first code", "second code"))
    assert sorted(both.json()["codes"]) == ["first code", "second code"]
    assert (await shown(desk, blank())).json() == {"codes": []}


def blank() -> bytes:
    file = io.BytesIO()
    Image.new("L", (300, 300), 200).save(file, "JPEG")
    return file.getvalue()


async def test_what_is_no_photo_is_refused_and_the_next_photo_is_read(desk: Desk) -> None:
    good = photo("after all")
    vector, fax = b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"II*\x00" + bytes(99)
    for picture in (bomb(), good[: len(good) // 2], vector, fax, b"%PDF-1.7", b"PK\x03\x04", b""):
        answer = await shown(desk, picture)
        assert (answer.status_code, answer.json()["code"]) == (422, "unreadable_picture")
    assert (await shown(desk, good)).json() == {"codes": ["after all"]}


async def test_ten_megabytes_are_enough(desk: Desk) -> None:
    answer = await shown(desk, bytes(10_000_001))
    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable_picture")


async def test_a_photo_needs_a_session_and_our_own_page(desk: Desk) -> None:
    forged = await desk.client.post("/staff/api/photos", content=photo("x"), headers={"Content-Type": "image/png"})
    assert (forged.status_code, forged.json()["code"]) == (403, "forbidden")
    desk.client.cookies.clear()
    assert (await shown(desk, photo("x"))).status_code == 401
