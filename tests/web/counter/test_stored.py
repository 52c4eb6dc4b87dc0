"""Stored value on the staff page: topped up by who may, shown with the member, and spent only after their yes."""

from __future__ import annotations

import tomllib
from importlib import resources

from services import privacy, questions, rules, stored_value
from services.reader import Reader
from storage.database import Tx
from storage.tables import members
from storage.tables import questions as asked
from tests.handlers.counter import Person
from tests.proof import assert_clean
from tests.web.desks import Desk, Team
from tests.web.tills import CARDS, Shop


async def sell(shop: Shop, more: str) -> None:
    """Add these tables to the shop's rules."""
    cafe = resources.files("membership").joinpath("presets/cafe.toml").read_text(encoding="utf-8")
    await shop.db.write(rules.bring, tomllib.loads(f"{cafe}{CARDS}\n{more}"), actor="test", now=shop.clock.now)


async def test_a_shop_that_sells_none_takes_none(shop: Shop, boss: Desk) -> None:
    assert boss.me["stored_value"] is False
    answer = await boss.post("/top-ups", {"member_id": await shop.member(), "amount": 10_000})
    assert (answer.status_code, answer.json()["code"]) == (404, "stored_value_unknown")


async def test_a_cashier_is_shown_top_ups_where_the_shop_lets_cashiers_take_them(shop: Shop, desk: Desk) -> None:
    for more, shown in (("[stored_value]", False), ("[stored_value]\ncashiers = true", True)):
        await sell(shop, more)
        assert ("top_up" in (await desk.get("/me")).json()["may"]) is shown
        made = await desk.post("/top-ups", {"member_id": await shop.member(), "amount": 10_000})
        assert made.status_code == (201 if shown else 403)


async def test_a_manager_tops_up_and_the_member_spends_it_with_a_yes(shop: Shop, desk: Desk, boss: Desk) -> None:
    await sell(shop, "[stored_value]\n")
    member = await shop.member()
    no = await desk.post("/top-ups", {"member_id": member, "amount": 10_000})
    assert (no.status_code, no.json()["code"]) == (403, "not_allowed")
    made = await boss.post("/top-ups", {"member_id": member, "amount": 10_000}, named="money")
    again = await boss.post("/top-ups", {"member_id": member, "amount": 10_000}, named="money")
    assert (made.status_code, made.json()["stored"], made.text) == (201, {"principal": 10_000, "bonus": 0}, again.text)
    seen = (await desk.post("/scans", {"code": (await shop.show(member)).text})).json()
    assert seen["member"]["stored"] == {"principal": 10_000, "bonus": 0}
    bill = {"scan_id": seen["scan_id"], "amount": 3000}
    quote = (await desk.post("/quotes", {**bill, "stored": 2000})).json()
    assert (quote["stored_most"], quote["stored"], quote["to_pay"]) == (3000, 2000, 1000)
    asks = await desk.post("/purchases", {**bill, "stored": 2000})
    assert (asks.status_code, asks.json()["state"]) == (202, "pending")
    assert (await boss.get("/shift")).json()["topped_up"] == 10_000
    await assert_clean(shop.db)


async def test_what_was_paid_out_of_stored_value_is_missing_in_the_drawer_and_told_in_the_shift(
    shop: Shop, boss: Desk
) -> None:
    await sell(shop, "[stored_value]\n")
    member = await shop.member()
    await boss.post("/top-ups", {"member_id": member, "amount": 10_000})
    reader = Reader(boss.me["staff_id"], rules.store_id("main"))
    moment = shop.clock.moment()
    await shop.db.write(stored_value.cash_out, member, 4_000, reader, reference="payout", moment=moment)
    day = (await boss.get("/shift")).json()
    assert (day["topped_up"], day["paid_out"]) == (10_000, 4_000)
    assert "Stored value paid out" in [line["label"] for line in day["lines"]]


async def test_a_large_top_up_waits_for_a_second_person(shop: Shop, boss: Desk, team: Team) -> None:
    await sell(shop, '[stored_value]\n[counter]\ntop_up_alone_up_to = "100"\n')
    second = await team.desk("Olga", "manager")
    asks = await boss.post("/top-ups", {"member_id": await shop.member(), "amount": 20_000})
    assert (asks.status_code, asks.json()["state"]) == (202, "pending")
    said = await second.post(f"/approvals/{asks.json()['approval_id']}", {"yes": True})
    assert (said.status_code, said.json()["state"]) == (200, "approved")
    await assert_clean(shop.db)


async def test_of_who_is_erased_neither_last_digits_nor_questions_stay(shop: Shop, desk: Desk, team: Team) -> None:
    await sell(shop, "[counter]\ntail_search = true\n")
    amy = Person(team.chat, "telegram", "Amy")
    for said in ("join", "profile phone"):
        await amy.press(said)
    await amy.say("13800138000")
    await amy.press("human")
    await amy.say("May I bring a dog?")
    (found,) = (await desk.get("/members", tail="8000")).json()["members"]
    await shop.db.write(privacy.erase, found["id"], now=shop.clock.now)
    assert (await desk.get("/members", tail="8000")).json() == {"members": []}

    def left(tx: Tx) -> tuple[object, ...]:
        row, question = tx.one(members.select()), tx.one(asked.select())
        assert row is not None
        assert question is not None
        return row.phone_tail_index, row.phone_index, question.text_ct

    assert await shop.db.read(left) == (None, None, None)
    assert await shop.db.read(questions.still_open, now=shop.clock.now) == []
