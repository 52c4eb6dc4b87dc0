"""Groups as the database finds them: every example of docs/rules/segments.md, and broadcasts to one of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from membership.errors import BroadcastEmpty, LimitReached, SegmentEmpty, SegmentUnknown
from membership.member import Identity, Who
from membership.moment import id_of
from membership.segments import Conditions
from services import Tx, broadcasts, habits, merges, rules, segments
from storage import coupons, fields, identities, members, points, purchases, tags
from storage.tables import activities, audiences, sign_ups
from storage.tables import lots as lot_rows
from storage.tables import members as people
from tests.documents import read, rows, sections
from tests.handlers.counter import PRESETS
from tests.services.shopfront import Shop

EXAMPLES = sections(read("docs/rules/segments.md"), 2)
MILK = {
    "id": "milk",
    "name": "Milk",
    "kind": "choice",
    "choices": [{"id": code, "name": code} for code in ("oat", "soy")],
}
EAST = {"code": "east", "name": "East"}
GOLD = {"id": "gold", "name": "Gold people", "tiers": ["gold"]}


class Town:
    """The café of the examples, with the members it tells of."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.db = shop, shop.db
        self.ids: dict[str, str] = {}

    async def open(self) -> None:
        body: dict[str, Any] = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
        body |= {"fields": [MILK], "segments": [GOLD], "stores": [*body["stores"], EAST]}
        await self.db.write(rules.bring, body, actor="test", now=self.shop.now)
        for name, about, came in rows(EXAMPLES["The members"]):
            await self.settle(name, about, came)
        while await self.db.write(habits.compute, self.shop.moment()):
            pass

    async def settle(self, name: str, about: str, came: str) -> None:
        told = dict(part.rsplit(" ", 1) for part in about.split(", ") if " " in part)
        facts: dict[str, Any] = {"channel": None, "tier": told.get("tier", "basic"), "source": told.get("source", "")}
        if "joined" in told:
            facts["joined_at"] = rules_day(told["joined"])
        [self.ids[name]] = await self.shop.settle(1, **facts)
        await self.db.write(self._about, name, about)
        await self.db.write(self._bought, name, [] if came == "-" else [int(day) for day in came.split()])

    def _about(self, tx: Tx, name: str, about: str) -> None:
        mine = self.ids[name]
        for part in about.split(", "):
            match part.split(" "):
                case ["tag", tag]:
                    tags.add(tx, mine, tag, actor="test", at=self.shop.now)
                case ["Telegram" | "WeChat" as app, *blocked]:
                    account = Identity("telegram" if app == "Telegram" else "wechat", "shop", mine)
                    chat = identities.meet(tx, account, self.shop.now)
                    identities.change(tx, chat, member_id=mine, unreachable="blocked" if blocked else "")
                case ["birthday", day]:
                    members.change(tx, mine, birthday_next_on=date.fromisoformat(f"2026-{day}"))
                case ["milk", answer]:
                    fields.put(tx, mine, "milk", answer, choice=answer, actor=mine, at=self.shop.now)
                case ["coupon", code]:
                    self._coupon(tx, mine, code)
                case [number, "points", "end", "on", day]:
                    self._lot(tx, mine, int(number), day)

    def _coupon(self, tx: Tx, member_id: str, code: str) -> None:
        when = {"issued_at": self.shop.now, "starts_at": self.shop.now, "expires_at": self.shop.now + timedelta(days=9)}
        facts = {"reference": "test", "offer_id": id_of(f"offer:{code}"), "member_id": member_id, "rules_version": 1}
        coupons.add(tx, id_of(f"coupon:{member_id}"), state="issued", **facts, **when)

    def _lot(self, tx: Tx, member_id: str, number: int, day: str) -> None:
        account = points.account(tx, member_id, "points")
        until = rules_day(day) + timedelta(days=1)
        facts = {"earned": number, "remaining": number, "expires_at": until, "available_at": self.shop.now}
        tx.execute(lot_rows.insert().values(id="lot", account_id=account, **facts))

    def _bought(self, tx: Tx, name: str, ago: list[int]) -> None:
        for number, day in enumerate(ago):
            store = "east" if name == "Ben" else "main"
            row_id, at = f"{name}-{number}", self.shop.now - timedelta(days=day)
            facts = {"store_id": rules.store_id(store), "actor": "test", "channel": "pos", "receipt_no": row_id}
            sums = {"amount_minor": 1000, "paid_minor": 1000, "points_earned": 0, "points_spent": 0}
            told: dict[str, Any] = {
                "lines": [],
                "terms": {},
                "why": [],
                "business_on": (at + timedelta(hours=8)).date(),
            }
            purchases.add(tx, row_id, reference=row_id, member_id=self.ids[name], at=at, **facts, **sums, **told)

    async def crowd(self, number: int) -> list[str]:
        """Let so many people of tier gold join, whom no app reaches."""
        crowd = [f"f{place:07}-0000-4000-8000-000000000000" for place in range(number)]
        about = {"state": "joined", "offers_on": True, "joined_at": self.shop.now, "tier": "gold"}
        joined = [{"id": one, "handle": one[:8].encode(), **about} for one in crowd]
        await self.db.write(lambda tx: tx.execute(people.insert(), joined))
        return crowd

    async def sign_up(self, name: str) -> None:
        def write(tx: Tx) -> None:
            when = {"starts_at": self.shop.now, "ends_at": self.shop.now}
            about = {"title": "Tasting", "state": "open", "created_by": "test", "created_at": self.shop.now}
            tx.execute(activities.insert().values(id="tasting", **when, **about))
            facts = {"state": "signed", "place": 1, "at": self.shop.now, "changed_at": self.shop.now}
            tx.execute(sign_ups.insert().values(id="ben", activity_id="tasting", member_id=self.ids[name], **facts))

        await self.db.write(write)

    async def who(self, asked: Conditions) -> set[str]:
        def find(tx: Tx) -> list[Any]:
            return tx.all(select(people.c.id).where(*segments.found(tx, asked, now=self.shop.now)))

        names = {row_id: name for name, row_id in self.ids.items()}
        return {names[row.id] for row in await self.db.read(find)}

    async def size(self, asked: Conditions) -> int:
        """How many are in a group as the owner is told: those who can be written to, and those who cannot."""

        def count(tx: Tx) -> int:
            only = segments.found(tx, asked, now=self.shop.now)
            counted = broadcasts.audience(tx, now=self.shop.now, only=only)
            return counted.total + sum(counted.left_out.values())

        return await self.db.read(count)

    async def draft(self, owner: Who, code: str) -> broadcasts.Broadcast:
        draft = await self.shop.draft(owner)
        return await self.db.write(broadcasts.aim, owner, draft.id, code, moment=self.shop.moment())


def rules_day(written: str) -> datetime:
    """The first moment of a day in Shanghai."""
    return datetime.fromisoformat(f"{written}T00:00:00+08:00").astimezone(UTC)


def told(written: str) -> Mapping[str, Any]:
    return tomllib.loads("\n".join(part.strip() for part in written.strip("`").split("; ")))


@pytest.fixture
async def town(shop: Shop) -> Town:
    place = Town(shop)
    await place.open()
    return place


async def test_the_worked_examples_are_true(town: Town) -> None:
    await town.sign_up("Ben")
    for written, names in rows(EXAMPLES["The groups"]):
        asked = await town.db.read(segments.read, told(written))
        expected = set() if names == "-" else set(names.split())
        assert (written, await town.who(asked)) == (written, expected)
        assert await town.size(asked) == len(expected)


async def test_whoever_left_is_in_no_group(town: Town) -> None:
    await town.shop.change(town.ids["Amy"], state="left")
    assert await town.who(Conditions(tiers=("gold",))) == {"Eve"}


async def test_a_birthday_of_a_later_years_next_month_is_not_next_month(town: Town) -> None:
    """A lunar birthday moves: whoever was greeted on 20 November may be greeted on 9 December the next time."""
    await town.shop.change(town.ids["Cho"], birthday_next_on=date(2027, 12, 9))
    assert await town.who(Conditions(birthday_months=("next",))) == {"Ben"}
    assert await town.who(Conditions(birthday_months=("12", "next"))) == {"Ben", "Cho"}


async def test_a_group_made_in_chat_is_kept_once_shown_and_taken_away(town: Town, owner: Who) -> None:
    how: dict[str, Any] = {"key": "12345678-1234", "moment": town.shop.moment()}
    made = await town.db.write(segments.add, owner, " Far  away ", {"away_for": 30}, **how)
    again = await town.db.write(segments.add, owner, " Far  away ", {"away_for": 30}, **how)
    assert made == again
    assert (made.name["en"], made.conditions, made.made_here) == ("Far away", Conditions(away_for=30), True)
    assert [one.code for one in await town.db.read(segments.listed)] == ["gold", made.code]
    removed = [await town.db.write(segments.remove, owner, made.code, moment=town.shop.moment()) for _ in range(2)]
    assert removed == [True, False]
    with pytest.raises(SegmentUnknown):
        await town.db.read(segments.get, made.code)
    assert not await town.db.write(segments.remove, owner, "gold", moment=town.shop.moment())


async def test_a_group_without_conditions_and_one_too_many_are_refused(town: Town, owner: Who) -> None:
    with pytest.raises(SegmentEmpty):
        await town.db.write(segments.add, owner, "All", {}, key="all", moment=town.shop.moment())

    def fill(tx: Tx) -> None:
        for number in range(segments.MADE_MAX):
            key = f"{number:012}"
            segments.add(tx, owner, "Gold", {"tiers": ["gold"]}, key=key, moment=town.shop.moment())

    await town.db.write(fill)
    await town.db.write(fill)  # the last one again is no further one
    with pytest.raises(LimitReached):
        await town.db.write(segments.add, owner, "Gold", {"tiers": ["gold"]}, key="more", moment=town.shop.moment())


async def test_a_broadcast_to_a_group_counts_and_reaches_it_alone(town: Town, owner: Who) -> None:
    draft = await town.draft(owner, "gold")
    reached = await town.db.read(broadcasts.goes_to, draft, now=town.shop.now)
    assert (dict(reached.roads), dict(reached.left_out)) == ({"telegram": 1}, {"no_account": 1})
    await town.shop.send(owner, draft)
    assert await town.shop.plan() == [1]
    assert [row.member_id for row in await town.shop.rows()] == [town.ids["Amy"]]


async def test_who_is_in_the_group_is_frozen_when_it_is_sent(town: Town, owner: Who) -> None:
    draft = await town.draft(owner, "gold")
    await town.shop.send(owner, draft)
    await town.shop.change(town.ids["Ben"], tier="gold")
    await town.shop.change(town.ids["Amy"], tier="basic")
    await town.shop.plan()
    assert [row.member_id for row in await town.shop.rows()] == [town.ids["Amy"]]
    frozen = await town.db.read(lambda tx: tx.all(select(audiences)))
    assert {row.member_id for row in frozen} == {town.ids["Amy"], town.ids["Eve"]}


async def test_a_large_group_is_frozen_part_by_part_as_it_was_asked_when_it_was_sent(town: Town, owner: Who) -> None:
    made = await town.db.write(
        segments.add, owner, "Gold", {"tiers": ["gold"]}, key="12345678-1234", moment=town.shop.moment()
    )
    crowd = await town.crowd(segments.AT_ONCE + 1)
    draft = await town.draft(owner, made.code)
    await town.shop.send(owner, draft)

    async def frozen() -> set[str]:
        return {row.member_id for row in await town.db.read(lambda tx: tx.all(select(audiences)))}

    first = await frozen()
    assert 0 < len(first) <= segments.AT_ONCE  # the program may end here and start again: the cursor is a row
    await town.db.write(segments.remove, owner, made.code, moment=town.shop.moment())
    assert await town.db.write(broadcasts.plan_batch, town.shop.moment()) == 1
    assert await frozen() == {*crowd, town.ids["Amy"], town.ids["Eve"]}
    assert await town.shop.plan() == [1]
    assert [row.member_id for row in await town.shop.rows()] == [town.ids["Amy"]]


async def test_whoever_becomes_one_while_a_large_group_is_frozen_is_in_it_once(town: Town, owner: Who) -> None:
    crowd = await town.crowd(segments.AT_ONCE + 1)
    first, last = crowd[0], crowd[-1]
    account = Identity("telegram", "shop", last)
    await town.shop.change(last, joined_at=town.shop.now - timedelta(days=9))
    await town.db.write(lambda tx: identities.change(tx, identities.meet(tx, account, town.shop.now), member_id=last))
    await town.shop.send(owner, await town.draft(owner, "gold"))
    how: dict[str, Any] = {"reference": "code", "actor": last, "moment": town.shop.moment()}
    assert (await town.db.write(merges.merge, first, last, **how)).kept_id == last, "in the part that comes"
    await town.shop.plan()
    assert sorted(row.member_id for row in await town.shop.rows()) == sorted([town.ids["Amy"], last])


async def test_a_large_group_stopped_in_the_midst_is_frozen_no_further(town: Town, owner: Who) -> None:
    await town.crowd(segments.AT_ONCE)
    draft = await town.draft(owner, "gold")
    await town.shop.send(owner, draft)
    await town.shop.cancel(owner, draft)
    assert await town.shop.plan() == []
    assert await town.shop.rows() == []


async def test_a_draft_whose_group_changed_or_went_is_not_sent_by_an_old_button(town: Town, owner: Who) -> None:
    first = await town.shop.draft(owner)
    aimed = await town.db.write(broadcasts.aim, owner, first.id, "gold", moment=town.shop.moment())
    assert (aimed.segment, aimed.nonce != first.nonce) == ("gold", True)
    for one in town.ids.values():
        await town.shop.change(one, tier="basic")
    with pytest.raises(BroadcastEmpty):
        await town.shop.send(owner, aimed)
    with pytest.raises(SegmentUnknown):
        await town.db.write(broadcasts.aim, owner, first.id, "nobody", moment=town.shop.moment())
    everybody = await town.db.write(broadcasts.aim, owner, first.id, "", moment=town.shop.moment())
    assert (await town.db.read(broadcasts.goes_to, everybody, now=town.shop.now)).total == 3
