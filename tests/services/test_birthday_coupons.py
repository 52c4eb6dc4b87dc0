"""Birthday coupons that count before the day: one a year, named only while they count, nobody looked at in vain."""

from __future__ import annotations

import tomllib

import pytest
from sqlalchemy import select

from membership.coupons import Coupon
from services import Database, coupons, greetings, members, rules
from storage import members as member_rows
from storage.tables import audit
from storage.tables import coupons as coupons_table
from storage.tables import members as members_table
from tests.proof import assert_clean
from tests.scheduler.town import PRESETS, Town, at


@pytest.fixture
async def town(db: Database) -> Town:
    """A shop whose birthday coupon comes three days before the day."""
    return await Town.open(db, at("2027-02-01 04:00"), birthday={"days_before": 3})


async def born(town: Town, birthday: str) -> str:
    member = await town.member()
    await town.db.write(lambda tx: members.set_birthday(tx, member, birthday, moment=town.moment()))
    return member


async def greet(town: Town, *days: str) -> None:
    for day in days:
        town.clock.time = at(f"2027-{day} 01:30")
        while await town.db.write(greetings.greet_birthdays, town.moment()):
            pass


async def greeting(town: Town) -> list[str]:
    """Return what stands in the last birthday greeting."""
    await town.deliver_all(town.new_delivery())
    *_, last = (sent.reply for sent in town.telegram.taken if sent.kind == "birthday")
    return [message.key for message in last.messages]


async def correct(town: Town, member: str, birthday: str) -> None:
    await town.db.write(lambda tx: members.set_birthday(tx, member, birthday, moment=town.moment(), corrected=True))


async def bring(town: Town, **window: str) -> None:
    """Let the birthday's offer have a window of its own."""
    body = tomllib.loads((PRESETS / "cafe.toml").read_text("utf-8"))
    offers = [{**one, **window} if one["id"] == "birthday" else one for one in body["offers"]]
    changed = {**body, "offers": offers, "birthday": {**body["birthday"], "days_before": 3}}
    await town.db.write(rules.bring, changed, actor="test", now=town.clock.now())


async def damage(town: Town, member: str, *, by: str) -> None:
    """Put somebody else's sealed birthday in the place of a member's own."""
    other = await town.db.read(member_rows.get, by)
    change = members_table.update().where(members_table.c.id == member).values(birthday_ct=other.birthday_ct)
    await town.db.write(lambda tx: tx.execute(change))


async def held(town: Town, member: str) -> list[Coupon]:
    return await town.db.read(coupons.held, member, now=town.clock.now())


async def noted(town: Town) -> list[str]:
    """Return whose data was found damaged."""
    found = select(audit.c.subject).where(audit.c.action == "member.damaged")
    return [row.subject for row in await town.db.read(lambda tx: tx.all(found))]


async def issued(town: Town) -> list[str]:
    return [row.reference for row in await town.db.read(lambda tx: tx.all(coupons_table.select()))]


async def test_a_birthday_corrected_after_its_early_coupon_brings_no_second_one(town: Town) -> None:
    member = await born(town, "1990-03-05")
    await greet(town, "03-02")
    await correct(town, member, "农历二月初一")
    await greet(town, "03-05", "03-08")
    assert await greeting(town) == ["birthday.greeting", "birthday.coupon"]
    await greet(town, "03-15", "04-01")
    assert [one.split(":")[2] for one in await issued(town)] == ["Y2027"]
    await assert_clean(town.db)


async def test_a_greeting_names_no_coupon_that_was_taken_back(town: Town) -> None:
    member = await born(town, "1990-03-05")
    await greet(town, "03-02")
    [one] = await held(town, member)
    await town.db.write(lambda tx: coupons.take_back(tx, one.id, actor="test", moment=town.moment()))
    await greet(town, "03-05")
    assert await greeting(town) == ["birthday.greeting"]


async def test_a_greeting_names_no_coupon_that_is_over(town: Town) -> None:
    member = await born(town, "1990-03-05")
    await greet(town, "03-02")
    await correct(town, member, "1990-06-05")
    await greet(town, "06-05")
    assert await greeting(town) == ["birthday.greeting"]


async def test_who_can_get_no_coupon_keeps_nobody_waiting_behind_them(town: Town) -> None:
    damaged, early, due = [await born(town, birthday) for birthday in ("1990-03-03", "1990-03-04", "1990-03-05")]
    await damage(town, damaged, by=due)
    await bring(town, starts_on="2027-03-12")
    town.clock.time = at("2027-03-02 01:30")
    for _ in range(3):
        await town.db.write(greetings.greet_birthdays, town.moment(), limit=1)
    assert [len(await held(town, member)) for member in (damaged, early, due)] == [0, 0, 1]


async def test_a_birthday_that_cannot_be_opened_is_noted_once_and_not_looked_at_again(town: Town) -> None:
    damaged, due = await born(town, "1990-03-04"), await born(town, "1990-03-05")
    await damage(town, damaged, by=due)
    town.clock.time = at("2027-03-02 01:30")
    for _ in range(3):
        await town.db.write(greetings.greet_birthdays, town.moment(), limit=1)
    assert len(await held(town, due)) == 1
    assert await noted(town) == [damaged]


@pytest.mark.parametrize(("ends_on", "looked_at"), [("2027-03-01", 0), ("2027-03-02", 1)])
async def test_nobody_is_looked_at_for_a_coupon_whose_last_day_is_over(
    ends_on: str, looked_at: int, town: Town
) -> None:
    damaged, due = await born(town, "1990-03-05"), await born(town, "1990-03-05")
    await damage(town, damaged, by=due)
    await bring(town, ends_on=ends_on)
    await greet(town, "03-02")
    assert (len(await held(town, due)), len(await noted(town))) == (looked_at, looked_at)
