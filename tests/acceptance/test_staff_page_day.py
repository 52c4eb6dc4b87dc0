"""A day with the staff's page on the whole program: the member's yes, a line that drops, two people on one device."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select

from pictures.reader import Limits, read_codes
from playground import rehearsal
from services import Tx, points
from services.points import Cause
from storage.tables import members
from tests.acceptance.stage import Stage, staged
from tests.acceptance.test_counter_loop import joined
from tests.acceptance.test_staff_page import PHONE, browser, opened, way_in
from tests.proof import assert_clean
from tests.staff_page.conftest import NO_CAMERA

__all__ = ["browser"]

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def give_points(stage: Stage) -> None:
    moment = rehearsal.moment_of(stage.rehearsal)

    def give(tx: Tx) -> None:
        points.earn(tx, tx.scalar(select(members.c.id)), 20_000, Cause("gift", "test"), moment=moment)

    await stage.rehearsal.database.write(give)


@pytest.mark.parametrize("yes", [True, False])
async def test_the_yes_on_the_open_card_pays_at_the_counter_and_a_no_takes_nothing(
    tmp_path: Path, browser: Browser, *, yes: bool
) -> None:
    async with (
        staged(tmp_path) as stage,
        opened(stage, browser, member="wangfang", cashier="ajie", camera=NO_CAMERA) as counter,
    ):
        await give_points(stage)
        page = counter.page
        await page.get_by_label("数字码").fill(await counter.renewed())
        await counter.member_is_shown()
        await counter.press("2", "00", "00", "下一步")
        await page.get_by_role("checkbox", name="用 10,000 积分抵扣").check()
        await counter.press("确认 ¥100.00")
        await expect(page.get_by_role("heading", name="在手机上同意")).to_be_visible()
        await expect(page.get_by_role("timer")).to_have_text(re.compile(r"2:00|1:5\d"))
        await counter.card.clock.fast_forward(5_000)
        await counter.card.locator("#ask-yes" if yes else "#ask-no").click()
        if yes:
            await expect(page.locator(".balance")).to_contain_text("20,000 → 10,100")
        else:
            await expect(page.get_by_role("alert")).to_contain_text("没有")
            await expect(page.get_by_role("button", name="确认 ¥100.00")).to_be_visible()
        await assert_clean(stage.rehearsal.database)


async def test_an_earning_noted_without_a_line_counts_when_the_line_is_back(tmp_path: Path, browser: Browser) -> None:
    async with (
        staged(tmp_path) as stage,
        opened(stage, browser, member="xiaoyu", cashier="ajie", camera=NO_CAMERA) as counter,
    ):
        await counter.renewed()
        (code,) = read_codes(await counter.card.screenshot(), limits=Limits())
        await counter.page.context.set_offline(True)
        await counter.page.keyboard.type(code + "\n")
        await counter.press("先记下（只积分）", "6", "8", "00", "记下")
        await expect(counter.page.get_by_text("等待网络")).to_be_visible()
        await counter.page.context.set_offline(False)
        await expect(counter.page.get_by_text("已加积分")).to_be_visible(timeout=15_000)
        await stage.phone("xiaoyu").sees("+68 积分", "积分 0 → 68")
        await assert_clean(stage.rehearsal.database)


async def test_two_people_share_a_device_and_change_places_by_pin(tmp_path: Path, browser: Browser) -> None:
    async with staged(tmp_path) as stage:
        first, second = stage.phone("ajie"), stage.phone("xiaozhou")
        context = await browser.new_context(viewport=PHONE, locale="zh-CN")  # type: ignore[arg-type]
        page = await context.new_page()
        for phone, role in ((first, "owner"), (second, "cashier")):
            await stage.employ(phone, role)
            await page.goto(await way_in(phone))
            await expect(page.get_by_label("数字码")).to_be_visible()
            await page.get_by_role("button", name="更多", exact=True).click()
            await page.get_by_role("button", name="我的密码", exact=True).click()
            await page.get_by_label("新密码，4 到 6 位数字").fill("2468")
            await page.get_by_label("再输一次").fill("2468")
            await page.get_by_role("button", name="保存", exact=True).click()
            await expect(page.get_by_role("alert")).to_have_text("密码已设好。")
        await page.get_by_role("button", name="：换人").click()
        await page.get_by_role("button", name="阿杰", exact=True).click()
        await page.get_by_label("阿杰 的密码").fill("1357")
        await page.get_by_role("button", name="换人", exact=True).click()
        await expect(page.get_by_role("alert")).not_to_be_empty()
        await page.get_by_label("阿杰 的密码").fill("2468")
        await page.get_by_role("button", name="换人", exact=True).click()
        await expect(page.get_by_role("button", name="阿杰：换人", exact=True)).to_be_visible()
        await context.close()


async def test_a_day_from_a_new_member_to_the_sums(tmp_path: Path, browser: Browser) -> None:
    async with staged(tmp_path) as stage:
        member, owner = stage.phone("wangfang"), stage.phone("ajie")
        await stage.employ(owner, "owner")
        await joined(member)
        context = await browser.new_context(viewport=PHONE, locale="zh-CN")  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        await page.goto(await way_in(owner))

        async def press(*names: str) -> None:
            for name in names:
                await page.get_by_role("button", name=name, exact=True).click()

        await press("新会员")
        for label, text in (("手机号", "138 0199 0777"), ("姓名", "李娜"), ("生日", "11月23日")):
            await page.get_by_label(label).fill(text)
        await page.get_by_role("checkbox", name="同意会员条款和隐私说明").check()
        await press("办理入会", "1", "2", "00", "下一步", "确认 ¥12.00", "下一位", "查找")
        await page.get_by_label("手机号").fill("13801990777")
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="李娜").click()
        await press("更正资料")
        await expect(page.get_by_label("生日")).to_have_value("11-23")
        await page.get_by_label("姓名").fill("李娜娜")
        await press("保存")
        await expect(page.get_by_role("heading", name="李娜娜")).to_be_visible()
        await press("返回", "今日")
        await page.locator(".row").click()
        await page.get_by_label("退款金额").fill("5")
        await page.get_by_label("原因").fill("点错")
        await press("退款")
        await expect(page.get_by_role("alert")).to_have_text("已退款 ¥5.00。")
        await member.say("人工")
        await member.say("周日开门吗？")
        await owner.sees("周日开门吗？")
        await press("提问")
        await page.get_by_role("textbox").fill("开的，九点起。")
        await press("发送")
        await member.sees("开的，九点起。")
        await press("更多", "当班汇总")
        await expect(page.locator(".lines").first).to_contain_text("¥12")
        await expect(page.locator(".lines").first).to_contain_text("¥5")
        await press("返回", "待审批")
        await expect(page.get_by_text("没有待审批的申请。")).to_be_visible()
        await press("返回", "退出登录")
        await expect(page.get_by_role("heading", name="登录收银台")).to_be_visible()
        await context.close()
        assert [text for text in complaints if "401" not in text] == []
        await assert_clean(stage.rehearsal.database)
