"""Numbers typed on WeChat below what the shop pushes, over real HTTP: how was it, and a question for a yes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.acceptance.stage import Phone, Stage, staged
from tests.acceptance.test_account_kinds import number_of
from tests.acceptance.test_counter_loop import card_of, joined
from tests.proof import assert_clean


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgresql_url"))


async def bought(stage: Stage, member: Phone, cashier: Phone) -> None:
    await stage.employ(cashier, "cashier")
    await joined(member)
    await cashier.scan(await card_of(member))
    await cashier.say("58")
    await cashier.tap("确认收")
    await cashier.sees("已入账")
    await member.sees("实付")
    await stage.reads()


async def test_five_below_how_was_it_is_a_five_and_in_doubt_the_shop_asks(tmp_path: Path, database_url: str) -> None:
    async with staged(tmp_path, database_url=database_url) as stage:
        member, cashier = stage.phone("wangfang"), stage.phone("ajie")
        await bought(stage, member, cashier)
        await member.say("帮助")
        listed = await member.until(lambda: member.heard[-1] if "5 " in member.heard[-1].text else None, "no list")
        await stage.rehearsal.advance(timedelta(hours=2))
        await member.sees("在总店的体验怎么样", "5 5 分")
        await member.say("5")  # at once: it may have been meant for the list above
        which = await member.sees("你指的是哪一个“5”", "1 消息：5 分", "2 列表：")
        assert which.text.splitlines()[3].removeprefix("2 列表：") in listed.text
        await stage.reads()
        await member.say("1")
        await member.sees("★★★★★ 谢谢你的评价")
        await assert_clean(stage.rehearsal.database)


async def test_a_number_read_below_the_question_answers_it_at_once(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone("wangfang"), stage.phone("ajie")
        await bought(stage, member, cashier)
        await member.say("帮助")
        await member.sees("5 ")
        await stage.rehearsal.advance(timedelta(hours=2))
        await member.sees("在总店的体验怎么样")
        await stage.reads()
        await member.say("2")
        await member.sees("很抱歉没有让你满意")
        assert not any("你指的是" in one.text for one in member.heard)


async def test_a_one_typed_for_the_card_is_no_yes_to_the_visit_that_is_asked_about(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone("wangfang"), stage.phone("ajie")
        await bought(stage, member, cashier)
        await cashier.scan(await card_of(member))
        await cashier.say("办次卡")
        await cashier.tap("拉花课五次卡 · ¥600")
        await cashier.tap("确认收 ¥600")
        await member.sees("已在总店购买拉花课五次卡")
        code = await card_of(member)
        await member.say("积分")
        await member.sees("1 ")
        await stage.reads()
        await cashier.scan(code)
        await cashier.tap("用 1 次（剩 5）拉花课五次卡")
        await member.sees("拉花课五次卡用 1 次", "1 ")
        await member.say("1")
        which = await member.sees("你指的是哪一个“1”", "消息：✓ 是我本人")
        await stage.reads()
        await member.say(number_of(which, "消息：✓ 是我本人"))
        await member.sees("还剩 4 次")
        await assert_clean(stage.rehearsal.database)


async def test_a_colleague_in_the_middle_of_a_sale_is_not_taken_out_of_it(tmp_path: Path) -> None:
    """What comes meanwhile has marked numbers, and its turn when the sale is done."""
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone("wangfang"), stage.phone("xiaozhou")
        await bought(stage, member, cashier)
        await cashier.scan(await card_of(member))
        await cashier.sees("消费金额")
        await member.say("人工")
        await member.say("几点关门？")
        asked = await cashier.sees("几点关门？")
        assert number_of(asked, "回复") == "#1"
        await cashier.say("30")
        quote = await cashier.sees("应付 ¥30")
        await cashier.say(number_of(quote, "确认收 ¥30"))
        await cashier.sees("已入账")
        await cashier.say("#1")
        await cashier.sees("请把回复写成一条消息")
        await cashier.say("九点")
        await member.sees("九点")
