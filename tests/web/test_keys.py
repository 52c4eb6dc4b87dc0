"""The keys of tills: refused alike, withdrawn at once, never written down."""

from __future__ import annotations

import pytest
import structlog.testing

from membership.errors import StoreUnknown
from membership.messages import say
from services import keys
from services.keys import KeyNameTaken, KeyUnknown
from storage.tables import api_keys
from tests.web.tills import Shop, Till, words


async def test_a_call_without_a_key_is_asked_for_one(shop: Shop) -> None:
    answer = await shop.client.get("/api/v1/members?phone=13800138000")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "unauthorized"


@pytest.mark.parametrize(
    "shown", ["", "Bearer", "Bearer  x", "Basic YTpi", "Bearer mbk_wrong", "Bearer \xe9\xe9", "mbk"]
)
async def test_whatever_is_no_working_key_is_refused_alike(shop: Shop, shown: str) -> None:
    header = [(b"Authorization", shown.encode("latin-1"))] if shown else []
    answer = await shop.client.post("/api/v1/scans", content=b"not even JSON", headers=header)
    without = await shop.client.post("/api/v1/scans", content=b"")
    assert (answer.status_code, answer.text) == (401, without.text)


async def test_the_refusal_of_a_key_speaks_the_callers_language(shop: Shop) -> None:
    answer = await shop.client.get("/api/v1/members/x", headers={"Accept-Language": "fr;q=0.9, zh-CN;q=0.8, en;q=0.1"})
    assert answer.json()["detail"] == words().text(say("problem.unauthorized"), "zh-Hans")


async def test_a_revoked_key_is_refused_at_its_next_call(shop: Shop) -> None:
    member = await shop.member()
    assert (await shop.till.get(f"/members/{member}")).status_code == 200
    await shop.db.write(keys.revoke, "till 1", actor="test", moment=shop.clock.moment())
    assert (await shop.till.get(f"/members/{member}")).status_code == 401
    assert (await shop.till.post("/quotes", {"member_id": member, "amount": 100})).status_code == 401
    assert (await shop.east.get(f"/members/{member}")).status_code == 200


async def test_the_memory_holds_a_digest_and_never_the_key(shop: Shop) -> None:
    rows = await shop.db.read(lambda tx: tx.all(api_keys.select()))
    assert shop.till.key.startswith("mbk_")
    assert len(shop.till.key) == len("mbk_") + 43
    assert all(shop.till.key.encode() not in repr(tuple(row)).encode() for row in rows)
    assert {len(row.digest) for row in rows} == {32}


async def test_a_key_is_listed_with_its_store_and_its_last_use(shop: Shop) -> None:
    await shop.till.post("/quotes", {"member_id": await shop.member(), "amount": 100})
    listed = {key.name: key for key in await shop.db.read(keys.listed)}
    assert (listed["till 1"].store, listed["till 1"].role) == ("main", "till")
    assert listed["till 1"].used_at == shop.clock.now
    assert listed["office"].used_at is None


async def test_a_name_is_given_once_and_a_store_must_exist(shop: Shop) -> None:
    with pytest.raises(KeyNameTaken):
        await shop.new_till("till 1", "main")
    with pytest.raises(StoreUnknown):
        await shop.new_till("till 9", "nowhere")
    with pytest.raises(KeyUnknown):
        await shop.db.write(keys.revoke, "nobody", actor="test", moment=shop.clock.moment())


async def test_neither_key_nor_phone_nor_code_reaches_the_log(shop: Shop) -> None:
    member = await shop.member()
    code = await shop.show(member)
    with structlog.testing.capture_logs() as logged:
        await shop.till.get("/members", phone="13800138000")
        await shop.till.scan(code.text)
        await Till(shop.client, "mbk_canary").get(f"/members/{member}")
        await shop.client.get("/nowhere/canary?canary=1")
    assert len(logged) == 4
    assert not [found for found in (shop.till.key, "canary", "13800138000", code.text, member) if found in repr(logged)]
