"""Ids of somebody else's pass, coupon, place, rating, accounts or friends behind a word: refused, nothing changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from services import Database, passes, rules
from services.reader import Reader
from storage.database import Tx
from storage.tables import bonds, coupons, identities, members, merges, ratings, sign_ups, tickets
from tests.handlers.counter import Counter, Person, button, keys
from tests.handlers.test_activities import planned
from tests.handlers.test_counter_loop import shown_code
from tests.handlers.test_linking import fact
from tests.handlers.test_rights import books
from tests.handlers.test_staff_room import EAST, body, hired
from tests.services.pass_holder import TEN

MAIN = Reader("mo", rules.store_id("main"))
SOLD = {"passes": [TEN], "survey": {}, "transfer": {"month_cap": 200, "min": 10}}


@pytest.fixture
async def chain(db: Database, now: datetime) -> Counter:
    """A café with two stores that sells passes, asks how it was and lets friends send points."""
    shop = Counter(db, now)
    await db.write(rules.bring, {**body(EAST), **SOLD}, actor="test", now=now)
    return shop


async def amy_with_everything(shop: Counter) -> dict[str, str]:
    """Let Amy have one of everything, and return the ids of it."""
    amy, again, cleo = (Person(shop, *who) for who in (("telegram", "Amy"), ("wechat", "Amy"), ("wechat", "Cleo")))
    for person in (amy, again, cleo):
        await person.press("join")
        shop.pass_by(minutes=1)
    code = fact(await amy.press("link code"), "link.code", "code")
    await again.press(button(await again.say(code), "link ok"))
    bond = fact(await amy.press("family code"), "family.code", "code")
    await cleo.press(button(await cleo.say(bond), "family ok"))
    await amy.press(button(await amy.press("coupons"), "coupons claim"))
    olga, jay = await hired(shop, "Olga", "owner"), await hired(shop, "Jay", "cashier", "main")
    activity = await planned(olga, "Tasting", "-", "2026-12-05 14:00", "2h", "5", "10", "main")
    await amy.press(f"activities join {activity}")
    await jay.scan(await shown_code(amy))
    receipt = await jay.press(button(await jay.say("58"), "pay ok"))
    [kept] = await shop.db.read(lambda tx: tx.all(select(merges.c.kept_id)))
    how: dict[str, Any] = {"reference": "sale", "moment": shop.moment()}
    sold = await shop.db.write(passes.sell, kept.kept_id, "ten", MAIN, **how)
    return {
        "activity": activity,
        "purchase": button(receipt, "undo").split()[1],
        "pass": sold.id,
        "member": kept.kept_id,
        **await shop.db.read(ids, kept.kept_id),
    }


def ids(tx: Tx, member_id: str) -> dict[str, str]:
    mine = {"coupon": coupons, "rating": ratings, "place": sign_ups, "account": identities}
    found = {name: tx.all(select(table).where(table.c.member_id == member_id))[-1].id for name, table in mine.items()}
    return {**found, **{table.name: tx.all(select(table))[0].id for table in (merges, bonds, tickets)}}


def owners(tx: Tx) -> dict[str, Any]:
    return {row.id: row.member_id for row in tx.all(select(identities))}


async def refused(shop: Counter, person: Person, words: Iterable[str]) -> None:
    """Say every word; each must be refused, and nothing may have changed after all of them."""
    before = await shop.db.read(books), await shop.db.read(owners)
    for word in words:
        said = keys(await person.press(word))
        assert all(key.startswith("refusal.") for key in said[:1]), (person.name, word, said)
    assert (await shop.db.read(books), await shop.db.read(owners)) == before, person.name


async def test_nobody_reaches_with_an_id_what_is_not_theirs(chain: Counter) -> None:
    of = await amy_with_everything(chain)
    ben = Person(chain, "telegram", "Ben")
    await ben.press("join")
    mine = [
        f"coupons show {of['coupon']}", f"mall undo {of['coupon']}", f"rate {of['rating']} 5",
        f"link undo {of['merges']}", f"link off {of['account']}", f"link ok {of['tickets']}",
        f"link yes {of['merges']}",
        f"family send {of['bonds']}", f"family pay {of['bonds']} 10 abcdef", f"family end {of['bonds']}",
        f"family ok {of['tickets']}", f"passes yes {of['pass']}", f"passes no {of['pass']}", f"notme {of['purchase']}",
    ]  # fmt: skip
    work = [
        f"activities came {of['place']}", f"activities uncame {of['place']}", f"activities door {of['activity']}",
        f"activities who {of['activity']}", f"activities stop {of['activity']} yes",
        f"activities edit {of['activity']}",
        f"undo {of['purchase']}", f"refund {of['purchase']}", f"backpass {of['pass']}", f"grant undo {of['coupon']}",
        f"visit undo {of['pass']}",
    ]  # fmt: skip
    await refused(chain, ben, [*mine, *work, f"doubles part {of['merges']}"])
    for role in ("cashier", "manager", "marketer"):
        await refused(
            chain, await hired(chain, f"East {role}", role, "east"), [*mine, *work, f"sellpass undo {of['pass']}"]
        )
    assert len(await chain.db.read(lambda tx: tx.all(select(members)))) == 4  # Amy twice, Cleo, Ben
