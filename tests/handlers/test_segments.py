"""Groups of members in chat: put together by tapping, counted at each tap, kept, and written to."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from locales import Words
from membership.messages import Message, Reply, words
from services import Tx
from storage.tables import activities
from tests.handlers.counter import Counter, Person, button, keys

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))


def spoken(reply: Reply, language: str = "en") -> str:
    return "\n".join(WORDS.text(message, language) for message in reply.messages)


def label(reply: Reply, word: str) -> str:
    found: Message = next(one.label for row in reply.buttons for one in row if one.word == word)
    return WORDS.text(found, "en")


@pytest.fixture(params=["telegram", "wechat"])
async def olga(request: pytest.FixtureRequest, counter: Counter) -> Person:
    person = Person(counter, request.param, "Olga")
    await counter.employ(person, "owner")
    return person


async def joined(counter: Counter, *names: str) -> None:
    for name in names:
        person = Person(counter, "telegram", name)
        await person.press("join")
        await person.press("offers yes")


async def build(olga: Person) -> Reply:
    """Ask for members of the basic tier who joined in the last week."""
    await olga.press("segments new")
    await olga.press("segments pick tiers")
    await olga.press("segments set tiers 0")
    picked = await olga.press("segments pick joined")
    return await olga.press(button(picked, "segments set joined"))


async def test_a_group_is_tapped_together_counted_kept_and_written_to(counter: Counter, olga: Person) -> None:
    await joined(counter, "Amy", "Ben")
    assert keys(await olga.press("segments")) == ["segment.none"]
    assert keys(await olga.press("segments new")) == ["segment.new", "segment.tap"]
    built = await build(olga)
    assert "Tier: Member\nJoined: in the last 7 days" in spoken(built)
    assert "2 members are in it now." in spoken(built)
    assert {"segment.reach"} <= set(keys(built))
    await olga.press("segments name")
    kept = await olga.say("New ones")
    assert keys(kept)[:2] == ["segment.made", "segment.title"]
    shown = await olga.press(button(await olga.press("segments"), "segments show"))
    assert "New ones" in spoken(shown)
    asked = await olga.press(button(shown, "broadcast for"))
    assert "broadcast.group" in keys(asked)
    draft = await olga.say("Tea is on the house today")
    assert "For the group: New ones" in spoken(draft)
    sent = await olga.press(button(draft, "broadcast send"))
    assert sent.toast is not None
    assert sent.toast.key == "toast.broadcast_started"


async def test_a_tap_marks_and_another_lets_go(counter: Counter, olga: Person) -> None:
    await joined(counter, "Amy")
    await build(olga)
    assert label(await olga.press("segments pick tiers"), "segments set tiers 0") == "✓ Member"
    without = await olga.press("segments set tiers 0")
    assert "Tier" not in spoken(without)
    assert label(await olga.press("segments pick joined"), "segments set joined 1") == "in the last 30 days"
    changed = await olga.press("segments set joined 1")
    assert "Joined: in the last 30 days" in spoken(changed)


async def test_everything_the_shop_can_ask_has_words(counter: Counter, olga: Person) -> None:
    await joined(counter, "Amy")
    built = await olga.press("segments new")
    topics = [word for word in words(built) if word.startswith("segments about")]
    shown = [word for topic in topics for word in words(await olga.press(topic))]
    asked = [word for word in shown if word.startswith("segments pick")]
    assert len(asked) == len(set(asked)) > 10
    for word in asked:
        picked = await olga.press(word)
        chosen = await olga.press(button(picked, "segments set"))
        said = spoken(chosen) + "".join(label(picked, one) for one in words(picked))
        assert "{" not in said
        assert "segment.size" in keys(chosen), word


async def test_old_buttons_and_forged_ones_do_nothing(olga: Person) -> None:
    for word in ("segments set tiers 0", "segments name", "segments show nobody", "segments fly", "broadcast aim x"):
        assert keys(await olga.press(word))[0] in {"refusal.expired", "refusal.segment_unknown"}, word
    await olga.press("segments new")
    await olga.press("segments pick tiers")
    for word in (
        "segments set tiers 99",
        "segments set stages 0",
        "segments set tiers x",
        "segments pick sex",
        "segments about x",
    ):
        assert keys(await olga.press(word)) == ["refusal.expired"], word
        await olga.press("segments new")
        await olga.press("segments pick tiers")


async def test_a_group_without_a_condition_or_a_name_is_not_kept(counter: Counter, olga: Person) -> None:
    await joined(counter, "Amy")
    await olga.press("segments new")
    assert keys(await olga.press("segments name")) == ["refusal.segment_empty"]
    await build(olga)
    await olga.press("segments name")
    assert keys(await olga.say("\u200b"))[0] == "refusal.invalid_name"
    assert "segment.made" in keys(await olga.say("Once more"))


async def test_a_draft_is_aimed_at_a_group_and_at_everybody_again(counter: Counter, olga: Person) -> None:
    await joined(counter, "Amy", "Ben")
    await build(olga)
    await olga.press("segments name")
    await olga.say("New ones")
    await olga.press("broadcast new")
    draft = await olga.say("Cake today")
    offered = await olga.press(button(draft, "broadcast to"))
    assert keys(offered) == ["broadcast.ask_group"]
    aimed = await olga.press(button(offered, "broadcast aim made"))
    assert "broadcast.group" in keys(aimed)
    assert keys(await olga.press(button(draft, "broadcast send"))) == ["refusal.expired"]
    await olga.press(button(aimed, "broadcast to"))
    assert "broadcast.group" not in keys(await olga.press("broadcast aim"))


async def test_a_draft_whose_group_went_asks_for_another(counter: Counter, olga: Person) -> None:
    await joined(counter, "Amy")
    await build(olga)
    await olga.press("segments name")
    made = await olga.say("New ones")
    await olga.press(button(made, "broadcast for"))
    draft = await olga.say("Cake today")
    await olga.press(button(made, "segments remove"))
    again = await olga.press(button(draft, "broadcast to").replace(" to ", " draft "))
    assert keys(again) == ["refusal.segment_unknown", "broadcast.ask_group"]


async def test_the_owner_reads_it_in_chinese(counter: Counter, olga: Person) -> None:
    await joined(counter, "Amy")
    assert "等级：普通会员\n入会时间：最近 7 天内" in spoken(await build(olga), "zh-Hans")


async def test_the_last_visits_and_an_activity_that_is_open_can_be_tapped(counter: Counter, olga: Person) -> None:
    def plan(tx: Tx) -> None:
        when = dict.fromkeys(("starts_at", "ends_at", "created_at"), counter.now)
        for title, state in (("Tasting", "open"), ("Last year", "over")):
            tx.execute(activities.insert().values(id=f"a {title}", title=title, state=state, created_by="test", **when))

    await counter.db.write(plan)
    await olga.press("segments new")
    await olga.press("segments pick recency")
    assert "Last visit: the most recent 40%" in spoken(await olga.press("segments set recency 0"))
    picked = await olga.press("segments pick activities")
    titles = [label(picked, f"segments set activities {number}") for number in (0, 1)]
    assert titles == ["any of them", "Tasting"]
    assert "Signed up for: Tasting" in spoken(await olga.press("segments set activities 1"))
    await olga.press("segments name")
    kept = await olga.say("Tasters")
    await counter.db.write(lambda tx: tx.execute(activities.update().values(state="over")))
    shown = button(kept, "segments remove").replace("remove", "show")
    assert "Signed up for: Tasting" in spoken(await olga.press(shown))
