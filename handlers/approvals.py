"""The second person's desk: what waits for a yes, and the yes or no to it."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.reply import home_row, screen, tap
from handlers.said import Said
from membership.errors import Expired
from membership.member import Who
from membership.messages import Reply, say
from membership.moment import Moment
from services import Tx, approvals, staff
from services.approvals import Approval


def approve(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """List what waits for a yes, or decide one: ``<id>`` says yes, ``<id> no`` says no."""
    del said
    reader = staff.check(tx, who, "refund")
    match list(arguments):
        case []:
            return _list(approvals.listed(tx, reader, now=moment.now))
        case [approval_id]:
            decided = approvals.decide(tx, approval_id, reader, yes=True, moment=moment)
        case [approval_id, "no"]:
            decided = approvals.decide(tx, approval_id, reader, yes=False, moment=moment)
        case _:
            raise Expired
    text = say(f"approval.{decided.approval.state}", what=decided.approval.what)
    told = [text] if decided.refusal is None else [text, decided.refusal]
    return screen(*told, buttons=[[tap("approvals", "approve"), *home_row()]])


def waits(asked: Approval) -> Reply:
    """Show whoever began it that a second person was asked, or what became of it."""
    waiting = say("approval.waits", what=asked.what, until=asked.expires_at)
    text = waiting if asked.state == "pending" else say(f"approval.{asked.state}", what=asked.what)
    return screen(text, buttons=[[tap("scan", "scan"), tap("approvals", "approve")]])


def _list(found: Sequence[Approval]) -> Reply:
    if not found:
        return screen(say("approval.none"), buttons=[home_row()])
    messages, buttons = [say("approval.title")], []
    for number, one in enumerate(found, start=1):
        facts = {"number": number, "who": one.asked_by, "what": one.what, "reason": one.reason, "store": one.store}
        messages.append(say("approval.line", **facts, until=one.expires_at))
        if not one.mine:
            yes, no = (f"approve {one.id}", f"approve {one.id} no")
            buttons.append([tap("approve_one", yes, number=number), tap("disapprove_one", no, number=number)])
    return screen(*messages, buttons=[*buttons, home_row()])
