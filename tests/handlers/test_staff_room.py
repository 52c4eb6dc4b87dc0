"""The staff room in chat: who is seen by whom, what can be changed, and that a right that ended is gone at once."""

from __future__ import annotations

import tomllib
from datetime import datetime

import pytest

from membership.errors import LastOwner
from membership.member import Channel, Identity
from membership.messages import Reply, words
from services import Database, people, rules, staff
from services.outbox import Notice
from services.staff import Colleague
from storage.database import Tx
from storage.tables import audit, outbox
from tests.handlers.counter import PRESETS, Counter, Person, button, keys

EAST = {"code": "east", "name": {"zh-Hans": "东门店", "zh-Hant": "東門店", "en": "East Gate"}}
WEST = {"code": "west", "name": {"zh-Hans": "西门店", "zh-Hant": "西門店", "en": "West Gate"}}


def body(*stores: object) -> dict[str, object]:
    found = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    return {**found, "stores": [*found["stores"], *stores]}


@pytest.fixture
async def chain(db: Database, now: datetime) -> Counter:
    """A café with three stores."""
    shop = Counter(db, now)
    await db.write(rules.bring, body(EAST, WEST), actor="test", now=now)
    return shop


@pytest.fixture(params=["telegram", "wechat"])
async def boss(request: pytest.FixtureRequest, chain: Counter) -> Person:
    return await hired(chain, "Olga", "owner", app=request.param)


async def hired(shop: Counter, name: str, role: str, *stores: str, app: Channel = "telegram") -> Person:
    person = Person(shop, app, name)
    await shop.employ(person, role, *stores)
    return person


async def one(shop: Counter, name: str) -> Colleague:
    return next(one for one in await shop.db.read(staff.working) if one.name == name)


def seen(reply: Reply) -> set[str]:
    """Return the names on the list."""
    return {str(line.facts["name"]) for message in reply.messages for line in message.facts.get("lines", ())}


async def test_an_owner_sees_everybody_and_a_manager_who_shares_a_store(chain: Counter, boss: Person) -> None:
    east = await hired(chain, "Max", "manager", "east")
    for name, store in (("Ann", "east"), ("Bob", "west")):
        await hired(chain, name, "cashier", store)
    assert seen(await boss.press("staff")) == {"Olga", "Max", "Ann", "Bob"}
    mine = await east.press("staff")
    assert seen(mine) == {"Olga", "Max", "Ann"}
    ann = await one(chain, "Ann")
    assert [word for word in words(mine) if word.startswith("staff show")] == [f"staff show {ann.id}"]


async def test_a_manager_touches_nobody_of_another_store_and_nobody_above(chain: Counter, boss: Person) -> None:
    east = await hired(chain, "Max", "manager", "east")
    await hired(chain, "Bob", "cashier", "west")
    await hired(chain, "Cat", "cashier", "east", "west")
    bob, cat, olga = [await one(chain, name) for name in ("Bob", "Cat", "Olga")]
    for deed in ("show", "dismiss", "role", "stores"):
        assert keys(await east.press(f"staff {deed} {bob.id} sure")) == ["refusal.colleague_unknown"]
        assert keys(await east.press(f"staff {deed} {cat.id} sure")) == ["refusal.not_allowed"]
        assert keys(await east.press(f"staff {deed} {olga.id} sure")) == ["refusal.not_allowed"]
    assert len(await chain.db.read(staff.working)) == 4
    assert keys(await boss.press(f"staff show {bob.id}")) == ["staff.line"]


async def test_a_managers_invitation_holds_in_their_own_store(chain: Counter, boss: Person) -> None:
    east = await hired(chain, "Max", "manager", "east")
    assert [word for word in words(await east.press("staff invite")) if "invite" in word] == ["staff invite cashier"]
    made = await east.press("staff invite cashier")
    assert made.messages[0].facts["where"].facts["stores"][0].facts["texts"]["en"] == "East Gate"
    assert "staff.invited" not in keys(await east.press("staff invite owner"))
    assert keys(await boss.press("staff invite owner"))[0] == "staff.invited"


async def test_stores_are_ticked_one_by_one_and_the_right_holds_there_at_once(chain: Counter, boss: Person) -> None:
    cashier = await hired(chain, "Ann", "cashier", "main")
    ann = await one(chain, "Ann")
    offered = await boss.press(f"staff stores {ann.id}")
    assert [label.key for row in offered.buttons[:3] for label in (row[0].label,)] == [
        "button.store_on", "button.store_off", "button.store_off",
    ]  # fmt: skip
    await boss.press("staff at main")
    await boss.press("staff at east")
    ticked = await boss.press("staff at west")
    assert keys(await boss.press(button(ticked, "staff done"))) == ["staff.saved", "staff.line"]
    assert (await one(chain, "Ann")).stores == ("east", "west")
    assert keys(await cashier.press("store main")) == ["refusal.store_unknown"]
    assert keys(await cashier.press("store west")) == ["store.here"]


async def test_a_role_changes_at_once_and_an_owner_is_made_only_after_one_more_yes(
    chain: Counter, boss: Person
) -> None:
    person = await hired(chain, "Ann", "cashier", "main")
    ann = await one(chain, "Ann")
    assert keys(await person.press("report")) == ["refusal.not_allowed"]
    await boss.press(f"staff role {ann.id} manager")
    assert "report.title" in keys(await person.press("report"))
    asked = await boss.press(f"staff role {ann.id} owner")
    assert asked.buttons[0][0].label.facts == {"name": "Ann"}
    assert (await one(chain, "Ann")).role == "manager"
    await boss.press(button(asked, "staff role"))
    assert (await one(chain, "Ann")) == Colleague(ann.id, "Ann", "owner", (), everywhere=True)


async def test_a_dismissed_person_has_no_right_from_the_next_word_on_and_is_told(chain: Counter, boss: Person) -> None:
    person = await hired(chain, "Ann", "cashier")
    ann = await one(chain, "Ann")
    asked = await boss.press(f"staff dismiss {ann.id}")
    assert asked.buttons[0][0].label.facts == {"name": "Ann"}
    assert keys(await person.press("scan")) == ["desk.ask_code"]
    assert keys(await boss.press(button(asked, "staff dismiss"))) == ["staff.dismissed"]
    assert keys(await person.say("1234567890")) == ["refusal.not_staff"]
    assert keys(await person.press("scan")) == ["refusal.not_staff"]
    assert keys(await boss.press(button(asked, "staff dismiss"))) == ["refusal.colleague_unknown"]

    def after(tx: Tx) -> tuple[object, bool, int]:
        who = people.find(tx, Identity("telegram", "shop", "id-of-Ann"))
        assert who is not None
        told = [row for row in tx.all(outbox.select()) if row.period_key == f"ended:{ann.id}"]
        return staff.seated(tx, ann.id), staff.is_gone(tx, ann.id), len(told)

    assert await chain.db.read(after) == (None, True, 1)


async def test_the_last_owner_stays_by_chat_by_command_and_as_another_role(chain: Counter, boss: Person) -> None:
    olga = await one(chain, "Olga")
    assert keys(await boss.press(f"staff dismiss {olga.id} sure")) == ["refusal.last_owner"]
    assert keys(await boss.press(f"staff role {olga.id} cashier")) == ["refusal.last_owner"]
    with pytest.raises(LastOwner):
        await chain.db.write(staff.dismiss, olga.id, by=None, moment=chain.moment())
    nina = await hired(chain, "Nina", "owner")
    assert keys(await nina.press(f"staff dismiss {olga.id} sure")) == ["staff.dismissed"]
    assert keys(await boss.press("staff")) == ["refusal.not_staff"]


async def test_where_somebody_stands_is_where_they_serve_until_the_store_closes(chain: Counter, boss: Person) -> None:
    person = await hired(chain, "Ann", "cashier", "east", "west")
    assert keys(await boss.press("store east")) == ["store.here"]
    shown = await person.press("store")
    assert [word for word in words(shown) if word.startswith("store")] == ["store west"]
    await person.press("store west")

    def stands(tx: Tx) -> tuple[str, list[str | None]]:
        who = people.find(tx, Identity("telegram", "shop", "id-of-Ann"))
        assert who is not None
        return staff.check(tx, who, "scan").store_id, [role.store_id for role in who.roles]

    east, west = rules.store_id("east"), rules.store_id("west")
    assert await chain.db.read(stands) == (west, [east, west])
    await chain.db.write(rules.bring, body(EAST), actor="test", now=chain.now)
    assert await chain.db.read(stands) == (east, [east])
    assert keys(await person.press("store west")) == ["refusal.store_unknown"]
    await chain.db.write(rules.bring, body(), actor="test", now=chain.now)
    assert keys(await person.press("scan")) == ["refusal.store_closed"]
    assert keys(await boss.press("store east")) == ["refusal.store_closed"]


async def test_another_role_after_every_store_of_somebody_closed_holds_where_it_is_said_to(
    chain: Counter, boss: Person
) -> None:
    await hired(chain, "Bob", "cashier", "east")
    await chain.db.write(rules.bring, body(WEST), actor="test", now=chain.now)
    bob = await one(chain, "Bob")
    asked = await boss.press(f"staff role {bob.id} manager")
    assert (keys(asked), await one(chain, "Bob")) == (["staff.ask_stores"], bob)
    await boss.press("staff at west")
    await boss.press("staff done")
    bob = await one(chain, "Bob")
    assert (bob.role, bob.stores, bob.everywhere) == ("manager", ("west",), False)


async def test_stores_chosen_for_a_colleague_leave_the_role_another_has_given_them_meanwhile(
    chain: Counter, boss: Person
) -> None:
    nina = await hired(chain, "Nina", "owner")
    await hired(chain, "Ann", "cashier", "main")
    ann = await one(chain, "Ann")
    await boss.press(f"staff stores {ann.id}")
    await nina.press(f"staff role {ann.id} manager")
    await boss.press("staff at east")
    await boss.press("staff done")
    assert await one(chain, "Ann") == Colleague(ann.id, "Ann", "manager", ("main", "east"), everywhere=False)
    await boss.press(f"staff stores {ann.id}")
    await nina.press(f"staff role {ann.id} owner sure")
    assert keys(await boss.press("staff done")) == ["refusal.expired"]
    assert await one(chain, "Ann") == Colleague(ann.id, "Ann", "owner", (), everywhere=True)


async def test_an_alarm_reaches_only_those_whose_right_covers_the_store(chain: Counter, boss: Person) -> None:
    for name, *stores in (("Max", "east"), ("Mia", "west"), ("Moe", "east", "west")):
        await hired(chain, name, "manager", *stores)
    notice = Notice("alarm", "staff", "test", Reply())

    def alert(tx: Tx) -> set[str]:
        staff.alert(tx, notice, action="unlock_typing", store_id=rules.store_id("east"), moment=chain.moment())
        told = [row.identity_id for row in tx.all(outbox.select()) if row.kind == "alarm"]
        return {people.who(tx, identity_id).name for identity_id in told}

    assert await chain.db.write(alert) == {boss.name, "Max", "Moe"}


async def test_what_a_cashier_tries_by_hand_is_refused_and_written_down(chain: Counter) -> None:
    person = await hired(chain, "Ann", "cashier", "east")
    ann = await one(chain, "Ann")
    for word in ("staff", f"staff dismiss {ann.id} sure", "report", "broadcast", "release x", "unlock x"):
        assert keys(await person.press(word)) == ["refusal.not_allowed"]
    rows = await chain.db.read(lambda tx: tx.all(audit.select().where(audit.c.action == "staff.not_allowed")))
    assert [(row.actor, row.store_id) for row in rows] == [(ann.id, rules.store_id("east"))] * 6
    assert sorted(row.facts["tried"] for row in rows) == [
        "broadcast", "invite", "invite", "release_member", "report", "unlock_typing",
    ]  # fmt: skip


async def test_eleven_phones_in_a_minute_are_ten_and_one_refusal_that_is_written_down(chain: Counter) -> None:
    person = await hired(chain, "Ann", "cashier", "east")
    for number in range(11):
        await person.press("enrol")
        last = await person.say(f"1380013800{number % 10}")
    assert keys(last)[0] == "refusal.too_many_lookups"
    rows = await chain.db.read(lambda tx: tx.all(audit.select().where(audit.c.action == "lookup.refused")))
    assert [row.actor for row in rows] == [(await one(chain, "Ann")).id]


async def test_a_member_who_writes_the_word_is_brought_to_a_person(chain: Counter) -> None:
    amy = Person(chain, "wechat", "Amy")
    await amy.press("join")
    assert keys(await amy.say("staff", word="staff")) == ["human.ask"]
    assert keys(await amy.press("staff")) == ["refusal.not_staff"]
