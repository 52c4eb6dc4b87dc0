"""A café with half a year behind it: opened, staffed and filled with members, all by way of the shop's own doors."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

from bot import settings
from bot.shop import open_database
from handlers.said import Said
from membership import birthdays, days
from membership.member import Channel, Identity, Who
from membership.moment import Moment
from membership.rules import ShopRules
from membership.rules import parse as parse_rules
from playground import counted, crowd, mall, pastimes
from playground.clock import MovableClock
from playground.crowd import SEED, SHOP_DAYS, Customer, Visit
from playground.knowing import KNOWING
from playground.people import MEMBERS as PHONED
from playground.people import POSTS
from playground.phones import Person
from playground.shelves import SHELVES
from services import (
    Database,
    Tx,
    audit,
    codes,
    coupons,
    invites,
    members,
    pins,
    purchases,
    quotes,
    refunds,
    rules,
    staff,
    stored_value,
)
from services import people as whoever
from services.orders import Order
from services.reader import Reader
from storage import members as member_rows
from storage import outbox as outbox_rows

MEMBERS: Final = 200
BATCH: Final = 100
"""How many deeds one transaction takes."""
POINTS_STEP: Final = 100
"""Members round what they spend down to whole yuan."""
OPENED_AT: Final = time(6)
CLAIMING: Final = 3
"""Of five members with an app, so many claim the welcome coupon, in their first days."""
CLAIM_MINUTES: Final = 12
REFUND_AFTER: Final = timedelta(minutes=25)
PART_MINOR: Final = 1800
STORES: Final = ("main", "riverside")
SECOND_STORE: Final = """
[[stores]]
code = "riverside"
name = { "zh-Hans" = "滨江店", "zh-Hant" = "濱江店", en = "Riverside" }
"""
STORED_VALUE: Final = """
[stored_value]
cashiers = true

[[stored_value.gifts]]
from = "100"
bonus = "20"

[[stored_value.gifts]]
from = "500"
bonus = "150"
"""
MEMBER_PIN: Final = "246810"
STAFF_PIN: Final = "2468"
"""What the people with phones type where a PIN is asked: the members among them, and the staff."""
TOP_UP_MINOR: Final = 20000

DATABASE, KEY, SHOP = "memberbot.db", "memberbot.key", "shop.toml"
SEEDS_KEPT: Final = 3

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that happened in the half year: when, under which name (which gives its chance), and what."""

    at: datetime
    label: str
    act: Callable[[Tx, Moment], object]


REFERRAL: Final = """
[referral]                                  # 推荐有礼: a member who brings a friend
points = 500
friend_points = 200

[transfer]                                  # 亲友转赠: members send each other points
month_cap = 500
"""


@dataclass(slots=True)
class Cafe:
    """What the deeds share: the rules, the shop's accounts, the cashier of each store, and who became a member."""

    shop: ShopRules
    now: datetime
    accounts: dict[Channel, str]
    cashiers: list[Reader] = field(default_factory=list)
    members: dict[int, str] = field(default_factory=dict)


def shop_text() -> str:
    """Return the rehearsal's shop.toml: the preset for cafés with a second store, stored value and friends' rewards."""
    preset = files("membership") / "presets" / "cafe.toml"
    more = (SECOND_STORE, STORED_VALUE, REFERRAL, pastimes.LOTTERY, SHELVES, mall.MALL, counted.PASSES, KNOWING)
    return preset.read_text(encoding="utf-8") + "".join(more)


async def seed(
    db: Database,
    *,
    now: datetime,
    telegram_account: str,
    wechat_account: str,
    people: Sequence[Person],
    progress: Progress,
    count: int = MEMBERS,
) -> None:
    """Fill an empty database (tables made, keys given) with a café as it would be half a year after its opening.

    The same ``now`` and people give the same shop. ``progress`` hears how many deeds of how many are done. Nothing is
    left to send: receipts of the past count as sent, with the reason "seed".
    """
    body = tomllib.loads(shop_text())
    shop = parse_rules(body)
    opened = days.at(days.day_of(now, shop.zone) - timedelta(days=SHOP_DAYS), OPENED_AT, shop.zone)
    cafe = Cafe(shop, now, {"telegram": telegram_account, "wechat": wechat_account})
    await db.write(rules.bring, body, actor="shop.toml", now=opened)
    await db.write(_hire, cafe, people, opened)
    deeds = sorted(_half_year(cafe, crowd.customers(count, people)), key=lambda deed: (deed.at, deed.label))
    for start in range(0, len(deeds), BATCH):
        await db.write(_live, deeds[start : start + BATCH])
        progress(min(start + BATCH, len(deeds)), len(deeds))
    await db.write(_catch_up, cafe)
    await db.write(_give_pins, cafe, await asyncio.to_thread(pins.hashed, MEMBER_PIN))
    await db.write(pastimes.plan_tasting, people, cafe.accounts, moment=_moment(now, "tasting"))
    await db.write(_give_staff_pins, cafe, await asyncio.to_thread(pins.hashed, STAFF_PIN))
    while await db.write(audit.seal):
        pass


async def seeded_copy(
    folder: Path,
    *,
    now: datetime,
    telegram_account: str,
    wechat_account: str,
    people: Sequence[Person],
    progress: Progress,
    count: int = MEMBERS,
) -> None:
    """Put a seeded shop into this folder: memberbot.db, its memberbot.key, and shop.toml; what lay there is replaced.

    The shop is as it would be on the morning of ``now`` before it opens. It is built once for each day and version
    of the program, into the folder ``seeds`` inside this one, and copied from there ever after.
    """
    told = {"telegram_account": telegram_account, "wechat_account": wechat_account, "people": people, "count": count}
    shop = parse_rules(tomllib.loads(shop_text()))
    today = days.day_of(now, shop.zone)
    version = await asyncio.to_thread(_version)
    built = folder / "seeds" / f"{version}-{today:%Y%m%d}-{_digest(repr(told).encode())}"
    if not built.exists():
        await asyncio.to_thread(_clear_seeds, built.parent, version)
        await _build(built, days.start_of(today, shop.zone), progress=progress, **told)
    await asyncio.to_thread(_copy, built, folder)


async def _build(built: Path, now: datetime, **told: Any) -> None:
    """Seed in a folder beside, which gets its name when it is whole."""
    part = built.with_name(f"{built.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700, parents=True)
    wanted = settings.load(database_url=f"sqlite:///{part / DATABASE}", key_file=part / KEY)
    db = await open_database(wanted, server=True, clock=MovableClock(now))
    try:
        await seed(db, now=now, **told)
    finally:
        await db.close()
    (part / SHOP).write_text(shop_text(), encoding="utf-8")
    mall.put_pictures(part)
    with contextlib.suppress(FileExistsError, NotADirectoryError):
        part.rename(built)


def _copy(built: Path, folder: Path) -> None:
    for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", KEY, SHOP, *mall.PICTURES):
        (folder / name).unlink(missing_ok=True)
        if (built / name).exists():
            shutil.copy(built / name, folder / name)


def _clear_seeds(seeds: Path, version: str) -> None:
    """Drop what other versions of the program made, and all but the latest few of this one."""
    made = sorted(seeds.glob("*"), key=lambda seeded: seeded.stat().st_mtime)
    mine = [seeded for seeded in made if seeded.name.startswith(version)][-SEEDS_KEPT:]
    for seeded in made:
        if seeded not in mine and not seeded.name.endswith(".part"):
            shutil.rmtree(seeded)


def _version() -> str:
    """Return a short name of the code that decides what is seeded: any change of it makes another one."""
    root = Path(__file__).parent.parent
    parts = ("membership", "services", "storage", "playground/people.py", "playground/crowd.py", "playground/seed.py")
    sources = [path for part in parts for path in _sources(root / part)]
    return _digest(b"".join(str(path.relative_to(root)).encode() + path.read_bytes() for path in sources))


def _sources(part: Path) -> list[Path]:
    return [part] if part.is_file() else sorted({*part.rglob("*.py"), *part.rglob("*.toml")})


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _half_year(cafe: Cafe, customers: Sequence[Customer]) -> Iterator[Deed]:
    """Return everything that happened, in no particular order."""
    for customer in customers:
        name = customer.number
        joined = crowd.joined_at(customer, cafe.shop, now=cafe.now)
        yield Deed(joined, f"join:{name}", partial(_join, cafe=cafe, customer=customer))
        if customer.app is not None and (customer.claims_late or name % 5 < CLAIMING):
            after = customer.joined_days - 5 if customer.claims_late else name % 3
            claimed = joined + timedelta(days=after, minutes=CLAIM_MINUTES)
            yield Deed(claimed, f"claim:{name}", partial(_claim, cafe=cafe, customer=customer))
        for visit in crowd.visits(customer, cafe.shop, now=cafe.now):
            when = visit.at.isoformat()
            yield Deed(visit.at, f"visit:{name}:{when}", partial(_visit, cafe=cafe, customer=customer, visit=visit))
            if visit.refund and visit.at + REFUND_AFTER < cafe.now:
                yield Deed(
                    visit.at + REFUND_AFTER,
                    f"refund:{name}:{when}",
                    partial(_refund, cafe=cafe, customer=customer, visit=visit),
                )


def _live(tx: Tx, deeds: Sequence[Deed]) -> None:
    for deed in deeds:
        deed.act(tx, _moment(deed.at, deed.label))
    latest = deeds[-1].at
    coupons.expire_due(tx, now=latest)
    _nothing_to_send(tx, latest)


def _nothing_to_send(tx: Tx, now: datetime) -> None:
    """Count what the past would have sent as sent: nobody was there to get it."""
    while waiting := outbox_rows.due(tx, now=now, limit=1000):
        for row in waiting:
            facts = {"state": "sent", "reason": "seed", "settled_at": row.created_at}
            outbox_rows.change(tx, row.id, states=("pending",), **facts)


def _hire(tx: Tx, cafe: Cafe, known: Sequence[Person], opened: datetime) -> None:
    """Give the café's people their rights; a store without a cashier is served by the first owner."""
    posts: dict[str, Reader] = {}
    for person in known:
        if person.role != "member":
            moment = _moment(opened, f"hire:{person.id}")
            who = _meet(tx, cafe, person.app, person.user, name=person.name, language=person.language, moment=moment)
            store = POSTS.get(person.id, "") if person.role == "cashier" else ""
            code = invites.invite(tx, person.role, stores=[store] if store else [], by=None, moment=moment)
            accepted = invites.accept(tx, who, code, moment=moment)
            if accepted.waiting:
                invites.confirm(tx, accepted.id, None, moment=moment)
            right = staff.check(tx, whoever.who(tx, who.identity_id), "scan")
            posts.setdefault(store, right)
    cafe.cashiers = [Reader(posts.get(store, posts[""]).actor, rules.store_id(store)) for store in STORES]


def _join(tx: Tx, moment: Moment, *, cafe: Cafe, customer: Customer) -> None:
    """Let a customer become a member in their app, or at the counter."""
    birthday = _birthday(cafe, customer)
    if customer.app is None:
        told = {"name": customer.name, "birthday": birthday, "actor": cafe.cashiers[0].actor}
        row = members.enrol(tx, customer.phone, offers=customer.offers, moment=moment, **told)
        cafe.members[customer.number] = row
        return
    who = _meet(tx, cafe, customer.app, customer.user, name=customer.name, language=customer.language, moment=moment)
    member_id = members.join(tx, who, source=customer.source, moment=moment)
    who = whoever.who(tx, who.identity_id)
    if customer.phone:
        members.set_phone(tx, member_id, customer.phone)
    if birthday:
        members.set_birthday(tx, member_id, birthday, moment=moment)
    members.switch(tx, who, "offers", on=customer.offers, moment=moment)
    cafe.members[customer.number] = member_id


def _claim(tx: Tx, moment: Moment, *, cafe: Cafe, customer: Customer) -> None:
    """Let a member claim what is open to claim."""
    member_id = cafe.members[customer.number]
    for one in coupons.claimable(tx, member_id, now=moment.now):
        if one.refusal is None:
            reference = f"seed:{customer.number}:{one.offer.id}"
            coupons.claim(tx, member_id, one.offer.id, reference=reference, moment=moment)


def _visit(tx: Tx, moment: Moment, *, cafe: Cafe, customer: Customer, visit: Visit) -> None:
    """Ring up one visit; who wants to use a coupon or points shows the member code first."""
    member_id, reader = cafe.members[customer.number], cafe.cashiers[visit.store]
    order = Order(member_id, visit.yuan * 100)
    if visit.with_coupon and not customer.claims_late:
        proposed = quotes.propose(tx, order, reader, now=moment.now)
        order = replace(order, coupon_ids=tuple(coupon.id for coupon in proposed))
    if visit.with_points:
        most = quotes.most_points(tx, order, reader, now=moment.now)
        order = replace(order, points=most // POINTS_STEP * POINTS_STEP)
    if order.spends:
        shown = codes.show(tx, member_id, moment=moment)
        order = replace(order, scan_id=codes.scan(tx, shown.text, reader, moment=moment).id)
    purchases.record(tx, order, reader, reference=_reference(customer, visit), channel="seed", moment=moment)


def _refund(tx: Tx, moment: Moment, *, cafe: Cafe, customer: Customer, visit: Visit) -> None:
    """Give the money of a visit back, whole or the price of the cheapest cup."""
    bought = purchases.recorded(tx, _reference(customer, visit))
    assert bought is not None, "a refund comes after its visit"
    part = min(PART_MINOR, bought.paid.minor) if visit.refund == "part" else None
    reference, actor = f"{_reference(customer, visit)}:refund", cafe.cashiers[visit.store].actor
    refunds.refund(tx, bought.id, part, reason="wrong_amount", actor=actor, reference=reference, moment=moment)


def _catch_up(tx: Tx, cafe: Cafe) -> None:
    """Move birthdays that passed in the half year to the coming ones: nobody was there to be greeted."""
    today = days.day_of(cafe.now, cafe.shop.zone)
    for member_id in cafe.members.values():
        row = member_rows.get(tx, member_id)
        if row.birthday_next_on is not None and row.birthday_next_on <= today:
            birthday = birthdays.parse(member_rows.opened(tx, row, "birthday"), today)
            coming = birthdays.next_on(birthday, today, feb29=cafe.shop.birthday.feb29)
            member_rows.change(tx, member_id, birthday_next_on=coming)


def _give_pins(tx: Tx, cafe: Cafe, hashed: str) -> None:
    """Give the members with phones a PIN and stored value of yesterday."""
    for number in range(len(PHONED)):
        moment = _moment(cafe.now - timedelta(days=1), f"top_up:{number}")
        member_id, reader = cafe.members[number], cafe.cashiers[number % len(STORES)]
        pins.set_member(tx, member_id, hashed, moment=moment)
        stored_value.top_up(tx, member_id, TOP_UP_MINOR, reader, reference=f"seed:{number}:top_up", moment=moment)
        counted.sell_one(tx, member_id, reader, number, moment=moment)
    _nothing_to_send(tx, cafe.now)


def _give_staff_pins(tx: Tx, cafe: Cafe, hashed: str) -> None:
    for at, reader in enumerate(cafe.cashiers):
        pins.set_staff(tx, reader.actor, hashed, moment=_moment(cafe.now, f"pin:{at}"))


def _birthday(cafe: Cafe, customer: Customer) -> str:
    if not customer.birthday_days:
        return customer.birthday
    on = days.day_of(cafe.now, cafe.shop.zone) + timedelta(days=customer.birthday_days)
    return f"--{on.month:02}-{on.day:02}"


def _meet(tx: Tx, cafe: Cafe, app: Channel, user: str, *, name: str, language: str, moment: Moment) -> Who:
    """Let somebody follow the shop's account, as at a first contact."""
    identity = Identity(app, cafe.accounts[app], user)
    window: Literal["", "long"] = "long" if app == "wechat" else ""
    event = f"seed:{app}:{user}"
    said = Said(event, identity, "follow", moment.now, name=name, language=language, window=window)
    return whoever.lock(tx, said, moment.now)


def _reference(customer: Customer, visit: Visit) -> str:
    return f"seed:{customer.number}:{int(visit.at.timestamp())}"


def _moment(at: datetime, label: str) -> Moment:
    return Moment(at, hashlib.sha256(SEED + label.encode()).digest())
