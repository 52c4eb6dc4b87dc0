"""The main job from end to end, over real HTTP, on both apps: join, card, scan, amount, receipt, coupon, undo."""

from __future__ import annotations

from pathlib import Path

import pytest

from membership.codes import PREFIX
from pictures.reader import Limits, read_codes
from tests.acceptance.photographs import photographed
from tests.acceptance.stage import Phone, staged
from tests.proof import assert_clean

CAST = [("xiaoyu", "ajie"), ("wangfang", "xiaozhou"), ("xiaoyu", "xiaozhou"), ("wangfang", "ajie")]
"""Member and cashier: each app with itself, and each with the other."""


async def joined(member: Phone) -> None:
    await member.start()
    await member.sees("欢迎来到晨光咖啡")
    await member.tap("立即加入")
    await member.sees("你已是晨光咖啡的会员")


async def card_of(member: Phone) -> str:
    """Show the card, photograph the screen, and return what the code in the photo reads."""
    before = len([one for one in member.heard if one.image])
    await member.say("会员码")
    await member.until(lambda: len([one for one in member.heard if one.image]) > before, "no card came")
    (code,) = read_codes(photographed(await member.sees_picture()), limits=Limits())
    assert code.startswith(PREFIX)
    return code


@pytest.mark.parametrize(("member_name", "cashier_name"), CAST)
async def test_the_main_job_is_done_on_every_app(tmp_path: Path, member_name: str, cashier_name: str) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone(member_name), stage.phone(cashier_name)
        await stage.employ(cashier, "cashier")
        await joined(member)
        await the_member_claims_a_coupon(member)
        await the_cashier_records_a_purchase(member, cashier)
        await member.sees("总店", "实付 ¥53", "+53 积分", "积分 0 → 53")
        await member.say("积分")
        await member.sees("53 积分")
        await the_cashier_takes_it_back(cashier)
        await member.sees("已退款", "现有 0 积分")
        await assert_clean(stage.rehearsal.database)


async def the_member_claims_a_coupon(member: Phone) -> None:
    await member.say("优惠券")
    await member.tap("领取 新会员 5 元券")
    await member.sees("领到了：新会员 5 元券")


async def the_cashier_records_a_purchase(member: Phone, cashier: Phone) -> None:
    await cashier.scan(await card_of(member))
    await cashier.sees("普通会员", "0 积分", "消费金额")
    await cashier.say("58")
    await cashier.sees("应付 ¥53", "新会员 5 元券")
    await cashier.tap("确认收 ¥53")
    await cashier.sees("已入账", "0 → 53")


async def the_cashier_takes_it_back(cashier: Phone) -> None:
    await cashier.tap("撤销")
    await cashier.sees("已撤销", "→ 0")


@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_a_photo_of_the_card_sent_to_the_bot_is_read(tmp_path: Path, mode: str) -> None:
    async with staged(tmp_path, mode=mode) as stage:  # type: ignore[arg-type] # the two words above
        member, cashier = stage.phone("xiaoyu"), stage.phone("ajie")
        await stage.employ(cashier, "cashier")
        await joined(member)
        await member.say("会员码")
        await cashier.photograph(photographed(await member.sees_picture()))
        await cashier.sees("普通会员", "消费金额")


async def test_the_loop_runs_on_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    async with staged(tmp_path, database_url=postgresql_url) as stage:
        member, cashier = stage.phone("wangfang"), stage.phone("ajie")
        await stage.employ(cashier, "cashier")
        await joined(member)
        await the_member_claims_a_coupon(member)
        await the_cashier_records_a_purchase(member, cashier)
        await member.sees("实付 ¥53")
        await assert_clean(stage.rehearsal.database)
