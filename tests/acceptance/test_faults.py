"""What goes wrong on purpose on both platforms: nothing is lost in silence, and nothing is said too often."""

from __future__ import annotations

import asyncio
import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select

from membership.moment import Moment
from playground import rehearsal
from playground.faults import Fault
from services import Tx, codes
from storage.tables import coupons, members, purchases
from tests.acceptance.counter_scenes import LETTER, broadcasts, joined, pays, ready_to_pay, sends, settled, so_far
from tests.acceptance.stage import Phone, Stage, staged
from tests.acceptance.test_account_kinds import staged_as
from tests.proof import assert_clean

CREATED = re.compile(r"<CreateTime>\d+</CreateTime>")
REST = timedelta(seconds=10)
"""After so long nobody's chat has to wait for its next message."""
PLAIN_400 = Fault("400", match="sendMessage")

# The fault of the first call (or calls); then: calls made, copies the person sees, and the message's end.
TELEGRAM_RECEIPTS = [
    (Fault("429", match="sendMessage", retry_after=2), 2, 1, "sent"),
    (Fault("403", match="sendMessage"), 1, 0, "dead"),
    (PLAIN_400, 2, 1, "sent"),
    (Fault("502", match="sendMessage"), 2, 1, "sent"),
    (Fault("502", match="sendMessage", count=2), 2, 0, "uncertain"),
    (Fault("html", match="sendMessage"), 2, 2, "sent"),
    (Fault("cut", match="sendMessage"), 2, 2, "sent"),
    (Fault("reset", match="sendMessage"), 2, 2, "sent"),
    (Fault("reset", match="sendMessage", count=3), 2, 2, "uncertain"),
    (Fault("hang", match="sendMessage"), 2, 1, "sent"),
]
TELEGRAM_OFFERS = [
    (Fault("429", match="sendMessage", retry_after=2), 2, 1, "sent"),
    (Fault("403", match="sendMessage"), 1, 0, "dead"),
    (PLAIN_400, 2, 1, "sent"),
    (Fault("502", match="sendMessage"), 1, 0, "uncertain"),
    (Fault("html", match="sendMessage"), 1, 1, "uncertain"),
    (Fault("cut", match="sendMessage"), 1, 1, "uncertain"),
    (Fault("reset", match="sendMessage"), 1, 1, "uncertain"),
]
CUSTOM = "message/custom/send"
WECHAT_RECEIPTS = [
    (Fault("errcode", match=CUSTOM, code=-1), 2, 1, "sent"),
    (Fault("errcode", match=CUSTOM, code=40001), 2, 1, "sent"),
    (Fault("errcode", match=CUSTOM, code=45015), 1, 0, "waiting"),
    (Fault("errcode", match=CUSTOM, code=45047), 1, 0, "waiting"),
    (Fault("errcode", match=CUSTOM, code=43004), 1, 0, "dead"),
    (Fault("502", match=CUSTOM), 1, 0, "uncertain"),
    (Fault("html", match=CUSTOM), 1, 0, "uncertain"),
    (Fault("cut", match=CUSTOM), 1, 1, "uncertain"),
    (Fault("reset", match=CUSTOM), 1, 1, "uncertain"),
]


def named(faults: list[tuple[Fault, int, int, str]]) -> pytest.MarkDecorator:
    """Return a table of faults with readable names."""
    names = [f"{fault.kind}{fault.code or ''}x{fault.count}" for fault, *_ in faults]
    return pytest.mark.parametrize(("fault", "calls", "copies", "end"), faults, ids=names)


@named(TELEGRAM_RECEIPTS)
async def test_a_receipt_on_telegram_survives(
    tmp_path: Path, *, fault: Fault, calls: int, copies: int, end: str
) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone("xiaoyu"), stage.phone("xiaozhou")
        since = await a_receipt_is_due(stage, member, cashier, fault)
        (row,) = await settled(stage, "receipt")
        assert row.state == end
        assert len(sends(stage, member, since=since)) == calls
        assert said(member, "实付 ¥58") == copies
        await assert_clean(stage.rehearsal.database)


@named(WECHAT_RECEIPTS)
async def test_a_receipt_on_wechat_survives(tmp_path: Path, *, fault: Fault, calls: int, copies: int, end: str) -> None:
    async with staged_as(tmp_path, "subscription") as stage:  # which has no templates to fall back on
        member, cashier = stage.phone("wangfang"), stage.phone("ajie")
        since = await a_receipt_is_due(stage, member, cashier, fault)
        (row,) = await settled(stage, "receipt")
        assert row.state == end
        assert len(sends(stage, member, since=since)) == calls
        assert said(member, "实付 ¥58") == copies
        if end == "waiting":
            await member.say("通知")
            await member.sees("实付 ¥58")
        await assert_clean(stage.rehearsal.database)


async def a_receipt_is_due(stage: Stage, member: Phone, cashier: Phone, fault: Fault) -> int:
    """Sell something while this fault waits for the receipt; return how many calls there were before."""
    await stage.employ(cashier, "cashier")
    await joined(member)
    await ready_to_pay(member, cashier)
    stage.rehearsal.clock.step(REST)
    since = so_far(stage)
    stage.rehearsal.faults[member.person.app].plan(fault)
    await pays(cashier)
    return since


def said(member: Phone, text: str) -> int:
    """Return how many times the shop has said this."""
    return sum(text in one.text for one in member.heard)


@named(TELEGRAM_OFFERS)
async def test_an_offer_on_telegram_is_never_said_twice(
    tmp_path: Path, *, fault: Fault, calls: int, copies: int, end: str
) -> None:
    async with staged(tmp_path) as stage:
        member, owner = stage.phone("xiaoyu"), stage.phone("mrschen")
        since = await a_letter_is_due(stage, member, owner, fault)
        (row,) = await settled(stage, "broadcast")
        assert row.state == end
        assert len(sends(stage, member, since=since)) == calls
        assert said(member, LETTER) == copies


async def a_letter_is_due(stage: Stage, member: Phone, owner: Phone, fault: Fault) -> int:
    """Broadcast to one member while this fault waits for the letter; return how many calls there were before."""
    await stage.employ(owner, "owner")
    await joined(member)
    await member.tap("好，通知我")
    await member.sees("优惠")
    await settled(stage, "reply", number=4)
    stage.rehearsal.clock.step(REST)
    since = so_far(stage)
    stage.rehearsal.faults[member.person.app].plan(fault)
    await broadcasts(owner)
    return since


async def test_after_a_429_nothing_is_sent_before_telegram_said_so_and_then_everything(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        people = [stage.phone("xiaoyu"), stage.phone("maya")]
        for one in people:
            await one.start()
            await heard(one, 1)
        since = so_far(stage)
        stage.rehearsal.faults["telegram"].plan(Fault("429", match="sendMessage", retry_after=3))
        await people[0].say("/help")
        await people[0].until(lambda: sends(stage, people[0], since=since), "nothing was tried")
        await people[1].say("/help")
        for one in people:
            await heard(one, 2)
        made = sorted((call for one in people for call in sends(stage, one, since=since)), key=lambda call: call.number)
        refused, *later = made
        assert refused.fault == "429"
        assert len(later) == 2
        assert all((call.at - refused.at).total_seconds() >= 3 for call in later)


async def heard(one: Phone, number: int) -> None:
    await one.until(lambda: len(one.heard) == number, f"there never were {number} answers")


async def test_who_blocked_the_bot_is_tried_once_and_comes_back_to_what_waits(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone("xiaoyu"), stage.phone("xiaozhou")
        since = await a_receipt_is_due(stage, member, cashier, Fault("403", match="sendMessage"))
        await settled(stage, "receipt")
        assert len(sends(stage, member, since=since)) == 1
        await sells_to_somebody_away(stage, cashier, receipts=2)
        assert len(sends(stage, member, since=since)) == 1
        await comes_back(stage, member)


async def sells_to_somebody_away(stage: Stage, cashier: Phone, *, receipts: int) -> None:
    """Sell by a code that was shown before; the newest of so many receipts must wait."""
    shown = await stage.rehearsal.database.write(_show_code, moment=rehearsal.moment_of(stage.rehearsal))
    await cashier.say(shown)
    await cashier.until(lambda: "消费金额" in cashier.heard[-1].text, "the till does not know the member")
    await cashier.say("20")
    await cashier.sees("应付 ¥20")
    await pays(cashier, yuan=20)
    *_, row = await settled(stage, "receipt", number=receipts)
    assert row.state == "waiting"


def _show_code(tx: Tx, *, moment: Moment) -> str:
    return codes.show(tx, tx.scalar(select(members.c.id)), moment=moment).digits


async def comes_back(stage: Stage, member: Phone) -> None:
    stage.rehearsal.clock.step(REST)  # WeChat tells two follows apart by their second
    await member.start()
    await member.sees("你有 1 条通知")
    await member.tap("通知")
    await member.sees("实付 ¥20")


@pytest.mark.parametrize(("member_name", "cashier_name"), [("xiaoyu", "xiaozhou"), ("wangfang", "ajie")])
async def test_who_blocks_or_unfollows_is_not_written_to_until_they_come_back(
    tmp_path: Path, member_name: str, cashier_name: str
) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone(member_name), stage.phone(cashier_name)
        await stage.employ(cashier, "cashier")
        await joined(member)
        await settled(stage, "reply", number=3)
        await member.platform.stop(member.person.user)
        await member.until(lambda: told_of_leaving(stage), "the program was never told")
        since = so_far(stage)
        await sells_to_somebody_away(stage, cashier, receipts=1)
        assert sends(stage, member, since=since) == []
        await comes_back(stage, member)


def told_of_leaving(stage: Stage) -> bool:
    """Tell whether the platform's news of a block or an unfollow has been taken."""
    waiting = stage.rehearsal.telegram._world.pushes.waiting
    unfollowed = stage.rehearsal.inspector.named("push/event/unsubscribe")
    return not waiting and (stage.rehearsal.telegram.screen("5820174401").blocked or bool(unfollowed))


async def test_a_token_wechat_has_dropped_is_fetched_once_however_many_need_it(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        member, owner = stage.phone("wangfang"), stage.phone("mrschen")
        people = [member, owner, stage.phone("xiaozhou"), stage.phone("lilei"), stage.phone("xiaomei")]
        for one in people:
            await joined(one) if one.person.language == "zh-Hans" else await one.start()
        stage.rehearsal.wechat.revoke_tokens()
        fetched = len(stage.rehearsal.inspector.named("cgi-bin/stable_token"))
        await asyncio.gather(*(one.say("会员码") for one in people[:4]))
        await asyncio.gather(*(one.sees("前有效") for one in people[:4]))
        assert len(stage.rehearsal.inspector.named("cgi-bin/stable_token")) == fetched + 1


async def test_a_picture_wechat_has_forgotten_is_uploaded_again_once(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        member, owner = stage.phone("wangfang"), stage.phone("chen")
        await stage.employ(owner, "owner")
        await joined(member)
        await member.tap("好，通知我")
        await member.sees("优惠")
        await owner.say("群发")
        await owner.sees("想群发什么")
        await owner.photograph(photographed_cake())
        await owner.sees("文字")
        stage.rehearsal.faults["wechat"].plan(Fault("errcode", match=CUSTOM, code=40007))
        await owner.say(LETTER)
        await owner.tap("发给 1 位")
        (row,) = await settled(stage, "broadcast")
        assert row.state == "sent"
        assert len(stage.rehearsal.inspector.named("cgi-bin/media/upload")) == 2
        assert said(member, LETTER) == 1
        assert sum(bool(one.image) for one in member.heard) == 1


def photographed_cake() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (320, 240), (180, 120, 90)).save(kept, "JPEG")
    return kept.getvalue()


@pytest.mark.parametrize("member_name", ["xiaoyu", "wangfang"])
async def test_what_a_platform_brings_twice_has_one_effect_and_one_answer(tmp_path: Path, member_name: str) -> None:
    async with staged(tmp_path) as stage:
        member = stage.phone(member_name)
        await joined(member)
        await member.say("优惠券")
        await member.sees("领取 新会员 5 元券") if member.person.app == "wechat" else await member.sees("可以领取")
        kind = "push/text" if member.person.app == "wechat" else "callback_query"
        stage.rehearsal.faults[member.person.app].plan(Fault("duplicate", match=kind))
        await member.tap("领取 新会员 5 元券")
        await member.sees("领到了：新会员 5 元券")
        await member.say("积分")
        await member.sees("0 积分")
        assert stage.rehearsal.faults[member.person.app].planned == []
        assert said(member, "领到了") == 1
        assert await stage.rehearsal.database.read(_count, coupons) == 1
        answers_are_the_same(stage)


def answers_are_the_same(stage: Stage) -> None:
    """Every push that WeChat made twice got the same answer twice."""
    pushes = [call for call in stage.rehearsal.inspector.calls if call.name == "push/text"]
    answers: dict[str, set[str]] = {}
    for call in pushes:
        answers.setdefault(call.request, set()).add(CREATED.sub("", call.answer))
    assert all(len(different) == 1 for different in answers.values())


@pytest.mark.parametrize("cashier_name", ["ajie", "xiaozhou"])
async def test_a_confirmation_brought_twice_is_one_purchase(tmp_path: Path, cashier_name: str) -> None:
    async with staged(tmp_path) as stage:
        member, cashier = stage.phone("maya"), stage.phone(cashier_name)
        object.__setattr__(member.person, "language", "zh-Hans")
        await stage.employ(cashier, "cashier")
        await joined(member)
        await ready_to_pay(member, cashier)
        kind = "push/text" if cashier.person.app == "wechat" else "callback_query"
        stage.rehearsal.faults[cashier.person.app].plan(Fault("duplicate", match=kind))
        await pays(cashier)
        await member.sees("实付 ¥58")
        assert stage.rehearsal.faults[cashier.person.app].planned == []
        assert await stage.rehearsal.database.read(_count, purchases) == 1
        assert said(member, "实付") == 1
        await assert_clean(stage.rehearsal.database)


def _count(tx: Tx, table: Any) -> int:
    return int(tx.scalar(select(func.count()).select_from(table)))
