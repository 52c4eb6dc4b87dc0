"""Counted passes from end to end, over real HTTP, on both apps: sold, used with the member's yes, the visit rated."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.acceptance.stage import staged
from tests.acceptance.test_counter_loop import CAST, card_of, joined
from tests.proof import assert_clean


@pytest.mark.parametrize(("member_name", "cashier_name"), CAST[:2])
async def test_a_pass_is_sold_used_and_asked_about(tmp_path: Path, member_name: str, cashier_name: str) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone(member_name), stage.phone(cashier_name)
        await stage.employ(cashier, "cashier")
        await joined(member)
        await cashier.scan(await card_of(member))
        await cashier.sees("消费金额")
        await cashier.say("办次卡")
        await cashier.tap("拉花课五次卡 · ¥600")
        await cashier.sees("将办理", "拉花课五次卡：5 次")
        await cashier.tap("确认收 ¥600")
        await cashier.sees("已办理拉花课五次卡")
        await member.sees("已在总店购买拉花课五次卡", "共 5 次")
        await cashier.scan(await card_of(member))
        await cashier.tap("用 1 次（剩 5）拉花课五次卡")
        await cashier.sees("已请会员在聊天中确认")
        await member.sees("拉花课五次卡用 1 次", "价值 ¥150")
        await member.tap("是我本人")
        await member.sees("还剩 4 次")
        await cashier.sees("会员已确认", "还剩 4 次")
        await member.say("次卡")
        await member.sees("拉花课五次卡：还剩 4 次（共 5 次），长期有效")
        await cashier.scan(await card_of(member))
        await cashier.say("58")
        await cashier.tap("确认收 ¥58")
        await cashier.sees("已入账")
        stage.rehearsal.clock.step(timedelta(hours=2, minutes=1))
        await member.say("评价")
        await member.sees("在总店的体验怎么样")
        await (member.say("5") if member_name == "wangfang" else member.tap("5 分"))
        await member.sees("★★★★★ 谢谢你的评价")
        await assert_clean(stage.rehearsal.database)
