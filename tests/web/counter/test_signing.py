"""Who sits before the staff page: signed in by the chat's link, checked for every call, gone with the right."""

from __future__ import annotations

import httpx
import pytest

from services import staff
from tests.web.desks import Desk, Team
from tests.web.tills import Shop


async def test_the_link_from_the_chat_signs_in_and_says_who_and_how_the_shop_writes_amounts(team: Team) -> None:
    desk = await team.desk("Jay")
    assert desk.me == (await desk.get("/me")).json()
    assert (desk.me["name"], desk.me["role"], desk.me["language"]) == ("Jay", "cashier", "en")
    assert (desk.me["currency"], desk.me["symbol"], desk.me["exponent"]) == ("CNY", "¥", 2)
    assert [(one["code"], one["here"]) for one in desk.me["stores"]] == [("main", True), ("east", False)]
    assert {"scan", "purchase", "lookup"} <= set(desk.me["may"])
    assert "refund" not in desk.me["may"]
    assert desk.client.cookies.get("mb_staff")


async def test_a_link_opens_one_browser(shop: Shop, team: Team) -> None:
    await team.hire("Jay")
    ticket = await team.ticket("Jay")
    async with (
        httpx.AsyncClient(base_url=shop.client.base_url) as one,
        httpx.AsyncClient(base_url=shop.client.base_url) as other,
    ):
        assert (await Desk(one, "one").sign_in(ticket)).status_code == 200
        late = await Desk(other, "other").sign_in(ticket)
        assert (late.status_code, late.json()["code"]) == (401, "sign_in_expired")


async def test_an_old_link_opens_nothing(shop: Shop, team: Team) -> None:
    await team.hire("Jay")
    ticket = await team.ticket("Jay")
    shop.clock.pass_by(minutes=6)
    answer = await Desk(shop.client, "late").sign_in(ticket)
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_expired")


async def test_a_sign_in_with_neither_or_both_is_none(shop: Shop) -> None:
    for body in ({}, {"ticket": "a", "init_data": "b"}):
        answer = await Desk(shop.client, "nobody").post("/session", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Memberbot": "0"},
        {"X-Memberbot": "1", "Origin": "https://evil.example"},
        {"X-Memberbot": "1", "Origin": "null"},
    ],
    ids=["no mark", "wrong mark", "another site", "no site"],
)
async def test_what_another_site_made_the_browser_send_is_refused(
    shop: Shop, desk: Desk, headers: dict[str, str]
) -> None:
    code = (await shop.show(await shop.member())).text
    sent = {**headers, "Idempotency-Key": "forged"}
    answer = await desk.client.post("/staff/api/scans", json={"code": code}, headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (await desk.post("/scans", {"code": code})).status_code == 200


async def test_our_own_origin_is_let_in(shop: Shop, desk: Desk) -> None:
    origin = str(shop.client.base_url).rstrip("/")
    answer = await desk.post("/scans", {"code": (await shop.show(await shop.member())).text}, Origin=origin)
    assert answer.status_code == 200


async def test_without_a_session_nothing_is_told(shop: Shop) -> None:
    stranger = Desk(shop.client, "stranger")
    for answer in (await stranger.get("/me"), await stranger.post("/scans", {"code": "1234567890"})):
        assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


async def test_who_signs_out_is_out(desk: Desk) -> None:
    kept = dict(desk.client.cookies)
    assert (await desk.send("DELETE", "/session")).status_code == 204
    desk.client.cookies.update(kept)  # the cookie itself, kept by somebody, is worth nothing any more
    assert (await desk.get("/me")).status_code == 401


async def test_a_session_ends_after_twelve_hours(shop: Shop, desk: Desk) -> None:
    shop.clock.pass_by(hours=12, seconds=1)
    assert (await desk.get("/me")).status_code == 401


async def test_who_is_removed_is_out_with_the_next_call_of_any_kind(shop: Shop, team: Team, desk: Desk) -> None:
    code = (await shop.show(await shop.member())).text
    first = await desk.post("/scans", {"code": code}, named="before")
    assert first.status_code == 200
    who = await team.who("Jay")
    await shop.db.write(staff.dismiss, who, by=None, moment=shop.clock.moment())
    for answer in (
        await desk.get("/me"),
        await desk.post("/scans", {"code": code}),
        await desk.post("/scans", {"code": code}, named="before"),  # even what was answered before
        await desk.send("PATCH", f"/members/{who}", {"name": "X"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


async def test_a_right_taken_away_counts_at_once(shop: Shop, team: Team) -> None:
    boss = await team.desk("Mona", "manager")
    member = await shop.member()
    assert (await boss.send("PATCH", f"/members/{member}", {"name": "Ann"})).status_code == 200
    who = await team.who("Mona")
    await shop.db.write(staff.change, who, "cashier", store_ids=(), by=None, moment=shop.clock.moment())
    again = await boss.send("PATCH", f"/members/{member}", {"name": "Bob"})
    assert (again.status_code, again.json()["code"]) == (403, "not_allowed")


async def test_one_stands_in_another_store_of_ones_own_only(shop: Shop, team: Team) -> None:
    desk = await team.desk("Jay")
    moved = await desk.post("/store", {"code": "east"})
    assert [(one["code"], one["here"]) for one in moved.json()["stores"]] == [("main", False), ("east", True)]
    bought = await desk.post("/purchases", {"member_id": await shop.member(), "amount": 1000})
    assert bought.json()["store"] == "East Gate"
    bound = await team.desk("Eve", "cashier", "east")
    refused = await bound.post("/store", {"code": "main"})
    assert (refused.status_code, refused.json()["code"]) == (404, "store_unknown")


async def test_colleagues_change_places_by_pin(team: Team, desk: Desk) -> None:
    assert desk.me["has_pin"] is False
    assert (await desk.send("POST", "/pin", {"pin": "4711"})).status_code == 204
    assert (await desk.get("/me")).json()["has_pin"] is True
    await team.hire("Sun")
    assert (await desk.sign_in(await team.ticket("Sun"))).json()["name"] == "Sun"
    listed = (await desk.get("/colleagues")).json()["colleagues"]
    assert [(one["name"], one["has_pin"]) for one in listed] == [("Jay", True)]
    wrong = await desk.post("/colleague", {"staff_id": listed[0]["staff_id"], "pin": "9999"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_pin")
    changed = await desk.post("/colleague", {"staff_id": listed[0]["staff_id"], "pin": "4711"})
    assert (changed.status_code, changed.json()["name"]) == (200, "Jay")
    assert (await desk.get("/me")).json()["name"] == "Jay"


async def test_five_wrong_pins_lock_even_the_right_one(team: Team, desk: Desk) -> None:
    await desk.send("POST", "/pin", {"pin": "4711"})
    jay = await team.who("Jay")
    await team.hire("Sun")
    await desk.sign_in(await team.ticket("Sun"))
    for pin in ("1111", "2222", "3333", "4444", "5555"):
        assert (await desk.post("/colleague", {"staff_id": jay, "pin": pin})).json()["code"] == "wrong_pin"
    locked = await desk.post("/colleague", {"staff_id": jay, "pin": "4711"})
    assert (locked.status_code, locked.json()["code"]) == (429, "pin_locked")


async def test_nobody_is_taken_over_from_a_device_they_never_used(team: Team, desk: Desk) -> None:
    other = await team.desk("Sun")
    await other.send("POST", "/pin", {"pin": "4711"})
    answer = await desk.post("/colleague", {"staff_id": await team.who("Sun"), "pin": "4711"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_staff")


async def test_what_is_no_pin_is_not_kept(desk: Desk) -> None:
    for pin in ("123", "1234567", "1234", "0000", "12a4", "１２３４"):
        answer = await desk.send("POST", "/pin", {"pin": pin})
        assert (pin, answer.status_code, answer.json()["code"]) == (pin, 422, "invalid_pin")
