"""The member code: genuine ones are read, everything else is refused alike."""

from __future__ import annotations

import base64
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership import codes
from membership.codes import Code, CodeKind
from membership.errors import CodeExpired, MistypedCode, NotAMemberCode, UnknownCode

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
KEY = bytes(range(32))
SHOP = codes.audience_of("morning")
MEMBER = frozenset({CodeKind.MEMBER, CodeKind.LIVE})
CODE = Code(CodeKind.MEMBER, SHOP, b"\x01" * 8, NOW, b"\x02" * 4)
TEXT = codes.mint(CODE, kid=3, key=KEY)


def read(text: str, *, now: datetime = NOW, keys: dict[int, bytes] | None = None) -> Code:
    return codes.read(text, keys if keys is not None else {3: KEY}, accept=MEMBER, audience=SHOP, now=now)


def of_bytes(raw: bytes) -> str:
    return "M1-" + base64.b32encode(raw).decode().rstrip("=")


def raw_of(text: str) -> bytes:
    return base64.b32decode(text[3:] + "======")


def test_a_code_is_61_characters_that_fit_a_small_qr_and_a_start_parameter() -> None:
    assert len(TEXT) == 61
    assert set(TEXT) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567-1")


@given(
    kind=st.sampled_from(sorted(MEMBER)),
    handle=st.binary(min_size=8, max_size=8),
    nonce=st.binary(min_size=4, max_size=4),
    age=st.integers(0, 59),
    kid=st.integers(0, 15),
)
def test_a_code_that_was_made_is_read_back_whole(
    *, kind: CodeKind, handle: bytes, nonce: bytes, age: int, kid: int
) -> None:
    code = Code(kind, SHOP, handle, NOW - timedelta(seconds=age), nonce)
    assert read(codes.mint(code, kid=kid, key=KEY), keys={kid: KEY}) == code


@pytest.mark.parametrize("bit", range(288))
def test_a_code_with_any_bit_flipped_is_unknown(bit: int) -> None:
    raw = bytearray(raw_of(TEXT))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(UnknownCode):
        read(of_bytes(bytes(raw)))


def test_the_spare_bits_of_the_last_letter_may_not_be_used() -> None:
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".index(TEXT[-1])
    for spare in (1, 2, 3):
        with pytest.raises(UnknownCode):
            read(TEXT[:-1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[last ^ spare])


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (codes.mint(CODE, kid=3, key=bytes(32)), {3: KEY}),
        (codes.mint(CODE, kid=4, key=KEY), {3: KEY}),
        (codes.mint(CODE, kid=4, key=bytes(32)), {3: KEY}),
        (codes.mint(Code(CodeKind.COUPON, SHOP, b"\x01" * 8, NOW, b"\x02" * 4), kid=3, key=KEY), {3: KEY}),
        (codes.mint(Code(CodeKind.MEMBER, SHOP ^ 1, b"\x01" * 8, NOW, b"\x02" * 4), kid=3, key=KEY), {3: KEY}),
        ("M1-" + "A" * 58, {3: KEY}),
        (TEXT, {}),
    ],
    ids=["other key", "other key id", "key id without a key", "coupon code", "other shop", "zeros", "no keys"],
)
def test_codes_of_others_and_for_other_uses_are_refused_alike(text: str, keys: dict[int, bytes]) -> None:
    with pytest.raises(UnknownCode) as refusal:
        read(text, keys=keys)
    assert refusal.value.facts == {}


@pytest.mark.parametrize(
    ("kind", "age_seconds", "counts"),
    [
        (CodeKind.MEMBER, 0, True),
        (CodeKind.MEMBER, 119, True),
        (CodeKind.MEMBER, 120, False),
        (CodeKind.LIVE, 59, True),
        (CodeKind.LIVE, 60, False),
        (CodeKind.MEMBER, -5, True),
        (CodeKind.MEMBER, -6, False),
    ],
)
def test_a_code_counts_for_its_time_and_no_longer(kind: CodeKind, age_seconds: int, *, counts: bool) -> None:
    text = codes.mint(Code(kind, SHOP, b"h" * 8, NOW, b"n" * 4), kid=3, key=KEY)
    now = NOW + timedelta(seconds=age_seconds)
    if counts:
        assert read(text, now=now).handle == b"h" * 8
    else:
        with pytest.raises(CodeExpired):
            read(text, now=now)


@pytest.mark.parametrize(
    "scanned",
    [TEXT, f" {TEXT}\n", f"https://t.me/morning_bot?start={TEXT}", f"tg://resolve?domain=morning_bot&start={TEXT}"],
)
def test_a_code_is_recognised_bare_and_in_our_link(scanned: str) -> None:
    assert codes.recognise(scanned) == TEXT


@pytest.mark.parametrize(
    "scanned",
    [
        "",
        "https://example.com/",
        f"https://evil.example/?start={TEXT}",
        f"https://t.me.evil.example/bot?start={TEXT}",
        "WIFI:T:WPA;S:shop;P:secret;;",
        "javascript:alert(1)",
        TEXT.lower(),
        TEXT + "A",
        "123456789",
        "12345678901",
        "１２３４５６７８９０",
        "M1-" + "0" * 58,
    ],
)
def test_what_is_no_member_code_is_said_to_be_so(scanned: str) -> None:
    with pytest.raises(NotAMemberCode):
        codes.recognise(scanned)


@pytest.mark.parametrize("text", ["", "1234567890", TEXT[:-1], TEXT + "A", TEXT.lower(), TEXT + "\n", TEXT[3:]])
def test_a_text_that_is_not_written_like_a_code_is_never_decoded(text: str) -> None:
    with pytest.raises(NotAMemberCode):
        read(text)


@given(st.text())
def test_any_text_is_recognised_or_refused(scanned: str) -> None:
    with suppress(NotAMemberCode):
        assert codes.recognise(scanned) in scanned.replace(" ", "").replace("-", "").replace("\u00a0", "")


@given(st.integers(0, 10**9 - 1))
def test_ten_digits_are_read_back_as_people_write_them(number: int) -> None:
    ten = codes.digits(number)
    assert len(ten) == 10
    assert codes.check_digits(codes.recognise(codes.shown(ten))) == ten
    assert codes.is_digits(ten)


@given(st.integers(0, 10**9 - 1))
def test_every_wrong_digit_and_every_swap_of_neighbours_is_caught(number: int) -> None:
    ten = codes.digits(number)
    wrong = {ten[:i] + d + ten[i + 1 :] for i in range(10) for d in "0123456789"}
    wrong |= {ten[:i] + ten[i + 1] + ten[i] + ten[i + 2 :] for i in range(9)}
    for slip in wrong - {ten}:
        with pytest.raises(MistypedCode):
            codes.check_digits(slip)


def test_a_known_damm_number_has_its_known_check_digit() -> None:
    assert codes.damm("572") == 4


def test_one_code_has_one_reference_and_another_code_another() -> None:
    assert read(TEXT).reference == CODE.reference
    assert CODE.reference != Code(CodeKind.MEMBER, SHOP, b"\x01" * 8, NOW, b"\x03" * 4).reference


@pytest.mark.parametrize("number", [-1, 10**9])
def test_digits_take_only_nine_digits(number: int) -> None:
    with pytest.raises(ValueError, match="nine digits"):
        codes.digits(number)


def test_a_code_is_not_made_from_the_wrong_sizes() -> None:
    with pytest.raises(ValueError, match="handle"):
        codes.mint(Code(CodeKind.MEMBER, SHOP, b"short", NOW, b"n" * 4), kid=3, key=KEY)
