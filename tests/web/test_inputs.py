"""What a till may not send, and how it is told so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storage.database import Tx
from storage.tables import purchases, requests, transfers
from tests.web.tills import Shop

ON_ONE = pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
"""For what is refused before any database is asked."""

NOBODY = "00000000-0000-4000-8000-000000000000"


async def _stored(shop: Shop) -> int:
    def count(tx: Tx) -> int:
        return sum(len(tx.all(table.select())) for table in (purchases, requests, transfers))

    return await shop.db.read(count)


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0", "invalid_amount"),
        ("-1", "invalid_amount"),
        ("1000000000001", "amount_too_large"),
        ("9223372036854775808", "amount_too_large"),
        ("1" + "0" * 4000, "amount_too_large"),
        ("0.001", "invalid_request"),
        ("1.0", "invalid_request"),
        ("1e3", "invalid_request"),
        ('"1_000"', "invalid_request"),
        ('"100"', "invalid_request"),
        ('"１００"', "invalid_request"),
        ('"٣٠"', "invalid_request"),
        ('"NaN"', "invalid_request"),
        ('""', "invalid_request"),
        ("true", "invalid_request"),
        ("null", "invalid_request"),
        ("[100]", "invalid_request"),
        ("NaN", "not_json"),
        ("1_000", "not_json"),
        ("１００", "not_json"),
        ("0100", "not_json"),
        ("1" * 5000, "not_json"),
        ("", "not_json"),
    ],
)
async def test_what_is_no_amount_is_refused_in_plain_words_and_nothing_moves(
    shop: Shop, amount: str, code: str
) -> None:
    member = await shop.member()
    body = f'{{"member_id": "{member}", "amount": {amount}}}'
    answer = await shop.till.raw("/purchases", body.encode(), Accept_Language="en")
    problem = answer.json()
    assert (answer.headers["Content-Type"], problem["code"]) == ("application/problem+json", code)
    assert problem["status"] == answer.status_code == (400 if code == "not_json" else 422)
    assert problem["detail"]
    if code == "invalid_request":
        assert problem["facts"]["fields"] == "amount"
    assert await shop.points_of(member) == 0
    assert not await shop.db.read(lambda tx: tx.all(purchases.select()))


@ON_ONE
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe{}",
        b'\xef\xbb\xbf{"code":"x"}',
        b'{"code": "a", "code": "b"}',
        b"[" * 30000,
        b'{"a":' * 10000,
    ],
)
async def test_what_is_no_json_object_is_refused(shop: Shop, body: bytes) -> None:
    answer = await shop.till.raw("/scans", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "not_json")


@ON_ONE
async def test_a_form_is_no_json(shop: Shop) -> None:
    answer = await shop.till.raw("/scans", b'{"code": "x"}', Content_Type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["code"]) == (400, "not_json")


@ON_ONE
@pytest.mark.parametrize("size", [64 * 1024, 64 * 1024 + 1])
async def test_a_body_may_have_64_kib_and_not_a_byte_more(shop: Shop, size: int) -> None:
    body = json.dumps({"code": "x"}).encode().ljust(size)
    answer = await shop.till.raw("/scans", body)
    assert answer.json()["code"] == ("not_a_member_code" if size == 64 * 1024 else "body_too_large")
    assert answer.status_code == (422 if size == 64 * 1024 else 413)


@ON_ONE
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/scans", {}, "code"),
        ("/scans", {"code": ""}, "code"),
        ("/scans", {"code": 12345}, "code"),
        ("/scans", {"code": "x" * 201}, "code"),
        ("/scans", {"code": "x", "kode": "y"}, "kode"),
        ("/scans", {"code": "M1-\x00"}, "code"),
        ("/scans", {"code": "\ud800"}, "code"),
        ("/scans", {"code": "a\x1bb"}, "code"),
        ("/quotes", {"amount": 100}, "scan_id, member_id"),
        ("/quotes", {"amount": 100, "member_id": NOBODY, "scan_id": NOBODY}, "scan_id, member_id"),
        ("/quotes", {"amount": 100, "member_id": "' OR 1=1"}, "member_id"),
        ("/quotes", {"amount": 100, "member_id": NOBODY + "\n"}, "member_id"),
        ("/quotes", {"amount": 100, "member_id": NOBODY, "points": -1}, "points"),
        ("/quotes", {"amount": 100, "member_id": NOBODY, "points": 2**63}, "points"),
        ("/quotes", {"amount": 100, "member_id": NOBODY, "coupon_ids": [NOBODY] * 11}, "coupon_ids"),
        ("/quotes", {"amount": 100, "member_id": NOBODY, "coupon_ids": "abc"}, "coupon_ids"),
        ("/quotes", {"amount": 100, "member_id": NOBODY, "items": [{"name": "tea"}]}, "items.0.amount"),
        ("/purchases", {"amount": 100, "member_id": NOBODY, "receipt_no": "r" * 65}, "receipt_no"),
        ("/purchases", {"amount": 100, "member_id": NOBODY, "receipt_no": "\u0000"}, "receipt_no"),
        (f"/purchases/{NOBODY}/refunds", {"amount": 100}, "reason"),
        (f"/purchases/{NOBODY}/refunds", {"reason": "x", "amount": "1"}, "amount"),
        ("/purchases/1%00/refunds", {"reason": "x"}, "id"),
        (f"/coupons/{NOBODY}/redemptions", {}, "scan_id"),
        ("/members", {"phone": "13800138000"}, "consent"),
        ("/members", {"phone": "13800138000", "consent": {"terms": "yes"}}, "consent.terms"),
        ("/members", {"phone": 13800138000, "consent": {"terms": True}}, "phone"),
        ("/members", {"phone": "1", "name": "\udfff", "consent": {"terms": True}}, "name"),
    ],
)
async def test_a_field_that_will_not_do_is_named_and_never_repeated(
    shop: Shop, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await shop.till.raw(path, json.dumps(body).encode(), Accept_Language="en")
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["facts"]) == (422, "invalid_request", {"fields": field})
    assert field in problem["detail"]
    assert "138001" not in answer.text
    assert await _stored(shop) == 0


@ON_ONE
@pytest.mark.parametrize("name", [None, "", "n" * 129, "é", "a\tb"])
async def test_a_post_without_a_usable_idempotency_key_is_refused(shop: Shop, name: str | None) -> None:
    headers = [(b"Authorization", f"Bearer {shop.till.key}".encode()), (b"Content-Type", b"application/json")]
    headers += [] if name is None else [(b"Idempotency-Key", name.encode())]
    answer = await shop.client.post("/api/v1/scans", content=b'{"code": "x"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")


@ON_ONE
@pytest.mark.parametrize("name", ["n", "n" * 128, "a b", "~!{}\"'"])
async def test_any_printable_ascii_names_a_request(shop: Shop, name: str) -> None:
    assert (await shop.till.post("/scans", {"code": "x"}, named=name)).json()["code"] == "not_a_member_code"


@ON_ONE
@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ("GET /api/v1/nothing", 404, "not_found"),
        ("GET /", 404, "not_found"),
        ("GET /api/v1/members/", 404, "not_found"),
        ("GET /static/../app.py", 404, "not_found"),
        ("GET /static/%2e%2e/app.py", 404, "not_found"),
        ("DELETE /api/v1/members", 405, "method_not_allowed"),
        ("GET /api/v1/scans", 405, "method_not_allowed"),
        ("POST /card", 405, "method_not_allowed"),
        ("PUT /healthz", 405, "method_not_allowed"),
    ],
)
async def test_what_is_not_there_is_told_as_a_problem(shop: Shop, asked: str, status: int, code: str) -> None:
    answer = await shop.client.request(*asked.split())
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
