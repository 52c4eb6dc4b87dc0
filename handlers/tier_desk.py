"""A tier set by hand in chat: whose, which one, until when, why; seen before it happens, and ended before its time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from handlers import pointing, reasons
from handlers.reply import ask, home_row, listed, screen, tap
from handlers.said import Said
from membership import days
from membership.errors import QuoteExpired
from membership.member import Who
from membership.messages import Message, Question, Reply, choose, say
from membership.moment import Moment
from membership.typed_days import last_day
from services import Tx, remarks, rules, second_person, staff, tiers, tiers_by_hand
from services.reader import Reader
from services.tiers import Change

TIER, CONFIRM = "settier.tier", "settier.confirm"
"""Questions that take no text; they remember what the buttons below them mean."""

SPANS: Final = (30, 90, 365)
LINES = 5
_CANCEL = tap("cancel", "cancel")


def set_tier(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Begin with a member, or act on a button: ``to <tier>``, ``until <days>``, ``why …``, ``ok <key>`` and ``end``."""
    reader, known = staff.check(tx, who, "set_tier"), _known(said)
    match list(arguments):
        case []:
            return ask("settier.who", say("settier.who"), buttons=[[_CANCEL]])
        case ["to", tier_id] if TIER in known:
            return _ask_until(tx, known[TIER]["member"], tier_id)
        case ["until", span] if "settier.until" in known and span in map(str, SPANS):
            last = days.day_of(moment.now, rules.current(tx).zone) + timedelta(days=int(span))
            return _ask_reason(tx, known["settier.until"], last)
        case ["why", reason] if "settier.reason" in known and reason in reasons.OF_A_CHANGE:
            return _show(tx, known["settier.reason"], reason, moment=moment)
        case ["ok", key] if CONFIRM in known and known[CONFIRM]["key"] == key:
            return _confirm(tx, known[CONFIRM], reader, moment=moment)
        case ["end"] if TIER in known:
            tier = tiers_by_hand.end(tx, known[TIER]["member"], reader, moment=moment)
            return screen(say("settier.ended", tier=tier), buttons=[[tap("settier_other", "settier")], home_row()])
    raise QuoteExpired


def take_member(tx: Tx, said: Said, who: Who, _: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take whose tier it is, show how they stand, and ask for the new one."""
    reader = staff.check(tx, who, "set_tier")
    meant = pointing.member(tx, said, reader, moment=moment)
    return meant if isinstance(meant, Reply) else _ask_tier(tx, meant, moment=moment)


def take_until(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take the last day of the tier."""
    staff.check(tx, who, "set_tier")
    last = last_day(said.text, days.day_of(moment.now, rules.current(tx).zone), language=who.language)
    return _ask_reason(tx, data, tiers_by_hand.check_day(tx, last, moment=moment))


def take_reason(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take a reason in somebody's own words."""
    staff.check(tx, who, "set_tier")
    reason = reasons.typed(said.text)
    return _show(tx, data, reason, moment=moment) if reason else _ask_reason(tx, data, _last(data))


def _ask_tier(tx: Tx, member_id: str, *, moment: Moment) -> Reply:
    stands = tiers.standing(tx, member_id, now=moment.now)
    lines = [say("settier.member", name=second_person.masked(tx, member_id), tier=_name(tx, stands.tier))]
    if stands.until is not None:
        lines.append(say("tier.fixed_until" if stands.fixed else "tier.until", on=stands.until))
    history = tiers.history(tx, member_id, limit=LINES, for_staff=True)
    rows = [[tap("tier_named", f"settier to {tier.id}", tier=choose(tier.name))] for tier in _ladder(tx)]
    if stands.fixed:
        rows.append([tap("tier_end", "settier end")])
    known = Question(TIER, {"member": member_id})
    return screen(
        *lines, *listed(map(_line, history)), say("settier.which"), buttons=[*rows, [_CANCEL]], question=known
    )


def _ask_until(tx: Tx, member_id: str, tier_id: str) -> Reply:
    rows = [[tap("tier_days", f"settier until {span}", count=span) for span in SPANS], [_CANCEL]]
    text = say("settier.until", name=second_person.masked(tx, member_id), tier=tiers.name_of(_rules(tx), tier_id))
    return ask("settier.until", text, buttons=rows, member=member_id, tier=tier_id)


def _ask_reason(tx: Tx, data: Mapping[str, Any], last: date) -> Reply:
    rows = reasons.buttons("settier", reasons.OF_A_CHANGE)
    name, tier = second_person.masked(tx, data["member"]), tiers.name_of(_rules(tx), data["tier"])
    text = say("settier.reason", name=name, tier=tier, on=last)
    known = {"member": data["member"], "tier": data["tier"], "last": last.isoformat()}
    return ask("settier.reason", text, buttons=[*rows, [_CANCEL]], **known)


def _show(tx: Tx, data: Mapping[str, Any], reason: str, *, moment: Moment) -> Reply:
    """Show what will happen before it does."""
    now = tiers.standing(tx, data["member"], now=moment.now).tier
    facts = {"name": second_person.masked(tx, data["member"]), "reason": remarks.shown(reason), "on": _last(data)}
    text = say("settier.will", before=_name(tx, now), tier=tiers.name_of(_rules(tx), data["tier"]), **facts)
    key = moment.new_id("settier")
    known = {**data, "reason": reason, "key": key}
    buttons = [[tap("settier_ok", f"settier ok {key}")], [_CANCEL]]
    return screen(text, buttons=buttons, question=Question(CONFIRM, known))


def _confirm(tx: Tx, data: Mapping[str, Any], reader: Reader, *, moment: Moment) -> Reply:
    how = {"until": _last(data), "reason": data["reason"], "reference": f"tier-set:{reader.actor}:{data['key']}"}
    done = tiers_by_hand.set_tier(tx, data["member"], data["tier"], reader, **how, moment=moment)
    text = say("settier.done", tier=done.tier, on=done.until)
    rows = [[tap("settier_other", "settier")], home_row()]
    return screen(text, buttons=rows, question=Question(CONFIRM, dict(data)))  # pressed again, the same answer


def _line(change: Change) -> Message:
    facts = {"at": change.at, "before": change.before, "tier": change.after}
    if change.words is not None:
        return say("settier.change_why", reason=change.reason, words=change.words, **facts)
    return say("tier.change", reason=change.reason, **facts)


def _known(said: Said) -> dict[str, Mapping[str, Any]]:
    return {} if said.open is None else {said.open.name: said.open.data}


def _last(data: Mapping[str, Any]) -> date:
    return date.fromisoformat(data["last"])


def _rules(tx: Tx) -> Any:
    return rules.current(tx).ladder


def _ladder(tx: Tx) -> Sequence[Any]:
    return rules.current(tx).ladder.tiers


def _name(tx: Tx, tier: Any) -> Message:
    return tiers.name_of(rules.current(tx).ladder, "" if tier is None else tier.id)
