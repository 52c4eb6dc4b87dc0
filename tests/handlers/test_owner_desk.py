"""The owner in chat, on Telegram and on WeChat alike: the report, and a broadcast from its text to its result."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from membership.messages import Message, Reply, pack, plain, say, unpack, words
from services import broadcasts, invites
from storage import outbox
from tests.handlers.counter import Counter, Person, button, keys
from tests.services.shopfront import Shop

PNG = b"\x89PNG cake"


@pytest.fixture
def shop(counter: Counter) -> Shop:
    return Shop(counter)


@pytest.fixture(params=["telegram", "wechat"])
async def owner(request: pytest.FixtureRequest, counter: Counter) -> Person:
    person = Person(counter, request.param, "Olga")
    await counter.employ(person, "owner")
    return person


async def drafted(owner: Person, text: str = "Cake today, {name}!") -> Reply:
    await owner.say("broadcast", word="broadcast")
    return await owner.say(text)


def told(reply: Reply, key: str) -> Message:
    return next(message for message in reply.messages if message.key == key)


async def test_a_text_is_counted_looked_at_and_sent(shop: Shop, owner: Person) -> None:
    await shop.settle(3)
    await shop.settle(2, offers_on=False)
    asked = await owner.say("broadcast", word="broadcast")
    assert asked.question is not None
    draft = await owner.say("Cake today, {name}!")
    assert told(draft, "broadcast.goes_to").facts["count"] == 3
    assert told(draft, "broadcast.left_out").facts["lines"] == (say("broadcast.left_out.no_consent", count=2),)
    assert told(draft, "broadcast.body").facts["name"] == say("member.name", name="Olga")
    started = await owner.press(button(draft, "broadcast send"))
    assert started.toast == say("toast.broadcast_started")
    assert await shop.plan() == [3]


async def test_the_preview_is_exactly_what_a_member_gets(shop: Shop, owner: Person) -> None:
    await shop.settle(1, name="Olga")
    await owner.say("broadcast", word="broadcast")
    draft = await owner.tell("photo", text="Cake, {name}!", picture=PNG)
    preview = await owner.press(button(draft, "broadcast preview"))
    await owner.press(button(preview, "broadcast send"))
    await shop.plan()
    [row] = await shop.rows()
    letter = await shop.body(row)
    assert (preview.messages, preview.picture) == (letter.messages, letter.picture)
    assert preview.buttons[: len(letter.buttons)] == letter.buttons


async def test_every_button_of_the_way_fits_and_is_understood(shop: Shop, owner: Person) -> None:
    await shop.settle(1)
    await owner.say("broadcast", word="broadcast")
    draft = await owner.tell("photo", text="Cake!", picture=PNG)
    for step in ("draft", "preview", "show", "plain", "draft"):
        reply = await owner.press(f"broadcast {step} {button(draft, 'broadcast preview').split()[2]}")
        assert all(len(word.encode()) <= 64 for word in words(reply))
        assert unpack(pack(reply)) == reply
        assert "refusal" not in keys(reply)[0]


async def test_a_picture_comes_first_and_its_text_after_it_as_wechat_sends_them(shop: Shop, owner: Person) -> None:
    await shop.settle(1)
    await owner.say("broadcast", word="broadcast")
    more = await owner.tell("photo", picture=PNG)
    assert keys(more) == ["broadcast.ask_text"]
    draft = await owner.say("Cake!")
    assert "broadcast.with_picture" in keys(draft)
    await owner.press(button(draft, "broadcast send"))
    await shop.plan()
    [row] = await shop.rows()
    letter = await shop.body(row)
    assert letter.picture is not None
    assert await shop.db.read(broadcasts.photo, letter.picture.facts["id"]) == PNG


async def test_changing_the_text_keeps_the_picture_and_the_old_button_sends_nothing(shop: Shop, owner: Person) -> None:
    await shop.settle(1)
    await owner.say("broadcast", word="broadcast")
    first = await owner.tell("photo", text="Cake!", picture=PNG)
    await owner.press(button(first, "broadcast change"))
    second = await owner.say("Tart!")
    assert plain("Tart!") in second.messages
    assert "broadcast.with_picture" in keys(second)
    assert keys(await owner.press(button(first, "broadcast send"))) == ["refusal.expired"]
    assert await shop.plan() == []
    without = await owner.press(button(second, "broadcast plain"))
    assert "broadcast.with_picture" not in keys(without)


@pytest.mark.parametrize("text", ["", "   ", "\u3000\u200b"])
async def test_a_text_with_nothing_to_see_is_refused_and_asked_for_again(owner: Person, text: str) -> None:
    refused = await drafted(owner, text)
    assert keys(refused)[0].startswith("refusal.broadcast_empty")
    assert refused.question is not None


async def test_a_text_that_is_too_long_is_refused_with_the_limit(shop: Shop, owner: Person) -> None:
    await shop.settle(1)
    long = await drafted(owner, "x" * 901)
    assert long.messages[0] == say("broadcast.too_long", count=901, limit=900)
    assert long.question is not None
    assert "broadcast.goes_to" in keys(await owner.say("x" * 900))


async def test_a_picture_that_cannot_be_read_is_asked_for_again(owner: Person) -> None:
    await owner.say("broadcast", word="broadcast")
    refused = await owner.tell("photo", refused="too_large")
    assert keys(refused) == ["broadcast.picture_refused", "broadcast.ask"]


async def test_the_text_means_itself_whatever_stands_in_braces(shop: Shop, owner: Person) -> None:
    await shop.settle(1)
    assert plain("{{7*7}} {0.__class__} %s") in (await drafted(owner, "{{7*7}} {0.__class__} %s")).messages


async def test_nobody_to_send_to_shows_why_and_no_send_button(shop: Shop, owner: Person) -> None:
    await shop.settle(2, offers_on=False)
    draft = await drafted(owner)
    assert "broadcast.nobody" in keys(draft)
    assert not [word for word in words(draft) if word.startswith("broadcast send")]


async def test_at_night_the_draft_says_when_members_get_it(shop: Shop, owner: Person) -> None:
    await shop.settle(1)
    shop.counter.pass_by(hours=10)  # 22:00 in Shanghai
    draft = await drafted(owner)
    assert told(draft, "broadcast.quiet").facts["at"] == shop.now + timedelta(hours=11)


async def test_pressing_send_twice_shows_the_progress_of_the_one_that_runs(shop: Shop, owner: Person) -> None:
    await shop.settle(2)
    draft = await drafted(owner)
    other = Person(shop.counter, "telegram", "Otto")
    await shop.counter.employ(other, "marketer")
    await owner.press(button(draft, "broadcast send"))
    again = await owner.press(button(draft, "broadcast send"))
    by_other = await other.press(button(draft, "broadcast send"))
    for reply in (again, by_other):
        assert keys(reply)[:2] == ["broadcast.state.running", "broadcast.progress"]
        assert reply.toast == say("toast.broadcast_running")
    assert await shop.plan() == [2]


async def test_saying_broadcast_while_one_runs_shows_how_far_it_is(shop: Shop, owner: Person) -> None:
    await shop.settle(4)
    draft = await drafted(owner)
    await owner.press(button(draft, "broadcast send"))
    await shop.plan()
    await shop.mark((await shop.rows())[:1], "sent")
    progress = await owner.say("broadcast", word="broadcast")
    assert told(progress, "broadcast.progress").facts == {"bar": "▓▓░░░░░░░░", "percent": 25, "done": 1, "total": 4}
    assert told(progress, "broadcast.counts").facts["lines"] == (
        say("broadcast.count.sent", count=1),
        say("broadcast.count.to_go", count=3),
    )
    stopped = await owner.press(button(progress, "broadcast cancel"))
    assert keys(stopped)[0] == "broadcast.state.cancelled"
    assert stopped.toast == say("toast.broadcast_stopped", count=3)
    assert await shop.rows() == []


async def test_the_live_progress_is_a_message_on_telegram_and_the_answer_on_wechat(shop: Shop, owner: Person) -> None:
    await shop.settle(1)
    draft = await drafted(owner)
    started = await owner.press(button(draft, "broadcast send"))
    due = await shop.db.write(outbox.due, now=shop.now, limit=10)
    messages = [row.kind for row in due if row.kind == "broadcast_progress"]
    if owner.channel == "telegram":
        assert (keys(started), messages) == (["broadcast.started"], ["broadcast_progress"])
    else:
        assert (keys(started)[:2], messages) == (["broadcast.state.running", "broadcast.progress"], [])


async def test_a_draft_can_be_dropped(shop: Shop, owner: Person) -> None:
    await shop.settle(1)
    draft = await drafted(owner)
    assert keys(await owner.press(button(draft, "broadcast cancel"))) == ["broadcast.dropped"]
    assert keys(await owner.press(button(draft, "broadcast send")))[0] == "refusal.broadcast_over"


@pytest.mark.parametrize("word", ["broadcast nonsense", "broadcast send", "report 9", "report x y"])
async def test_words_that_no_button_says_are_met_as_old_buttons(owner: Person, word: str) -> None:
    assert keys(await owner.press(word)) == ["refusal.expired"]


@pytest.mark.parametrize(
    "word", ["broadcast show x", "broadcast preview x", "broadcast cancel x", "broadcast send x y"]
)
async def test_a_broadcast_nobody_wrote_is_unknown(owner: Person, word: str) -> None:
    assert keys(await owner.press(word)) == ["refusal.broadcast_unknown"]


@pytest.mark.parametrize(
    ("role", "word", "answer"),
    [
        ("cashier", "report", "refusal.not_allowed"),
        ("cashier", "broadcast", "refusal.not_allowed"),
        ("manager", "broadcast", "refusal.not_allowed"),
        ("manager", "report", "report.title"),
        ("auditor", "report", "report.title"),
        ("marketer", "broadcast", "broadcast.ask"),
    ],
)
async def test_each_role_sees_its_own(counter: Counter, role: str, word: str, answer: str) -> None:
    person = Person(counter, "telegram", "Pat")
    await counter.employ(person, role)
    assert keys(await person.press(word))[0] == answer


async def test_a_manager_of_one_store_sees_that_store(counter: Counter) -> None:
    person = Person(counter, "telegram", "Mia")
    token = await counter.db.write(invites.invite, "manager", stores=["main"], by=None, moment=counter.moment())
    await person.say(token)
    report = await person.press("report")
    assert keys(report) == ["report.title", "report.sales", "report.store", "report.compared.day"]
    assert picture_of(report)["second"] is None
    assert report.messages[0].facts["place"].facts["texts"]["en"] == "Main Street"


async def test_a_member_is_told_nothing_of_the_shops_figures(amy: Person) -> None:
    await amy.press("join")
    assert keys(await amy.press("report")) == ["refusal.not_staff"]


async def test_the_report_comes_as_text_and_picture_in_one_reply(owner: Person, amy: Person) -> None:
    await amy.press("join")
    owner.counter.pass_by(minutes=1)
    today = await owner.say("report", word="report")
    assert keys(today) == [
        "report.title",
        "report.sales",
        "report.members",
        "report.sources",
        "report.points",
        "report.liability",
        "report.coupons",
        "report.compared.day",
    ]
    assert told(today, "report.members").facts["count"] == 1
    facts = picture_of(today)
    assert [label.key for label, *_ in facts["headlines"]] == [
        "report.tile.sales",
        "report.tile.purchases",
        "report.tile.average",
        "report.tile.joined",
        "report.tile.points",
        "report.tile.redeemed",
    ]
    assert [tick.facts["hour"] for tick in facts["ticks"]] == [f"{hour:02}" for hour in range(8, 21)]
    assert facts["second"][1] == (0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
    assert {"report", "report 7"} <= set(words(today))


async def test_the_week_has_a_bar_a_day(owner: Person) -> None:
    week = await owner.press("report 7")
    facts = picture_of(week)
    assert len(facts["ticks"]) == len(facts["bars"][1]) == len(facts["second"][2]) == 7
    assert unpack(pack(week)) == week


def picture_of(reply: Reply) -> dict[str, Any]:
    assert reply.picture is not None
    assert reply.picture.kind == "report"
    return dict(reply.picture.facts)
