"""Greetings and warnings: each once, on its day, whatever stops, starts or changes in between."""

from __future__ import annotations

import asyncio
import tomllib
from datetime import timedelta
from typing import Any

import pytest

from services import Database, Tx, coupons, greetings, members, outbox, points, rules
from services.points import Cause
from storage import coupons as coupon_rows
from storage import members as member_rows
from storage import outbox as rows
from storage.tables import coupons as coupons_table
from tests.proof import assert_clean
from tests.scheduler.town import PRESETS, Town, at

GREET_HOUR = "01:30"  # 09:30 in Shanghai


@pytest.fixture
async def town(db: Database) -> Town:
    return await Town.open(db, at("2027-02-01 04:00"))


async def born(town: Town, birthday: str, **facts: Any) -> str:
    member = await town.member(**facts)
    await town.db.write(lambda tx: members.set_birthday(tx, member, birthday, moment=town.moment()))
    return member


async def greet(town: Town) -> None:
    while await town.db.write(greetings.greet_birthdays, town.moment()):
        pass


async def greeted(town: Town) -> list[str]:
    return sorted(row.period_key for row in await town.rows("birthday"))


async def held(town: Town, member: str) -> list[Any]:
    return await town.db.read(coupons.held, member, now=town.clock.now())


async def earn(town: Town, member: str, number: int, reference: str = "receipt:1") -> None:
    cause = Cause(reference, "till")
    await town.db.write(lambda tx: points.earn(tx, member, number, cause, moment=town.moment()))


async def spend(town: Town, member: str, number: int) -> None:
    cause = Cause("spend:1", "till")
    await town.db.write(lambda tx: points.spend(tx, member, number, cause, moment=town.moment()))


async def test_the_greeting_leaves_at_the_shops_hour_with_a_coupon_for_its_days(town: Town) -> None:
    member = await born(town, "1990-03-05")
    town.clock.time = at("2027-03-05 01:29")
    await greet(town)
    assert await greeted(town) == []

    town.clock.time = at("2027-03-05 01:30")
    await greet(town)
    await town.deliver_all(town.new_delivery())

    (sent,) = town.telegram.taken
    assert [message.key for message in sent.reply.messages] == ["birthday.greeting", "birthday.coupon"]
    assert sent.reply.messages[1].facts["on"].isoformat() == "2027-03-12"
    (coupon,) = await held(town, member)
    assert coupon.expires_at == at("2027-03-12 16:00")  # the end of the 12th in Shanghai
    await assert_clean(town.db)


async def test_a_coupon_that_counts_before_the_day_comes_before_it_and_once(town: Town) -> None:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text("utf-8"))
    early = {**body, "birthday": {**body["birthday"], "days_before": 3}}
    await town.db.write(rules.bring, early, actor="test", now=town.clock.now())
    member = await born(town, "1990-03-05")
    for day, held_then, told in (("01", 0, 0), ("02", 1, 1), ("03", 1, 1), ("05", 1, 1)):
        town.clock.time = at(f"2027-03-{day} 01:30")
        await greet(town)
        assert (len(await held(town, member)), len(await town.rows("grant"))) == (held_then, told)
    await town.deliver_all(town.new_delivery())
    greeting = town.telegram.taken[-1].reply
    assert [message.key for message in greeting.messages] == ["birthday.greeting", "birthday.coupon"]
    await assert_clean(town.db)


async def test_run_three_times_at_once_there_is_one_greeting_and_one_coupon_each(town: Town) -> None:
    people = [await born(town, "03-05") for _ in range(12)]
    town.clock.time = at("2027-03-05 02:00")

    await asyncio.gather(*(greet(town) for _ in range(3)))
    await greet(town)

    assert await greeted(town) == ["Y2027"] * 12
    assert [len(await held(town, member)) for member in people] == [1] * 12


@pytest.mark.parametrize(
    ("hours", "state", "coupon"), [(0, "sent", 1), (1, "sent", 1), (35, "sent", 1), (40, "cancelled", 1)]
)
async def test_after_a_pause_the_greeting_is_late_once_or_dropped_and_counted(
    hours: int, state: str, coupon: int, *, town: Town
) -> None:
    member = await born(town, "03-05")
    town.clock.time = at(f"2027-03-05 {GREET_HOUR}") + timedelta(hours=hours)

    for _ in range(3):
        await greet(town)
        await town.deliver_all(town.new_delivery())

    (row,) = await town.rows("birthday")
    assert (row.state, len(town.telegram.taken)) == (state, int(state == "sent"))
    assert row.reason == ("open" if state == "sent" else "too_late")
    assert len(await held(town, member)) == coupon


async def test_after_a_pause_of_years_there_is_one_dropped_greeting_and_no_coupon(town: Town) -> None:
    member = await born(town, "03-05")
    town.clock.time = at("2029-05-01 02:00")

    await greet(town)
    await town.deliver_all(town.new_delivery())

    assert [row.state for row in await town.rows("birthday")] == ["cancelled"]
    assert await held(town, member) == []
    row = await town.db.read(member_rows.get, member)
    assert row.birthday_next_on.isoformat() == "2030-03-05"


@pytest.mark.parametrize(
    ("birthday", "days", "keys"),
    [
        ("1990-03-05", ["2027-03-05", "2028-03-05", "2029-03-05"], ["Y2027", "Y2028", "Y2029"]),
        ("1992-02-29", ["2027-02-28", "2028-02-29", "2029-02-28"], ["Y2027", "Y2028", "Y2029"]),
        ("L--08-15", ["2027-09-15", "2028-10-03", "2029-09-22"], ["L2027", "L2028", "L2029"]),
        ("L--12-30", ["2027-02-05", "2028-01-25", "2029-02-12"], ["L2026", "L2027", "L2028"]),
    ],
    ids=["solar", "29 February", "mid-autumn", "lunar day 30"],
)
async def test_every_birthday_year_has_one_greeting_on_its_day(
    birthday: str, days: list[str], keys: list[str], *, town: Town
) -> None:
    await born(town, birthday)
    seen = []
    for day in days:
        for nearby in (-2, -1, 0, 1, 30, 200):
            town.clock.time = at(f"{day} 04:00") + timedelta(days=nearby)
            before = len(await greeted(town))
            await greet(town)
            if len(await greeted(town)) > before:
                seen.append(town.clock.now().date().isoformat())

    assert seen == days
    assert await greeted(town) == keys


@pytest.mark.parametrize("changed_to", ["03-20", "12-20", "L--04-20"])
async def test_a_birthday_changed_after_the_greeting_earns_no_second_one(changed_to: str, town: Town) -> None:
    member = await born(town, "03-05")
    town.clock.time = at("2027-03-05 02:00")
    await greet(town)
    await town.change(member, birthday_changed_on=None)
    await town.db.write(lambda tx: members.set_birthday(tx, member, changed_to, moment=town.moment()))

    for _ in range(290):
        town.clock.pass_by(days=1)
        await greet(town)

    assert await greeted(town) == ["Y2027"]
    assert len(await town.db.read(issued)) == 1


def issued(tx: Tx) -> list[Any]:
    return tx.all(coupons_table.select().where(coupons_table.c.state == "issued"))


@pytest.mark.parametrize("facts", [{"birthday_on": False}, {"state": "left"}])
async def test_who_wants_no_greeting_or_left_gets_neither_greeting_nor_coupon(
    facts: dict[str, Any], town: Town
) -> None:
    member = await born(town, "03-05")
    await town.change(member, **facts)
    town.clock.time = at("2027-03-05 02:00")

    await greet(town)

    assert await greeted(town) == []
    assert await held(town, member) == []


async def test_a_birthday_that_was_forgotten_is_not_looked_at_again(town: Town) -> None:
    member = await born(town, "03-05")
    await town.change(member, birthday=None)
    town.clock.time = at("2027-03-05 02:00")

    await greet(town)

    assert (await town.db.read(member_rows.get, member)).birthday_next_on is None
    assert await greeted(town) == []


async def test_a_shop_whose_birthday_coupons_are_gone_greets_all_the_same(db: Database) -> None:
    town = await Town.open(db, at("2027-02-01 04:00"))
    await born(town, "03-05")
    await db.write(sell_out)
    town.clock.time = at("2027-03-05 02:00")

    await greet(town)

    (row,) = await town.rows("birthday")
    reply = await db.read(rows.payload, row)
    assert [message.key for message in reply.messages] == ["birthday.greeting"]


def sell_out(tx: Tx) -> None:
    """Let the birthday coupons be gone."""
    coupon_rows.put_offer(tx, "birthday", kind="percent", state="on", stock=0, rules_version=1)


async def warn(town: Town) -> list[str]:
    while await town.db.write(greetings.warn_points, town.moment()):
        pass
    return [row.period_key for row in sorted(await town.rows("points_expiring"), key=lambda row: row.created_at)]


@pytest.fixture
async def yearly(db: Database) -> Town:
    """A shop whose points live 100 days: what is earned on 1 February ends with 12 May."""
    expiry = {"expiry": {"kind": "days", "count": 100}}
    return await Town.open(db, at("2027-02-01 04:00"), points=expiry)


async def days_pass(town: Town, until: str) -> list[tuple[str, str]]:
    """Let the days pass at noon; return each day with the warnings that were made on it."""
    seen: list[tuple[str, str]] = []
    while town.clock.now() < at(until):
        town.clock.pass_by(days=1)
        known = {key for _, key in seen}
        seen += [(town.clock.now().date().isoformat(), key) for key in await warn(town) if key not in known]
    return seen


async def last_day(town: Town, member: str) -> Any:
    balance = await town.db.read(points.balance, member, now=town.clock.now())
    assert balance.expiring is not None
    return balance.expiring[1]


async def test_points_are_warned_of_thirty_seven_and_one_day_ahead(yearly: Town) -> None:
    member = await yearly.member()
    await earn(yearly, member, 100)
    last = await last_day(yearly, member)

    seen = await days_pass(yearly, "2027-06-01 00:00")

    assert seen == [((last - timedelta(days=ahead)).isoformat(), f"{last}/{ahead}") for ahead in (30, 7, 1)]


async def test_after_a_pause_only_the_closest_warning_is_given(yearly: Town) -> None:
    member = await yearly.member()
    await earn(yearly, member, 100)
    last = await last_day(yearly, member)
    await warn(yearly)

    yearly.clock.time = at(f"{last - timedelta(days=5)} 04:00")

    assert await warn(yearly) == [f"{last}/7"]
    assert await warn(yearly) == [f"{last}/7"]


async def test_the_amount_is_counted_when_it_is_sent_and_nothing_is_said_of_nothing(yearly: Town) -> None:
    half, none = await yearly.member(), await yearly.member()
    await earn(yearly, half, 100)
    await earn(yearly, none, 100, "receipt:2")
    last = await last_day(yearly, half)
    yearly.clock.time = at(f"{last - timedelta(days=7)} 04:00")
    await warn(yearly)
    assert len(await yearly.rows("points_expiring")) == 2

    await spend(yearly, half, 60)
    cause = Cause("spend:2", "till")
    await yearly.db.write(lambda tx: points.spend(tx, none, 100, cause, moment=yearly.moment()))
    await yearly.deliver_all(yearly.new_delivery())

    assert [one.reply.messages[0].facts["count"] for one in yearly.telegram.taken] == [40]
    states = {row.member_id: (row.state, row.reason) for row in await yearly.rows("points_expiring")}
    assert states == {half: ("sent", "open"), none: ("cancelled", "nothing_left")}


async def test_a_warning_that_waited_tells_what_is_left_when_it_is_read(yearly: Town) -> None:
    member = await yearly.member("wechat")
    await earn(yearly, member, 100)
    last = await last_day(yearly, member)
    yearly.clock.time = at(f"{last - timedelta(days=7)} 04:00")
    await warn(yearly)
    await yearly.deliver_all(yearly.new_delivery())
    await spend(yearly, member, 70)

    read = await yearly.db.write(outbox.read_waiting, await yearly.who(member), now=yearly.clock.now())

    assert [reply.messages[0].facts["count"] for reply in read] == [30]


async def test_who_wants_no_reminders_is_not_warned(yearly: Town) -> None:
    member = await yearly.member(reminders_on=False)
    await earn(yearly, member, 100)

    assert await days_pass(yearly, "2027-06-01 00:00") == []


async def test_points_whose_end_has_come_are_booked_off(yearly: Town) -> None:
    for number in range(3):
        await earn(yearly, await yearly.member(), 100, f"receipt:{number}")
    yearly.clock.pass_by(days=120)

    done = [await yearly.db.write(greetings.expire_points, yearly.moment(), limit=2) for _ in range(3)]

    assert done == [2, 1, 0]
    await assert_clean(yearly.db)


async def test_a_coupon_is_warned_of_three_days_ahead_once_and_not_when_it_was_used(town: Town) -> None:
    keeps, used = await born(town, "03-05"), await born(town, "03-05")
    town.clock.time = at("2027-03-05 02:00")
    await greet(town)
    (coupon,), (gone,) = await held(town, keeps), await held(town, used)
    town.clock.time = at("2027-03-09 02:30")
    for _ in range(2):
        await town.db.write(greetings.warn_coupons, town.moment())
    warned = await town.rows("coupon_expiring")
    assert sorted(row.period_key for row in warned) == sorted([f"{coupon.id}/3", f"{gone.id}/3"])

    await town.db.write(use_up, gone.id)
    await town.deliver_all(town.new_delivery())

    told = [one.reply.messages[0] for one in town.telegram.taken if one.kind == "coupon_expiring"]
    assert [(text.key, text.facts["on"].isoformat()) for text in told] == [("coupons.expiring_soon", "2027-03-12")]
    town.clock.time = at("2027-03-13 02:00")
    assert await town.db.write(greetings.expire_coupons, town.moment()) == 1


def use_up(tx: Tx, coupon_id: str) -> None:
    assert coupon_rows.redeem(tx, coupon_id, at("2027-03-09 02:31"))


async def test_who_left_is_erased_after_a_week(town: Town) -> None:
    member = await born(town, "03-05")
    who = await town.who(member)
    await town.db.write(lambda tx: members.leave(tx, who, moment=town.moment()))

    town.clock.pass_by(days=6)
    assert await town.db.write(greetings.erase_left, town.moment()) == 0
    town.clock.pass_by(days=1, seconds=1)
    assert await town.db.write(greetings.erase_left, town.moment()) == 1
    assert await town.db.write(greetings.erase_left, town.moment()) == 0
    assert (await town.db.read(member_rows.get, member)).name_ct is None
