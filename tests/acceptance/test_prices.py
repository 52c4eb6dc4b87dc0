"""Products, campaigns and their switch from end to end, over real HTTP, on both apps."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.stage import Phone, staged
from tests.acceptance.test_counter_loop import card_of, joined
from tests.proof import assert_clean


async def test_a_product_is_tapped_counts_twice_and_once_again_after_the_switch(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        await stage.employ(stage.phone("ajie"), "cashier")
        await stage.employ(stage.phone("xiaozhou"), "owner")
        amy, bea = stage.phone("xiaoyu"), stage.phone("wangfang")
        for member in (amy, bea):
            await joined(member)
        await amy.say("活动倍率")
        await amy.sees("你可以享受", "咖啡双倍积分", "积分 ×2")
        await a_latte_is_sold(amy, stage.phone("ajie"))
        await amy.sees("拿铁 ×1 会员价", "实付 ¥28", "+56 积分", "咖啡双倍积分 ×2")
        owner = stage.phone("xiaozhou")
        await owner.say("活动倍率")
        await owner.tap("停用：咖啡双倍积分")
        await owner.sees("⏸ 咖啡双倍积分", "已停用")
        await a_latte_is_sold(bea, owner)
        await bea.sees("实付 ¥28", "+28 积分")
        await assert_clean(stage.rehearsal.database)


async def a_latte_is_sold(member: Phone, cashier: Phone) -> None:
    await cashier.scan(await card_of(member))
    await cashier.sees("普通会员", "0 积分", "消费金额")
    await cashier.say("30")
    await cashier.tap("商品")
    await cashier.tap("拿铁 ¥32")
    await cashier.sees("拿铁 ×1 · ¥32")
    await cashier.tap("算价：¥32")
    await cashier.sees("拿铁 ×1 会员价")
    await cashier.tap("确认收 ¥28")
