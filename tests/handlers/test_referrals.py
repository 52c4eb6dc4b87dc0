"""A friend brought along, in chat on both apps: the invitation, the friend's joining, and what each is told."""

from __future__ import annotations

import asyncio
import json
import tomllib
from datetime import datetime

import pytest
from sqlalchemy import select

from services import Database, greetings, privacy, referrals, refunds, rules
from storage.tables import audit, members
from tests.handlers.counter import PRESETS, Counter, Person, button, keys
from tests.handlers.friends import MAIN, Friends, fact, lines
from tests.proof import assert_clean

GIVEN = {"points": 50, "friend_points": 20, "friend_coupon": "welcome", "month_cap": 2}


@pytest.fixture
async def counter(db: Database, now: datetime) -> Counter:
    shop = Counter(db, now)
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    await db.write(rules.bring, {**body, "referral": GIVEN}, actor="test", now=now)
    return shop


@pytest.fixture
def friends(counter: Counter) -> Friends:
    return Friends(counter)


@pytest.fixture
def ben(counter: Counter) -> Person:
    return Person(counter, "wechat", "Ben")


async def test_both_are_rewarded_once_the_friends_first_purchase_can_no_longer_be_refunded(
    friends: Friends, amy: Person, ben: Person
) -> None:
    await amy.press("join")
    code = await friends.invites(amy)
    invited = await ben.say(code)
    assert keys(invited) == [
        "greet.stranger", "referral.invited", "referral.promise_points", "referral.promise_coupon", "greet.consent",
    ]  # fmt: skip
    assert "referral.invited" in keys(await ben.press("join"))
    assert lines(await amy.press("refer")) == ["referral.waits_purchase"]
    await friends.buys(ben)
    await friends.run()
    assert lines(await amy.press("refer")) == ["referral.waits_window"]
    friends.counter.pass_by(days=7)
    await friends.run()
    assert await friends.holds(amy) == 0
    friends.counter.pass_by(days=1)
    await friends.run()
    await friends.run()
    assert (await friends.holds(amy), await friends.holds(ben)) == (50, 30 + 20)
    assert lines(await amy.press("refer")) == ["referral.earned"]
    both = sorted([await friends.member(amy), await friends.member(ben)])
    assert sorted(await friends.told("referral")) == both
    assert await friends.told("referral_coupon") == [await friends.member(ben)]
    why = (await amy.press("points history")).messages[-1].facts["lines"][0].facts["why"]
    assert [one.key for one in why] == ["history.referral"]
    await assert_clean(friends.db)


async def test_nobody_is_told_who_the_other_one_is(friends: Friends, amy: Person, ben: Person) -> None:
    await amy.press("join")
    invited = await ben.say(await friends.invites(amy))
    await ben.press("join")
    await friends.buys(ben)
    await friends.settle()
    amy_id, ben_id = await friends.member(amy), await friends.member(ben)
    seen = repr([invited, await amy.press("refer"), await amy.press("points history")])
    assert "Ben" not in seen
    assert "Amy" not in seen
    for mine, other, side in ((amy_id, ben_id, "inviter"), (ben_id, amy_id, "friend")):
        copy = json.loads(await friends.db.read(privacy.export, mine, now=friends.counter.now))
        assert [row["as"] for row in copy["referrals"]] == [side]
        assert other not in json.dumps(copy["referrals"])


async def test_the_link_of_telegram_does_the_same_and_the_source_is_kept_without_the_code(
    friends: Friends, amy: Person, counter: Counter
) -> None:
    await amy.press("join")
    code = await friends.invites(amy)
    cleo = Person(counter, "telegram", "Cleo")
    opened = await cleo.say(f"/start {code}", word="start", source=code)
    assert "referral.invited" in keys(opened)
    await cleo.press("join")
    source = await counter.db.read(lambda tx: tx.scalar(select(members.c.source).where(members.c.source != "")))
    assert source == "friend"
    own = [one.url for row in (await amy.press("refer")).buttons for one in row if one.url]
    assert own == ([f"start:{code}"] if amy.channel == "telegram" else [])


async def test_the_code_stays_the_same_and_says_nothing_of_the_member(friends: Friends, amy: Person) -> None:
    await amy.press("join")
    code = await friends.invites(amy)
    assert await friends.invites(amy) == code
    handle = await friends.db.read(lambda tx: tx.scalar(select(members.c.handle)))
    assert code[4:].lower() not in handle.hex()


async def test_two_who_ask_for_their_code_at_once_get_the_same(friends: Friends, amy: Person) -> None:
    await amy.press("join")
    member_id = await friends.member(amy)
    asked = [friends.db.write(referrals.code, member_id, moment=friends.counter.moment()) for _ in range(5)]
    assert len(set(await asyncio.gather(*asked))) == 1


async def test_the_own_code_an_unknown_one_and_one_after_joining_bring_nobody(
    friends: Friends, amy: Person, ben: Person
) -> None:
    await amy.press("join")
    code = await friends.invites(amy)
    assert keys(await amy.say(code)) == ["referral.own"]
    assert "referral.unknown" in keys(await ben.say("REF-ZZZZZZ"))
    await ben.press("join")
    assert keys(await ben.say(code)) == ["referral.member_already"]
    assert await friends.reasons() == []


async def test_who_left_and_came_back_is_nobodys_friend(friends: Friends, amy: Person, ben: Person) -> None:
    await amy.press("join")
    await ben.press("join")
    await ben.press("privacy leave yes")
    friends.counter.pass_by(days=8)
    await friends.db.write(greetings.erase_left, friends.counter.moment())
    await ben.say(await friends.invites(amy))
    back = await ben.press("join")
    assert fact(back, "referral.not_counted", "reason").key == "referral.reason.came_back"
    assert await friends.reasons() == [("refused", "came_back")]


async def test_after_five_wrong_codes_no_more_are_looked_at_for_a_while(
    friends: Friends, amy: Person, ben: Person
) -> None:
    await amy.press("join")
    code = await friends.invites(amy)
    for wrong in range(5):
        assert "referral.unknown" in keys(await ben.say(f"REF-ZZZZZ{wrong}"))
    assert keys(await ben.say(code)) == ["refusal.link_locked"]
    friends.counter.pass_by(minutes=11)
    assert "referral.invited" in keys(await ben.say(code))


async def test_nobody_brings_themselves_by_leaving_first(friends: Friends, amy: Person) -> None:
    await amy.press("join")
    code = await friends.invites(amy)
    await amy.press("privacy leave yes")
    assert "referral.unknown" in keys(await amy.say(code))
    await amy.press("join")
    assert await friends.reasons() == []


async def test_who_has_known_the_shop_for_long_is_no_new_friend(friends: Friends, amy: Person, ben: Person) -> None:
    await ben.press("start")
    friends.counter.pass_by(days=31)
    await amy.press("join")
    await friends.brings(amy, ben)
    assert await friends.reasons() == [("refused", "known_before")]


async def test_staff_neither_invite_nor_are_brought(
    friends: Friends, amy: Person, ben: Person, cashier: Person
) -> None:
    await cashier.press("join")
    assert keys(await cashier.press("refer")) == ["referral.staff"]
    await amy.press("join")
    code = await friends.invites(amy)
    await friends.counter.employ(ben, "cashier")
    await ben.say(code)
    await ben.press("join")
    assert await friends.reasons() == [("refused", "friend_staff")]


async def test_an_inviter_who_works_here_by_then_is_not_paid(friends: Friends, amy: Person, ben: Person) -> None:
    await amy.press("join")
    await friends.brings(amy, ben)
    await friends.buys(ben)
    await friends.counter.employ(amy, "cashier")
    await friends.settle()
    assert await friends.reasons() == [("refused", "inviter_staff")]
    assert await friends.holds(amy) == 0


async def test_a_friend_with_the_inviters_phone_is_none(friends: Friends, amy: Person, ben: Person) -> None:
    await amy.press("join")
    await amy.press("profile phone")
    await amy.say("13800138000")
    await friends.brings(amy, ben)
    await ben.press("profile phone")
    assert keys(await ben.say("13800138000")) == ["refusal.phone_taken", "question.still_open", "double.noted"]
    assert await friends.reasons() == [("refused", "same_phone")]


async def test_an_inviter_with_the_friends_phone_has_brought_nobody(friends: Friends, amy: Person, ben: Person) -> None:
    await amy.press("join")
    await friends.brings(amy, ben)
    await ben.press("profile phone")
    await ben.say("13800138000")
    await amy.press("profile phone")
    assert keys(await amy.say("13800138000"))[0] == "refusal.phone_taken"
    assert await friends.reasons() == [("refused", "same_phone")]


async def test_somebody_elses_phone_is_only_refused(
    friends: Friends, amy: Person, ben: Person, counter: Counter
) -> None:
    await amy.press("join")
    dan = Person(counter, "telegram", "Dan")
    await dan.press("join")
    await dan.press("profile phone")
    await dan.say("13800138000")
    await friends.brings(amy, ben)
    await ben.press("profile phone")
    assert keys(await ben.say("13800138000")) == ["refusal.phone_taken", "question.still_open", "double.noted"]
    assert await friends.reasons() == [("joined", "")]


@pytest.mark.parametrize("minor", [None, 100], ids=["whole", "a part"])
async def test_a_refund_within_the_window_means_that_nothing_is_paid(
    friends: Friends, amy: Person, ben: Person, minor: int | None
) -> None:
    await amy.press("join")
    await friends.brings(amy, ben)
    await friends.takes_back(await friends.buys(ben), minor)
    friends.counter.pass_by(minutes=1)
    await friends.buys(ben)
    await friends.settle()
    assert await friends.reasons() == [("refused", "refunded")]
    assert await friends.holds(amy) == 0
    await assert_clean(friends.db)


async def test_a_purchase_undone_as_a_slip_waits_for_the_next_one(friends: Friends, amy: Person, ben: Person) -> None:
    await amy.press("join")
    await friends.brings(amy, ben)
    slip = await friends.buys(ben)
    await friends.run()
    await friends.db.write(refunds.undo, slip.id, MAIN, moment=friends.counter.moment())
    await friends.settle()
    assert await friends.reasons() == [("joined", "")]
    await friends.buys(ben)
    await friends.settle()
    assert await friends.reasons() == [("paid", "")]


async def test_over_the_months_cap_only_the_friend_is_rewarded(friends: Friends, amy: Person, counter: Counter) -> None:
    await amy.press("join")
    three = [Person(counter, "telegram", name) for name in ("Ben", "Cleo", "Dan")]
    await friends.brings(amy, *three)
    for one in three:
        await friends.buys(one)
        counter.pass_by(minutes=1)
    await friends.run()
    counter.pass_by(days=10)
    await asyncio.gather(*(friends.db.write(referrals.pay_due, counter.moment()) for _ in range(3)))
    await friends.run()
    assert await friends.holds(amy) == 100
    assert [await friends.holds(one) for one in three] == [50, 50, 50]
    assert sorted(await friends.reasons()) == [("paid", ""), ("paid", ""), ("paid", "cap")]
    assert "referral.month_full" in lines(await amy.press("refer"))
    await assert_clean(friends.db)


async def test_an_erased_inviter_or_friend_ends_it(
    friends: Friends, amy: Person, ben: Person, counter: Counter
) -> None:
    await amy.press("join")
    cleo = Person(counter, "wechat", "Cleo")
    await friends.brings(amy, ben, cleo)
    await friends.buys(ben)
    await friends.buys(cleo)
    code = await friends.invites(amy)
    await cleo.press("privacy leave yes")
    await friends.settle()
    await friends.db.write(greetings.erase_left, counter.moment())
    assert sorted(await friends.reasons()) == [("paid", ""), ("refused", "friend_left")]
    await amy.press("privacy leave yes")
    counter.pass_by(days=8)
    await friends.db.write(greetings.erase_left, counter.moment())
    dan = Person(counter, "wechat", "Dan")
    assert "referral.unknown" in keys(await dan.say(code))
    await assert_clean(friends.db)


async def test_an_inviter_who_left_gets_nothing(friends: Friends, amy: Person, ben: Person) -> None:
    await amy.press("join")
    await friends.brings(amy, ben)
    await friends.buys(ben)
    await amy.press("privacy leave yes")
    await friends.settle()
    assert await friends.reasons() == [("refused", "inviter_left")]


async def test_the_owner_sees_what_became_of_all_and_why(
    friends: Friends, amy: Person, ben: Person, cashier: Person
) -> None:
    await amy.press("join")
    await friends.counter.employ(ben, "cashier")
    await friends.brings(amy, ben)
    olga = Person(friends.counter, "telegram", "Olga")
    await friends.counter.employ(olga, "owner")
    assert button(await olga.press("report"), "refer shop") == "refer shop"
    shown = await olga.press("refer shop")
    assert lines(shown)[-1] == "referral.shop_refused"
    assert fact(shown, "lines", "lines")[-1].facts["reason"].key == "referral.reason.friend_staff"
    assert keys(await cashier.press("refer shop")) == ["refusal.not_allowed"]
    noted = await friends.db.read(lambda tx: tx.all(select(audit).where(audit.c.action == "referral.refuse")))
    assert [row.facts["reason"] for row in noted] == ["friend_staff"]


async def test_a_shop_without_the_table_says_so_and_offers_it_nowhere(db: Database, now: datetime) -> None:
    shop = Counter(db, now)
    await shop.open()
    amy, ben = Person(shop, "telegram", "Amy"), Person(shop, "wechat", "Ben")
    await amy.press("join")
    assert keys(await amy.press("refer")) == ["referral.off"]
    assert "refer" not in [one.word for row in (await amy.press("help")).buttons for one in row]
    assert "referral.unknown" in keys(await ben.say("REF-7K2M9Q"))


async def test_a_member_finds_it_in_the_help(amy: Person) -> None:
    await amy.press("join")
    assert button(await amy.press("help"), "refer") == "refer"
