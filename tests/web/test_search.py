"""What is looked for means itself: no wildcard, no statement, and no pattern that never comes to an end."""

from __future__ import annotations

from typing import Final

import pytest

from tests.web.tills import Shop

SEARCHED: Final = [
    "%", "_", "1391111____", "%1391111222%", "*", "' OR '1'='1", "1'; DROP TABLE members; --", "\\", "\\x00", "${7*7}",
    "(a+)+$" + "a" * 30, "(" * 40, "+" * 40, "9" * 40, "٣٠", "１３９１１１１２２２２", "M1-" + "A" * 37, "\u202e139",
]  # fmt: skip


@pytest.mark.parametrize("sent", SEARCHED)
async def test_whatever_is_searched_for_means_itself(shop: Shop, sent: str) -> None:
    member = {"phone": "13911112222", "name": "Li Lei", "consent": {"terms": True}}
    assert (await shop.till.post("/members", member)).status_code == 201
    assert (await shop.till.get("/members", phone=sent)).status_code in {404, 422}
    assert (await shop.till.get("/purchases", receipt_no=sent)).json() == {"purchases": []}
    assert (await shop.till.get("/members", phone="13911112222")).status_code == 200


async def test_a_receipt_number_full_of_signs_is_found_by_itself_alone(shop: Shop) -> None:
    member = await shop.member()
    for number in ("A%", "A_", "AB", "'; --", "A\\"):
        made = await shop.till.post("/purchases", {"member_id": member, "amount": 100, "receipt_no": number})
        assert made.status_code == 201
    for number in ("A%", "A_", "'; --", "A\\"):
        (found,) = (await shop.till.get("/purchases", receipt_no=number)).json()["purchases"]
        assert found["receipt_no"] == number


@pytest.mark.parametrize("sent", ["0", "0.0", "1795305600", "2026-11-22T00:00:00", "22.11.2026", "2026-02-30", ""])
async def test_a_day_is_written_as_a_day_and_nothing_else(shop: Shop, sent: str) -> None:
    answer = await shop.till.get("/purchases", receipt_no="7", on=sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert (await shop.till.get("/purchases", receipt_no="7", on="2026-11-22")).json() == {"purchases": []}


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
async def test_a_code_opens_nothing_where_a_member_or_a_phone_is_asked_for(shop: Shop) -> None:
    member = await shop.member()
    code = await shop.show(member)
    for shown in (code.text, code.digits, code.text.lower()):
        assert (await shop.manager.get(f"/members/{shown}")).json()["code"] == "invalid_request"
        assert (await shop.manager.get("/members", phone=shown)).json()["code"] in {
            "invalid_phone", "invalid_request", "not_a_member",
        }  # fmt: skip
        quoted = await shop.manager.post("/quotes", {"member_id": shown, "amount": 100})
        assert quoted.json()["code"] == "invalid_request"
