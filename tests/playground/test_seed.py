"""The rehearsal's café: whole books, believable people, nothing left to send, and the same shop every time."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.settings import load
from bot.shop import open_database
from membership import days
from membership.errors import NotAllowed
from membership.member import Identity
from membership.rules import parse
from playground import crowd
from playground.clock import MovableClock
from playground.people import MEMBERS, people
from playground.phones import Person
from playground.seed import seed, seeded_copy, shop_text
from services import Database, Tx, coupons, members, pins, points, rules, staff, stored_value
from services import people as whoever
from storage.tables import accounts, identities, lots, outbox, purchases, refunds, transfers
from storage.tables import coupons as coupon_table
from storage.tables import members as member_table
from tests.databases import NOW, PostgresDatabases, SqliteFiles, make_cipher
from tests.proof import assert_clean

TELEGRAM, WECHAT = "7000000001", "wxrehearsal"
COUNT = 40
SHOP_DAYS = 182


async def filled(url: str, *, now: datetime = NOW, count: int = COUNT) -> Database:
    """Open a database with all tables and seed it."""
    db = await Database.open(url, cipher=make_cipher())
    accounts = {"telegram_account": TELEGRAM, "wechat_account": WECHAT}
    await seed(db, now=now, **accounts, people=people(), progress=lambda *_: None, count=count)
    return db


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cafe(sqlite: SqliteFiles) -> AsyncIterator[Database]:
    """One seeded café; the tests only look at it."""
    async with sqlite.fresh() as url:
        db = await filled(url)
        yield db
        await db.close()


pytestmark = pytest.mark.asyncio(loop_scope="module")


def number(tx: Tx, of: Any) -> int:
    return int(tx.scalar(select(func.count()).select_from(of)) or 0)


def person(name: str) -> Person:
    return next(one for one in people() if one.id == name)


def who(tx: Tx, one: Person) -> Any:
    account = TELEGRAM if one.app == "telegram" else WECHAT
    return whoever.find(tx, Identity(one.app, account, one.user))


async def test_the_books_are_in_order(cafe: Database) -> None:
    await assert_clean(cafe)


async def test_no_member_holds_other_points_than_their_lots_and_nobody_is_below_zero(cafe: Database) -> None:
    def look(tx: Tx) -> list[tuple[int, int]]:
        held = (
            select(lots.c.account_id, func.sum(lots.c.remaining).label("held")).group_by(lots.c.account_id).subquery()
        )
        both = select(accounts.c.balance, func.coalesce(held.c.held, 0).label("held"))
        mine = accounts.c.kept & (accounts.c.kind == "points")
        return [
            (row.balance, row.held)
            for row in tx.all(both.outerjoin(held, held.c.account_id == accounts.c.id).where(mine))
        ]

    found = await cafe.read(look)
    assert len(found) > COUNT // 2
    assert all(balance == held >= 0 for balance, held in found)


async def test_every_member_has_what_came_less_what_left(cafe: Database) -> None:
    def look(tx: Tx) -> list[tuple[int, int]]:
        moved: Counter[str] = Counter()
        for row in tx.all(select(transfers)):
            moved[row.debit] -= row.amount
            moved[row.credit] += row.amount
        kept = tx.all(select(accounts).where(accounts.c.kept))
        return [(row.balance, moved[row.id]) for row in kept]

    found = await cafe.read(look)
    assert len(found) > COUNT
    assert all(balance == moved for balance, moved in found)


async def test_nothing_of_the_past_is_left_to_send(cafe: Database) -> None:
    def look(tx: Tx) -> Counter[tuple[str, str]]:
        return Counter((row.state, row.reason) for row in tx.all(select(outbox)))

    assert set(await cafe.read(look)) == {("sent", "seed")}


async def test_the_half_year_has_a_bit_of_everything(cafe: Database) -> None:
    def look(tx: Tx) -> dict[str, Any]:
        bought = tx.all(select(purchases))
        return {
            "purchases": len(bought),
            "kinds": {row.kind for row in tx.all(select(transfers.c.kind).distinct())},
            "coupons": {row.state for row in tx.all(select(coupon_table.c.state).distinct())},
            "refunds": number(tx, refunds),
            "stores": {row.store_id for row in bought},
            "amounts": (min(row.amount_minor for row in bought), max(row.amount_minor for row in bought)),
            "span": (min(row.at for row in bought), max(row.at for row in bought)),
            "tiers": {row.tier for row in tx.all(select(member_table.c.tier).distinct())},
            "offers": number(tx, select(member_table).where(member_table.c.offers_on).subquery()) / COUNT,
            "channels": Counter(row.channel for row in tx.all(select(identities.c.channel))),
        }

    seen = await cafe.read(look)
    assert seen["purchases"] > 5 * COUNT
    assert {"earn", "spend", "reverse_earn"} <= seen["kinds"]
    assert seen["coupons"] == {"issued", "redeemed", "expired", "voided"}
    assert seen["refunds"] > 0
    assert seen["stores"] == {rules.store_id("main"), rules.store_id("riverside")}
    assert 1800 <= seen["amounts"][0] <= seen["amounts"][1] <= 12000
    assert NOW - timedelta(days=SHOP_DAYS + 1) < seen["span"][0] < NOW - timedelta(days=150)
    assert NOW - timedelta(days=3) < seen["span"][1] < NOW
    assert "silver" in seen["tiers"]
    assert 0.4 < seen["offers"] < 0.8
    assert min(seen["channels"]["telegram"], seen["channels"]["wechat"]) > COUNT // 5


@pytest.mark.parametrize("name", MEMBERS)
async def test_one_member_on_each_app_has_points_a_coupon_and_a_birthday_weeks_ahead(cafe: Database, name: str) -> None:
    def look(tx: Tx) -> None:
        known = who(tx, person(name))
        member = members.get(tx, known.member_id)
        assert (member.name, member.phone) == (person(name).name, person(name).phone)
        assert member.state == "joined"
        assert member.offers_on
        assert known.language == person(name).language
        assert points.balance(tx, member.id, now=NOW).points > 100
        assert [coupon.offer.id for coupon in coupons.held(tx, member.id, now=NOW)] == ["welcome"]
        greeted = members.greeted_at(tx, member.id, now=NOW)
        assert greeted is not None
        assert timedelta(weeks=3) < greeted - NOW < timedelta(weeks=5)

    await cafe.read(look)


@pytest.mark.parametrize("name", MEMBERS)
async def test_the_members_with_phones_have_stored_value_with_its_gift_and_a_pin(cafe: Database, name: str) -> None:
    def look(tx: Tx) -> None:
        known = who(tx, person(name))
        held = stored_value.balance(tx, known.member_id)
        assert (held.principal.minor, held.bonus.minor) == (20_000, 2_000)
        assert pins.has_member(tx, known.member_id)

    await cafe.read(look)


@pytest.mark.parametrize("name", [one.id for one in people() if one.role == "cashier"])
async def test_a_cashier_with_a_phone_has_a_pin_for_the_quick_change(cafe: Database, name: str) -> None:
    assert await cafe.read(lambda tx: pins.has_staff(tx, who(tx, person(name)).staff_id))


@pytest.mark.parametrize("name", [one.id for one in people() if one.role == "member" and one.id not in MEMBERS])
async def test_the_other_customers_with_phones_are_strangers(cafe: Database, name: str) -> None:
    assert await cafe.read(lambda tx: who(tx, person(name))) is None


@pytest.mark.parametrize("name", [one.id for one in people() if one.role != "member"])
async def test_the_staff_with_phones_may_scan_in_their_store_and_only_owners_write_to_all(
    cafe: Database, name: str
) -> None:
    def look(tx: Tx) -> None:
        known, role = who(tx, person(name)), person(name).role
        assert staff.check(tx, known, "scan").store_id == rules.store_id("riverside" if name == "xiaozhou" else "main")
        assert [right.name for right in known.roles] == [role]
        if role == "cashier":
            with pytest.raises(NotAllowed):
                staff.check(tx, known, "broadcast")
        else:
            assert staff.check(tx, known, "broadcast").actor == known.staff_id

    await cafe.read(look)


async def test_nobody_who_is_due_today_or_before_waits_for_a_birthday_greeting(cafe: Database) -> None:
    def look(tx: Tx) -> list[Any]:
        return [row[0] for row in tx.all(select(member_table.c.birthday_next_on)) if row[0] is not None]

    coming = await cafe.read(look)
    assert len(coming) > COUNT // 2
    assert min(coming) > days.day_of(NOW, (await cafe.read(rules.current)).zone)


async def test_the_same_day_and_people_make_the_same_shop(sqlite: SqliteFiles) -> None:
    def totals(tx: Tx) -> dict[str, Any]:
        bought = tx.all(select(purchases.c.id, purchases.c.paid_minor, purchases.c.points_earned, purchases.c.at))
        return {
            "purchases": sorted(tuple(row) for row in bought),
            "coupons": sorted(tuple(row) for row in tx.all(select(coupon_table.c.id, coupon_table.c.state))),
            "members": sorted(tuple(row) for row in tx.all(select(member_table.c.id, member_table.c.tier))),
            "balances": sorted(tuple(row) for row in tx.all(select(accounts.c.id, accounts.c.balance))),
        }

    found = []
    for _ in range(2):
        async with sqlite.fresh() as url:
            db = await filled(url, count=8)
            found.append(await db.read(totals))
            await db.close()
    assert found[0] == found[1]
    assert found[0]["purchases"]


async def test_the_books_are_in_order_on_postgresql_too(postgresql: PostgresDatabases) -> None:
    async with postgresql.fresh() as url:
        db = await filled(url, count=6)
        await assert_clean(db)
        assert await db.read(number, purchases) > 6
        await db.close()


async def test_progress_is_told_to_its_end(sqlite: SqliteFiles) -> None:
    heard: list[tuple[int, int]] = []
    async with sqlite.fresh() as url:
        db = await Database.open(url, cipher=make_cipher())
        await seed(
            db,
            now=NOW,
            telegram_account=TELEGRAM,
            wechat_account=WECHAT,
            people=people(),
            progress=lambda done, total: heard.append((done, total)),
            count=4,
        )
        await db.close()
    total = heard[-1][1]
    assert heard == sorted(heard)
    assert heard[-1] == (total, total)


async def copied(folder: Path, *, now: datetime = NOW, count: int = 4) -> int:
    """Put a seeded copy into the folder and return how many steps it took to make: none where it was there."""
    heard: list[int] = []
    accounts_told = {"telegram_account": TELEGRAM, "wechat_account": WECHAT}
    await seeded_copy(
        folder, now=now, **accounts_told, people=people(), progress=lambda done, _: heard.append(done), count=count
    )
    return len(heard)


async def opened(folder: Path) -> Database:
    url, key = f"sqlite:///{folder / 'memberbot.db'}", folder / "memberbot.key"
    return await open_database(load(database_url=url, key_file=key), server=False, clock=MovableClock(NOW))


async def test_a_copy_is_made_once_a_day_and_opens_with_the_key_beside_it(tmp_path: Path) -> None:
    assert await copied(tmp_path) > 0
    assert await copied(tmp_path, now=NOW + timedelta(hours=5)) == 0
    assert await copied(tmp_path, now=NOW + timedelta(days=1)) > 0
    db = await opened(tmp_path)
    assert await db.read(lambda tx: members.get(tx, who(tx, person("maya")).member_id).name) == "Maya Chen"
    await db.close()


async def test_a_new_copy_takes_the_place_of_what_was_done_to_the_last_one(tmp_path: Path) -> None:
    await copied(tmp_path)
    db = await opened(tmp_path)
    await db.write(lambda tx: members.set_name(tx, who(tx, person("maya")).member_id, "Somebody Else"))
    await db.close()
    assert await copied(tmp_path) == 0
    db = await opened(tmp_path)
    assert await db.read(lambda tx: members.get(tx, who(tx, person("maya")).member_id).name) == "Maya Chen"
    await db.close()


async def test_the_copied_shop_file_says_what_the_shop_was_seeded_with(tmp_path: Path) -> None:
    await copied(tmp_path)
    db = await opened(tmp_path)
    before = await db.read(rules.version)
    body = tomllib.loads((tmp_path / "shop.toml").read_text(encoding="utf-8"))
    assert await db.write(rules.bring, body, actor="shop.toml", now=NOW) == before
    await db.close()


async def test_customers_come_on_more_saturdays_than_mondays_and_never_at_night() -> None:
    shop = parse(tomllib.loads(shop_text()))
    came = [
        visit.at.astimezone(shop.zone)
        for one in crowd.customers(200, people())
        for visit in crowd.visits(one, shop, now=NOW)
    ]
    by_day = Counter(at.weekday() for at in came)
    assert by_day[5] > by_day[0]
    assert {at.hour for at in came} <= set(range(7, 21))
    habits = Counter(one.habit for one in crowd.customers(200, people()))
    assert habits["occasional"] > habits["lapsed"] > 0
    assert min(habits["regular"], habits["new"]) > 10
