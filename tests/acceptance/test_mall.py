"""The points mall and thanks for a purchase, from end to end, over real HTTP, on both apps."""

from __future__ import annotations

from pathlib import Path

import pytest

from playground.mall import PICTURES
from tests.acceptance.stage import staged
from tests.acceptance.test_counter_loop import card_of, joined
from tests.proof import assert_clean


@pytest.mark.parametrize(("name", "cashier_name"), [("xiaoyu", "xiaozhou"), ("wangfang", "ajie")])
async def test_a_purchase_brings_thanks_and_its_points_buy_a_latte(
    tmp_path: Path, name: str, cashier_name: str
) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone(name), stage.phone(cashier_name)
        await stage.employ(cashier, "cashier")
        await joined(member)
        await cashier.scan(await card_of(member))
        await cashier.sees("消费金额")
        await cashier.say("700")
        await cashier.tap("确认收 ¥700")
        await member.sees("+700 积分", "送你一张券：满赠 8 元券")
        await member.say("积分商城")
        await member.sees(
            "你有 700 积分", "曲奇一块 · 200 积分", "拿铁一杯 · 600 积分", "晨光马克杯 · 1,200 积分 · 剩 20 件"
        )
        await member.tap("拿铁一杯")
        await member.sees("兑换后到收银台出示券码领取")
        assert await member.sees_picture() == (Path("playground/goods") / PICTURES[1]).read_bytes()
        await member.tap("用 600 积分换")
        await member.sees("用 600 积分换“拿铁一杯”？换后剩 100 积分。")
        await member.tap("确认兑换")
        await member.sees("换好了：“拿铁一杯”。还剩 100 积分。")
        await member.tap("撤回兑换")
        await member.sees("已撤回“拿铁一杯”，积分退回，现有 700 积分。")
        await member.say("换拿铁")
        await member.tap("确认兑换")
        await member.sees("换好了", "还剩 100 积分")
        await assert_clean(stage.rehearsal.database)
