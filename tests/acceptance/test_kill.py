"""The program is killed again and again while people use it: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.wechat.said import from_xml
from playground.inspector import Call
from playground.phones import Person
from playground.rehearsal import APP_ID, BOT_ID
from playground.wechat_api import events as wechat_events
from playground.wechat_api.replies import Image, Text
from services import Database, Tx
from storage import tables as t
from tests.acceptance.own_process import STOP_SECONDS, Mode, OwnProcess, own_process
from tests.acceptance.stubborn_people import Cashier, Customer
from tests.proof import assert_clean

KILLS = 3
KILLS_IN_TORTURE = 60
CREATED = re.compile(r"<CreateTime>\d+</CreateTime>")


@dataclass
class Town:
    """Who uses the shop while it is killed: buyers and talkers on both apps, and a cashier on each."""

    own: OwnProcess
    buyers: list[Customer]
    talkers: list[Customer]
    cashiers: tuple[Cashier, Cashier]

    @property
    def members(self) -> list[Customer]:
        return [*self.buyers, *self.talkers]

    async def open(self) -> None:
        """Begin work: the shop is made, the cashiers are hired, everybody joins; the program is up meanwhile."""
        invitations = [await self.own.invite("cashier") for _ in self.cashiers]
        await self.own.start()
        hired = (cashier.employed(token) for cashier, token in zip(self.cashiers, invitations, strict=True))
        await asyncio.gather(*hired)

    @contextlib.asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """Let everybody act until the block ends, and then finish what they are at."""
        over = asyncio.Event()
        half = len(self.buyers) // 2
        deeds = [self._life(one, over) for one in self.talkers]
        deeds += [self._trade(self.cashiers[0], self.buyers[:half], over, first=20)]
        deeds += [self._trade(self.cashiers[1], self.buyers[half:], over, first=520)]
        tasks = [asyncio.create_task(deed) for deed in deeds]
        try:
            yield
        finally:
            over.set()
            await asyncio.gather(*tasks)

    async def _life(self, one: Customer, over: asyncio.Event) -> None:
        await one.join()
        await one.claim()
        await one.chatter(over)

    async def _trade(self, cashier: Cashier, customers: list[Customer], over: asyncio.Event, *, first: int) -> None:
        await asyncio.gather(*(customer.join() for customer in customers))
        await asyncio.gather(*(customer.claim() for customer in customers))
        await cashier.serve(customers, over, first=first)

    async def drained(self) -> None:
        """Wait until Telegram holds nothing back."""
        pushes = self.own.played.telegram._world.pushes
        for _ in range(800):
            if not pushes.waiting:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{len(pushes.waiting)} updates were never taken")


def people(own: OwnProcess) -> Town:
    """Give everybody a phone."""
    talkers = [
        own.newcomer(Person(f"tg{n}", "telegram", f"59000000{n:02}", f"小{n}", "+8613801990100", "zh-Hans"))
        for n in range(4)
    ]
    talkers += [
        own.newcomer(Person(f"wx{n}", "wechat", f"oMb6A5talker{n:02}r7Xq0TnVbZp1x", f"大{n}", "", "zh-Hans"))
        for n in range(2)
    ]
    buyers = [own.phone(name) for name in ("xiaoyu", "wangfang", "maya", "lilei")]
    for phone in buyers:  # everybody reads Chinese here, so that the test can read along
        object.__setattr__(phone.person, "language", "zh-Hans")
    cashiers = (Cashier(own.phone("ajie")), Cashier(own.phone("xiaozhou")))
    return Town(own, [Customer(one) for one in buyers], [Customer(one) for one in talkers], cashiers)


async def shaken(own: OwnProcess, kills: int, seed: int) -> None:
    """Let people act, kill the program at random moments, stop it once under load, and look at everything."""
    chance, town = random.Random(seed), people(own)
    await town.open()
    async with town.busy():
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(0.2, 2.5))
            await own.kill()
            await own.start()
        await asyncio.sleep(chance.uniform(0.5, 1.5))
        code, seconds = await own.stop()
        assert code == 0, own.log()
        assert seconds <= STOP_SECONDS
        await own.start()
    await town.drained()
    assert (await own.stop())[0] == 0
    async with own.memory() as db:
        await assert_clean(db)
        await nothing_lost(own, db)
        await nothing_twice(town, db)


async def nothing_lost(own: OwnProcess, db: Database) -> None:
    """What was acknowledged to a platform is stored."""
    stored = set(await db.read(lambda tx: [row.id for row in tx.all(select(t.events.c.id))]))
    told = {f"telegram:{BOT_ID}:{number}" for call in own.events for number in updates_in(call)}
    answered = {event_of(call, own) for call in own.events if is_push(call) and call.status == 200}
    assert told, "Telegram said nothing"
    assert answered, "WeChat said nothing"
    assert told | answered <= stored


def updates_in(call: Call) -> list[int]:
    """Return the ids of the updates that a call carried; in the end all are confirmed, so all must be stored."""
    if call.platform != "telegram":
        return []
    if call.direction == "out":
        return [call.request["update_id"]]
    news = call.answer.get("result", []) if call.name == "getUpdates" and isinstance(call.answer, dict) else []
    return [update["update_id"] for update in news]


def is_push(call: Call) -> bool:
    return call.platform == "wechat" and call.direction == "out" and call.name.startswith(("push/text", "push/event"))


def event_of(call: Call, own: OwnProcess) -> str:
    push = from_xml(call.request, account=APP_ID, now=own.played.clock.now())
    assert push is not None
    return push.event


async def nothing_twice(town: Town, db: Database) -> None:
    """Each effect is there once: members, coupons, purchases, and the points that come of them."""
    assert await db.read(_count, t.members) == len(town.members)
    given = await db.read(lambda tx: tx.all(select(t.coupons)))
    assert set(Counter(row.purchase_id for row in given if row.purchase_id).values()) <= {1}  # one thanks a purchase
    coupons = Counter(row.member_id for row in given if not row.purchase_id)
    assert set(coupons.values()) == {1}
    assert len(coupons) == len(town.members)
    certain = sum((cashier.certain for cashier in town.cashiers), Counter[int]())
    perhaps = sum((cashier.perhaps for cashier in town.cashiers), Counter[int]())
    bought = await db.read(lambda tx: Counter(row.amount_minor // 100 for row in tx.all(select(t.purchases))))
    assert certain, "nobody bought anything"
    assert set(bought.values()) == {1}
    assert set(certain) <= set(bought) <= set(certain) | set(perhaps)
    receipts_are_not_repeated(town)


def receipts_are_not_repeated(town: Town) -> None:
    """A receipt in doubt is sent once more on Telegram, which is seen by its number, and never on WeChat."""
    for buyer in town.buyers:
        shown = Counter(one.text for one in buyer.phone.heard if "实付" in one.text)
        assert all(count <= (2 if buyer.phone.person.app == "telegram" else 1) for count in shown.values()), shown


def _count(tx: Tx, table: Any) -> int:
    return int(tx.scalar(select(func.count()).select_from(table)))


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_killed_at_any_moment_nothing_is_lost_and_nothing_happens_twice(tmp_path: Path, mode: Mode) -> None:
    async with own_process(tmp_path, mode=mode) as own:
        await shaken(own, KILLS, seed=20261122)


async def test_killed_beside_postgresql_nothing_is_lost_and_nothing_happens_twice(
    tmp_path: Path, postgresql_url: str
) -> None:
    async with own_process(tmp_path, mode="polling", database_url=postgresql_url) as own:
        await shaken(own, 2, seed=7)


@pytest.mark.torture
@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_killed_very_often_nothing_is_lost_and_nothing_happens_twice(tmp_path: Path, mode: Mode) -> None:
    async with own_process(tmp_path, mode=mode) as own:
        await shaken(own, KILLS_IN_TORTURE, seed=99)


async def test_a_wechat_message_that_comes_again_after_a_kill_gets_the_first_reply(tmp_path: Path) -> None:
    async with own_process(tmp_path) as own:
        await own.invite("cashier")
        await own.start()
        customer = Customer(own.phone("wangfang"))
        await customer.join()
        said = [again(own, customer, "积分"), again(own, customer, "会员码")]
        first = [await push() for push in said]
        await customer.claim()  # what is true now is another reply than the first one
        await own.kill()
        await own.start()
        second = [await push() for push in said]
    assert [type(reply) for reply in first] == [Text, Image]
    assert same_to_see(own, first) == same_to_see(own, second)


def again(own: OwnProcess, customer: Customer, words: str) -> Any:
    """Return what pushes one and the same message each time it is called, and gives its reply."""
    platform, user = own.played.wechat, customer.phone.person.user
    now = own.played.clock.now()
    push = wechat_events.message(platform.account, user, now, kind="text", fields={"Content": words}, more={})

    async def deliver() -> Any:
        outcome = await platform.pusher.deliver(platform.callback_url, push)
        assert not outcome.fault
        return outcome.reply

    return deliver


def same_to_see(own: OwnProcess, replies: list[Any]) -> list[Any]:
    """Return what a person sees of the replies: the words, and the very picture."""
    media = own.played.wechat.account.media
    return [media[one.media_id].content if isinstance(one, Image) else CREATED.sub("", one.xml) for one in replies]
