"""A tier from end to end, over real HTTP, on both apps: reached at the counter, given by hand, lost, each time told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from playground import rehearsal
from services import tier_moves
from tests.acceptance.stage import staged
from tests.acceptance.test_counter_loop import card_of, joined
from tests.proof import assert_clean


@pytest.mark.parametrize(("name", "boss"), [("xiaoyu", "xiaozhou"), ("wangfang", "ajie")])
async def test_a_member_rises_is_given_more_by_hand_and_falls(tmp_path: Path, name: str, boss: str) -> None:
    async with staged(tmp_path) as stage:
        member, manager = stage.phone(name), stage.phone(boss)
        await stage.employ(manager, "manager")
        await joined(member)
        await manager.scan(await card_of(member))
        await manager.say("1000")
        await manager.tap("确认收 ¥1,000")
        await member.sees("恭喜，你已升级为银卡会员")
        await member.say("等级")
        await member.sees("银卡会员", "消费享 9.5 折", "再消费 1,000 元，可保住银卡会员", "消费达标升级")
        await manager.say("调级")
        await manager.say(await card_of(member))
        await manager.tap("金卡会员")
        await manager.tap("30 天")
        await manager.say("老顾客的朋友")
        await manager.tap("确认调整")
        await manager.sees("已改为金卡会员", "已通知会员")
        await member.sees("店家已将你设为金卡会员")
        stage.rehearsal.clock.step(timedelta(days=31))
        await stage.rehearsal.database.write(tier_moves.review_due, rehearsal.moment_of(stage.rehearsal))
        await member.say("等级")
        await member.sees("银卡会员", "店家设定到期")
        stage.rehearsal.clock.step(timedelta(days=365))
        await stage.rehearsal.database.write(tier_moves.review_due, rehearsal.moment_of(stage.rehearsal))
        await member.say("等级")
        await member.sees("普通会员", "到期未达标")
        await assert_clean(stage.rehearsal.database)
