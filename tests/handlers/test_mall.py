"""The mall, claims by word and link, and coupons given by hand, as people see them in both apps."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from locales import Words
from membership.member import Channel
from membership.messages import Reply, words
from membership.moment import Moment
from services import Database, Tx, mall, points, rules
from services.points import Cause
from storage.tables import outbox
from tests.handlers.counter import Counter, Person, button, keys
from tests.proof import assert_clean
from tests.services.giftshop import body

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))
PICTURE = b"\xff\xd8\xff a picture of a mug"


def spoken(reply: Reply, language: str = "zh-Hans") -> str:
    return "\n".join(WORDS.text(message, language) for message in reply.messages)


@pytest.fixture
async def shop(db: Database, now: datetime) -> Counter:
    counter = Counter(db, now)
    await db.write(rules.bring, body(), actor="test", now=now)
    await db.write(mall.hang, {"mug": PICTURE}, now=now)
    return counter


async def member(shop: Counter, channel: Channel, has: int = 0) -> Person:
    """Let somebody join, with so many points."""
    amy = Person(shop, channel, "Amy")
    await amy.press("join")

    def give(tx: Tx, moment: Moment) -> None:
        assert amy.last is not None
        assert amy.last.who.member_id is not None
        points.earn(tx, amy.last.who.member_id, has, Cause("gift", "test"), moment=moment)

    await shop.db.write(give, shop.moment())
    return amy


@pytest.mark.parametrize("channel", ["telegram", "wechat"])
async def test_goods_are_looked_at_exchanged_shown_and_taken_back(shop: Counter, channel: Channel) -> None:
    amy = await member(shop, channel, 700)
    listed = await amy.press("mall")
    assert spoken(listed) == "积分商城\n你有 700 积分\nMug · 500 积分 · 剩 2 件\nLatte · 200 积分"
    shown = await (amy.say("1") if channel == "wechat" else amy.press(button(listed, "mall show mug")))
    assert shown.picture is not None
    assert shown.picture.kind == "blob"
    asked = await amy.press(button(shown, "mall take mug"))
    assert spoken(asked) == "用 500 积分换“Mug”？换后剩 200 积分。"
    yes = button(asked, "mall ok mug")
    done = await amy.press(yes)
    assert spoken(await amy.press(yes)) == spoken(done)  # pressed twice
    assert spoken(done).startswith("换好了：“Mug”。还剩 200 积分。")
    code = await amy.press(button(done, "coupons show"))
    assert code.picture is not None
    undone = await amy.press(button(done, "mall undo"))
    assert spoken(undone) == "已撤回“Mug”，积分退回，现有 700 积分。"
    assert spoken(await amy.press(yes)) == spoken(undone)  # and once more by an old button: it stays taken back
    assert "撤回兑换（Mug）" in spoken(await amy.press("points history"))
    await assert_clean(shop.db)


async def test_what_cannot_be_had_says_what_is_missing_and_forged_presses_do_nothing(shop: Counter) -> None:
    amy = await member(shop, "telegram", 300)
    shown = await amy.press("mall show mug")
    assert "需要 500 积分，现有 300 积分。" in spoken(shown)
    assert [word for word in words(shown) if word.startswith("mall take")] == []
    assert keys(await amy.press("mall take mug")) == ["refusal.insufficient_points"]
    for forged in (
        "mall ok thanks n 0",
        "mall ok mug " + "n" * 17 + " 500",
        "mall ok mug n",
        "mall show poster",
        "mall page x",
        "mall undo x",
    ):
        assert keys(await amy.press(forged))[0].startswith("refusal."), forged
    assert await mall_points(shop, amy) == 300


async def mall_points(shop: Counter, amy: Person) -> int:
    assert amy.last is not None
    assert amy.last.who.member_id is not None
    return await shop.db.read(points.spendable, amy.last.who.member_id, now=shop.now)


async def test_nobody_pays_another_price_than_the_one_on_the_button(shop: Counter) -> None:
    amy = await member(shop, "telegram", 700)
    yes = button(await amy.press("mall take mug"), "mall ok mug")
    free = button(await amy.press("coupons"), "coupons claim poster")
    dearer = [
        {**offer, "price_points": 600} if offer["id"] in ("mug", "poster") else offer for offer in body()["offers"]
    ]
    await shop.db.write(rules.bring, {**body(), "offers": dearer}, actor="test", now=shop.now)
    asked = await amy.press(yes)
    assert spoken(asked) == "用 600 积分换“Mug”？换后剩 100 积分。"
    assert "Poster · 无门槛 · 600 积分" in spoken(await amy.press(free))
    assert await mall_points(shop, amy) == 700
    assert "还剩 100 积分" in spoken(await amy.press(button(asked, "mall ok mug")))


async def test_an_exchange_that_was_done_is_told_again_though_the_price_changed_since(shop: Counter) -> None:
    amy = await member(shop, "telegram", 700)
    yes = button(await amy.press("mall take mug"), "mall ok mug")
    done = await amy.press(yes)
    dearer = [{**offer, "price_points": 600} if offer["id"] == "mug" else offer for offer in body()["offers"]]
    await shop.db.write(rules.bring, {**body(), "offers": dearer}, actor="test", now=shop.now)
    assert await amy.press(yes) == done
    assert await mall_points(shop, amy) == 200


@pytest.mark.parametrize("typed", ["海报墙", " 海报墙 "])
async def test_an_offers_own_word_claims_it(shop: Counter, typed: str) -> None:
    amy = await member(shop, "wechat")
    assert keys(await amy.say(typed))[0] == "coupons.claimed"


async def test_a_word_for_something_that_costs_points_shows_the_price_first(shop: Counter) -> None:
    amy = await member(shop, "wechat", 250)
    assert spoken(await amy.say("ＬＡＴＴＥ")) == "用 200 积分换“Latte”？换后剩 50 积分。"


async def test_a_link_claims_at_once_for_a_member_and_waits_for_a_stranger_to_join(shop: Counter) -> None:
    amy = await member(shop, "telegram")
    assert keys(await amy.tell(text="/start offer_poster", word="start", source="offer_poster"))[0] == "coupons.claimed"
    assert keys(await amy.tell(text="/start offer_none", word="start", source="offer_none")) == [
        "refusal.offer_unknown"
    ]
    bo = Person(shop, "wechat", "Bo")
    assert "join" in words(await bo.tell("follow", source="offer_poster"))
    joined = await bo.press("join")
    assert keys(await bo.press(button(joined, "coupons claim poster")))[0] == "coupons.claimed"
    cy = Person(shop, "wechat", "Cy")
    assert keys(await cy.say("海报墙")) == ["coupons.join_first"]
    assert "coupons claim poster" in words(await cy.press("join"))
    await assert_clean(shop.db)


@pytest.mark.parametrize("channel", ["telegram", "wechat"])
async def test_a_manager_gives_a_coupon_by_hand_and_takes_it_back(shop: Counter, channel: Channel) -> None:
    amy = await member(shop, channel)
    card = await amy.press("code")
    assert card.picture is not None
    mo = Person(shop, channel, "Mo")
    await shop.employ(mo, "manager")
    assert keys(await mo.press("grant")) == ["grant.who"]
    which = await mo.scan(str(card.picture.facts["code"]))
    will = await mo.press(button(which, "grant offer first"))
    yes = button(will, "grant ok")
    done = await mo.press(yes)
    assert keys(done) == ["grant.done", "grant.undo_within"]
    assert keys(await mo.press(yes)) == keys(done)
    assert "coupons show" in " ".join(words(await amy.press("coupons")))
    assert keys(await mo.press(button(done, "grant undo"))) == ["grant.undone"]
    assert keys(await mo.press("grant offer first")) == ["refusal.quote_expired"]
    await assert_clean(shop.db)


async def test_every_offer_can_be_given_by_hand_however_many_there_are(shop: Counter) -> None:
    many = [{"id": f"o{number}", "kind": "cash", "title": f"No {number}", "value": "1"} for number in range(15)]
    await shop.db.write(rules.bring, {**body(), "offers": [*body()["offers"], *many]}, actor="test", now=shop.now)
    card, mo = await (await member(shop, "wechat")).press("code"), Person(shop, "wechat", "Mo")
    assert card.picture is not None
    await shop.employ(mo, "manager")
    await mo.press("grant")
    more = await mo.press(button(await mo.scan(str(card.picture.facts["code"])), "grant from"))
    done = await mo.press(button(await mo.press(button(more, "grant offer o14")), "grant ok"))
    assert "No 14" in spoken(done)


@pytest.mark.parametrize("channel", ["telegram", "wechat"])
async def test_goods_handed_out_are_told_of_and_a_slip_is_taken_back_once(shop: Counter, channel: Channel) -> None:
    amy, cashier = await member(shop, channel, 700), Person(shop, channel, "Lin")
    await shop.employ(cashier, "cashier")
    done = await amy.press(button(await amy.press("mall take mug"), "mall ok mug"))
    code = await amy.press(button(done, "coupons show"))
    assert code.picture is not None
    seen = await cashier.scan(str(code.picture.facts["code"]))
    handed = await cashier.press(button(seen, "redeem "))
    assert keys(handed) == ["desk.redeemed"]
    assert await told(shop, "redeemed") == 1
    undo = button(handed, "redeem undo")
    other = Person(shop, channel, "Wu")
    await shop.employ(other, "cashier")
    assert keys(await other.press(undo)) == ["refusal.coupon_unknown"]
    assert spoken(await cashier.press(undo)) == "已撤销。Mug 已退回会员。"
    await cashier.press(undo)
    assert await told(shop, "redemption_undone") == 1
    assert "Mug" in spoken(await amy.press("coupons"))
    assert keys(await cashier.press("redeem undo nothing")) == ["refusal.coupon_unknown"]
    again = await amy.press(button(done, "coupons show"))
    assert again.picture is not None
    handed = await cashier.press(button(await cashier.scan(str(again.picture.facts["code"])), "redeem "))
    shop.pass_by(minutes=11)
    assert keys(await cashier.press(button(handed, "redeem undo"))) == ["refusal.undo_too_late"]
    await assert_clean(shop.db)


async def told(shop: Counter, kind: str) -> int:
    """How often members were told of something of this kind."""
    return len(await shop.db.read(lambda tx: tx.all(select(outbox.c.id).where(outbox.c.kind == kind))))
