"""What a button of the last answer says is that button, also where the same text is a word of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from locales import Words
from locales.words import fold
from membership.member import Channel
from membership.messages import Reply, words
from membership.moment import Moment
from services import Database, rules
from tests.handlers.counter import Counter, Person, button, keys
from tests.handlers.postman import deliver
from tests.handlers.test_activities import planned
from tests.handlers.test_choices import push
from tests.handlers.test_confirming import held_up, rich
from tests.handlers.test_owner_desk import drafted
from tests.handlers.test_passes import scanned, sold
from tests.handlers.test_staff_room import EAST, body, hired
from tests.handlers.test_stored_value import topped_up
from tests.services.pass_holder import TEN
from tests.services.shopfront import Shop

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))
KEYWORDS, LABELS = WORDS.keywords(), WORDS.labels()
VALUE = {"least": "200", "cap": "5000"}


class Ticking(Counter):
    """A shop whose clock goes on with every turn: no two answers have the same time."""

    def moment(self) -> Moment:
        self.pass_by(seconds=1)
        return super().moment()


Scene = Callable[[Counter, Channel], Awaitable[tuple[Person, Reply]]]


def as_read(text: str) -> dict[str, Any]:
    """Return what the desk reads in a typed text."""
    return {"word": KEYWORDS.get(fold(text), ""), "labels": LABELS.get(fold(text), frozenset())}


async def type_in(person: Person, text: str) -> Reply:
    person.counter.pass_by(seconds=10)
    return await person.say(text, **as_read(text))


@pytest.fixture
async def counter(db: Database, now: datetime) -> Counter:
    """A café with everything: two stores, stored value, passes and friends who send each other points."""
    shop = Ticking(db, now)
    sells = {"passes": [TEN], "transfer": {"min": 1}, "stored_value": VALUE, "survey": {}}
    await db.write(rules.bring, {**body(EAST), **sells}, actor="test", now=now)
    return shop


async def sale(counter: Counter, app: Channel, role: str = "manager") -> tuple[Person, Person]:
    """Let Mo ring up Ben's purchase, which the word "undo" would take back; then Amy comes."""
    mo, ben, amy = Person(counter, app, "Mo"), Person(counter, app, "Ben"), Person(counter, app, "Amy")
    await counter.employ(mo, role, *(["main"] if role == "cashier" else []))
    await ben.press("join")
    await scanned(mo, ben)
    await mo.press(button(await mo.say("88"), "pay ok"))
    await amy.press("join")
    return mo, amy


async def top_up(counter: Counter, app: Channel) -> tuple[Person, Reply]:
    mo, amy = await sale(counter, app)
    return mo, await topped_up(mo, amy, "200")


async def sold_pass(counter: Counter, app: Channel) -> tuple[Person, Reply]:
    mo, amy = await sale(counter, app)
    return mo, await sold(mo, amy)


async def visit(counter: Counter, app: Channel) -> tuple[Person, Reply]:
    mo, amy = await sale(counter, app)
    await sold(mo, amy)
    return mo, await mo.press(button(await scanned(mo, amy), "visit"))


async def waiting_bill(counter: Counter, app: Channel) -> tuple[Person, Reply]:
    mo, amy = await sale(counter, app)
    await rich(amy)
    return mo, await held_up(amy, mo)


async def sending(counter: Counter, app: Channel) -> tuple[Person, Reply]:
    shop, olga = Shop(counter), Person(counter, app, "Olga")
    await counter.employ(olga, "owner")
    await shop.settle(3)
    await olga.press(button(await drafted(olga), "broadcast send"))
    await shop.plan()
    return olga, await olga.press("broadcast")


async def stored(counter: Counter, app: Channel) -> tuple[Person, Reply]:
    amy = Person(counter, app, "Amy")
    await amy.press("join")
    return amy, await amy.press("balance")


async def activity(counter: Counter, app: Channel) -> tuple[Person, Reply]:
    amy, olga = Person(counter, app, "Amy"), await hired(counter, "Olga", "owner")
    planned_id = await planned(olga, "Tasting", "-", "2026-12-05 14:00", "2h", "5", "10", "main")
    await amy.press("join")
    return amy, await amy.press(f"activities show {planned_id}")


async def invited(counter: Counter, app: Channel) -> tuple[Person, Reply]:
    amy, ben = Person(counter, app, "Amy"), Person(counter, app, "Ben")
    for one in (amy, ben):
        await one.press("join")
    code = next(one.facts["code"] for one in (await ben.press("family code")).messages if one.key == "family.code")
    return amy, await amy.say(str(code))


async def colleague(counter: Counter, app: Channel) -> tuple[Person, Reply]:
    boss = await hired(counter, "Olga", "owner", app=app)
    await hired(counter, "Jay", "cashier", "main")
    shown = await boss.press("staff")
    return boss, await boss.press([word for word in words(shown) if word.startswith("staff show")][-1])


@pytest.mark.parametrize("app", ["telegram", "wechat"])
@pytest.mark.parametrize(
    ("scene", "says"),
    [
        (top_up, ("撤销", "topup undo", "topup.undone.plain")),
        (sold_pass, ("Undo", "sellpass undo", "sellpass.undone")),
        (visit, ("撤銷", "visit undo", "visit.undone")),
        (waiting_bill, ("撤回", "asked ", "asked.over")),
        (sending, ("Stop", "broadcast cancel", "broadcast.state.cancelled")),
        (stored, ("History", "balance history", "balance.nothing_yet")),
        (activity, ("Sign up", "activities join", "activity.joined")),
        (invited, ("Link", "family ok", "family.linked")),
        (colleague, ("换门店", "staff stores", "staff.ask_stores")),
    ],
)
async def test_the_button_of_the_last_answer_is_meant_though_the_text_is_a_word_too(
    counter: Counter, app: Channel, scene: Scene, says: tuple[str, str, str]
) -> None:
    label, word, told = says
    person, shown = await scene(counter, app)
    assert button(shown, word)
    assert keys(await type_in(person, label))[0] == told


async def test_without_such_a_button_the_text_is_the_word(counter: Counter, amy: Person) -> None:
    mo, _ = await sale(counter, amy.channel)
    await mo.press("help")
    assert keys(await type_in(mo, "撤销"))[0] == "desk.undone"


async def test_a_command_with_its_slash_is_the_command(counter: Counter, amy: Person) -> None:
    person, _ = await invited(counter, amy.channel)
    assert keys(await type_in(person, "/link"))[0] == "link.title"


async def test_the_same_button_below_a_message_that_came_since_is_asked_about(counter: Counter, amy: Person) -> None:
    await amy.press("join")
    counter.pass_by(minutes=2)
    await amy.press("balance")  # it has a button "points"
    await push(amy, "tier", key="same")  # and so has this: it leads elsewhere
    counter.pass_by(seconds=5)
    await deliver(counter)
    which = await type_in(amy, "points")
    assert (keys(which), words(which)) == (["which.ask"], ("points", "tier", "cancel"))
    counter.pass_by(seconds=5)
    assert keys(await amy.say("2"))[0].startswith("tier.")


@pytest.mark.parametrize("typed", ["英文", "简体", "繁體中文", "明细", "明細", "History"])
async def test_an_answer_that_names_a_language_or_a_list_is_an_answer(
    counter: Counter, amy: Person, typed: str
) -> None:
    person = await hired(counter, "Olga", "owner", app=amy.channel)
    await person.press("human")
    assert keys(await type_in(person, typed))[0] in ("human.nobody", "human.sent")
