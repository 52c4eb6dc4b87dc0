"""The rehearsal's WeChat admits callers, counts them, and fails on purpose when asked to."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from playground.faults import Fault
from playground.wechat_api.calls import CALLS
from playground.wechat_api.state import Kind
from tests.playground.wechat.rehearsal import APP, SECRET, Rehearsal

KEYS = {"grant_type": "client_credential", "appid": APP, "secret": SECRET}


async def code(shop: Rehearsal) -> int:
    return int((await shop.get("cgi-bin/tags/get")).get("errcode", 0))


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({}, 0),
        ({"grant_type": "password"}, 40002),
        ({"appid": ""}, 41002),
        ({"appid": "wx0"}, 40013),
        ({"secret": ""}, 41004),
        ({"secret": "guess"}, 40125),
    ],
)
async def test_only_the_accounts_own_keys_get_a_token(shop: Rehearsal, changed: dict[str, str], number: int) -> None:
    keys = KEYS | changed
    assert (await shop.get("cgi-bin/token", **keys)).get("errcode", 0) == number
    assert (await shop.post("cgi-bin/stable_token", keys)).get("errcode", 0) == number


async def test_an_address_outside_the_white_list_gets_no_token(shop: Rehearsal) -> None:
    shop.wechat.account.ip_allowed = False
    answer = await shop.get("cgi-bin/token", **KEYS)
    assert answer["errcode"] == 40164
    assert "not in whitelist" in answer["errmsg"]


async def test_a_new_token_leaves_the_old_one_five_minutes(shop: Rehearsal) -> None:
    shop.token = (await shop.get("cgi-bin/token", **KEYS))["access_token"]
    newer = (await shop.get("cgi-bin/token", **KEYS))["access_token"]
    shop.clock.step(timedelta(seconds=290))
    assert await code(shop) == 0
    shop.clock.step(timedelta(seconds=11))
    assert await code(shop) == 40001
    shop.token = newer
    assert await code(shop) == 0


async def test_a_stable_token_stays_until_its_last_five_minutes(shop: Rehearsal) -> None:
    first = await shop.post("cgi-bin/stable_token", KEYS)
    assert first["access_token"] == shop.token
    shop.clock.step(timedelta(seconds=6800))
    again = await shop.post("cgi-bin/stable_token", KEYS)
    assert again["access_token"] == shop.token
    assert 390 <= again["expires_in"] <= 400
    shop.clock.step(timedelta(seconds=150))
    newer = await shop.post("cgi-bin/stable_token", KEYS)
    assert newer["access_token"] != shop.token
    assert await code(shop) == 0
    shop.clock.step(timedelta(seconds=300))
    assert await code(shop) == 42001


async def test_a_forced_or_revoked_token_is_worthless_at_once(shop: Rehearsal) -> None:
    forced = await shop.post("cgi-bin/stable_token", KEYS | {"force_refresh": True})
    assert await code(shop) == 40001
    shop.token = forced["access_token"]
    assert await code(shop) == 0
    shop.wechat.revoke_tokens()
    assert await code(shop) == 40001
    shop.token = (await shop.post("cgi-bin/stable_token", KEYS))["access_token"]
    assert await code(shop) == 0


async def test_a_call_needs_a_token_the_right_method_and_a_known_address(shop: Rehearsal) -> None:
    assert (await shop.post("cgi-bin/tags/get", {}))["errcode"] == 43001
    assert (await shop.get("cgi-bin/tags/create"))["errcode"] == 43002
    assert (await shop.get("cgi-bin/poster/create"))["errcode"] == 40066
    assert (await shop.post("cgi-bin/tags/create", [1]))["errcode"] == 47001
    assert (await shop.post("cgi-bin/tags/create"))["errcode"] == 44002
    shop.token = ""
    assert await code(shop) == 41001
    shop.token = "invented"
    assert await code(shop) == 40001


SERVICE_ONLY = {
    "cgi-bin/message/template/send",
    "cgi-bin/template/get_all_private_template",
    "cgi-bin/qrcode/create",
}
TOKENS = {"cgi-bin/token", "cgi-bin/stable_token"}


@pytest.mark.parametrize(
    ("kind", "refused"),
    [("service", set[str]()), ("subscription", SERVICE_ONLY), ("unverified", set(CALLS) - TOKENS)],
)
async def test_each_kind_of_account_may_do_what_its_kind_may(shop: Rehearsal, kind: Kind, refused: set[str]) -> None:
    shop.wechat.kind = kind
    answers: dict[str, Any] = {}
    for name, api in CALLS.items():
        if name != "cgi-bin/media/get":
            answers[name] = await (shop.get(name) if api.method == "GET" else shop.post(name, {}))
    no = {name for name, answer in answers.items() if answer.get("errcode") == 48001}
    assert no == refused - {"cgi-bin/media/get"}


async def test_an_unverified_account_can_still_answer_with_text_but_not_with_pictures(
    shop: Rehearsal, fan: str
) -> None:
    shop.wechat.kind = "unverified"
    assert (await shop.upload(b"\x89PNG\r\n\x1a\n"))["errcode"] == 48001
    shop.program.answers = [shop.program.seal(shop.program.text(fan, "回复 1 查积分"))]
    await shop.wechat.say(fan, "1")
    assert shop.texts()[-1] == "回复 1 查积分"


async def test_a_daily_quota_ends_at_midnight_in_beijing_or_when_it_is_cleared(shop: Rehearsal) -> None:
    shop.wechat.account.limits["cgi-bin/tags/get"] = 2
    assert [await code(shop) for _ in range(3)] == [0, 0, 45009]
    assert (await shop.post("cgi-bin/clear_quota", {"appid": APP}))["errcode"] == 0
    assert [await code(shop) for _ in range(3)] == [0, 0, 45009]
    shop.clock.step(timedelta(hours=12, seconds=1))
    await shop.sign_in()
    assert await code(shop) == 0


async def test_quotas_are_cleared_ten_times_a_month(shop: Rehearsal) -> None:
    codes = [(await shop.post("cgi-bin/clear_quota", {"appid": APP}))["errcode"] for _ in range(11)]
    assert codes == [0] * 10 + [48006]
    assert (await shop.post("cgi-bin/clear_quota", {"appid": "wx0"}))["errcode"] == 40013


async def make_tag(shop: Rehearsal, *, patience: float = 5) -> aiohttp.ClientResponse:
    return await shop.client.post(
        f"{shop.base}/cgi-bin/tags/create",
        json={"tag": {"name": "员工"}},
        params={"access_token": shop.token},
        timeout=aiohttp.ClientTimeout(total=patience),
    )


@pytest.mark.parametrize(("kind", "status", "done"), [("502", 502, 0), ("html", 200, 0), ("cut", 200, 1)])
async def test_a_broken_answer_is_no_json(shop: Rehearsal, kind: Any, status: int, done: int) -> None:
    shop.faults.plan(Fault(kind, match="tags/create"))
    got = await make_tag(shop)
    assert got.status == status
    with pytest.raises(ValueError, match=r"."):
        await got.json(content_type=None)
    assert len(shop.wechat.account.tags) == 1 + done
    assert shop.inspector.named("cgi-bin/tags/create")[-1].fault == kind


@pytest.mark.parametrize(("kind", "done"), [("hang", 0), ("reset", 1)])
async def test_a_call_without_an_answer(shop: Rehearsal, kind: Any, done: int) -> None:
    shop.faults.plan(Fault(kind))
    with pytest.raises((aiohttp.ClientError, TimeoutError)):
        await make_tag(shop, patience=0.2 if kind == "hang" else 5)
    assert len(shop.wechat.account.tags) == 1 + done
    await asyncio.sleep(0.05)
    assert shop.inspector.named("cgi-bin/tags/create")[-1].fault == kind
    assert (await make_tag(shop)).status == 200


async def test_a_planned_errcode_is_answered_as_often_as_planned(shop: Rehearsal) -> None:
    shop.faults.plan(Fault("errcode", count=2, match="tags", code=45011))
    assert [await code(shop) for _ in range(3)] == [45011, 45011, 0]


async def test_the_js_ticket_lasts_two_hours_and_stays_hidden(shop: Rehearsal) -> None:
    first = await shop.get("cgi-bin/ticket/getticket", type="jsapi")
    assert first["expires_in"] == 7200
    assert (await shop.get("cgi-bin/ticket/getticket", type="jsapi"))["ticket"] == first["ticket"]
    assert first["ticket"] not in repr(list(shop.inspector.calls))
    assert (await shop.get("cgi-bin/ticket/getticket", type="x"))["errcode"] == 40035


async def test_reset_forgets_everything_but_the_keys(shop: Rehearsal, fan: str) -> None:
    shop.wechat.kind = "subscription"
    shop.wechat.reset()
    assert await code(shop) == 40001
    with pytest.raises(KeyError):
        shop.wechat.screen(fan)
    assert shop.wechat.kind == "subscription"
