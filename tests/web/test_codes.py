"""Codes at the till: late, used, altered, guessed."""

from __future__ import annotations

import asyncio
import base64

import pytest

from membership import codes as member_codes
from tests.web.tills import Shop


async def test_a_screenshot_shown_after_its_time_is_refused(shop: Shop) -> None:
    code = await shop.show(await shop.member())
    shop.clock.pass_by(seconds=121)
    for shown in (code.text, code.digits):
        answer = await shop.till.post("/scans", {"code": shown})
        assert answer.status_code in {404, 410}
        assert answer.json()["code"] in {"code_expired", "unknown_code"}


async def test_a_live_code_lasts_a_minute(shop: Shop) -> None:
    code = await shop.show(await shop.member(), live=True)
    shop.clock.pass_by(seconds=59)
    assert (await shop.till.post("/scans", {"code": code.text})).status_code == 200
    late = await shop.show(await shop.member(), live=True)
    shop.clock.pass_by(seconds=61)
    assert (await shop.till.post("/scans", {"code": late.text})).json()["code"] == "code_expired"


async def test_one_code_at_two_tills_at_once_is_read_by_one_of_them(shop: Shop) -> None:
    code = await shop.show(await shop.member())
    given = await asyncio.gather(*(till.post("/scans", {"code": code.text}) for till in (shop.till, shop.east)))
    assert sorted(answer.status_code for answer in given) == [200, 409]
    refused = next(answer.json() for answer in given if answer.status_code == 409)
    assert refused["code"] == "code_used"
    assert refused["facts"]["at"] == "2026-11-22T04:00:00Z"


async def test_the_ten_digits_are_as_good_as_the_picture_and_both_are_one_code(shop: Shop) -> None:
    code = await shop.show(await shop.member())
    typed = await shop.till.post("/scans", {"code": f"{code.digits[:5]} {code.digits[5:]}"})
    seen = await shop.till.post("/scans", {"code": code.text})
    assert typed.json()["scan_id"] == seen.json()["scan_id"]


async def test_a_code_in_which_any_one_bit_is_turned_is_unknown(shop: Shop) -> None:
    code = await shop.show(await shop.member())
    raw = base64.b32decode(code.text[3:] + "======")
    altered = [raw[: i // 8] + bytes([raw[i // 8] ^ 1 << i % 8]) + raw[i // 8 + 1 :] for i in range(0, 288, 9)]
    texts = ["M1-" + base64.b32encode(each).decode().rstrip("=") for each in altered]
    given = await asyncio.gather(*(shop.till.post("/scans", {"code": text}) for text in texts))
    assert {(answer.status_code, answer.json()["code"]) for answer in given} == {(404, "unknown_code")}


@pytest.mark.parametrize(
    "shown",
    ["hello", "https://evil.example/M1-", "M1-AAAA", "123456789", "http://127.0.0.1/card", "１２３４５６７８９０"],
)
async def test_what_is_no_member_code_is_said_to_be_none(shop: Shop, shown: str) -> None:
    assert (await shop.till.post("/scans", {"code": shown})).json()["code"] == "not_a_member_code"


async def test_wrong_digits_are_guessed_five_times_and_a_slip_is_no_guess(shop: Shop) -> None:
    code = await shop.show(await shop.member())
    wrong = [member_codes.digits(number) for number in range(5)]
    slip = code.digits[:9] + str((int(code.digits[9]) + 1) % 10)
    assert (await shop.till.post("/scans", {"code": slip})).json()["code"] == "mistyped_code"
    for digits in wrong:
        assert (await shop.till.post("/scans", {"code": digits})).json()["code"] == "unknown_code"
    locked = await shop.till.post("/scans", {"code": code.digits}, named="typed")
    assert (locked.status_code, locked.json()["code"], locked.headers["Retry-After"]) == (
        429,
        "too_many_guesses",
        "600",
    )
    assert (await shop.till.post("/scans", {"code": code.text})).status_code == 200, "the camera still works"
    shop.clock.pass_by(minutes=10, seconds=1)
    fresh = await shop.show(await shop.member())
    assert (await shop.till.post("/scans", {"code": fresh.digits})).status_code == 200


async def test_a_guess_sent_again_under_its_name_is_counted_once(shop: Shop) -> None:
    wrong = member_codes.digits(1)
    for _ in range(9):
        answer = await shop.till.post("/scans", {"code": wrong}, named="the same")
        assert answer.json()["code"] == "unknown_code"
