"""Which envelopes are opened, and that every other one is refused in the same way."""

from __future__ import annotations

import base64
import statistics
import struct
import time
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.wechat.crypto import Refused, Seal, signature
from playground.wechat_api.crypto import Sealer
from tests.bot.wechat.stage import AES_KEY, APP_ID, NOW, TOKEN, text_xml

SEAL = Seal(token=TOKEN, aes_key=AES_KEY, app_id=APP_ID)
OURS = Sealer(token=TOKEN, aes_key=AES_KEY, app_id=APP_ID)
STAMP = str(int(NOW.timestamp()))
XML = text_xml("积分")


def envelope(sealed: str, **query: str) -> tuple[dict[str, str], bytes]:
    """Return a rightly signed push around whatever is sealed inside."""
    stamp, nonce = query.get("timestamp", STAMP), query.get("nonce", "n1")
    signed = {"timestamp": stamp, "nonce": nonce, "msg_signature": OURS.signature(stamp, nonce, sealed)}
    return signed | query, f"<xml><ToUserName>gh</ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()


def seal_raw(plain: bytes) -> str:
    key = base64.b64decode(AES_KEY + "=")
    work = Cipher(algorithms.AES256(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(work.update(plain) + work.finalize()).decode()


def letter(xml: bytes, *, app_id: bytes = APP_ID.encode(), length: int | None = None) -> bytes:
    return b"r" * 16 + struct.pack("!I", len(xml) if length is None else length) + xml + app_id


def padded(plain: bytes, last: int | None = None, *, filler: int | None = None) -> bytes:
    missing = 32 - len(plain) % 32
    between = bytes([missing if filler is None else filler]) * (missing - 1)
    return plain + between + bytes([missing if last is None else last])


def test_a_push_sealed_by_another_implementation_is_opened() -> None:
    assert SEAL.open(*envelope(OURS.seal(XML)), now=NOW) == XML


@given(st.text(st.characters(codec="utf-8"), max_size=500))
@settings(max_examples=50)
def test_our_answers_are_opened_by_another_implementation(text: str) -> None:
    sealed = SEAL.close(text, nonce="abc", now=NOW)
    parts = {name: sealed.split(f"<{name}>")[1].split("</")[0] for name in ("Encrypt", "MsgSignature", "Nonce")}
    encrypt, signed, nonce = (
        part.removeprefix("<![CDATA[").removesuffix("]]>")
        for part in (parts["Encrypt"], parts["MsgSignature"], parts["Nonce"])
    )

    assert OURS.checked(encrypt, timestamp=STAMP, nonce=nonce, signature=signed) == text


def test_two_answers_of_the_same_words_are_sealed_differently() -> None:
    assert SEAL.close("x", nonce="abc", now=NOW) != SEAL.close("x", nonce="abc", now=NOW)


GOOD = envelope(OURS.seal(XML))
OTHER_APP = Sealer(token=TOKEN, aes_key=AES_KEY, app_id="wx-somebody-else")
OTHER_KEY = Sealer(token=TOKEN, aes_key=AES_KEY[::-1], app_id=APP_ID)
OTHER_TOKEN = Sealer(token="guessed", aes_key=AES_KEY, app_id=APP_ID)

FORGED = {
    "wrong signature": (GOOD[0] | {"msg_signature": "0" * 40}, GOOD[1]),
    "no signature": ({name: value for name, value in GOOD[0].items() if name != "msg_signature"}, GOOD[1]),
    "signature of another token": (
        GOOD[0] | {"msg_signature": OTHER_TOKEN.signature(STAMP, "n1", OURS.seal(XML))},
        GOOD[1],
    ),
    "signature without the body": (GOOD[0] | {"msg_signature": OURS.signature(STAMP, "n1")}, GOOD[1]),
    "foreign app id": envelope(OTHER_APP.seal(XML)),
    "foreign AES key": envelope(OTHER_KEY.seal(XML)),
    "padding of 0": envelope(seal_raw(padded(letter(XML.encode()), 0))),
    "padding of 255": envelope(seal_raw(padded(letter(XML.encode()), 255))),
    "uneven padding": envelope(seal_raw(padded(letter(b"<xml>" + b"x" * 20 + b"</xml>"), filler=0))),
    "not a whole block": envelope(base64.b64encode(b"x" * 33).decode()),
    "length too large": envelope(seal_raw(padded(letter(XML.encode(), length=2**31)))),
    "length too small": envelope(seal_raw(padded(letter(XML.encode(), length=3)))),
    "not UTF-8": envelope(seal_raw(padded(letter(b"\xff\xfe\xfd")))),
    "empty letter": envelope(seal_raw(padded(b""))),
    "not base64": envelope("A" * 25),
    "plain body": (GOOD[0], XML.encode()),
    "empty body": (GOOD[0], b""),
    "ten minutes old": envelope(OURS.seal(XML), timestamp=str(int(STAMP) - 600)),
    "ten minutes early": envelope(OURS.seal(XML), timestamp=str(int(STAMP) + 600)),
    "a time that is none": envelope(OURS.seal(XML), timestamp="1_790_000_000"),
    "a time in other digits": envelope(OURS.seal(XML), timestamp="１７９００００００００"),
    "no nonce": envelope(OURS.seal(XML), nonce=""),
}


@pytest.mark.parametrize(("query", "body"), FORGED.values(), ids=FORGED.keys())
def test_a_forged_or_spoilt_envelope_is_refused_without_saying_why(query: dict[str, str], body: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        SEAL.open(query, body, now=NOW)

    assert refusal.value.args == ()


@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_clocks_may_differ_by_less_than_five_minutes(seconds: int) -> None:
    assert SEAL.open(*envelope(OURS.seal(XML), timestamp=str(int(STAMP) + seconds)), now=NOW) == XML


@given(st.binary(max_size=300))
def test_any_body_at_all_is_refused_or_opened(body: bytes) -> None:
    with pytest.raises(Refused):
        SEAL.open(GOOD[0], body, now=NOW)


@pytest.mark.parametrize("echo", ["", "x" * 513, "a\nb"])
def test_a_handshake_echoes_only_a_short_printable_word(echo: str) -> None:
    query = {"timestamp": STAMP, "nonce": "n", "signature": signature(TOKEN, STAMP, "n"), "echostr": echo}

    with pytest.raises(Refused):
        SEAL.greet(query, now=NOW)


def test_a_key_that_is_none_is_named_at_the_start_without_showing_it() -> None:
    with pytest.raises(ValueError, match="43 characters") as refusal:
        Seal(token=TOKEN, aes_key="too-short", app_id=APP_ID)

    assert "too-short" not in str(refusal.value)
    assert TOKEN not in repr(SEAL)


@pytest.mark.torture
def test_refusals_take_alike_time_whatever_was_wrong() -> None:
    """Medians of 1,000 refusals: what an outsider can provoke differs by far less than the network's jitter."""

    def median(query: dict[str, str], body: bytes) -> float:
        def once() -> float:
            started = time.perf_counter()
            with pytest.raises(Refused):
                SEAL.open(query, body, now=NOW)
            return time.perf_counter() - started

        return statistics.median(once() for _ in range(1000))

    outside: list[Callable[[], float]] = [
        lambda name=name: median(*FORGED[name])  # type: ignore[misc] # bound at once
        for name in ("wrong signature", "no signature", "ten minutes old", "foreign app id", "padding of 255")
    ]
    medians = [measure() for measure in outside]

    assert max(medians) - min(medians) < 0.001
