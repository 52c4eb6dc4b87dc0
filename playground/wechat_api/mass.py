"""Mass messages: one text or picture to many followers, few times a month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from playground.wechat_api import messages
from playground.wechat_api.answers import Ask, Refused
from playground.wechat_api.state import BEIJING, Account, Fan, Job

A_MONTH = 4  # mass messages a follower of a service account gets in one calendar month
KINDS = ("text", "image")


def send_all(account: Account, ask: Ask) -> dict[str, Any]:
    """POST message/mass/sendall: to everybody or to one tag."""
    choice = ask.part("filter")
    followers = account.followers()
    if not choice.get("is_to_all"):
        tag = choice.get("tag_id")
        if not isinstance(tag, int) or tag not in account.tags:
            raise Refused(45159)
        followers = [fan for fan in followers if tag in fan.tags]
    return _submit(account, ask, followers)


def send_some(account: Account, ask: Ask) -> dict[str, Any]:
    """POST message/mass/send: to a list of at least two people."""
    names = ask.body.get("touser")
    if not isinstance(names, list) or not 2 <= len(names) <= 10_000:  # noqa: PLR2004 - the platform's own bounds
        raise Refused(40130)
    return _submit(account, ask, [fan for fan in (account.fans.get(str(name)) for name in names) if fan])


def _submit(account: Account, ask: Ask, people: list[Fan]) -> dict[str, Any]:
    kind, content = _content(account, ask)
    same = str(ask.body.get("clientmsgid") or "")
    if same and same in account.mass_jobs:
        raise Refused(45065, msg_id=account.mass_jobs[same])
    if account.kind == "subscription" and _today(account.mass_days, ask.now):
        raise Refused(45028)
    number = next(account.job_ids)
    if same:
        account.mass_jobs[same] = number
    account.mass_days.append(ask.now)
    _deliver(account, ask.now, people, kind=kind, content=content, number=number)
    answer = {"errcode": 0, "errmsg": "send job submission success", "msg_id": number}
    return {**answer, "msg_data_id": number + 6_000_000}


def _content(account: Account, ask: Ask) -> tuple[str, Mapping[str, Any]]:
    kind = str(ask.body.get("msgtype"))
    if kind not in KINDS:
        raise Refused(40008)
    content = ask.part(kind)
    messages.CHECKED[kind](account, content, ask.now)
    return kind, content


def _deliver(
    account: Account, now: datetime, people: list[Fan], *, kind: str, content: Mapping[str, Any], number: int
) -> None:
    reached = [fan for fan in people if fan.following and _may_get(account, fan, now)]
    for fan in reached:
        fan.mass_at.append(now)
        messages.SHOWN[kind](account, fan, now, content)
    counts = {"TotalCount": len(people), "FilterCount": len(reached), "SentCount": len(reached), "ErrorCount": 0}
    fields = {"MsgID": number, "Status": "send success", **counts}
    account.jobs.append(Job("mphelper", "MASSSENDJOBFINISH", fields))


def _may_get(account: Account, fan: Fan, now: datetime) -> bool:
    month = now.astimezone(BEIJING).strftime("%Y-%m")
    got = [at for at in fan.mass_at if at.astimezone(BEIJING).strftime("%Y-%m") == month]
    return account.kind != "service" or len(got) < A_MONTH


def _today(days: list[datetime], now: datetime) -> bool:
    return any(day.astimezone(BEIJING).date() == now.astimezone(BEIJING).date() for day in days)
