"""What happens by itself and what the owner starts, over real HTTP: birthday, expiry, broadcast, progress, report."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.acceptance.stage import Phone, Stage, staged
from tests.acceptance.test_counter_loop import joined, the_cashier_records_a_purchase, the_member_claims_a_coupon
from tests.proof import assert_clean


async def tells_birthday(member: Phone, day: str) -> None:
    await member.say("资料")
    await member.tap("改生日")
    await member.sees("生日")
    await member.say(day)
    await member.sees("11月25日")


async def says_yes_to_offers(member: Phone) -> None:
    await member.tap("好，通知我")
    await member.sees("优惠")


async def test_a_birthday_is_greeted_once_on_telegram(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        member = stage.phone("xiaoyu")
        await joined(member)
        await tells_birthday(member, "11月25日")
        for _ in range(6):
            await stage.rehearsal.advance(timedelta(hours=24))
        await member.sees("生日快乐")
        assert sum("生日快乐" in bubble.text for bubble in member.heard) == 1
        await member.say("优惠券")
        await member.sees("生日八折券")
        await assert_clean(stage.rehearsal.database)


async def test_a_birthday_on_wechat_waits_for_the_next_contact(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        member = stage.phone("wangfang")
        await joined(member)
        await tells_birthday(member, "11月25日")
        for _ in range(4):
            await stage.rehearsal.advance(timedelta(hours=24))
        assert not any("生日快乐" in bubble.text for bubble in member.heard)
        await member.say("积分")
        await member.sees("通知")
        await member.tap("查看通知")
        await member.sees("生日快乐")
        await assert_clean(stage.rehearsal.database)


@pytest.mark.parametrize(("member_name", "owner_name"), [("xiaoyu", "chen"), ("wangfang", "mrschen")])
async def test_the_owner_broadcasts_and_reads_the_report(tmp_path: Path, member_name: str, owner_name: str) -> None:
    async with staged(tmp_path) as stage:
        member, owner = stage.phone(member_name), stage.phone(owner_name)
        await stage.employ(owner, "owner")
        await joined(member)
        await says_yes_to_offers(member)
        await the_owner_broadcasts(owner)
        await stage.rehearsal.advance(timedelta(seconds=5))
        await member.sees("今晚手冲第二杯半价")
        await owner.say("群发")
        await owner.sees("群发完成")
        await the_owner_reads_the_report(owner)
        await assert_clean(stage.rehearsal.database)


async def the_owner_broadcasts(owner: Phone) -> None:
    await owner.say("群发")
    await owner.sees("想群发什么")
    await owner.say("今晚手冲第二杯半价，等你来。")
    await owner.sees("将发给 1 位会员")
    await owner.tap("发给 1 位")
    await owner.until(lambda: any("群发" in one.text for one in owner.heard[-2:]), "the broadcast did not begin")


async def the_owner_reads_the_report(owner: Phone) -> None:
    pictures = len([one for one in owner.heard if one.image])
    await owner.say("报表")
    await owner.until(lambda: len([one for one in owner.heard if one.image]) > pictures, "no report came")


async def test_who_said_no_to_offers_gets_no_broadcast(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        willing, unwilling, owner = stage.phone("xiaoyu"), stage.phone("wangfang"), stage.phone("chen")
        await stage.employ(owner, "owner")
        for member in (willing, unwilling):
            await joined(member)
        await says_yes_to_offers(willing)
        await the_owner_broadcasts(owner)
        await stage.rehearsal.advance(timedelta(seconds=5))
        await willing.sees("今晚手冲")
        assert not any("今晚手冲" in bubble.text for bubble in unwilling.heard)


async def test_points_about_to_expire_are_warned_of_and_then_gone(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone("xiaoyu"), stage.phone("ajie")
        await stage.employ(cashier, "cashier")
        await joined(member)
        await the_member_claims_a_coupon(member)
        await the_cashier_records_a_purchase(member, cashier)
        await days_pass(stage, until=344)
        await member.sees("53", "到期")
        await days_pass(stage, until=380, since=344)
        await member.say("积分")
        await member.sees("0 积分")
        await assert_clean(stage.rehearsal.database)


async def days_pass(stage: Stage, *, until: int, since: int = 0, step: int = 4) -> None:
    for _ in range(since, until, step):
        await stage.rehearsal.advance(timedelta(days=step))


async def test_a_receipt_reaches_a_wechat_member_without_a_window_as_a_service_notice(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone("wangfang"), stage.phone("ajie")
        await stage.employ(cashier, "cashier")
        await joined(member)
        await member.say("资料")
        await member.tap("改手机")
        await member.say(member.person.phone)
        await member.sees("已保存")
        await stage.rehearsal.advance(timedelta(days=3))
        await cashier.say("/scan")
        await cashier.tap("手机号开卡")
        await cashier.say(member.person.phone)
        await cashier.sees("消费金额")
        await cashier.say("66")
        await cashier.tap("确认收")
        await member.sees("消费门店：总店", "消费金额：66.00", "获得积分：66")
        await assert_clean(stage.rehearsal.database)


async def test_a_keyword_of_one_language_tells_what_a_wechat_member_speaks(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        member = stage.phone("xiaomei")
        await member.start()
        await member.sees("欢迎来到晨光咖啡")
        await member.say("加入")
        await member.say("會員碼")
        await member.sees("普通會員")
        await member.say("設定")
        await member.sees("優惠訊息")
