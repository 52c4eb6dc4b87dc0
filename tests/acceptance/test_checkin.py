"""Check-in from end to end, over real HTTP, on both apps: tapped, tapped again, missed, made up, on the menus."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.acceptance.stage import staged
from tests.acceptance.test_counter_loop import joined
from tests.proof import assert_clean


@pytest.mark.parametrize("name", ["xiaoyu", "wangfang"])
async def test_a_member_checks_in_misses_a_day_and_makes_it_up(tmp_path: Path, name: str) -> None:
    async with staged(tmp_path) as stage:
        member = stage.phone(name)
        await joined(member)
        await member.say("签到")
        await member.sees("签到成功，+1 积分", "已连续签到 1 天", "明天签到可得 1 积分")
        await member.say("打卡")
        await member.sees("今天已经签到过了")
        stage.rehearsal.clock.step(timedelta(days=2))
        await member.say("签到")
        await member.tap("补签 11月23日")
        await member.sees("已补签 11月23日，+1 积分", "已连续签到 3 天", "22✅  23☑️  24✅")
        await member.say("积分")
        await member.sees("3 积分")
        await assert_clean(stage.rehearsal.database)
