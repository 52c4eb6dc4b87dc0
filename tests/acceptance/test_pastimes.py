"""The lottery and activities from end to end, over real HTTP: planned, drawn, signed up for, waited for, marked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from playground import rehearsal
from services import points
from services.ledger import Cause
from storage.tables import members
from tests.acceptance.stage import Phone, Stage, staged
from tests.acceptance.test_counter_loop import joined
from tests.proof import assert_clean


async def give_points(stage: Stage) -> None:
    """Let every member have points to draw for."""
    database, moment = stage.rehearsal.database, rehearsal.moment_of(stage.rehearsal)
    for row in await database.read(lambda tx: tx.all(members.select())):
        await database.write(points.earn, row.id, 30, Cause(f"given:{row.id}", "test"), moment=moment)


async def plan_a_tasting(owner: Phone) -> None:
    await owner.say("活动")
    await owner.tap("新建活动")
    for answer, asked in (
        ("咖啡品鉴", "活动叫什么名字"),
        ("边喝边聊", "给会员的介绍"),
        ("12月5日 14:00", "什么时候开始"),
        ("2小时", "到几点结束"),
        ("1", "多少名额"),
        ("50", "到场送多少积分"),
        ("1", "在哪家门店"),
    ):
        await owner.sees(asked)
        await owner.say(answer)
    await owner.sees("会员将看到", "咖啡品鉴", "名额 1 人")
    await owner.tap("发布")
    await owner.sees("咖啡品鉴", "已发布")


async def look_at_it(member: Phone) -> None:
    await member.say("活动")
    await member.sees("近期活动", "咖啡品鉴")
    await member.tap("咖啡品鉴")
    await member.sees("12月5日 14:00 – 16:00")


async def test_two_members_draw_and_one_gets_the_place_the_other_gives_up(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        tg, wx, owner = stage.phone("xiaoyu"), stage.phone("wangfang"), stage.phone("xiaozhou")
        await stage.employ(owner, "owner")
        await joined(tg)
        await joined(wx)
        await give_points(stage)
        for member in (tg, wx):
            await member.say("抽奖")
            await member.sees("幸运抽奖", "拿铁一杯：中奖率 5%，还剩", "未中奖：55%", "每次抽奖 10 积分")
            await member.tap("抽奖（10 积分）")
            await member.sees("今天还可以抽 2 次")
        await plan_a_tasting(owner)
        await look_at_it(tg)
        await tg.tap("我要报名")
        await tg.sees("报名成功", "你已报名")
        await look_at_it(wx)
        await wx.tap("排候补")
        await wx.sees("已加入候补", "候补名单第 1 位")
        await tg.tap("取消报名")
        await tg.sees("已取消报名")
        await wx.sees("有名额了", "咖啡品鉴")
        stage.rehearsal.clock.step(timedelta(days=12))
        await wx.say("活动")
        stage.rehearsal.clock.step(timedelta(days=1))
        await wx.sees("温馨提醒：咖啡品鉴，12月5日 14:00，总店")
        await owner.say("活动")
        await owner.tap("咖啡品鉴")
        await owner.tap("报名名单")
        await owner.sees("已报名 1，候补 0，已到场 0", "已报名")
        await owner.tap("✓")
        await owner.sees("已到场，+50 积分", "已到场 1")
        await wx.sees("谢谢参加 咖啡品鉴：+50 积分")
        await assert_clean(stage.rehearsal.database)
