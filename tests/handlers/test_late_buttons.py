"""Stubborn people at what the shop pushed: pressed twice, late, when it is over, in another app, after a merge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from membership.messages import Reply, words
from scheduler.timetable import TIMETABLE
from services import Database, rules
from services.outgoing import Outgoing
from tests.handlers.counter import Counter, Person, button, keys
from tests.handlers.postman import brought_to, deliver, is_theirs
from tests.handlers.test_linking import fact
from tests.proof import assert_clean
from tests.services.pass_holder import body

CAFE = body()
MUG = {
    "id": "mug",
    "title": "Mug",
    "kind": "gift",
    "goods": "One mug",
    "claim": "mall",
    "price_points": 300,
    "days": 90,
}
CLASS = {"id": "five", "name": "Five classes", "visits": 5, "price": "60", "single": "12", "days": 30, "warn_left": 4}


@pytest.fixture
async def counter(db: Database, now: datetime) -> AsyncIterator[Counter]:
    shop = Counter(db, now)
    await db.write(rules.bring, body(CLASS, survey={}, offers=[*CAFE["offers"], MUG]), actor="test", now=now)
    yield shop
    await assert_clean(db)


@dataclass
class Chats:
    """Everybody with a chat, and what was brought to whom."""

    counter: Counter
    people: list[Person]
    brought: list[tuple[Person, Outgoing]] = field(default_factory=list)

    async def live(self, **time: float) -> None:
        """Let time go by, everybody say something (so that WeChat lets the shop write), and what is due happen."""
        self.counter.pass_by(**time)
        for person in self.people:
            await person.tell(word="help")
        for entry in TIMETABLE:
            if entry.unit is not None:
                while await self.counter.db.write(entry.unit, self.counter.moment()):
                    pass
        for one in await deliver(self.counter):
            self.brought += [(person, one) for person in self.people if is_theirs(one, person)]

    def kinds(self) -> set[str]:
        return {one.kind for _, one in self.brought if words(one.reply)}


async def ring_up(amy: Person, cashier: Person, amount: str = "58") -> None:
    card = await amy.press("code")
    assert card.picture is not None
    await cashier.scan(str(card.picture.facts["code"]))
    await cashier.press(button(await cashier.say(amount), "pay ok"))


async def join_accounts(one: Person, other: Person) -> Reply:
    """Let the second account be the first one's, too."""
    code = fact(await one.press("link code"), "link.code", "code")
    return await other.press(button(await other.say(code), "link ok"))


@pytest.fixture
async def chats(counter: Counter, amy: Person) -> Chats:
    """A month of a member who buys, claims and has a pass; a colleague and the owner look on."""
    cashier, owner = Person(counter, "wechat", "Jay"), Person(counter, "telegram", "Olga")
    await counter.employ(cashier, "cashier")
    await counter.employ(owner, "owner")
    other = Person(counter, "wechat" if amy.channel == "telegram" else "telegram", "Amy's other")
    found = Chats(counter, [amy, cashier, owner, other])
    await amy.press("join")
    await ring_up(amy, cashier, "500")
    await amy.press(button(await amy.press("coupons"), "coupons claim"))
    await found.live(hours=3)
    low = next(one for _, one in found.brought if one.kind == "rating")
    await amy.press(words(low.reply)[0])
    await amy.say("cold")
    await amy.press("human")
    await amy.say("When do you open?")
    await cashier.scan(str((await amy.press("code")).picture.facts["code"]))  # type: ignore[union-attr] # a card
    await cashier.press(button(await cashier.press("sellpass"), "sellpass"))
    await found.live(minutes=1)
    for days in (27, 316, 23):  # a coupon ends in three days, points in thirty, in seven
        await found.live(days=days)
    return found


async def test_whatever_was_pushed_is_met_in_words_however_late_often_and_wherever_it_is_pressed(chats: Chats) -> None:
    """Nothing breaks, nothing counts twice (the books are proved clean at the end), and every press has an answer."""
    assert chats.kinds() >= {"receipt", "rating", "rating_low", "human", "coupon_expiring", "points_expiring"}
    amy, _, _, other = chats.people
    await press_everything(chats.brought)
    await press_everything([(other, one) for _, one in chats.brought], not_me=True)  # a stranger yet
    await join_accounts(amy, other)
    await press_everything([(other, one) for _, one in chats.brought])
    await chats.live(days=8)
    await press_everything(chats.brought, not_me=True)


async def press_everything(brought: list[tuple[Person, Outgoing]], *, not_me: bool = False) -> None:
    """Press whatever stands below what was brought, twice; a card that is stopped does little else after that."""
    for person, one in brought:
        for word in (word for word in words(one.reply) if not_me or not word.startswith("notme")):
            for _ in range(2):
                assert keys(await person.press(word)), (one.kind, word)
                await person.press("cancel")


async def test_a_rating_counts_once_in_either_app_and_not_when_its_days_are_over(counter: Counter, amy: Person) -> None:
    cashier = Person(counter, "wechat", "Jay")
    await counter.employ(cashier, "cashier")
    other = Person(counter, "wechat" if amy.channel == "telegram" else "telegram", "Amy's other")
    await amy.press("join")
    await ring_up(amy, cashier)
    chats = Chats(counter, [amy, cashier, other])
    await chats.live(hours=3)
    taps = next(words(one.reply) for _, one in chats.brought if one.kind == "rating")
    assert keys(await other.press(taps[0])) == ["refusal.not_a_member"]
    await other.press("join")
    assert keys(await other.press(taps[0])) == ["refusal.rating_unknown"]  # somebody else's
    await join_accounts(amy, other)
    assert (await other.press(taps[3])).messages[0].facts["stars"] == "★★★★☆"
    assert (await amy.press(taps[0])).messages[0].facts["stars"] == "★★★★☆"  # the first one counts
    await ring_up(amy, cashier)
    counter.pass_by(days=31)
    await ring_up(amy, cashier)
    await chats.live(hours=3)
    late = [words(one.reply) for _, one in chats.brought if one.kind == "rating"][-1]
    assert late != taps
    counter.pass_by(days=30)
    assert keys(await amy.press(late[0])) == ["refusal.expired"]


async def test_not_me_stops_the_card_once_also_after_two_became_one(counter: Counter, amy: Person) -> None:
    cashier = Person(counter, "wechat", "Jay")
    await counter.employ(cashier, "cashier")
    await amy.press("join")
    await ring_up(amy, cashier)
    await amy.tell(word="help")
    receipt = (await brought_to(amy, "receipt")).reply
    other = Person(counter, "wechat" if amy.channel == "telegram" else "telegram", "Amy's other")
    await other.press("join")
    counter.pass_by(minutes=1)
    await join_accounts(other, amy)
    not_me = button(receipt, "notme")
    for person in (amy, other, amy):
        assert keys(await person.press(not_me)) == ["notme.frozen"]
    alarms = [one for one in await deliver(counter) if one.kind == "alarm"]
    assert len(alarms) <= 1


async def test_a_warning_that_points_end_leads_nowhere_once_they_have_ended(counter: Counter, amy: Person) -> None:
    """What the points could buy is asked once more before it is bought, and not to be had afterwards."""
    cashier = Person(counter, "wechat", "Jay")
    await counter.employ(cashier, "cashier")
    await amy.press("join")
    await ring_up(amy, cashier, "500")
    chats = Chats(counter, [amy])
    for days in (343, 23):
        await chats.live(days=days)
    warned = [one.reply for _, one in chats.brought if one.kind == "points_expiring"]
    rescue = button(warned[-1], "mall take")
    for _ in range(2):
        assert keys(await amy.press(rescue)) == ["mall.ask"]
    await chats.live(days=10)
    assert await points_of(amy) == 0
    assert keys(await amy.press(rescue)) == ["refusal.insufficient_points"]


async def points_of(amy: Person) -> Any:
    shown = await amy.press("points")
    return next((message.facts["count"] for message in shown.messages if "count" in message.facts), 0)


async def test_a_reminder_of_an_activity_still_leads_to_it_when_it_is_over(counter: Counter, amy: Person) -> None:
    owner = Person(counter, "telegram", "Olga")
    await counter.employ(owner, "owner")
    await owner.press("activities new")
    begins = counter.now + timedelta(days=3)
    for answer in ("Latte art", "Bring a cup", f"{begins:%Y-%m-%d} 14:00", "2h", "1", "50"):
        last = await owner.say(answer)
    saved = await owner.press(button(last, "activities save"))
    activity = button(saved, "activities show").split()[-1]
    await amy.press("join")
    ben = Person(counter, "wechat", "Ben")
    await ben.press("join")
    for person in (amy, ben):
        shown = await person.press(f"activities show {activity}")
        await person.press(button(shown, "activities join"))
    chats = Chats(counter, [amy, ben])
    await chats.live(days=2, hours=3)
    kinds = [(person.name, one.kind) for person, one in chats.brought]
    assert ("Amy", "activity_reminder") in kinds
    assert ("Ben", "activity_reminder") not in kinds  # waits for a place
    told = next(words(one.reply)[0] for _, one in chats.brought if one.kind == "activity_reminder")
    assert keys(await amy.press(told))
    await chats.live(days=2)
    assert keys(await amy.press(told))
    assert keys(await ben.press(told))
