"""What people may type, scan and send, over real HTTP: shown as it was written, cleaned, or refused in words."""

from __future__ import annotations

import asyncio
import contextlib
import io
import unicodedata
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from membership import names
from pictures.qr import draw_qr
from pictures.reader import Limits, read_codes
from playground.phones import Bubble
from tests.acceptance.stage import Phone, Stage, staged
from tests.acceptance.test_counter_loop import card_of, joined

APPS = pytest.mark.parametrize(("member_name", "cashier_name"), [("xiaoyu", "ajie"), ("wangfang", "xiaozhou")])

LITERAL = (
    "<a href=tg://user?id=1>x</a>",
    '<a href="weixin://x">y</a>',
    "*_[z](q)`~|",
    "&lt;b&gt;&amp;",
    "</b></i></xml>",
    "]]>]]><x>",
    "{name} {0} %s {{7*7}}",
    '=HYPERLINK("http://x")',
    "＝1+1",
    "-2+3",
    "@SUM(1)",
)
"""Names that mean something to some program; to a reader they are what is written."""

CLEANED = {
    "\u202e芳王\u202c": "芳王",
    "小\u200b\u200b\ufeff雨": "小雨",
    "李\U000e0041\U000e0042\U000e007f四": "李四",
    "Z" + "\u0301" * 60: "\u0179" + "\u0301" * names.MARKS_MAX,
    "\t=1": "=1",
    "👨‍" + "👩‍" * 500 + "👧": "👨‍👩‍👩‍👩‍👩",
    "长" * 500: "长" * 32,
}
"""Names that would deceive a reader or break a list, and what is kept of them."""


def as_read(text: str) -> str:
    """Return the text without the differences no reader sees: WeChat gets a wider ＜, names are in one form."""
    return unicodedata.normalize("NFC", text.replace("＜", "<"))


def marks_on(bubble: Bubble, part: str) -> list[str]:
    """Return what a phone does with this part of a bubble: bold, a link, a word to tap …"""
    start = as_read(bubble.text).index(part)
    return [kind for offset, length, kind, _ in bubble.spans if offset < start + len(part) and start < offset + length]


async def rename(member: Phone, name: str) -> None:
    await member.say("资料")
    await member.tap("改称呼")
    before = len(member.heard)
    await member.say(name)
    await member.until(lambda: len(member.heard) > before, f"{name!r} was not answered")


def profile_of(member: Phone) -> Bubble | None:
    return next((one for one in reversed(member.heard) if "我的资料" in one.text), None)


async def shows(member: Phone, name: str) -> Bubble:
    """Wait until the member's own page shows this name."""

    def found() -> Bubble | None:
        page = profile_of(member)
        return page if page is not None and name in as_read(page.text) else None

    bubble: Bubble = await member.until(found, f"the name {name!r} was never shown")
    return bubble


@APPS
async def test_a_name_that_means_something_to_a_program_is_shown_as_written(
    tmp_path: Path, member_name: str, cashier_name: str
) -> None:
    async with staged(tmp_path) as stage:
        member = stage.phone(member_name)
        await joined(member)
        for name in LITERAL:
            await rename(member, name)
            assert marks_on(await shows(member, name), name) == [], name
        await the_question_arrives_as_written(stage, member, stage.phone(cashier_name))


async def the_question_arrives_as_written(stage: Stage, member: Phone, cashier: Phone) -> None:
    """What a member asks the shop reaches the staff's phone as it was typed."""
    text = "<b>多少钱</b> &lt; *_[ <a href=tg://x>"
    await stage.employ(cashier, "cashier")
    await member.say("人工")
    await member.sees("问")
    await member.say(text)
    bubble = await cashier.until(
        lambda: next((one for one in cashier.heard if text in as_read(one.text)), None), "the question never came"
    )
    assert [kind for kind in marks_on(bubble, text) if kind != "url"] == []


@APPS
async def test_a_name_that_deceives_is_cleaned_and_the_card_stays_readable(
    tmp_path: Path, member_name: str, cashier_name: str
) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone(member_name), stage.phone(cashier_name)
        await joined(member)
        for typed, kept in CLEANED.items():
            await rename(member, typed)
            page = await shows(member, kept)
            assert not set(page.text) & set("\u202e\u202c\u200b\ufeff\U000e0041\U000e007f")
            assert len(page.text) < 200
            assert await card_of(member)
        for nothing in ("\u200b\u2066\u2069", "\U000e0041"):
            await rename(member, nothing)
            await member.sees("称呼看不出来")
        await stage.employ(cashier, "cashier")
        await member.say("取消")
        await cashier.scan(await card_of(member))
        await cashier.sees("长** · 普通会员", "消费金额")


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that notes who comes: an address nobody should ever open."""
    visits: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", visits


def foreign(address: str) -> Iterator[str]:
    yield f"{address}/login?next=M1-AAAA"
    yield f"{address}/?start=M1-{'A' * 58}"
    yield "WIFI:T:WPA;S:free;P:12345678;;"
    yield "BEGIN:VCARD\nVERSION:3.0\nFN:Mallory\nTEL:+8613800138000\nEND:VCARD"


def picture_of(text: str) -> bytes:
    kept = io.BytesIO()
    draw_qr(text, side_max=400).convert("RGB").save(kept, "PNG")
    assert read_codes(kept.getvalue(), limits=Limits()) == (text,)
    return kept.getvalue()


@pytest.mark.parametrize("cashier_name", ["ajie", "xiaozhou"])
async def test_a_code_of_somebody_else_is_called_none_and_never_opened(tmp_path: Path, cashier_name: str) -> None:
    async with listening() as (address, visits), staged(tmp_path) as stage:
        cashier = stage.phone(cashier_name)
        await stage.employ(cashier, "cashier")
        for text in foreign(address):
            await asks_for_a_code(cashier)
            await refused(cashier, lambda text=text: cashier.scan(text))
            await refused(cashier, lambda text=text: cashier.photograph(picture_of(text)))
        assert visits == []


async def asks_for_a_code(cashier: Phone) -> None:
    before = len(cashier.heard)
    await cashier.say("扫码")
    await cashier.until(lambda: len(cashier.heard) > before, "no code was asked for")


async def refused(cashier: Phone, act: object) -> None:
    """Do this, and see that it is called no member code and that nothing else is shown of it."""
    before = len(cashier.heard)
    assert callable(act)
    await act()
    await cashier.until(lambda: len(cashier.heard) > before, "nothing was answered")
    said = cashier.heard[-1]
    assert "这不是会员码，没有打开任何内容" in said.text
    assert not [span for span in said.spans if span[2] == "link"]
