"""A broadcast reaches WeChat members whose window has closed by mass message, few times a month, and never twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from playground.faults import Fault
from tests.acceptance.stage import Phone, Stage, staged
from tests.acceptance.test_clock_and_owner import says_yes_to_offers
from tests.acceptance.test_counter_loop import joined
from tests.proof import assert_clean

FAR = ("wangfang", "lilei")
OFFER = "第二杯半价"


async def silent_members(stage: Stage) -> tuple[Phone, ...]:
    """Let two people join on WeChat, want offers, and write nothing for three days."""
    members = tuple(stage.phone(name) for name in FAR)
    for member in members:
        await joined(member)
        await says_yes_to_offers(member)
    await stage.rehearsal.advance(timedelta(days=3))
    return members


async def an_owner(stage: Stage) -> Phone:
    owner = stage.phone("chen")
    await stage.employ(owner, "owner")
    return owner


async def draft_shows(owner: Phone, text: str, *sees: str) -> None:
    await owner.say("/broadcast")
    await owner.sees("想群发什么")
    await owner.say(text)
    await owner.sees(text.replace("{name}", "陈老板"), *sees)


async def sends(stage: Stage, owner: Phone, count: int) -> None:
    """Confirm, wait for the message that counts along, and let time pass."""
    before = progress_shown(owner)
    await owner.tap(f"发给 {count} 位")
    await owner.until(lambda: progress_shown(owner) > before, "nothing counted along")
    for _ in range(3):
        await stage.rehearsal.advance(timedelta(seconds=5))


def progress_shown(owner: Phone) -> int:
    return seen(owner, "正在群发") + seen(owner, "群发完成")


def seen(member: Phone, text: str) -> int:
    return sum(text in bubble.text for bubble in member.heard)


async def test_members_without_a_window_read_it_on_their_phones(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        owner, members = await an_owner(stage), await silent_members(stage)
        await draft_shows(owner, f"{{name}}你好，{OFFER}", "群发接口 2", "用掉 1 次")
        await sends(stage, owner, 2)
        for member in members:
            await member.sees(f"会员你好，{OFFER}", "退订")
            assert seen(member, OFFER) == 1
        await owner.sees("群发完成", "已发送 2", "无法撤回")
        await assert_clean(stage.rehearsal.database)


async def test_the_fifth_of_the_month_waits_for_the_next_contact(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        owner, (member, other) = await an_owner(stage), await silent_members(stage)
        for number in range(1, 5):
            await draft_shows(owner, f"{OFFER}之{number}", "群发接口 2")
            await sends(stage, owner, 2)
            await member.sees(f"{OFFER}之{number}")
        await draft_shows(owner, f"{OFFER}之五", "下次互动时 2")
        await sends(stage, owner, 2)
        assert (seen(member, "之五"), seen(other, "之五")) == (0, 0)
        await member.say("积分")
        await member.tap("查看通知")
        await member.sees(f"{OFFER}之五")
        await assert_clean(stage.rehearsal.database)


@pytest.mark.parametrize("restart", [False, True])
async def test_an_answer_lost_after_the_call_took_effect_doubles_nothing(tmp_path: Path, *, restart: bool) -> None:
    async with staged(tmp_path) as stage:
        owner, members = await an_owner(stage), await silent_members(stage)
        stage.rehearsal.faults["wechat"].plan(Fault("reset", match="mass/send"))
        await draft_shows(owner, OFFER)
        await sends(stage, owner, 2)
        for member in members:
            await member.sees(OFFER)
        if restart:
            await stage.rehearsal.close_program()
            await stage.rehearsal.open_program()
        await stage.rehearsal.advance(timedelta(seconds=61))
        await owner.say("/broadcast")
        await owner.tap("上一次群发")
        await owner.sees("群发完成", "已发送 2")
        assert [seen(member, OFFER) for member in members] == [1, 1]
        calls = [call for call in stage.rehearsal.inspector.calls if call.name.endswith("mass/send")]
        assert [call.answer.get("errcode") for call in calls[1:]] == [45065]  # the same id
        await assert_clean(stage.rehearsal.database)
