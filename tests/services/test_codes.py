"""A code that is not genuine is refused before anybody is looked up, and always in the same way."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event

from membership import codes as written
from membership.codes import Code, CodeKind
from membership.errors import CodeExpired, CodeRevoked, CodeUsed, NotAMemberCode, Refusal, ScanExpired, UnknownCode
from membership.moment import Moment
from services import codes, rules
from services.reader import Reader
from storage.database import Tx
from tests.services.shopfront import Shop

READER = Reader("someone@till", "00000000-0000-4000-8000-000000000000")
READER_IN_SHOP = Reader("someone@till", rules.store_id("main"))

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


async def asked_from(shop: Shop, member_id: str, session: str, **how: Any) -> str:
    told = {"session": session, "moment": shop.moment(), **how}
    return (await shop.db.write(codes.show, member_id, **told)).text


async def read(shop: Shop, text: str) -> str:
    """Scan a code and return how that went."""
    try:
        await shop.db.write(codes.scan, text, READER_IN_SHOP, moment=shop.moment())
    except Refusal as no:
        return type(no).__name__
    return "read"


@pytest.mark.parametrize("seconds", [0, 1, 30])
async def test_a_code_asked_for_on_a_second_phone_ends_those_of_the_first(shop: Shop, seconds: int) -> None:
    """F07, also where both are asked for in the same second."""
    [member_id] = await shop.settle(1)
    first = [await asked_from(shop, member_id, "phone", live=live) for live in (False, True)]
    shop.counter.pass_by(seconds=seconds)
    second = await asked_from(shop, member_id, "tablet")
    assert [await read(shop, text) for text in first] == ["CodeRevoked"] * 2
    assert await read(shop, second) == "read"


async def test_codes_of_one_phone_count_beside_each_other(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    shown = [await asked_from(shop, member_id, "phone") for _ in range(3)]
    assert [await read(shop, text) for text in shown] == ["read"] * 3


async def test_going_to_and_fro_between_two_phones_leaves_the_last_code_alone(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    shown = [await asked_from(shop, member_id, session) for session in ("phone", "tablet") * 2]
    shop.counter.pass_by(seconds=1)
    assert [await read(shop, text) for text in shown] == ["CodeRevoked"] * 3 + ["read"]


async def test_a_card_that_works_again_shows_a_code_that_counts_in_the_same_second(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    shop.counter.pass_by(milliseconds=300)
    before = await asked_from(shop, member_id, "phone")
    await shop.db.write(codes.revoke, member_id, moment=shop.moment())
    after = await asked_from(shop, member_id, "phone")
    assert (await read(shop, before), await read(shop, after)) == ("CodeRevoked", "read")


async def test_revoking_ends_scans_that_were_not_used_yet(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    scan = await shop.db.write(
        codes.scan, await asked_from(shop, member_id, "phone"), READER_IN_SHOP, moment=shop.moment()
    )
    await shop.db.write(codes.revoke, member_id, moment=shop.moment())
    with pytest.raises(ScanExpired):
        await shop.db.read(codes.find_scan, scan.id, READER_IN_SHOP, now=shop.now)


async def test_a_pay_code_is_known_as_one_by_picture_and_by_digits(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    kinds = []
    for pay, typed in ((True, False), (True, True), (False, False), (False, True)):
        shown = await shop.db.write(codes.show, member_id, moment=shop.moment(), session="phone", pay=pay)
        scan = await shop.db.write(
            codes.scan, shown.digits if typed else shown.text, READER_IN_SHOP, moment=shop.moment()
        )
        kinds.append(scan.kind)
    assert kinds == ["pay", "pay", "", ""]


async def test_looking_at_a_code_claims_nothing(shop: Shop) -> None:
    [member_id] = await shop.settle(1)
    text = await asked_from(shop, member_id, "phone")
    for reader in (READER_IN_SHOP, replace(READER_IN_SHOP, actor="another till")):
        assert await shop.db.write(codes.peek, text, reader, moment=shop.moment()) == member_id
    await shop.db.write(codes.scan, text, READER_IN_SHOP, moment=shop.moment())
    with pytest.raises(CodeUsed):
        await shop.db.write(codes.peek, text, replace(READER_IN_SHOP, actor="another till"), moment=shop.moment())


async def double_scans(shop: Shop, times: int) -> Counter[tuple[str, ...]]:
    """Show so many codes, each read at once at two tills which both buy with it; return what came of each pair."""
    [member_id] = await shop.settle(1)
    tills = [replace(READER_IN_SHOP, actor=f"till {number}") for number in range(2)]

    def buy(tx: Tx, text: str, till: Reader, moment: Moment) -> str:
        scan = codes.scan(tx, text, till, moment=moment)
        codes.use(tx, scan.id, member_id, till, moment=moment)
        return "bought"

    ends: Counter[tuple[str, ...]] = Counter()
    for _ in range(times):
        text = await asked_from(shop, member_id, "phone")
        pair = [shop.db.write(buy, text, till, shop.moment()) for till in tills for _ in range(2)]
        found = await asyncio.gather(*pair, return_exceptions=True)
        ends[tuple(sorted(one if isinstance(one, str) else type(one).__name__ for one in found))] += 1
    return ends


async def test_of_two_tills_that_read_one_code_at_once_one_buys_once(shop: Shop) -> None:
    """F02 and G21, the short form: each code is read four times, twice at each till."""
    assert await double_scans(shop, 50) == {("CodeUsed", "CodeUsed", "CodeUsed", "bought"): 50}


@pytest.mark.torture
async def test_ten_thousand_double_scans_and_no_replay(shop: Shop) -> None:
    assert await double_scans(shop, 10_000) == {("CodeUsed", "CodeUsed", "CodeUsed", "bought"): 10_000}
