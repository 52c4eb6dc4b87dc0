"""Members without a code: found by phone or its last digits, counted; enrolled; put right, and told so."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

from membership.messages import Reply
from services import lookups, rules
from storage import outbox
from storage.database import Database, Tx
from storage.tables import audit, flags, members
from storage.tables import outbox as sent
from tests.web.desks import Desk, Team
from tests.web.tills import CARDS, Shop


async def search_by_tail(shop: Shop, *, on: bool) -> None:
    """Let the shop's rules allow the search by last digits, or not."""
    cafe = resources.files("membership").joinpath("presets/cafe.toml").read_text(encoding="utf-8")
    body = tomllib.loads(f"{cafe}{CARDS}\n[counter]\ntail_search = {str(on).lower()}\n")
    await shop.db.write(rules.bring, body, actor="test", now=shop.clock.now)


async def rows(db: Database, statement: Any) -> list[Any]:
    def read(tx: Tx) -> list[Any]:
        return tx.all(statement)

    return await db.read(read)


async def test_a_member_is_found_by_the_whole_number_and_shown_masked(shop: Shop, desk: Desk) -> None:
    member = await shop.member(points=30, name="王小美")
    (found,) = (await desk.get("/members", phone="13800138000")).json()["members"]
    assert (found["id"], found["name"], found["phone"], found["points"]) == (member, "王**", "*** 8000", 30)
    assert "birthday" not in found
    assert (await desk.get("/members", phone="13800138999")).json() == {"members": []}


async def test_who_may_correct_sees_what_is_written(shop: Shop, boss: Desk) -> None:
    await shop.member(name="王小美")
    (found,) = (await boss.get("/members", phone="13800138000")).json()["members"]
    assert (found["name"], found["phone"], found["birthday"]) == ("王小美", "+8613800138000", "")


async def test_last_digits_find_members_only_where_the_shop_says_so(shop: Shop, desk: Desk) -> None:
    off = await desk.get("/members", tail="8000")
    assert (off.status_code, off.json()["code"]) == (403, "tail_search_off")
    old = await shop.member(name="王小美")
    await search_by_tail(shop, on=True)
    assert (await desk.get("/members", tail="8000")).json() == {"members": []}
    assert await shop.db.write(lookups.index_tails, shop.clock.moment()) == 1
    sent = {"phone": "13900008000", "name": "Li Wei", "consent": {"terms": True}}
    new = (await desk.post("/members", sent)).json()["id"]
    found = (await desk.get("/members", tail="8000")).json()["members"]
    assert {one["id"] for one in found} == {old, new}
    assert {one["name"] for one in found} == {"王**", "L**"}
    assert all(one["phone"] == "*** 8000" and one["tier"] and one["joined_on"] for one in found)


async def test_a_shop_that_turns_the_search_off_keeps_no_index_of_last_digits(shop: Shop) -> None:
    await search_by_tail(shop, on=True)
    await shop.member()
    await search_by_tail(shop, on=False)
    while await shop.db.write(lookups.index_tails, shop.clock.moment()):
        pass
    (row,) = await rows(shop.db, members.select())
    assert row.phone_tail_index is None
    assert row.phone_index is not None


async def test_anything_else_than_four_digits_finds_nobody(shop: Shop, desk: Desk) -> None:
    await search_by_tail(shop, on=True)
    await shop.member()
    for tail in ("800", "80000", "%", "8_00", "８０００", "' OR 1=1 --"):
        answer = await desk.get("/members", tail=tail)
        assert (tail, answer.status_code, answer.json()["code"]) == (tail, 422, "invalid_phone")


async def test_one_asks_by_number_or_by_its_end(desk: Desk) -> None:
    for query in ({}, {"phone": "13800138000", "tail": "8000"}):
        answer = await desk.get("/members", **query)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_the_eleventh_look_up_in_a_minute_is_refused_noted_and_flagged(
    shop: Shop, desk: Desk, team: Team
) -> None:
    for number in range(9):
        assert (await desk.get("/members", phone=f"1380013{number:04}")).status_code == 200
    made = await desk.post("/members", {"phone": "13900001111", "consent": {"terms": True}})
    assert made.status_code == 201  # an enrolment tells as much as a look-up, and counts as one
    for late in (
        await desk.get("/members", phone="13800138000"),
        await desk.post("/members", {"phone": "13900002222", "consent": {"terms": True}}),
    ):
        assert (late.status_code, late.json()["code"]) == (429, "too_many_lookups")
        assert 0 < int(late.headers["Retry-After"]) <= 60
    jay = await team.who("Jay")
    (line,) = await rows(shop.db, audit.select().where(audit.c.action == "lookup.refused"))
    (flag,) = await rows(shop.db, flags.select().where(flags.c.rule == "lookup_limit"))
    assert (line.actor, flag.actor) == (jay, jay)
    shop.clock.pass_by(seconds=61)
    assert (await desk.get("/members", phone="13800138000")).status_code == 200


async def test_a_correction_of_the_phone_counts_as_a_look_up(shop: Shop, boss: Desk) -> None:
    member = await shop.member()
    for number in range(10):
        assert (await boss.get("/members", phone=f"1380013{number:04}")).status_code == 200
    late = await boss.send("PATCH", f"/members/{member}", {"phone": "13912345678"})
    assert (late.status_code, late.json()["code"]) == (429, "too_many_lookups")
    assert (await boss.send("PATCH", f"/members/{member}", {"name": "Wang Mai"})).status_code == 200


async def test_nobody_becomes_a_member_without_a_yes_to_the_terms(shop: Shop, desk: Desk) -> None:
    sent = {"phone": "13900001111", "name": "Ann", "birthday": "03-08"}
    no = await desk.post("/members", {**sent, "consent": {"terms": False}})
    assert (no.status_code, no.json()["code"]) == (422, "consent_missing")
    yes = await desk.post("/members", {**sent, "consent": {"terms": True, "offers": True}})
    assert (yes.status_code, yes.json()["name"]) == (201, "A**")
    taken = await desk.post("/members", {**sent, "consent": {"terms": True}})
    assert (taken.status_code, taken.json()["code"]) == (409, "phone_taken")
    assert len(await rows(shop.db, members.select())) == 1


async def test_a_correction_is_noted_by_field_and_the_member_is_told(shop: Shop, boss: Desk) -> None:
    member = await shop.member(name="Wang Mei")
    fields = {"name": "Wang Mai", "phone": "13912345678", "birthday": "03-08"}
    done = (await boss.send("PATCH", f"/members/{member}", fields)).json()
    assert (done["name"], done["phone"], done["birthday"]) == ("Wang Mai", "+8613912345678", "--03-08")
    (line,) = await rows(shop.db, audit.select().where(audit.c.action == "member.correct"))
    assert line.facts == {"member": member, "fields": ["name", "phone", "birthday"]}
    (told,) = await told_to(shop.db, member, "corrected")
    assert [part.key for part in told.messages[0].facts["lines"]] == [
        "corrected.name",
        "corrected.phone",
        "corrected.birthday",
    ]
    assert (await boss.get("/members", phone="13912345678")).json()["members"][0]["id"] == member


async def test_a_manager_corrects_a_birthday_whatever_the_year_says(shop: Shop, boss: Desk) -> None:
    member = await shop.member()
    for day in ("03-08", "08-03"):
        done = await boss.send("PATCH", f"/members/{member}", {"birthday": day})
        assert (done.status_code, done.json()["birthday"]) == (200, f"--{day}")


async def test_a_correction_that_changes_nothing_tells_nobody(shop: Shop, boss: Desk) -> None:
    member = await shop.member(name="Wang Mei")
    assert (await boss.send("PATCH", f"/members/{member}", {"name": "Wang Mei"})).status_code == 200
    assert await told_to(shop.db, member, "corrected") == []


async def test_what_cannot_be_right_corrects_nothing(shop: Shop, boss: Desk) -> None:
    member = await shop.member(name="Wang Mei")
    for fields, code in (
        ({}, "invalid_request"),
        ({"tier": "gold"}, "invalid_request"),
        ({"phone": "12"}, "invalid_phone"),
        ({"birthday": "02-30"}, "invalid_birthday"),
        ({"name": "\u200b"}, "invalid_name"),
    ):
        answer = await boss.send("PATCH", f"/members/{member}", fields)
        assert (fields, answer.status_code, answer.json()["code"]) == (fields, 422, code)
    assert await told_to(shop.db, member, "corrected") == []


async def told_to(db: Database, member: str, kind: str) -> list[Reply]:
    def read(tx: Tx) -> list[Reply]:
        found = tx.all(sent.select().where(sent.c.recipient == member, sent.c.kind == kind))
        return [outbox.payload(tx, row) for row in found]

    return await db.read(read)
