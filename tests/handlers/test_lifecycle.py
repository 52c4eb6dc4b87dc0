"""Who comes how often, as the owner reads it: stages in words and a map as a picture, for the whole shop alone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.painter import Painter
from locales import Words
from membership.messages import words
from services import habits
from tests.handlers.counter import Counter, Person, keys

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))


async def hired(counter: Counter, role: str, *stores: str) -> Person:
    person = Person(counter, "telegram", f"The {role}")
    await counter.employ(person, role, *stores)
    return person


async def count(counter: Counter) -> None:
    while await counter.db.write(habits.compute, counter.moment()):
        pass


async def test_the_owner_reads_stages_and_gets_the_map_as_a_picture(counter: Counter) -> None:
    olga = await hired(counter, "owner")
    assert keys(await olga.press("report life")) == ["report.life.none"]
    for name in ("Amy", "Ben"):
        await Person(counter, "telegram", name).press("join")
    await count(counter)
    assert "report life" in words(await olga.press("report"))
    told = await olga.press("report life")
    said = "\n".join(WORDS.text(message, "zh-Hans") for message in told.messages)
    assert "新客：2（100%）" in said
    assert "segments" in words(told)
    assert told.picture is not None
    picture = await Painter(WORDS, counter.db).paint(told.picture, "zh-Hans")
    assert picture.startswith(b"\x89PNG")


async def test_a_right_in_one_store_does_not_show_the_whole_shops_members(counter: Counter) -> None:
    manager = await hired(counter, "manager", "main")
    await count(counter)
    assert keys(await manager.press("report life")) == ["refusal.not_allowed"]
    assert "report life" not in words(await manager.press("report"))
    auditor = await hired(counter, "auditor")
    seen = await auditor.press("report life")
    assert keys(seen)[0] == "report.life.none"  # nobody has bought anything yet
    assert "segments" not in words(seen)
