"""Check-in in chat, in three languages: one tap a day, the week as a line, and a missed day made up."""

from __future__ import annotations

import tomllib
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from locales import Words
from membership.messages import Reply, words
from services import Database, rules
from tests.handlers.counter import PRESETS, Counter, Person, button, keys

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))
DONE = ["checkin.done", "checkin.week", "checkin.streak", "checkin.tomorrow"]


def spoken(reply: Reply, language: str) -> str:
    return "\n".join(WORDS.text(message, language) for message in reply.messages)


async def test_a_tap_checks_in_and_a_second_one_is_told_kindly(amy: Person) -> None:
    await amy.press("join")
    assert keys(await amy.press("checkin")) == DONE
    assert keys(await amy.press("checkin")) == ["checkin.again", *DONE[1:]]


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ["Checked in: +1 point", "2 days in a row", "Tomorrow brings 1 point", "21✅  22✅"]),
        ("zh-Hans", ["签到成功，+1 积分", "已连续签到 2 天", "明天签到可得 1 积分", "21✅  22✅"]),
        ("zh-Hant", ["簽到成功，+1 點", "已連續簽到 2 天", "明天簽到可得 1 點", "21✅  22✅"]),
    ],
)
async def test_the_screen_is_said_in_each_language(
    counter: Counter, amy: Person, language: str, lines: list[str]
) -> None:
    counter.pass_by(days=-1)
    await amy.press("join")
    await amy.press("checkin")
    counter.pass_by(days=1)
    shown = spoken(await amy.press("checkin"), language)
    assert [line for line in lines if line not in shown] == []


@pytest.mark.parametrize(("typed", "word"), [("签到", "checkin"), ("簽到", "checkin"), ("check in", "checkin")])
def test_it_is_understood_in_every_language(typed: str, word: str) -> None:
    assert WORDS.keywords()[typed] == word


async def test_a_missed_day_is_made_up_by_its_button_once(counter: Counter, amy: Person) -> None:
    await amy.press("join")
    await amy.press("checkin")
    counter.pass_by(days=2)
    shown = await amy.press("checkin")
    assert keys(shown)[-1] == "checkin.missed"
    press = button(shown, "checkin mend")
    mended = await amy.press(press)
    assert keys(mended) == ["checkin.mended", *DONE[1:]]
    assert "22✅  23☑️  24✅" in spoken(mended, "en")
    assert keys(await amy.press(press))[0] == "checkin.mended_before"
    counter.pass_by(days=1)
    assert keys(await amy.press("checkin mend 2026-11-22")) == ["refusal.nothing_to_make_up"]
    assert keys(await amy.press("checkin mend soon")) == ["refusal.expired"]


async def test_a_full_month_is_told_and_the_days_go_on(counter: Counter, amy: Person) -> None:
    counter.pass_by(days=-21)
    await amy.press("join")
    for _ in range(10):
        last = await amy.press("checkin")
        counter.pass_by(days=1)
    assert keys(last)[-1] == "checkin.tomorrow_full"
    assert keys(await amy.press("checkin"))[0] == "checkin.done_full"


async def test_the_history_of_points_says_why(amy: Person) -> None:
    await amy.press("join")
    await amy.press("checkin")
    assert "Check-in, day 1 in a row" in spoken(await amy.press("points history"), "en")


async def test_a_member_finds_it_and_a_stranger_is_asked_to_join(amy: Person) -> None:
    assert keys(await amy.press("checkin")) == ["refusal.not_a_member"]
    await amy.press("join")
    for screen in ("start", "help"):
        assert "checkin" in words(await amy.press(screen))


async def test_a_shop_without_it_offers_what_it_has(db: Database, now: datetime) -> None:
    shop = Counter(db, now)
    body = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    await db.write(rules.bring, {**body, "checkin": {}}, actor="test", now=now)
    amy = Person(shop, "telegram", "Amy")
    await amy.press("join")
    older = "checkin mend 2026-11-21"
    without = {key: told for key, told in body.items() if key != "checkin"}
    await db.write(rules.bring, without, actor="test", now=now)
    for word in ("checkin", older):
        shown = await amy.press(word)
        assert keys(shown) == ["checkin.not_here"]
        assert words(shown) == ("points", "coupons", "start")
    assert "checkin" not in words(await amy.press("start")) + words(await amy.press("help"))
