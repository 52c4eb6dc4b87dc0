"""Switches: what is off, since when by whom, and that one look serves a whole transaction."""

from __future__ import annotations

import tomllib
from datetime import datetime

import pytest
from sqlalchemy import select

from membership.errors import Expired
from services import Tx, rules, switches
from storage.tables import audit
from tests.handlers.counter import PRESETS
from tests.services.shopfront import Shop

CAMPAIGNS = [{"id": "double", "name": "Double day"}]


@pytest.fixture(autouse=True)
async def _campaigns(shop: Shop) -> None:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    await shop.db.write(rules.bring, {**body, "campaigns": CAMPAIGNS}, actor="test", now=shop.now)


async def turned(shop: Shop, code: str, state: switches.State) -> bool:
    return await shop.db.write(switches.turn, "campaign", code, state, actor="Olga", moment=shop.moment())


async def states(shop: Shop) -> tuple[frozenset[str], frozenset[str], str]:
    def look(tx: Tx) -> tuple[frozenset[str], frozenset[str], str]:
        return switches.off(tx, "campaign"), switches.off(tx, "offer"), switches.state(tx, "campaign", "double")

    return await shop.db.read(look)


async def test_everything_is_on_until_it_is_switched_off_and_on_again_after(shop: Shop) -> None:
    assert await states(shop) == (frozenset(), frozenset(), "on")
    assert await turned(shop, "double", "off")
    assert await states(shop) == (frozenset({"double"}), frozenset(), "off")
    assert await turned(shop, "double", "on")
    assert await states(shop) == (frozenset(), frozenset(), "on")


async def test_each_change_is_written_down_once(shop: Shop) -> None:
    done = [await turned(shop, "double", state) for state in ("on", "off", "off", "on")]
    assert done == [False, True, False, True]
    noted = await shop.db.read(lambda tx: tx.all(select(audit).where(audit.c.action.like("switch.%"))))
    assert sorted((row.action, row.actor, row.facts["code"]) for row in noted) == [
        ("switch.off", "Olga", "double"),
        ("switch.on", "Olga", "double"),
    ]


async def test_what_was_off_at_a_moment_is_told_by_the_last_turn_and_what_was_on_already_was_no_turn(
    shop: Shop,
) -> None:
    async def off_at(at: datetime) -> frozenset[str]:
        return await shop.db.read(switches.off, "campaign", at)

    before = shop.now
    shop.counter.pass_by(minutes=1)
    assert not await turned(shop, "double", "on"), "nobody ever switched it off"
    assert await off_at(before) == frozenset()
    shop.counter.pass_by(minutes=1)
    await turned(shop, "double", "off")
    since = shop.now
    shop.counter.pass_by(minutes=1)
    assert (await off_at(before), await off_at(since)) == (frozenset(), frozenset({"double"}))


async def test_a_change_is_seen_by_its_own_transaction(shop: Shop) -> None:
    def both(tx: Tx) -> tuple[str, str]:
        before = switches.state(tx, "offer", "welcome")
        switches.turn(tx, "offer", "welcome", "off", actor="Olga", moment=shop.moment())
        return before, switches.state(tx, "offer", "welcome")

    assert await shop.db.write(both) == ("on", "off")


async def test_what_the_rules_do_not_name_cannot_be_switched(shop: Shop) -> None:
    with pytest.raises(Expired):
        await turned(shop, "triple", "off")


async def test_what_can_be_switched_is_listed_in_the_order_of_the_file(shop: Shop) -> None:
    await turned(shop, "double", "off")
    found = await shop.db.read(switches.things)
    assert [(one.kind, one.code, one.state) for one in found] == [
        ("campaign", "double", "off"),
        ("offer", "welcome", "on"),
    ]
