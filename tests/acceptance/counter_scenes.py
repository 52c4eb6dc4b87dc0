"""Short scenes at the counter for tests of what goes wrong: a sale up to its receipt, a broadcast up to its letter."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from sqlalchemy import select

from playground.inspector import Call
from storage.tables import outbox
from tests.acceptance.stage import Phone, Stage

DIGITS = re.compile(r"\d{5} \d{5}")
FINAL = ("sent", "dead", "uncertain", "waiting", "cancelled")
SENDS = frozenset({"sendMessage", "sendPhoto", "cgi-bin/message/custom/send"})
LETTER = "今晚手冲第二杯半价，等你来。"


async def joined(member: Phone) -> None:
    await member.start()
    await member.tap("立即加入")
    await member.sees("你已是晨光咖啡的会员")


async def ready_to_pay(member: Phone, cashier: Phone, *, yuan: int = 58) -> None:
    """Bring a sale to the point where only the cashier's last tap is missing."""
    await member.say("会员码")
    found = DIGITS.search((await member.sees("前有效")).text)
    assert found
    await cashier.say(found.group().replace(" ", ""))
    await cashier.until(lambda: "消费金额" in cashier.heard[-1].text, "the till does not know the member")
    await cashier.say(str(yuan))
    await cashier.sees(f"应付 ¥{yuan}")


async def pays(cashier: Phone, *, yuan: int = 58) -> None:
    await cashier.tap(f"确认收 ¥{yuan}")
    await cashier.sees(f"¥{yuan} 已入账")


async def broadcasts(owner: Phone) -> None:
    await owner.say("群发")
    await owner.sees("想群发什么")
    await owner.say(LETTER)
    await owner.tap("发给 1 位")


async def settled(stage: Stage, kind: str, *, number: int = 1) -> list[Any]:
    """Wait until so many messages of a kind have come to an end (or wait for a contact); return them, oldest first."""
    found = select(outbox).where(outbox.c.kind == kind, outbox.c.state.in_(FINAL)).order_by(outbox.c.created_at)
    for _ in range(600):
        rows = await stage.rehearsal.database.read(lambda tx: tx.all(found))
        if len(rows) >= number:
            return rows
        await asyncio.sleep(0.05)
    raise AssertionError(f"{kind}: {number} messages were never settled")


def sends(stage: Stage, member: Phone, *, since: int = 0) -> list[Call]:
    """Return the calls that sent this person something, after so many calls of all.

    A call that failed on purpose before it was read counts for everybody: there is one member on stage.
    """
    known = {member.person.user, ""}
    later = [call for call in stage.rehearsal.inspector.calls if call.number > since and call.direction == "in"]
    return [call for call in later if call.name in SENDS and _to(call) in known]


def so_far(stage: Stage) -> int:
    """Return the number of the last call there was."""
    calls = stage.rehearsal.inspector.calls
    return calls[-1].number if calls else 0


def _to(call: Call) -> str:
    body = call.request.get("body", call.request)
    return str(body.get("chat_id") or body.get("touser") or "")
