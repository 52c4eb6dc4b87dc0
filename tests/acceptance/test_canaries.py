"""Who somebody is lies nowhere in plain: not in the database, its log or a backup, and not in what is logged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from playground import rehearsal
from playground.phones import Person
from services import Tx, fields, keys, members, rules, tiers_by_hand, webhooks
from services.reader import Reader
from storage.backup import backup
from tests.acceptance.stage import Phone, Stage, staged
from tests.acceptance.test_counter_loop import joined, the_cashier_records_a_purchase, the_member_claims_a_coupon

TELEGRAM = Person("canary", "telegram", "7770770770770", "Zyxwvut Quagga", "+8613977770001", "zh-Hans")
WECHAT = Person("canary-w", "wechat", "oCanaryOpenIdZyxwvut00000001", "文雀金丝", "+8613977770002", "zh-Hans")
TYPED_NAME, QUESTION, BIRTHDAY = "翡翠鸟白鹭", "朱鹮问的暗语", "1987-03-17"
REASON, HOOK = "戴胜鸟说咖啡凉了", "http://127.0.0.1:9/canary-hook-quetzal"
RATED, SEAT, RAISED = "绿孔雀说等太久", "蓝喉歌鸲坐窗边", "震旦鸦雀是老主顾"
ENROLLED = {"phone": "+8613977770003", "name": "黑颈鹤丹顶", "birthday": "1991-04-05"}

CANARIES = (
    *(part for person in (TELEGRAM, WECHAT) for part in (person.user, person.name, person.phone[3:])),
    *(TYPED_NAME, QUESTION, BIRTHDAY, REASON, HOOK, RATED, SEAT, RAISED),
    *(ENROLLED["phone"][3:], ENROLLED["name"], ENROLLED["birthday"]),
)


def spelled(canary: str) -> Iterator[bytes]:
    """The ways in which a text may lie in a file."""
    yield canary.encode()
    yield canary.encode("utf-16-le")
    yield canary.encode("unicode_escape")


def found_in(content: bytes, secrets: Sequence[str] = ()) -> list[str]:
    return [canary for canary in (*CANARIES, *secrets) if any(form in content for form in spelled(canary))]


def lying_in(folder: Path, secrets: Sequence[str]) -> dict[str, list[str]]:
    """What is found in each file of the database and of its copy."""
    return {path.name: found_in(path.read_bytes(), secrets) for path in sorted(folder.glob("*.db*"))}


def acquaint(stage: Stage, person: Person) -> Phone:
    """Give the stage one more person with a phone."""
    stage.rehearsal.people.append(person)
    stage.rehearsal.phones(person).add(person)
    return stage.phone(person.id)


async def the_member_tells_everything(member: Phone) -> None:
    for button, answer in (("改称呼", TYPED_NAME), ("改手机", member.person.phone), ("改生日", BIRTHDAY)):
        await member.say("资料")
        await member.tap(button)
        before = len(member.heard)
        await member.say(answer)
        await member.until(lambda before=before: len(member.heard) > before, f"{button} was not answered")  # type: ignore[misc] # bound at once
    await member.sees(TYPED_NAME, "3月17日")
    await member.say("人工")
    await member.say(QUESTION)
    await member.say("隐私")
    await member.tap("下载我的数据")
    await member.say("积分")
    await member.sees("积分")


async def the_member_rates_the_visit(member: Phone) -> None:
    await member.say("评价")
    await member.sees("的体验怎么样")
    await (member.tap("1 分") if member.person is TELEGRAM else member.say("1"))
    await member.sees("★☆☆☆☆")
    before = len(member.heard)
    await member.say(RATED)
    await member.until(lambda: len(member.heard) > before, "the words were not answered")


async def the_manager_notes_what_is_known(stage: Stage) -> None:
    """Answer for the enrolled member what staff are asked, and set their tier for a reason in own words."""
    moment, office = rehearsal.moment_of(stage.rehearsal), Reader("office", rules.store_id("main"))

    def note(tx: Tx) -> None:
        member_id = members.find_by_phone(tx, ENROLLED["phone"])
        assert member_id is not None
        fields.note(tx, member_id, fields.get(tx, "seat"), SEAT, reader=office, moment=moment)
        how: dict[str, Any] = {"until": moment.now.date(), "reason": RAISED, "reference": "canary-tier"}
        top = rules.current(tx).ladder.tiers[-1].id
        tiers_by_hand.set_tier(tx, member_id, top, office, **how, moment=moment)

    await stage.rehearsal.database.write(note)


async def the_till_enrols(stage: Stage) -> None:
    moment = rehearsal.moment_of(stage.rehearsal)
    key = await stage.rehearsal.database.write(
        keys.create, "till", store="main", role="till", actor="test", moment=moment
    )
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "canary"}
    body = {**ENROLLED, "consent": {"terms": True, "offers": True}}
    async with httpx.AsyncClient(base_url=stage.rehearsal.program.url) as till:
        assert (await till.post("/api/v1/members", json=body, headers=headers)).status_code == 201
        phone = {"phone": ENROLLED["phone"]}
        assert (await till.get("/api/v1/members", params=phone, headers=headers)).status_code == 200


async def the_manager_gives_a_reason(stage: Stage) -> str:
    """Give points by hand for a reason in own words; return the key it was done with."""
    moment = rehearsal.moment_of(stage.rehearsal)
    key: str = await stage.rehearsal.database.write(
        keys.create, "office", store="main", role="manager", actor="test", moment=moment
    )
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "canary-reason"}
    async with httpx.AsyncClient(base_url=stage.rehearsal.program.url) as till:
        found = await till.get("/api/v1/members", params={"phone": ENROLLED["phone"]}, headers=headers)
        path = f"/api/v1/members/{found.json()['id']}/adjustments"
        given = await till.post(path, json={"points": 5, "reason": REASON}, headers=headers)
        assert given.status_code == 201, given.text
    return key


async def the_shop_is_told_by(stage: Stage) -> str:
    """Have another system told of everything; return the secret its calls are signed with."""
    moment = rehearsal.moment_of(stage.rehearsal)
    return await stage.rehearsal.database.write(
        webhooks.add, "books", HOOK, events=(), inside=True, actor="test", moment=moment
    )


async def live(stage: Stage) -> tuple[str, ...]:
    """Let the canaries do what members do, from the first contact to the receipt; return the secrets given out."""
    signed = await the_shop_is_told_by(stage)
    for person, cashier_name in ((TELEGRAM, "ajie"), (WECHAT, "xiaozhou")):
        member, cashier = acquaint(stage, person), stage.phone(cashier_name)
        await stage.employ(cashier, "cashier")
        await joined(member)
        await the_member_claims_a_coupon(member)
        await the_cashier_records_a_purchase(member, cashier)
        await the_member_tells_everything(member)
        await stage.reads()
        await the_member_rates_the_visit(member)
    await the_till_enrols(stage)
    await the_manager_notes_what_is_known(stage)
    return signed, await the_manager_gives_a_reason(stage)


async def test_who_somebody_is_lies_nowhere_in_plain(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with capture_logs() as told, caplog.at_level(logging.WARNING):
        async with staged(tmp_path) as stage:
            secrets = await live(stage)
            file = tmp_path / "memberbot.db"
            copy = await asyncio.to_thread(backup, file, tmp_path / "copy.db")
            lying = lying_in(tmp_path, secrets)
    assert {"memberbot.db", "memberbot.db-wal", copy.path.name} <= set(lying)
    assert not {name: seen for name, seen in lying.items() if seen}
    assert told, "something is logged"
    assert found_in(f"{told} {caplog.text}".encode(), secrets) == []


def test_a_canary_that_sings_is_heard() -> None:
    assert found_in("…翡翠鸟白鹭…".encode()) == [TYPED_NAME]
    assert found_in(b"tel:13977770001") == ["13977770001"]
    assert found_in(str([TYPED_NAME]).encode("unicode_escape")) == [TYPED_NAME]
