"""What staff note of a member in chat: tags by tapping and typing, and the shop's own fields for staff."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from sqlalchemy import select

from membership.errors import SelfCredit
from membership.messages import Reply, words
from membership.moment import Moment
from services import Tx, fields, rules, tags
from services.reader import Reader
from storage.tables import audit, members
from tests.handlers.counter import PRESETS, Counter, Person, button, keys

NOTED = [
    {"id": "nuts", "name": "Nut allergy", "asks": "staff", "kind": "choice"},
    {"id": "seat", "name": "Seat", "asks": "staff"},
    {"id": "milk", "name": "Milk", "kind": "choice"},
]
CHOICES = [{"id": "yes", "name": "Yes"}, {"id": "no", "name": "No"}]


@pytest.fixture
async def max_(counter: Counter) -> Person:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    listed = [{**one, "choices": CHOICES} if "kind" in one else one for one in NOTED]
    await counter.db.write(rules.bring, {**body, "fields": listed}, actor="test", now=counter.now)
    person = Person(counter, "wechat", "Max")
    await counter.employ(person, "manager")
    return person


async def card_of(counter: Counter, manager: Person, name: str = "Amy") -> Reply:
    """Let somebody join, show their code, and have it scanned for a note."""
    person = Person(counter, "telegram", name)
    await person.press("join")
    shown = await person.press("code")
    assert shown.picture is not None
    await manager.press("tag")
    return await manager.scan(str(shown.picture.facts["code"]))


def self_tagged(tx: Tx, member: str, moment: Moment) -> None:
    tags.add(tx, member, "VIP", Reader("somebody", rules.store_id("main"), member), moment=moment)


async def member_id(counter: Counter) -> str:
    return str((await counter.db.read(lambda tx: tx.all(select(members))))[0].id)


async def of(counter: Counter) -> frozenset[str]:
    return await counter.db.read(tags.of, await member_id(counter))


async def test_a_tag_is_typed_shown_offered_and_taken_off(counter: Counter, max_: Person) -> None:
    assert keys(await card_of(counter, max_)) == ["tag.none"]
    assert keys(await max_.press("tag new")) == ["tag.type"]
    put = await max_.say("oat milk")
    assert keys(put) == ["tag.put", "tag.card"]
    assert await of(counter) == {"oat-milk"}
    assert "tag off oat-milk" in words(put)
    off = await max_.press("tag off oat-milk")
    assert keys(off) == ["tag.off", "tag.none"]
    assert await of(counter) == frozenset()
    noted = await counter.db.read(lambda tx: tx.all(select(audit).where(audit.c.action.like("member.%tag"))))
    assert {row.action for row in noted} == {"member.tag", "member.untag"}
    assert "oat" not in str([row.facts for row in noted]), "what staff note of people is not for the trail"


async def test_the_trail_names_a_tag_that_opens_an_offer(counter: Counter, max_: Person) -> None:
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    body["offers"][0]["tags"] = ["oat milk"]
    await counter.db.write(rules.bring, body, actor="test", now=counter.now)
    await card_of(counter, max_)
    await max_.press("tag put oat-milk")
    noted = await counter.db.read(lambda tx: tx.all(select(audit).where(audit.c.action == "member.tag")))
    assert [row.facts["tag"] for row in noted] == ["oat-milk"]


async def test_tags_in_use_are_offered_for_the_next_member_in_their_spelling(counter: Counter, max_: Person) -> None:
    await card_of(counter, max_)
    await max_.press("tag new")
    await max_.say("VIP")
    second = await card_of(counter, max_, "Ben")
    assert button(second, "tag put") == "tag put VIP"
    await max_.press("tag new")
    assert "tag off VIP" in words(await max_.say("vip"))


@pytest.mark.parametrize(("typed", "refused"), [("\u200b", "invalid_tag"), (30 * "x", "invalid_tag")])
async def test_what_is_no_tag_is_asked_again(counter: Counter, max_: Person, typed: str, refused: str) -> None:
    await card_of(counter, max_)
    await max_.press("tag new")
    assert keys(await max_.say(typed)) == [f"refusal.{refused}", "question.still_open"]


async def test_twenty_tags_are_enough(counter: Counter, max_: Person) -> None:
    await card_of(counter, max_)
    for number in range(20):
        await max_.press(f"tag put tag-{number}")
    assert keys(await max_.press("tag put more")) == ["refusal.too_many_tags"]
    assert len(await of(counter)) == 20


async def test_nobody_tags_themselves_or_answers_for_themselves_what_staff_are_asked(
    counter: Counter, max_: Person
) -> None:
    await max_.press("join")
    shown = await max_.press("code")
    assert shown.picture is not None
    await max_.press("tag")
    assert keys(await max_.scan(str(shown.picture.facts["code"])))[0] == "refusal.self_credit"
    with pytest.raises(SelfCredit):
        await counter.db.write(self_tagged, await member_id(counter), counter.moment())
    mine = Reader("somebody", rules.store_id("main"), await member_id(counter))
    [nuts] = [one for one in await counter.db.read(fields.listed, "staff") if one.id == "nuts"]
    for act in (lambda tx: fields.note(tx, str(mine.member_id), nuts, "yes", reader=mine, moment=counter.moment()),
                lambda tx: fields.drop(tx, str(mine.member_id), nuts, mine, moment=counter.moment())):  # fmt: skip
        with pytest.raises(SelfCredit):
            await counter.db.write(act)
    assert await of(counter) == frozenset()
    assert await counter.db.read(fields.of, str(mine.member_id)) == {}


async def test_staff_note_the_shops_own_fields_and_members_never_see_them(counter: Counter, max_: Person) -> None:
    card = await card_of(counter, max_)
    assert [word for word in words(card) if word.startswith("tag ask")] == ["tag ask nuts", "tag ask seat"]
    asked = await max_.press("tag ask nuts")
    assert keys(asked) == ["fields.ask_choice"]
    chosen = await max_.press("tag is 0")
    assert "fields.line" in keys(chosen)
    await max_.press("tag ask seat")
    assert keys(await max_.say(101 * "x"))[0] == "refusal.invalid_answer"
    noted = await max_.say("by the window")
    assert keys(noted).count("fields.line") == 2
    kept: Any = await counter.db.read(fields.of, await member_id(counter))
    assert kept == {"nuts": "yes", "seat": "by the window"}
    amy = Person(counter, "telegram", "Amy")
    assert "fields.line" not in keys(await amy.press("profile"))
    await max_.press("tag ask seat")
    assert keys(await max_.press("tag drop seat")).count("fields.line") == 1
    trail = await counter.db.read(lambda tx: tx.all(select(audit).where(audit.c.action == "member.field")))
    assert len(trail) == 3
    assert all("window" not in str(row.facts) for row in trail)


async def test_old_buttons_and_forged_ones_do_nothing(counter: Counter, max_: Person) -> None:
    await card_of(counter, max_)
    await max_.press("tag ask nuts")
    for number in ("9" * 5000, "²", "٠", "-1", "2"):
        assert keys(await max_.press(f"tag is {number}")) == ["refusal.expired"], number
        await card_of(counter, max_)
        await max_.press("tag ask nuts")
    await max_.press("start")
    for word in ("tag put VIP", "tag off VIP", "tag is 0", "tag ask nuts", "tag card"):
        assert keys(await max_.press(word)) == ["refusal.expired"], word
    for word in ("tag is 0", "tag ask milk", "tag ask nothing", "tag fly"):
        await card_of(counter, max_) if word == "tag is 0" else await max_.press("tag")
        assert keys(await max_.press(word)) == ["refusal.expired"], word
