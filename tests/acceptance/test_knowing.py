"""Groups and habits from end to end, over real HTTP: a group alone is written to, and who stays away gets a coupon."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from services import Tx
from storage import members, tags
from storage.tables import members as people
from tests.acceptance.stage import Phone, Stage, staged
from tests.acceptance.test_clock_and_owner import says_yes_to_offers
from tests.acceptance.test_counter_loop import joined
from tests.proof import assert_clean


async def tag_first(stage: Stage, tag: str) -> None:
    """Put a tag on whoever joined first."""

    def put(tx: Tx) -> None:
        first = tx.scalar(select(people.c.id).order_by(people.c.joined_at, people.c.id).limit(1))
        assert members.find(tx, first) is not None
        tags.add(tx, first, tag, actor="test", at=stage.rehearsal.clock.now())

    await stage.rehearsal.database.write(put)


async def the_owner_writes_to_whoever_has_the_tag(owner: Phone) -> None:
    await owner.say("分组")
    await owner.tap("新建分组")
    await owner.tap("等级与标签")
    await owner.sees("按什么条件")
    await owner.tap("标签")
    await owner.tap("VIP")
    await owner.sees("1 位")
    await owner.tap("保存")
    await owner.say("贵客")
    await owner.tap("给他们群发")
    await owner.say("今晚手冲第二杯半价，等你来。")
    await owner.tap("发给 1 位")


async def test_a_broadcast_to_a_group_reaches_exactly_it_and_who_stays_away_gets_a_coupon(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        member, other, owner = stage.phone("xiaoyu"), stage.phone("wangfang"), stage.phone("chen")
        await stage.employ(owner, "owner")
        for phone in (member, other):
            await joined(phone)
            await says_yes_to_offers(phone)
            stage.rehearsal.clock.step(timedelta(seconds=1))
        await tag_first(stage, "VIP")
        await the_owner_writes_to_whoever_has_the_tag(owner)
        await stage.rehearsal.advance(timedelta(seconds=5))
        await member.sees("今晚手冲")
        assert not any("今晚手冲" in bubble.text for bubble in other.heard)
        for away in (1, 46):
            await stage.rehearsal.advance(timedelta(days=away))
        await member.sees("好久不见 8 元券")
        await other.say("积分")  # on WeChat an offer waits for the next contact
        await other.tap("查看通知")
        await other.sees("好久不见 8 元券")
        await assert_clean(stage.rehearsal.database)
