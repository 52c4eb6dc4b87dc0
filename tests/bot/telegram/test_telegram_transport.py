"""A server that misbehaves on a real socket, and what each of its ways means for a message."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs
from telegram import InputFile
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, TelegramError

from bot.clock import SystemClock
from bot.telegram.connection import ShopBot, make_bot
from bot.telegram.transport import ANSWER_BYTES_MAX, Lost, TooManyRequests, Transport, Unsent
from bot.telegram.troubles import trouble_of
from scheduler.messenger import NotSent, Uncertain, Undeliverable
from tests.bot.telegram.house import TOKEN

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SECRET = TOKEN.partition(":")[2]


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)


def says(status: int, body: bytes, kind: str = "application/json", length: int | None = None) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {length or len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    return talk


def refuses(code: int, description: str, **parameters: Any) -> Talk:
    body = {"ok": False, "error_code": code, "description": description}
    return says(code, json.dumps(body | ({"parameters": parameters} if parameters else {})).encode())


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.transport.abort()


async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n")
    await reader.read()


async def floods(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (ANSWER_BYTES_MAX * 2))
    for _ in range(2 * ANSWER_BYTES_MAX // 2**16):
        writer.write(b" " * 2**16)
        await writer.drain()


@asynccontextmanager
async def talking_to(talk: Talk, *, read_seconds: float = 5.0) -> AsyncIterator[ShopBot]:
    talks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):  # the caller went away
            await talk(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session:
        yield bot_at(session, port, read_seconds=read_seconds)
    server.close()
    await asyncio.gather(*talks)
    await server.wait_closed()


def bot_at(session: aiohttp.ClientSession, port: int, *, host: str = "127.0.0.1", **timeouts: float) -> ShopBot:
    road = Transport(session, monotonic=time.monotonic, **timeouts)
    return ShopBot(TOKEN, base_url=f"http://{host}:{port}/bot", request=road, get_updates_request=road)


async def error_of(bot: ShopBot) -> TelegramError:
    with pytest.raises(TelegramError) as caught:
        await bot.send_message("5001", "hello")
    shown = "".join(traceback.format_exception(caught.value)) + repr(bot) + repr(caught.value)
    assert SECRET not in shown.replace(__file__, "")
    return caught.value


OK_WITHOUT_RESULT = b'{"ok": true}'
HTML = b"<html><body>502 Bad Gateway</body></html>"


@pytest.mark.parametrize(
    ("talk", "kind"),
    [
        (refuses(429, "Too Many Requests: retry after 35", retry_after=35), TooManyRequests),
        (refuses(429, "Too Many Requests"), TooManyRequests),
        (refuses(403, "Forbidden: bot was blocked by the user"), Forbidden),
        (refuses(400, "Bad Request: chat not found"), BadRequest),
        (refuses(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1001), ChatMigrated),
        (refuses(401, "Unauthorized"), InvalidToken),
        (refuses(404, "Not Found"), InvalidToken),
        (refuses(409, "Conflict: terminated by other getUpdates request"), Conflict),
        (refuses(500, "Internal Server Error"), Lost),
        (says(502, HTML, "text/html"), Lost),
        (says(403, b"<html>the office proxy says no</html>", "text/html"), Lost),
        (says(200, HTML, "text/html"), Lost),
        (says(200, b'{"ok": true, "result": {"mess'), Lost),
        (says(200, b'{"ok": true, "result": {"mess', length=400), Lost),
        (says(200, OK_WITHOUT_RESULT), Lost),
        (says(200, b"[]"), Lost),
        (says(200, b"[" * 200_000), Lost),
        (says(200, b'{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}'), BadRequest),
        (says(302, b"", "text/html"), Lost),
        (says(429, HTML, "text/html"), Lost),
        (resets, Lost),
        (floods, Lost),
    ],
)
async def test_each_way_of_failing_has_its_error(talk: Talk, kind: type[TelegramError]) -> None:
    async with talking_to(talk) as bot:
        assert type(await error_of(bot)) is kind


async def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    async with talking_to(floods) as bot:
        assert "too long" in str(await error_of(bot))


async def test_a_server_that_never_answers_is_lost_after_the_read_time() -> None:
    async with talking_to(hangs, read_seconds=0.05) as bot:
        assert type(await error_of(bot)) is Lost


async def test_a_refused_connection_sent_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        async with aiohttp.ClientSession() as session:
            error = await error_of(bot_at(session, taken.getsockname()[1]))
    assert type(error) is Unsent


async def test_a_name_nobody_knows_sent_nothing() -> None:
    async with aiohttp.ClientSession() as session:
        assert type(await error_of(bot_at(session, 443, host="telegram.invalid"))) is Unsent


async def test_a_server_without_tls_sent_nothing() -> None:
    async with talking_to(says(200, OK_WITHOUT_RESULT)) as plain_bot:
        port = plain_bot.base_url.split(":")[2].partition("/")[0]
        async with aiohttp.ClientSession() as session:
            road = Transport(session, monotonic=time.monotonic, connect_seconds=0.3)
            bot = ShopBot(TOKEN, base_url=f"https://127.0.0.1:{port}/bot", request=road, get_updates_request=road)
            assert type(await error_of(bot)) is Unsent


async def test_waiting_in_vain_for_a_free_connection_sent_nothing() -> None:
    async with talking_to(hangs) as other:
        port = int(other.base_url.split(":")[2].partition("/")[0])
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
            busy = asyncio.create_task(bot_at(session, port, read_seconds=0.2).get_me())
            await asyncio.sleep(0.02)  # until it holds the only connection
            error = await error_of(bot_at(session, port, connect_seconds=0.05))
            assert type(error) is Unsent
            with pytest.raises(Lost):
                await busy


async def test_a_refusal_tells_how_long_and_for_whom_to_wait() -> None:
    async with talking_to(refuses(429, "Too Many Requests: retry after 35", retry_after=35)) as bot:
        error = await error_of(bot)
    assert isinstance(error, TooManyRequests)
    assert (error.seconds, error.chat) == (35, False)


async def test_files_travel_as_a_form_and_calls_as_fields() -> None:
    seen: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head + await reader.readuntil(b"0\r\n\r\n" if b"chunked" in head.lower() else b"--\r\n"))
        message = {"message_id": 7, "date": 1, "chat": {"id": 5001, "type": "private"}}
        await says(200, json.dumps({"ok": True, "result": message}).encode())(_ended(b"\r\n\r\n"), writer)

    async with talking_to(talk) as bot:
        message = await bot.send_document("5001", InputFile(b"a,b\n1,2", filename="me.csv"), caption="点")
    assert message.message_id == 7
    assert b'filename="me.csv"' in seen[0]
    assert b"a,b\n1,2" in seen[0]
    assert "点".encode() in seen[0]


def _ended(data: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return reader


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (Unsent("x"), (NotSent, "", 2.0)),
        (TooManyRequests(35, chat=False), (NotSent, "bot", 35)),
        (TooManyRequests(3, chat=True), (NotSent, "chat", 3)),
        (InvalidToken(), (NotSent, "bot", 60.0)),
        (Conflict("x"), (NotSent, "", 2.0)),
        (Forbidden("Forbidden: bot was blocked by the user"), (Undeliverable, True)),
        (Forbidden("Forbidden: user is deactivated"), (Undeliverable, True)),
        (Forbidden("Forbidden: bot can't initiate conversation with a user"), (Undeliverable, True)),
        (ChatMigrated(-1001), (Undeliverable, True)),
        (BadRequest("Bad Request: chat not found"), (Undeliverable, True)),
        (BadRequest("Bad Request: PEER_ID_INVALID"), (Undeliverable, True)),
        (BadRequest("Bad Request: BUTTON_DATA_INVALID"), (Undeliverable, False)),
        (Lost("x"), (Uncertain,)),
        (TelegramError("x"), (Uncertain,)),
    ],
)
def test_every_error_is_one_of_the_three_troubles(error: TelegramError, trouble: tuple[Any, ...]) -> None:
    found = trouble_of(error)
    facts: tuple[Any, ...] = (type(found),)
    if isinstance(found, NotSent):
        facts += (found.scope, found.after)
    if isinstance(found, Undeliverable):
        facts += (found.person,)
    assert facts == trouble


async def test_the_token_is_not_in_the_log_even_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with aiohttp.ClientSession() as session:
        make_bot(session, TOKEN, api_url="http://127.0.0.1:9", clock=SystemClock())
    with capture_logs() as logs:
        async with talking_to(says(200, b'{"ok": tru')) as bot:
            await error_of(bot)
    assert SECRET not in caplog.text + str(logs)
