"""The member's yes from end to end, over real HTTP, on both apps: asked in chat, answered, told at the counter."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from playground import rehearsal
from services import Tx, points
from services.points import Cause
from storage.tables import members
from tests.acceptance.stage import Phone, Stage, staged
from tests.acceptance.test_counter_loop import CAST, card_of, joined
from tests.proof import assert_clean


async def held_up(stage: Stage, member: Phone, cashier: Phone) -> None:
    """Ask for a bill of 200 of which points pay half: it waits for the member's yes."""
    await stage.employ(cashier, "cashier")
    await joined(member)
    moment = rehearsal.moment_of(stage.rehearsal)

    def give(tx: Tx) -> None:
        points.earn(tx, tx.scalar(select(members.c.id)), 20_000, Cause("gift", "test"), moment=moment)

    await stage.rehearsal.database.write(give)
    code = await card_of(member)
    await stage.reads()
    await cashier.scan(code)
    await cashier.sees("消费金额")
    await cashier.say("200")
    await cashier.sees("应付 ¥200")
    await cashier.tap("用 10,000 积分")
    await cashier.sees("应付 ¥100")
    await cashier.tap("确认收 ¥100")
    await cashier.sees("等待会员确认", "¥200")
    await member.sees("总店：¥200", "用积分：10,000", "这是你本人的消费吗")


@pytest.mark.parametrize(("member_name", "cashier_name"), CAST)
async def test_a_yes_in_the_members_chat_pays_at_the_counter(
    tmp_path: Path, member_name: str, cashier_name: str
) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone(member_name), stage.phone(cashier_name)
        await held_up(stage, member, cashier)
        if member_name == "wangfang":
            await stage.reads()
            await member.say("1")  # WeChat shows no buttons: the number stands for the yes
        else:
            await member.tap("是我本人")
        await member.sees("已在总店付款", "¥100")
        await cashier.sees("会员已确认", "¥100")
        await member.sees("实付 ¥100")
        await assert_clean(stage.rehearsal.database)


@pytest.mark.parametrize(("member_name", "cashier_name"), CAST[:2])
async def test_a_no_takes_nothing_and_the_counter_hears_of_it(
    tmp_path: Path, member_name: str, cashier_name: str
) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone(member_name), stage.phone(cashier_name)
        await held_up(stage, member, cashier)
        await member.tap("不是")
        await member.sees("已拒绝", "没有扣款")
        await cashier.sees("会员选了", "没有扣款")
        await assert_clean(stage.rehearsal.database)


@pytest.mark.parametrize(("member_name", "cashier_name"), CAST[:2])
async def test_unanswered_it_runs_out_and_both_see_the_same(
    tmp_path: Path, member_name: str, cashier_name: str
) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone(member_name), stage.phone(cashier_name)
        await held_up(stage, member, cashier)
        stage.rehearsal.clock.step(timedelta(seconds=121))
        for phone in (member, cashier):
            await phone.sees("总店：¥200", "超时没有回答，没有扣款")
        if member_name == "xiaoyu":  # the question itself became the answer: nothing is left to press
            assert member._find("是我本人") is None
        await assert_clean(stage.rehearsal.database)
