"""What a coupon needs, the pages of many, and how far the next reward is, as members read it in both apps."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from locales import Words
from membership.member import Channel
from membership.messages import Reply
from membership.moment import Moment
from services import Database, Tx, points, rules
from services.points import Cause
from tests.handlers.counter import Counter, Person, button, keys
from tests.proof import assert_clean
from tests.services.giftshop import body

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))
NARROW = {
    "id": "noon",
    "kind": "cash",
    "title": "Noon",
    "value": "5",
    "threshold": "100",
    "claim": "open",
    "days": 7,
    "from_next_day": True,
    "weekdays": ["tue", "mon"],
    "stores": ["east"],
    "hours": {"from": "14:00", "until": "17:00"},
}


def spoken(reply: Reply, language: str) -> str:
    return "\n".join(WORDS.text(message, language) for message in reply.messages)


async def opened(db: Database, now: datetime, *offers: dict[str, Any]) -> Counter:
    told = body()
    await db.write(rules.bring, {**told, "offers": [*told["offers"], *offers]}, actor="test", now=now)
    return Counter(db, now)


async def joined(shop: Counter, channel: Channel, has: int = 0) -> Person:
    amy = Person(shop, channel, "Amy")
    await amy.press("join")

    def give(tx: Tx, moment: Moment) -> None:
        assert amy.last is not None
        assert amy.last.who.member_id is not None
        if has:
            cause = Cause("gift", "test", store_id=rules.store_id("main"))
            points.earn(tx, amy.last.who.member_id, has, cause, moment=moment)

    await shop.db.write(give, shop.moment())
    return amy


@pytest.mark.parametrize("channel", ["telegram", "wechat"])
@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Noon · from 23 Nov, on ¥100 or more, Mon, Tue, 14:00–17:00, only at East Gate · "),
        ("zh-Hans", "Noon · 11月23日起，满 100 元可用，周一，周二，14:00–17:00，限East Gate使用 · "),
    ],
)
async def test_a_coupon_says_all_that_it_needs(
    db: Database, now: datetime, *, channel: Channel, language: str, told: str
) -> None:
    amy = await joined(await opened(db, now, NARROW), channel)
    claimed = await amy.press(button(await amy.press("coupons"), "coupons claim noon"))
    assert told in spoken(claimed, language)
    assert told in spoken(await amy.press("coupons"), language)


@pytest.mark.parametrize("channel", ["telegram", "wechat"])
async def test_of_many_coupons_every_one_is_on_a_page(db: Database, now: datetime, channel: Channel) -> None:
    many = [
        {"id": f"gift-{number}", "kind": "cash", "title": f"Number {number}", "value": "1", "claim": "join"}
        for number in range(1, 11)
    ]
    amy = await joined(await opened(db, now, *many), channel)
    first = await amy.press("coupons")
    assert spoken(first, "en").count("Number ") == 8
    second = await amy.press(button(first, "coupons page 2"))
    assert spoken(second, "en").count("Number ") == 2
    titles = spoken(first, "en") + spoken(second, "en")
    assert all(f"Number {number} " in titles for number in range(1, 11))
    back = await amy.press(button(second, "coupons page 1"))
    assert spoken(back, "en") == spoken(first, "en")


@pytest.mark.parametrize("channel", ["telegram", "wechat"])
@pytest.mark.parametrize(
    ("has", "told"), [(150, "50 more points for: Latte"), (201, "299 more points for: Mug"), (999, None)]
)
async def test_the_points_say_how_far_the_next_reward_is(
    db: Database, now: datetime, *, channel: Channel, has: int, told: str | None
) -> None:
    amy = await joined(await opened(db, now), channel, has)
    shown = await amy.press("points")
    assert ("points.reward" in keys(shown)) == (told is not None)
    assert (told or "") in spoken(shown, "en")
    history = await amy.press("points history")
    assert f"+{has} · " in spoken(history, "en")
    assert " · Main Street, " in spoken(history, "en")


async def test_a_coupon_claimed_for_points_can_be_taken_back_where_it_was_claimed(db: Database, now: datetime) -> None:
    dear = {"id": "dear", "kind": "cash", "title": "Dear", "value": "5", "claim": "open", "price_points": 100}
    amy = await joined(await opened(db, now, dear), "telegram", 150)
    asked = await amy.press(button(await amy.press("coupons"), "mall take dear"))
    claimed = await amy.press(button(asked, "mall ok dear"))
    assert "points.balance" in keys(await amy.press("points"))
    assert "50 points" in spoken(await amy.press("points"), "en")
    await amy.press(button(claimed, "mall undo "))
    assert "150 points" in spoken(await amy.press("points"), "en")
    await assert_clean(db)


@pytest.mark.parametrize("channel", ["telegram", "wechat"])
async def test_the_counter_says_of_each_coupon_what_is_missing(db: Database, now: datetime, channel: Channel) -> None:
    later: dict[str, Any] = {
        "id": "later",
        "kind": "cash",
        "title": "Later",
        "value": "1",
        "from_next_day": True,
        "days": 3,
    }
    from_hundred = {"id": "h", "kind": "threshold_off", "title": "Ten off", "threshold": "100", "value": "10"}
    many = [
        {"id": f"one-{number}", "kind": "cash", "title": f"One {number}", "value": "1", "ends_on": "2026-12-01"}
        for number in range(6)
    ]
    best = {"id": "best", "kind": "cash", "title": "Nine off", "value": "9"}
    tart = {
        "id": "tart",
        "kind": "gift",
        "title": "Tart",
        "goods": "1 tart",
        "ends_on": "2026-11-25",
        "threshold": "50",
    }
    pie = {"id": "pie", "kind": "gift", "title": "Pie", "goods": "1 pie", "ends_on": "2026-11-25"}
    given = [{**offer, "claim": "join"} for offer in (later, from_hundred, *many, best, tart, pie)]
    shop = await opened(db, now, *given)
    mo, amy = Person(shop, channel, "Mo"), await joined(shop, channel)
    await shop.employ(mo, "cashier", "main")
    card = await amy.press("code")
    assert card.picture is not None
    seen = await mo.scan(str(card.picture.facts["code"]))
    handed = [str(one.label.facts) for row in seen.buttons for one in row if one.word.startswith("redeem")]
    assert ["Pie" in told for told in handed] == [True], "the tart comes with a bill"
    assert "– Later: This coupon is valid from 23 Nov" in spoken(seen, "en")
    quote = await mo.say("88")
    assert "– Ten off: ¥12 short" in spoken(quote, "en")
    assert "−¥9" in spoken(quote, "en"), "the best one is proposed, though others end before it"
    [ticked] = [one.word for row in quote.buttons for one in row if one.label.key == "button.coupon_off"]
    assert "−¥9" not in spoken(await mo.press(ticked), "en"), "what is ticked can be let go"


@pytest.mark.parametrize("channel", ["telegram", "wechat"])
async def test_a_coupon_shown_on_too_small_a_bill_keeps_nobody_from_paying(
    db: Database, now: datetime, channel: Channel
) -> None:
    hundred = {"id": "h", "kind": "threshold_off", "title": "Ten", "threshold": "100", "value": "10", "claim": "open"}
    shop = await opened(db, now, hundred)
    amy, cashier = await joined(shop, channel), Person(shop, channel, "Lin")
    await shop.employ(cashier, "cashier")
    claimed = await amy.press(button(await amy.press("coupons"), "coupons claim h"))
    code = await amy.press(button(claimed, "coupons show"))
    assert code.picture is not None
    await cashier.scan(str(code.picture.facts["code"]))
    priced = await cashier.say("88")
    assert "还差 12 元" in spoken(priced, "zh-Hans")
    assert keys(await cashier.press(button(priced, "pay ok")))[0] == "desk.recorded"
    await assert_clean(db)
