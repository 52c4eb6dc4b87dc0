"""Giving a counted pass back in chat: why, how much of it, seen before it happens; over a limit two agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from handlers import reasons
from handlers.approvals import waits
from handlers.reply import ask, screen, tap
from handlers.said import Said
from membership.errors import QuoteExpired
from membership.member import Who
from membership.messages import Question, Reply, say
from membership.moment import Moment
from membership.money import Money
from services import Tx, approvals, passes, remarks, rules, second_person, staff
from services.approvals import Approval
from services.passes import Pass
from services.reader import Reader

CONFIRM: Final = "backpass.confirm"
"""The question behind what will happen: it takes no text, it remembers what the button confirms."""
_CANCEL = tap("cancel", "cancel")


def give_back(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Begin with a pass, or act on a button: ``<pass>``, ``why <reason>`` and ``ok <pass>``."""
    reader, told = staff.check(tx, who, "refund"), said.known("backpass.reason")
    match list(arguments):
        case ["why", reason] if told is not None and reason in reasons.OF_A_PASS:
            return _show(tx, told["pass"], reason, reader, moment=moment)
        case ["ok", pass_id]:
            return _confirm(tx, pass_id, said.known(CONFIRM) or {}, reader, moment=moment)
        case [pass_id]:
            return _ask_reason(tx, pass_id, reader, moment=moment)
    return ask("sellpass.who", say("sellpass.who"), buttons=[[_CANCEL]])


def take_reason(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take a reason in somebody's own words."""
    reader, reason = staff.check(tx, who, "refund"), reasons.typed(said.text)
    if not reason:
        return _ask_reason(tx, data["pass"], reader, moment=moment)
    return _show(tx, data["pass"], reason, reader, moment=moment)


def _ask_reason(tx: Tx, pass_id: str, reader: Reader, *, moment: Moment) -> Reply:
    found, back = passes.to_give_back(tx, pass_id, reader, now=moment.now), passes.worth(tx, pass_id, now=moment.now)
    rows = reasons.buttons("backpass", reasons.OF_A_PASS)
    text = say("backpass.reason", title=found.title, count=found.used, amount=back)
    return ask("backpass.reason", text, buttons=[*rows, [_CANCEL]], **{"pass": pass_id})


def _show(tx: Tx, pass_id: str, reason: str, reader: Reader, *, moment: Moment) -> Reply:
    """Show what will be given back before it is."""
    found, back = passes.to_give_back(tx, pass_id, reader, now=moment.now), passes.worth(tx, pass_id, now=moment.now)
    single = Money(found.plan.single_minor, back.currency)
    facts = {"name": second_person.masked(tx, found.member_id), "title": found.title, "count": found.used}
    facts |= {"price": found.price, "single": single, "amount": back, "reason": remarks.shown(reason)}
    told = [say("backpass.will", **facts)]
    if second_person.needed(tx, "pass_refund", back.minor):
        limit = Money(rules.current(tx).counter.refund_alone_up_to_minor, back.currency)
        told.append(say("refund.second", limit=limit))
    key = moment.new_id("backpass")
    known = {"pass": pass_id, "reason": reason, "minor": back.minor, "key": key}
    buttons = [[tap("refund_ok", f"backpass ok {pass_id}", amount=back)], [_CANCEL]]
    return screen(*told, buttons=buttons, question=Question(CONFIRM, known))


def _confirm(tx: Tx, pass_id: str, data: Mapping[str, Any], reader: Reader, *, moment: Moment) -> Reply:
    """Do what was shown; pressed again, the same answer comes again."""
    done: Pass | Approval | None = approvals.pass_refund_asked(tx, pass_id, now=moment.now)
    if done is None:
        done = passes.get(tx, pass_id, now=moment.now)
    if isinstance(done, Pass) and done.state != passes.REFUNDED:
        if data.get("pass") != pass_id or passes.worth(tx, pass_id, now=moment.now).minor != data["minor"]:
            raise QuoteExpired  # or a visit was taken meanwhile
        how = {"reason": data["reason"], "reference": f"desk:{reader.actor}:{data['key']}"}
        done = approvals.refund_pass(tx, pass_id, reader, **how, moment=moment)
    if isinstance(done, Approval):
        return waits(done)
    told = say("backpass.done", title=done.title, amount=done.refunded)
    return screen(told, buttons=[[tap("scan", "scan"), tap("sellpass_other", "sellpass other")]])
