"""Points given or taken by hand in chat: whose, how many, why; seen before it happens, over a limit two agree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from handlers import pointing, reasons
from handlers.approvals import waits
from handlers.reply import ask, screen, tap
from handlers.said import Said
from membership.errors import InsufficientPoints, InvalidPoints, QuoteExpired
from membership.member import Who
from membership.messages import Question, Reply, say
from membership.moment import Moment
from services import Tx, adjustments, points, remarks, rules, second_person, staff
from services.approvals import Approval
from services.reader import Reader

CONFIRM: Final = "adjust.confirm"
"""The question behind what will happen: it takes no text, it remembers what the button confirms."""
_CANCEL = tap("cancel", "cancel")
_WRITTEN: Final = re.compile(r"([+-]?)([0-9]{1,9})")


def adjust(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Begin with a member, or act on a button: ``<member>``, ``why <reason>`` and ``ok <key>``."""
    reader, told = staff.check(tx, who, "adjust"), said.known("adjust.reason")
    match list(arguments):
        case []:
            return ask("adjust.who", say("adjust.who"), buttons=[[_CANCEL]])
        case ["why", reason] if told is not None and reason in reasons.OF_A_CHANGE:
            return _show(tx, told, reason, reader, moment=moment)
        case ["ok", key]:
            return _confirm(tx, key, said.known(CONFIRM), reader, moment=moment)
    raise QuoteExpired


def take_member(tx: Tx, said: Said, who: Who, _: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take whose points they are, and ask how many."""
    reader = staff.check(tx, who, "adjust")
    meant = pointing.member(tx, said, reader, moment=moment)
    return meant if isinstance(meant, Reply) else _ask_points(tx, meant, moment)


def take_points(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take how many, with their sign."""
    staff.check(tx, who, "adjust")
    change, has = signed(said.text), points.balance(tx, data["member"], now=moment.now).points
    if has + change < 0:
        raise InsufficientPoints(balance=has, needed=-change)
    rows = reasons.buttons("adjust", reasons.OF_A_CHANGE)
    text = say("adjust.reason", change=change, name=second_person.masked(tx, data["member"]))
    return ask("adjust.reason", text, buttons=[*rows, [_CANCEL]], member=data["member"], points=change)


def take_reason(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take a reason in somebody's own words."""
    reader, reason = staff.check(tx, who, "adjust"), reasons.typed(said.text)
    return _show(tx, data, reason, reader, moment=moment) if reason else _ask_points(tx, data["member"], moment)


def signed(text: str) -> int:
    """Return a whole number of points with its sign, but not zero. Raises InvalidPoints."""
    plain = text.strip().replace("−", "-").replace("＋", "+").replace("－", "-").replace(" ", "")
    found = _WRITTEN.fullmatch(plain)
    number = int(found[2]) if found is not None and plain.isascii() else 0
    if found is None or number == 0:
        raise InvalidPoints
    return -number if found[1] == "-" else number


def _ask_points(tx: Tx, member_id: str, moment: Moment) -> Reply:
    has = points.balance(tx, member_id, now=moment.now)
    text = say("adjust.points", name=second_person.masked(tx, member_id), points=has.points)
    return ask("adjust.points", text, buttons=[[_CANCEL]], member=member_id)


def _show(tx: Tx, data: Mapping[str, Any], reason: str, reader: Reader, *, moment: Moment) -> Reply:
    """Show what will happen before it does."""
    has, change, shop = points.balance(tx, data["member"], now=moment.now), data["points"], rules.current(tx)
    come = max(0, change - has.debt)
    pending = come if shop.points.pending_days else 0
    after = has.points + (change if change < 0 else come - pending)
    facts = {"name": second_person.masked(tx, data["member"]), "change": change, "reason": remarks.shown(reason)}
    messages = [say("adjust.will", **facts, before=has.points, points=after)]
    if change > 0 and has.debt:
        messages.append(say("adjust.repays", points=min(change, has.debt)))
    if pending:
        messages.append(say("points.pending", points=pending))
    if adjustments.is_much(tx, data["member"], change, reader, now=moment.now):
        messages.append(say("adjust.second", points=shop.counter.adjust_alone_up_to))
    key = moment.new_id("adjust")
    known = {"member": data["member"], "points": change, "reason": reason, "key": key}
    buttons = [[tap("adjust_ok", f"adjust ok {key}", points=change)], [_CANCEL]]
    return screen(*messages, buttons=buttons, question=Question(CONFIRM, known))


def _confirm(tx: Tx, key: str, data: Mapping[str, Any] | None, reader: Reader, *, moment: Moment) -> Reply:
    """Do what was shown; pressed again, the same answer comes again."""
    reference = f"desk:{reader.actor}:{key}"
    done = adjustments.made(tx, reference, now=moment.now)
    if done is None:
        if data is None or data["key"] != key:
            raise QuoteExpired
        how = {"reason": data["reason"], "reference": reference}
        done = adjustments.adjust(tx, data["member"], data["points"], reader, **how, moment=moment)
    if isinstance(done, Approval):
        return waits(done)
    messages = [say("adjust.done", change=done.points, points=done.balance)]
    if done.debt:
        messages.append(say("points.debt", points=done.debt))
    return screen(*messages, buttons=[[tap("scan", "scan"), tap("adjust_other", "adjust")]])
