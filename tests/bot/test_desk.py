"""The desk shows menus that follow the rights: at once to who speaks, and to who says nothing when a right changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.desk import ENDED_LATELY, Desk
from handlers.said import Said
from membership.member import Identity, Who
from scheduler.messenger import Sent
from services import Database, staff
from services.outgoing import Outgoing
from tests.handlers.counter import Counter, Person


class Still:
    """A clock that a test moves."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter

    def now(self) -> datetime:
        return self.counter.now

    def monotonic(self) -> float:
        return 0.0


class Shown:
    """A desk, and the menus it showed: who, and the role ("" for a member's)."""

    def __init__(self, counter: Counter) -> None:
        self.menus: list[tuple[str, str]] = []
        self.counter = counter
        self.desk = self.fresh_desk()

    def fresh_desk(self) -> Desk:
        """Return the desk of a program that was started anew."""
        clock, send, settle = Still(self.counter), self._deliver, self._settle
        self.desk = Desk(self.counter.db, clock=clock, keywords={}, tongues={}, labels={}, deliver=send, settle=settle)
        self.desk.menus["telegram"] = self.desk.menus["wechat"] = self._show
        return self.desk

    async def _show(self, who: Who) -> None:
        self.menus.append((who.name, who.roles[0].name if who.roles else ""))

    async def _deliver(self, outgoing: Outgoing) -> None: ...

    async def _settle(self, outgoing: Outgoing, sent: Sent) -> None: ...

    async def follow(self) -> list[tuple[str, str]]:
        """Let the job run once, and return whose menus changed."""
        self.menus.clear()
        await self.desk.follow_rights()
        await self.desk.close()
        return sorted(self.menus)


@pytest.fixture
async def counter(db: Database, now: datetime) -> Counter:
    shop = Counter(db, now)
    await shop.open()
    return shop


@pytest.fixture
async def shown(counter: Counter) -> Shown:
    for name, role in (("Olga", "owner"), ("Ann", "cashier"), ("Ben", "cashier")):
        await counter.employ(Person(counter, "wechat" if name == "Ben" else "telegram", name), role)
    found = Shown(counter)
    await found.follow()
    return found


async def dismiss(counter: Counter, name: str) -> None:
    one = next(one for one in await counter.db.read(staff.working) if one.name == name)
    await counter.db.write(staff.dismiss, one.id, by=None, moment=counter.moment())


async def test_who_is_dismissed_loses_the_menu_without_a_word(counter: Counter, shown: Shown) -> None:
    assert await shown.follow() == []
    await dismiss(counter, "Ann")
    await dismiss(counter, "Ben")
    assert await shown.follow() == [("Ann", ""), ("Ben", "")]
    assert await shown.follow() == []


async def test_who_gets_another_role_or_comes_back_sees_its_menu_without_a_word(counter: Counter, shown: Shown) -> None:
    ann = next(one for one in await counter.db.read(staff.working) if one.name == "Ann")
    await counter.db.write(staff.change, ann.id, "manager", store_ids=[], by=None, moment=counter.moment())
    assert await shown.follow() == [("Ann", "manager")]
    await dismiss(counter, "Ann")
    await shown.follow()
    counter.pass_by(minutes=1)
    await counter.employ(Person(counter, "telegram", "Ann"), "auditor")
    assert await shown.follow() == [("Ann", "auditor")]


async def test_a_right_that_ended_while_the_program_stood_still_is_noticed_at_the_start(
    counter: Counter, shown: Shown
) -> None:
    await dismiss(counter, "Ann")
    shown.fresh_desk()
    assert await shown.follow() == [("Ann", "")]
    counter.pass_by(seconds=(ENDED_LATELY + timedelta(seconds=1)).total_seconds())
    shown.fresh_desk()
    assert await shown.follow() == []


async def test_who_speaks_sees_the_menu_at_once_and_not_again(counter: Counter, shown: Shown) -> None:
    shown.menus.clear()
    await speak(shown, "1")
    assert shown.menus == [("Ann", "cashier")]
    await dismiss(counter, "Ann")
    await speak(shown, "2")
    assert shown.menus == [("Ann", "cashier"), ("Ann", "")]
    assert await shown.follow() == []


@pytest.mark.parametrize(("common", "menus"), [("zh-Hans", [("Bea", "")]), ("en", [])])
async def test_who_speaks_another_language_than_the_shop_sees_the_menu_in_it_from_the_first_word(
    shown: Shown, common: str, menus: list[tuple[str, str]]
) -> None:
    shown.menus.clear()
    shown.desk.common["telegram"] = common
    for event in ("1", "2"):
        await speak(shown, event, "Bea", language="en")
    assert shown.menus == menus


async def test_who_chooses_the_shops_language_as_their_first_word_since_the_start_sees_the_menu_in_it(
    shown: Shown,
) -> None:
    await speak(shown, "1", "Bea", language="en")
    shown.fresh_desk()
    shown.menus.clear()
    shown.desk.common["telegram"] = "zh-Hans"
    await speak(shown, "2", "Bea", word="language zh-Hans")
    assert shown.menus == [("Bea", "")]


async def speak(shown: Shown, event: str, name: str = "Ann", *, language: str = "", word: str = "") -> None:
    account, now = Identity("telegram", "shop", f"id-of-{name}"), shown.counter.now
    said = Said(event=event, identity=account, kind="text", at=now, text="hello", name=name, language=language)
    said = replace(said, kind="press", text="", word=word) if word else said
    await shown.desk.take(said)
    await shown.desk.close()
