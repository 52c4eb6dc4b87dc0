"""Photos from strangers: codes are found, bad files are refused at once, and the reader outlives all of them."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image

from pictures.card import CardFacts, draw_card
from pictures.qr import draw_qr
from pictures.reader import Limits, Reader, UnreadablePicture, read_codes

pytestmark = pytest.mark.asyncio(loop_scope="module")
linux_only = pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="looks into /proc")


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("card.png", b"no picture")
    return out.getvalue()


def grey(side: int) -> Image.Image:
    return Image.new("L", (side, side), 200)


def held_far_away(card: CardFacts) -> bytes:
    """Return a photo of 12 megapixels in which a turned card is small."""
    with Image.open(io.BytesIO(draw_card(card))) as image:
        turned = image.convert("RGB").rotate(31, expand=True, fillcolor=(120, 96, 70))
    photo = Image.effect_noise((4000, 3000), 90).convert("RGB")
    photo.paste(turned, (1900, 900))
    return encoded(photo, "JPEG")


HUGE_WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\x0e\0\0\0/\xfe\xbf\xff\x0f\x07\x10\x11\xfd\x0fDD"  # 16383 × 16383 in 34 bytes
BAD_FILES = {
    "a PNG of 196 megapixels": (encoded(Image.new("1", (14_000, 14_000))), "too_many_pixels"),
    "a PNG of 100 megapixels": (encoded(Image.new("1", (10_000, 10_000))), "too_many_pixels"),
    "a PNG a little over 25 megapixels": (encoded(Image.new("1", (5_001, 5_000))), "too_many_pixels"),
    "a WebP of 268 megapixels": (HUGE_WEBP, "too_many_pixels"),
    "a truncated JPEG": (encoded(Image.effect_noise((600, 600), 50), "JPEG")[:9_000], "broken"),
    "a truncated PNG": (encoded(Image.effect_noise((600, 600), 50))[:9_000], "broken"),
    "a PNG header and nothing else": (encoded(grey(50))[:33], "not_a_picture"),
    "an SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not_a_picture"),
    "a TIFF": (encoded(grey(50), "TIFF"), "not_a_picture"),
    "a GIF": (encoded(grey(50), "GIF"), "not_a_picture"),
    "a PDF": (encoded(grey(50), "PDF"), "not_a_picture"),
    "a zip named .png": (zipped(), "not_a_picture"),
    "0 bytes": (b"", "not_a_picture"),
    "more than ten megabytes": (bytes(10_000_001), "too_large"),
}


@pytest.mark.parametrize(("picture", "reason"), BAD_FILES.values(), ids=BAD_FILES)
async def test_a_bad_file_is_refused_and_the_worker_lives(
    reader: Reader, code: str, picture: bytes, reason: str
) -> None:
    child = reader._idle[0].pid
    with pytest.raises(UnreadablePicture) as no:
        await reader.read(picture)
    assert no.value.reason == reason
    assert await reader.read(encoded(draw_qr(code, side_max=300))) == (code,)
    assert reader._idle[0].pid == child


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_card_is_read_from_each_kind_of_picture_a_phone_sends(
    reader: Reader, card: CardFacts, kind: str
) -> None:
    with Image.open(io.BytesIO(draw_card(card))) as image:
        assert await reader.read(encoded(image, kind)) == (card.code,)


async def test_a_picture_without_a_code_has_no_codes(reader: Reader) -> None:
    assert await reader.read(encoded(grey(300))) == ()


async def test_all_codes_in_one_picture_are_found_each_once(reader: Reader) -> None:
    texts = ("ONE", "https://example.com/2", "会员三", "ONE")
    table = Image.new("L", (1000, 300), 255)
    for index, text in enumerate(texts):
        table.paste(draw_qr(text, side_max=220), (index * 250, 40))
    assert sorted(await reader.read(encoded(table))) == sorted({*texts})


async def test_a_code_on_transparent_ground_is_read(reader: Reader, code: str) -> None:
    image = draw_qr(code, side_max=300)
    clear = Image.new("RGBA", image.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (0, 0), image.point(lambda level: 255 - level))
    assert await reader.read(encoded(clear)) == (code,)


async def test_a_small_turned_blurred_code_in_a_12_megapixel_photo_is_read(reader: Reader, card: CardFacts) -> None:
    assert await reader.read(held_far_away(card)) == (card.code,)


@pytest.mark.parametrize("busy", [False, True])
async def test_a_killed_child_is_replaced_and_the_picture_still_read(reader: Reader, code: str, *, busy: bool) -> None:
    child = reader._idle[0].pid
    if busy:
        os.kill(child, signal.SIGSTOP)
    reading = asyncio.create_task(reader.read(encoded(draw_qr(code, side_max=300))))
    if busy:
        await asyncio.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    assert await reading == (code,)
    assert reader._idle[0].pid != child


async def test_a_child_that_used_up_its_processor_time_is_replaced_and_the_picture_refused(code: str) -> None:
    reader = Reader(children=1)
    await reader.start()
    child = reader._idle[0].pid
    os.kill(child, signal.SIGSTOP)
    reading = asyncio.create_task(reader.read(encoded(draw_qr(code, side_max=300))))
    await asyncio.sleep(0.05)
    os.kill(child, signal.SIGXCPU)  # what the system sends at the limit
    os.kill(child, signal.SIGCONT)
    with pytest.raises(UnreadablePicture, match="timeout"):
        await reading
    assert await reader.read(encoded(draw_qr(code, side_max=300))) == (code,)
    await reader.close()


async def test_a_child_that_does_not_answer_is_replaced_and_the_picture_refused(code: str) -> None:
    reader = Reader(children=1, seconds_max=0.3)
    await reader.start()
    os.kill(reader._idle[0].pid, signal.SIGSTOP)
    with pytest.raises(UnreadablePicture, match="timeout"):
        await reader.read(encoded(draw_qr(code, side_max=300)))
    assert reader._idle == []
    await reader.start()
    assert await reader.read(encoded(draw_qr(code, side_max=300))) == (code,)
    await reader.close()


async def test_a_cancelled_reading_does_not_give_its_answer_to_the_next(reader: Reader) -> None:
    os.kill(reader._idle[0].pid, signal.SIGSTOP)
    reading = asyncio.create_task(reader.read(encoded(draw_qr("FIRST", side_max=300))))
    await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await reader.read(encoded(draw_qr("SECOND", side_max=300))) == ("SECOND",)


async def test_many_pictures_at_once_are_read_by_few_children(code: str) -> None:
    reader = Reader(children=2)
    texts = [f"{code}-{index}" for index in range(12)]
    found = await asyncio.gather(*(reader.read(encoded(draw_qr(text, side_max=400))) for text in texts))
    assert found == [(text,) for text in texts]
    assert len(reader._idle) <= 2
    await reader.close()


async def test_the_event_loop_goes_on_while_a_large_photo_is_read(reader: Reader) -> None:
    photo = encoded(Image.effect_noise((4000, 3000), 90), "JPEG")
    reading = asyncio.create_task(reader.read(photo))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0.002)
        turns += 1
    assert await reading == ()
    assert turns > 10


@linux_only
async def test_a_child_has_little_memory_five_seconds_and_none_of_our_secrets(reader: Reader, code: str) -> None:
    await reader.read(encoded(draw_qr(code, side_max=300)))
    process = Path(f"/proc/{reader._idle[0].pid}")
    limits = {line[:25].strip(): line[25:].split()[0] for line in (process / "limits").read_text().splitlines()}
    assert limits["Max address space"] == str(512 * 2**20)
    assert 5 <= int(limits["Max cpu time"]) <= 8
    assert limits["Max file size"] == "0"
    assert (process / "environ").read_bytes() == b""


async def test_a_closed_reader_leaves_no_child_behind() -> None:
    reader = Reader(children=2)
    await reader.start()
    children = [child.pid for child in reader._idle]
    await reader.close()
    for pid in children:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_only_the_first_frame_of_an_animation_is_looked_at(reader: Reader) -> None:
    first, second = (draw_qr(text, side_max=200) for text in ("FIRST", "SECOND"))
    out = io.BytesIO()
    first.save(out, "PNG", save_all=True, append_images=[second])
    assert await reader.read(out.getvalue()) == ("FIRST",)


async def test_a_strange_file_gives_no_warning() -> None:
    """Pillow warns of an animation that announces no frames; the tests take a warning for an error."""
    plain = encoded(grey(60))
    chunk = b"acTL" + bytes(8)
    strange = plain[:33] + b"\0\0\0\x08" + chunk + zlib.crc32(chunk).to_bytes(4, "big") + plain[33:]
    assert read_codes(strange, limits=Limits()) == ()


async def test_the_limits_are_the_callers_to_set(code: str) -> None:
    picture = encoded(draw_qr(code, side_max=300))
    with pytest.raises(UnreadablePicture, match="too_large"):
        read_codes(picture, limits=Limits(bytes_max=len(picture) - 1))
    with pytest.raises(UnreadablePicture, match="too_many_pixels"):
        read_codes(picture, limits=Limits(pixels_max=1000))
