"""The lottery in chat: the odds on the screen, one tap to draw, the same tap twice, and what stands in the way."""

from __future__ import annotations

import tomllib
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from locales import Words
from membership.messages import Reply, words
from services import rules
from tests.handlers.counter import PRESETS, Counter, Person, button, keys
from tests.proof import assert_clean

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))
CAFE: dict[str, Any] = tomllib.loads((PRESETS / "cafe.toml").read_text("utf-8"))
LATTE = {"id": "latte", "odds": "0.01%", "stock": 50, "goods": {"en": "a latte", "zh-Hans": "拿铁一杯"}}
POINTS = {"id": "points", "odds": "99.99%", "points": 20}


def spoken(reply: Reply, language: str = "en") -> str:
    return "\n".join(WORDS.text(message, language) for message in reply.messages)


async def bring(counter: Counter, *prizes: dict[str, Any], **about: Any) -> None:
    body = {**CAFE, "lottery": {"prizes": list(prizes), **about}}
    await counter.db.write(rules.bring, body, actor="test", now=counter.now)


def another(press: str) -> str:
    """The button of a draw with another number."""
    draw, of, _, terms = press.split()
    return f"{draw} {of} another {terms}"


async def test_the_screen_publishes_every_chance(counter: Counter, amy: Person) -> None:
    await bring(counter, {**LATTE, "odds": "5%"}, {**POINTS, "odds": "1/3"}, price_points=10, per_day=3)
    await amy.press("join")
    shown = await amy.press("lottery")
    assert "a latte: 5%, 50 left\n20 points: ≈33.33% (1/3)\nNothing: ≈61.67% (37/60)" in spoken(shown)
    assert "拿铁一杯：中奖率 5%，还剩 50 份\n20 积分：中奖率 ≈33.33%（1/3）" in spoken(shown, "zh-Hans")
    assert "每次抽奖 10 积分。\n今天还可以抽 3 次" in spoken(shown, "zh-Hans")


async def test_a_tap_draws_and_the_same_tap_is_the_same_draw(counter: Counter, amy: Person) -> None:
    await bring(counter, {**POINTS, "odds": "100%"}, per_day=2)
    await amy.press("join")
    press = button(await amy.press("lottery"), "lottery draw")
    for _ in range(2):
        assert spoken(await amy.press(press)) == "You win: 20 points 🎉\nYou have 20 points now.\n1 draw left today"
    assert "20 points" in spoken(await amy.press("points"))
    again = await amy.press(button(await amy.press("lottery"), "lottery draw"))
    assert "No more draws today. Come back tomorrow!" in spoken(again)
    assert not [word for word in words(again) if word.startswith("lottery draw")]
    assert keys(await amy.press(another(press))) == ["refusal.draw_limit_reached"]
    assert "22 Nov: 20 points" in spoken(await amy.press("lottery won"))
    assert "Won in the lottery" in spoken(await amy.press("points history"))
    await assert_clean(counter.db)


async def test_nobody_pays_another_price_than_the_one_on_the_button(counter: Counter, amy: Person) -> None:
    await bring(counter, POINTS)
    await amy.press("join")
    press = button(await amy.press("lottery"), "lottery draw")
    await bring(counter, POINTS, price_points=500)
    assert keys(await amy.press(press))[0] == "lottery.title"
    assert keys(await amy.press(button(await amy.press("lottery"), "lottery draw"))) == ["refusal.insufficient_points"]


async def test_nobody_draws_with_other_odds_than_those_shown(counter: Counter, amy: Person) -> None:
    await bring(counter, {**POINTS, "odds": "50%"})
    await amy.press("join")
    press = button(await amy.press("lottery"), "lottery draw")
    await bring(counter, {**POINTS, "odds": "1%"})
    assert keys(await amy.press(press))[0] == "lottery.title"
    await bring(counter, {**POINTS, "odds": "50%"}, per_day=2)
    assert keys(await amy.press(press))[0] in ("lottery.won", "lottery.nothing")


async def test_a_draw_that_was_done_is_told_again_though_the_odds_changed_since(counter: Counter, amy: Person) -> None:
    await bring(counter, {**POINTS, "odds": "100%"})
    await amy.press("join")
    press = button(await amy.press("lottery"), "lottery draw")
    assert keys(await amy.press(press))[0] == "lottery.won"
    await bring(counter, {**POINTS, "odds": "1%"})
    assert keys(await amy.press(press))[0] == "lottery.won"


async def test_a_draw_tells_what_is_left_once_it_moved_points(counter: Counter, amy: Person) -> None:
    await bring(counter, {**POINTS, "odds": "100%"}, per_day=3)
    await amy.press("join")
    for_nothing = await amy.press(button(await amy.press("lottery"), "lottery draw"))
    assert "You have 20 points now." in spoken(for_nothing)
    await bring(counter, {**LATTE, "odds": "100%", "stock": 1}, per_day=3, price_points=15)
    paid = await amy.press(button(await amy.press("lottery"), "lottery draw"))
    assert "You have 5 points now." in spoken(paid)
    assert "现有 5 积分。" in spoken(paid, "zh-Hans")
    await bring(counter, {**LATTE, "odds": "100%", "stock": 2}, per_day=3)
    assert "lottery.balance" not in keys(await amy.press(button(await amy.press("lottery"), "lottery draw")))


async def test_goods_that_were_won_show_their_code_and_what_is_gone_is_said(counter: Counter, amy: Person) -> None:
    await bring(counter, {**LATTE, "odds": "100%", "stock": 1}, per_day=2)
    await amy.press("join")
    press = button(await amy.press("lottery"), "lottery draw")
    won = await amy.press(press)
    assert spoken(won).startswith("You win: a latte")
    card = await amy.press(button(won, "coupons show"))
    assert card.picture is not None
    shown = await amy.press("lottery")
    assert "a latte: 100%, all gone (wins nothing now)" in spoken(shown)
    assert "The draw is closed at the moment." in spoken(shown)
    assert keys(await amy.press(another(press))) == ["refusal.lottery_closed"]


@pytest.mark.parametrize("typed", ["抽奖", "抽獎", "lucky draw"])
def test_it_is_understood_in_every_language(typed: str) -> None:
    assert WORDS.keywords()[typed] == "lottery"


async def test_a_stranger_joins_first_and_a_shop_without_it_offers_what_it_has(counter: Counter, amy: Person) -> None:
    assert keys(await amy.press("lottery")) == ["lottery.not_here"]
    await bring(counter, POINTS)
    assert keys(await amy.press("lottery")) == ["refusal.not_a_member"]
    await amy.press("join")
    for forged in ("lottery fly", "lottery draw", f"lottery draw {'x' * 17} 0"):
        assert keys(await amy.press(forged)) == ["refusal.expired"], forged


async def test_those_who_read_reports_see_what_it_did_and_others_do_not(counter: Counter, amy: Person) -> None:
    await bring(counter, {**POINTS, "odds": "100%"})
    await amy.press("join")
    await amy.press(button(await amy.press("lottery"), "lottery draw"))
    assert keys(await amy.press("lottery figures")) == ["refusal.not_staff"]
    owner = Person(counter, "wechat", "Olga")
    await counter.employ(owner, "owner")
    seen = spoken(await owner.press("lottery"))
    assert "Draws: 1, members: 1, points paid: 0\n20 points: won 1×" in seen
