"""A code that is not genuine is refused before anybody is looked up, and always in the same way."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from membership import codes as written
from membership.codes import Code, CodeKind
from membership.errors import CodeExpired, CodeRevoked, NotAMemberCode, Refusal, UnknownCode
from membership.moment import Moment
from services import codes, rules
from services.codes import Reader
from storage.database import Tx
from tests.services.shopfront import Shop

READER = Reader("someone@till", "00000000-0000-4000-8000-000000000000")

PHISHING = "https://evil.example/login?next=M1-AAAA"
FOREIGN = (
    PHISHING,
    "https://t.me.evil.example/memberbot_cafe_bot?start=M1-" + "A" * 58,
    "http://169.254.169.254/latest/meta-data/",
    "file:///etc/passwd",
    "WIFI:T:WPA;S:free wifi;P:12345678;;",
    "BEGIN:VCARD\nVERSION:3.0\nFN:Mallory\nTEL:+8613800138000\nEND:VCARD",
    "weixin://wxpay/bizpayurl?pr=abc",
    "SMSTO:+8613800138000:hello",
    "javascript:alert(1)",
    "",
    "M1-" + "A" * 57,
    "m1-" + "a" * 58,
)


@contextmanager
def counted(tx: Tx) -> Iterator[list[str]]:
    """Note every statement that goes to the database meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(tx.connection, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(tx.connection, "before_cursor_execute", note)


def refusals(tx: Tx, texts: list[str], moment: Moment) -> tuple[set[type[Refusal]], list[str]]:
    """Scan all of these; return how they were refused, and what the database was asked meanwhile."""
    rules.current(tx)  # the shop's own code is read once, before the first scan
    kinds: set[type[Refusal]] = set()
    with counted(tx) as asked:
        for text in texts:
            with pytest.raises(Refusal) as no:
                codes.scan(tx, text, READER, moment=moment)
            kinds.add(type(no.value))
            assert no.value.facts == {}
    return kinds, asked


async def shown(shop: Shop) -> str:
    [member_id] = await shop.settle(1)
    return (await shop.db.write(codes.show, member_id, moment=shop.moment())).text


def flipped(text: str) -> Iterator[str]:
    raw = base64.b32decode(text.removeprefix(written.PREFIX) + "======")
    for bit in range(8 * len(raw)):
        altered = bytearray(raw)
        altered[bit // 8] ^= 1 << bit % 8
        yield written.PREFIX + base64.b32encode(altered).decode().rstrip("=")


async def test_any_flipped_bit_is_refused_alike_without_a_question_to_the_database(shop: Shop) -> None:
    texts = list(flipped(await shown(shop)))
    assert len(texts) == 288
    assert await shop.db.write(refusals, texts, shop.moment()) == ({UnknownCode}, [])


def forged(tx: Tx, now: Any) -> dict[str, str]:
    """Codes that look right, each with one thing wrong."""
    kid, key = tx.cipher.current_qr_kid, tx.cipher.qr_key(tx.cipher.current_qr_kid)
    audience = written.audience_of(rules.current(tx).code)
    code = Code(CodeKind.MEMBER, audience, bytes(8), now.replace(microsecond=0), bytes(4))
    return {
        "another key under our id": written.mint(code, kid=kid, key=bytes(32)),
        "our key under another id": written.mint(code, kid=(kid + 1) % 16, key=key),
        "another shop": written.mint(replace(code, audience=audience ^ 1), kid=kid, key=key),
        "a kind we do not know": written.mint(replace(code, kind=9), kid=kid, key=key),  # type: ignore[arg-type]
    }


async def test_other_keys_other_shops_and_other_kinds_are_refused_alike_unasked(shop: Shop) -> None:
    moment = shop.moment()
    texts = await shop.db.read(lambda tx: forged(tx, moment.now))
    for what, text in texts.items():
        assert await shop.db.write(refusals, [text], moment) == ({UnknownCode}, []), what


async def test_what_is_no_member_code_is_never_looked_up(shop: Shop) -> None:
    assert await shop.db.write(refusals, list(FOREIGN), shop.moment()) == ({NotAMemberCode}, [])


async def test_a_genuine_code_of_yesterday_is_refused_unasked(shop: Shop) -> None:
    text = await shown(shop)
    shop.counter.pass_by(seconds=121)
    assert await shop.db.write(refusals, [text], shop.moment()) == ({CodeExpired}, [])


async def test_a_revoked_code_is_refused_after_asking_for_its_member(shop: Shop) -> None:
    """F08, and the proof that the counting above counts."""
    [member_id] = await shop.settle(1)
    text = (await shop.db.write(codes.show, member_id, moment=shop.moment())).text
    shop.counter.pass_by(seconds=1)
    await shop.db.write(lambda tx: codes.revoke(tx, member_id, moment=shop.moment()))
    kinds, asked = await shop.db.write(refusals, [text], shop.moment())
    assert kinds == {CodeRevoked}
    assert any("members" in statement for statement in asked)
