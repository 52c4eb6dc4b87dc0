"""Two accounts, one member: the code, what would come of it, one yes, a week to part, and doubles by phone."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from locales import Words
from membership.messages import Reply, words
from services import doubles, members, people
from storage.tables import doubles as double_rows
from storage.tables import identities, outbox
from tests.handlers.counter import Counter, Person, button, keys
from tests.proof import assert_clean

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))
BEN_PHONE = "13800000001"


def fact(reply: Reply, key: str, name: str) -> str:
    return str(next(message.facts[name] for message in reply.messages if message.key == key))


async def owner_of(person: Person) -> str | None:
    """Return the member behind a person's account."""
    assert person.last is not None
    return (await person.counter.db.read(people.who, person.last.who.identity_id)).member_id


async def told(counter: Counter, kind: str) -> list[str]:
    """Return to which accounts something of this kind goes."""
    found = await counter.db.read(lambda tx: tx.all(select(outbox.c.identity_id).where(outbox.c.kind == kind)))
    return [row.identity_id for row in found]


@pytest.fixture
async def amy_on_telegram(counter: Counter) -> Person:
    person = Person(counter, "telegram", "Amy")
    await person.press("join")
    await person.press("checkin")
    counter.pass_by(minutes=1)
    return person


@pytest.fixture
async def amy_on_wechat(counter: Counter) -> Person:
    return Person(counter, "wechat", "Amy", language="zh-Hans")


@pytest.fixture
async def one_of_two(amy_on_telegram: Person, amy_on_wechat: Person) -> tuple[Person, Person]:
    await amy_on_wechat.press("join")
    code = fact(await amy_on_telegram.press("link code"), "link.code", "code")
    await amy_on_wechat.press(button(await amy_on_wechat.say(code), "link ok"))
    return amy_on_telegram, amy_on_wechat


@pytest.mark.parametrize("open_question", ["profile name", "human"])
async def test_a_code_that_links_becomes_nobodys_name_or_question(
    counter: Counter, amy_on_telegram: Person, amy_on_wechat: Person, open_question: str
) -> None:
    await amy_on_wechat.press("join")
    code = fact(await amy_on_telegram.press("link code"), "link.code", "code")
    await amy_on_wechat.press(open_question)
    assert keys(await amy_on_wechat.say(code))[0] == "link.will_merge"
    await amy_on_wechat.press(open_question)
    wrong = await amy_on_wechat.say("LINK-2222 2222")
    assert keys(wrong) == ["refusal.link_unknown", "question.still_open"]
    await assert_clean(counter.db)


async def test_two_members_become_one_by_a_code_and_one_yes_and_part_again(
    counter: Counter, amy_on_telegram: Person, amy_on_wechat: Person
) -> None:
    await amy_on_wechat.press("join")
    before = [await owner_of(one) for one in (amy_on_telegram, amy_on_wechat)]
    code = fact(await amy_on_telegram.press("link code"), "link.code", "code")
    shown = await amy_on_wechat.say(code)
    assert keys(shown) == ["link.will_merge", "lines", "link.only_you"]
    assert await owner_of(amy_on_wechat) == before[1]
    yes = button(shown, "link ok")
    done = await amy_on_wechat.press(yes)
    assert keys(done)[:2] == ["link.done", "lines"]
    assert await owner_of(amy_on_wechat) == await owner_of(amy_on_telegram) == before[0]
    assert len(await told(counter, "merged")) == 1
    assert keys(await amy_on_wechat.press(yes))[0] == "link.done"
    parted = await amy_on_telegram.press(button(await amy_on_telegram.press("link"), "link undo"))
    assert keys(parted) == ["link.parted"]
    assert [await owner_of(one) for one in (amy_on_telegram, amy_on_wechat)] == before
    assert keys(await amy_on_wechat.press(yes)) == ["refusal.link_unknown"]
    await assert_clean(counter.db)


async def test_whoever_has_been_a_member_longer_may_be_the_one_who_types(
    counter: Counter, amy_on_telegram: Person, amy_on_wechat: Person
) -> None:
    await amy_on_wechat.press("join")
    older = await owner_of(amy_on_telegram)
    code = fact(await amy_on_wechat.press("link code"), "link.code", "code")
    yes = button(await amy_on_telegram.say(code), "link ok")
    for _ in range(2):
        done = await amy_on_telegram.press(yes)
        assert keys(done)[:2] == ["link.done", "lines"]
        assert "link.points" in str(done.messages[1].facts)
        assert await owner_of(amy_on_wechat) == await owner_of(amy_on_telegram) == older
    await assert_clean(counter.db)


async def test_an_account_taken_off_meanwhile_is_its_own_members_again_when_the_two_are_parted(
    counter: Counter, one_of_two: tuple[Person, Person]
) -> None:
    telegram, wechat = one_of_two
    await telegram.press(button(await telegram.press("link"), "link off"))
    assert await owner_of(wechat) is None
    await telegram.press(button(await telegram.press("link"), "link undo"))
    assert await owner_of(wechat) not in (None, await owner_of(telegram))
    await assert_clean(counter.db)


async def test_nothing_leaves_a_stopped_card_by_parting_the_two(
    counter: Counter, one_of_two: tuple[Person, Person]
) -> None:
    _, wechat = one_of_two
    undo = button(await wechat.press("link"), "link undo")
    await counter.db.write(members.freeze, str(await owner_of(wechat)), actor="mo", moment=counter.moment())
    assert keys(await wechat.press(undo)) == ["refusal.member_frozen"]


async def test_the_code_of_somebody_who_left_meanwhile_opens_nothing(
    amy_on_telegram: Person, amy_on_wechat: Person
) -> None:
    code = fact(await amy_on_telegram.press("link code"), "link.code", "code")
    await amy_on_telegram.press("privacy leave yes")
    assert keys(await amy_on_wechat.say(code)) == ["refusal.link_unknown"]


async def test_whoever_comes_back_after_leaving_may_give_the_same_phone(
    counter: Counter, amy_on_telegram: Person
) -> None:
    for _ in range(2):
        await amy_on_telegram.press("join")
        await amy_on_telegram.press("profile phone")
        assert keys(await amy_on_telegram.say(BEN_PHONE))[0] == "profile.kept"
        await amy_on_telegram.press("privacy leave yes")
    how: dict[str, Any] = {"name": "Amy", "birthday": "", "offers": False, "actor": "mo"}
    assert await counter.db.write(members.enrol, BEN_PHONE, **how, moment=counter.moment())


async def test_a_code_shown_before_its_owner_became_one_with_somebody_still_opens_that_one(
    counter: Counter, amy_on_telegram: Person, amy_on_wechat: Person
) -> None:
    await amy_on_wechat.press("join")
    shown = fact(await amy_on_wechat.press("link code"), "link.code", "code")
    code = fact(await amy_on_telegram.press("link code"), "link.code", "code")
    await amy_on_wechat.press(button(await amy_on_wechat.say(code), "link ok"))
    assert keys(await amy_on_telegram.say(shown))[0] == "refusal.link_own"
    third = Person(counter, "wechat", "Amy too")
    await third.press("join")
    await third.press(button(await third.say(shown), "link ok"))
    assert len({await owner_of(one) for one in (amy_on_telegram, amy_on_wechat, third)}) == 1
    await assert_clean(counter.db)


async def test_a_stranger_types_the_bare_code_and_belongs_to_the_member(
    counter: Counter, amy_on_telegram: Person, amy_on_wechat: Person
) -> None:
    code = fact(await amy_on_telegram.press("link code"), "link.code", "code")
    assert keys(await amy_on_wechat.press("link")) == ["link.stranger"]
    shown = await amy_on_wechat.say(code.removeprefix("LINK-").lower())
    assert keys(shown) == ["link.will_attach", "lines", "link.only_you"]
    await amy_on_wechat.press(button(shown, "link ok"))
    assert await owner_of(amy_on_wechat) == await owner_of(amy_on_telegram)
    assert len(await told(counter, "linked")) == 1
    off = button(await amy_on_telegram.press("link"), "link off")
    assert keys(await amy_on_telegram.press(off)) == ["link.off"]
    assert await owner_of(amy_on_wechat) is None
    await assert_clean(counter.db)


async def test_a_link_opens_the_same(amy_on_telegram: Person, counter: Counter) -> None:
    other = Person(counter, "wechat", "Ben")
    code = fact(await amy_on_telegram.press("link code"), "link.code", "code")
    came = await other.tell("press", word="start", source=code.replace("LINK-", "link_").lower())
    assert keys(came)[0] == "link.will_attach"


async def test_a_code_counts_once_for_fifteen_minutes_and_not_for_oneself(
    counter: Counter, amy_on_telegram: Person, amy_on_wechat: Person
) -> None:
    first = fact(await amy_on_telegram.press("link code"), "link.code", "code")
    second = fact(await amy_on_telegram.press("link code"), "link.code", "code")
    assert keys(await amy_on_telegram.say(second)) == ["refusal.link_own"]
    assert keys(await amy_on_wechat.say(first)) == ["refusal.link_unknown"]
    yes = button(await amy_on_wechat.say(second), "link ok")
    counter.pass_by(minutes=16)
    assert keys(await amy_on_wechat.press(yes)) == ["refusal.link_unknown"]


async def test_the_sixth_wrong_code_is_not_looked_at(
    counter: Counter, amy_on_telegram: Person, amy_on_wechat: Person
) -> None:
    for _ in range(5):
        assert keys(await amy_on_wechat.say("LINK-00000000")) == ["refusal.link_unknown"]
    right = fact(await amy_on_telegram.press("link code"), "link.code", "code")
    assert keys(await amy_on_wechat.say(right)) == ["refusal.link_locked"]
    counter.pass_by(minutes=10)
    assert keys(await amy_on_wechat.say(right))[0] == "link.will_attach"


async def test_a_phone_that_is_taken_is_asked_for_in_the_other_chat(
    counter: Counter, amy_on_telegram: Person, amy_on_wechat: Person
) -> None:
    await amy_on_telegram.press("profile phone")
    await amy_on_telegram.say(BEN_PHONE)
    await amy_on_wechat.press("join")
    await amy_on_wechat.press("profile phone")
    assert keys(await amy_on_wechat.say(BEN_PHONE)) == ["refusal.phone_taken", "question.still_open", "double.noted"]
    assert len(await told(counter, "double")) == 1
    asked = await counter.db.read(lambda tx: tx.scalar(select(outbox.c.period_key).where(outbox.c.kind == "double")))
    assert keys(await amy_on_wechat.press(f"link yes {asked}")) == ["refusal.expired"]
    assert keys(await amy_on_telegram.press(f"link yes {asked}"))[0] == "link.done"
    assert await owner_of(amy_on_wechat) == await owner_of(amy_on_telegram)
    assert keys(await amy_on_telegram.press(f"link yes {asked}"))[0] == "link.done"
    await assert_clean(counter.db)


async def test_a_member_of_the_counter_is_claimed_by_a_phone_the_app_vouches_for(
    counter: Counter, amy_on_telegram: Person
) -> None:
    how: dict[str, Any] = {"name": "Amy", "birthday": "", "offers": False, "actor": "mo"}
    enrolled = await counter.db.write(members.enrol, BEN_PHONE, **how, moment=counter.moment())
    shown = await amy_on_telegram.tell("contact", phone=BEN_PHONE, own=True)
    assert keys(shown)[0] == "double.yours"
    mine = await owner_of(amy_on_telegram)
    assert keys(await amy_on_telegram.press(button(shown, "link yes")))[0] == "link.done"
    assert await owner_of(amy_on_telegram) == mine
    assert await counter.db.read(members.find_by_phone, BEN_PHONE) == mine != enrolled
    await assert_clean(counter.db)


async def test_a_manager_sees_doubles_and_makes_one_of_them_or_two(counter: Counter, amy_on_wechat: Person) -> None:
    boss = Person(counter, "wechat", "Mo")
    await counter.employ(boss, "manager")
    how: dict[str, Any] = {"name": "Amy", "birthday": "", "offers": False, "actor": "mo"}
    await counter.db.write(members.enrol, BEN_PHONE, **how, moment=counter.moment())
    await amy_on_wechat.press("join")
    await amy_on_wechat.press("profile phone")
    await amy_on_wechat.say(BEN_PHONE)
    pair = await boss.press(button(await boss.press("doubles"), "doubles look"))
    assert keys(pair) == ["double.pair", "lines", "lines"]
    done = await boss.press(button(pair, "doubles merge"))
    assert keys(done) == ["double.merged"]
    assert len(await told(counter, "merged")) == 1
    assert keys(await boss.press(button(done, "doubles part"))) == ["link.parted"]
    parted = await boss.press(button(done, "doubles part"))
    assert (keys(parted), words(parted)) == (["refusal.merge_unknown"], ("doubles", "start"))
    assert keys(await boss.press(button(pair, "doubles merge"))) == ["refusal.expired"]
    assert keys(await boss.press("doubles")) == ["double.none"]
    assert words(await boss.press("doubles")) == ("start",)
    found = await counter.db.read(lambda tx: tx.all(select(identities.c.member_id)))
    assert len({row.member_id for row in found if row.member_id}) == 1
    await assert_clean(counter.db)


async def test_whoever_types_one_phone_after_another_asks_nobody_any_more(
    counter: Counter, amy_on_telegram: Person
) -> None:
    how: dict[str, Any] = {"name": "Ben", "birthday": "", "offers": False, "actor": "mo"}
    for place in range(doubles.PAIRS_MAX + 2):
        await counter.db.write(members.enrol, f"1380000010{place}", **how, moment=counter.moment())
        await amy_on_telegram.press("profile phone")
        assert "refusal.phone_taken" in keys(await amy_on_telegram.say(f"1380000010{place}"))
    found = await counter.db.read(lambda tx: tx.all(select(double_rows)))
    assert len(found) == doubles.PAIRS_MAX


async def test_the_main_screens_read_well_in_chinese(amy_on_telegram: Person, amy_on_wechat: Person) -> None:
    await amy_on_wechat.press("join")
    code = fact(await amy_on_telegram.press("link code"), "link.code", "code")
    shown = await amy_on_wechat.say(code)
    text = "\n".join(WORDS.text(message, "zh-Hans") for message in shown.messages)
    assert text.startswith("你和 Amy 将合并为一位会员，什么都不会少：")
    assert "合并后：" in text
    assert "1 积分" in text
