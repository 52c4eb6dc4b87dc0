"""Selling a counted pass in chat: to whom, which one, seen before it happens, undone while it is fresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from handlers import passes as lines
from handlers import pointing
from handlers.reply import ask, listed, screen, tap
from handlers.said import Said
from membership import staff as rights
from membership.errors import PassUnknown, QuoteExpired
from membership.member import Who
from membership.messages import Button, Question, Reply, choose, say
from membership.moment import Moment
from membership.passes import Plan
from services import Tx, passes, rules, second_person, staff
from services.passes import Pass
from services.reader import Reader

CONFIRM: Final = "sellpass.confirm"
"""The question behind what will happen: it takes no text, it remembers what the buttons confirm."""
_CANCEL = tap("cancel", "cancel")


def sell(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Begin with the member who was scanned, or act on a button: ``plan <code>``, ``ok <key>``, ``undo <pass>``.

    A member who asks is shown their own passes.
    """
    if who.member_id is not None and not who.roles:
        return lines.show_passes(tx, said, who, (), moment=moment)
    reader, data = staff.check(tx, who, "sell_pass"), _data(said)
    match list(arguments):
        case ["plan", code] if "member" in data:
            return _show(tx, data["member"], _plan(tx, code, reader), moment=moment)
        case ["ok", key]:
            return _confirm(tx, key, data, reader, moment=moment)
        case ["undo", pass_id]:
            manager = rights.may(who.roles, "refund", store_id=reader.store_id)
            return _done(passes.undo_sale(tx, pass_id, reader, manager=manager, moment=moment))
        case [] if "member" in data:
            return _choose(tx, data["member"], who, reader, moment=moment)
    return ask("sellpass.who", say("sellpass.who"), buttons=[[_CANCEL]])


def take_member(tx: Tx, said: Said, who: Who, _: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take whose pass it is, and show what can be sold to them and given back."""
    reader = staff.check(tx, who, "sell_pass")
    meant = pointing.member(tx, said, reader, moment=moment)
    return meant if isinstance(meant, Reply) else _choose(tx, meant, who, reader, moment=moment)


def _choose(tx: Tx, member_id: str, who: Who, reader: Reader, *, moment: Moment) -> Reply:
    """Show what can be sold to a member, and to a manager what can be given back."""
    sold, held = passes.offered(tx, reader.store_id), passes.held(tx, member_id, now=moment.now)
    if not sold and not held:
        raise PassUnknown
    rows = [[tap("sellpass_plan", f"sellpass plan {plan.id}", **_named(tx, plan))] for plan in sold]
    if rights.may(who.roles, "refund", store_id=reader.store_id):
        here = [one for one in held if passes.is_given_back_at(tx, one, reader.store_id)]
        rows += [[tap("backpass", f"backpass {one.id}", title=one.title)] for one in here]
    told = [say("sellpass.member", name=second_person.masked(tx, member_id)), *listed(map(lines.held_line, held))]
    return screen(*told, buttons=[*rows, [_CANCEL]], question=Question(CONFIRM, {"member": member_id}))


def _show(tx: Tx, member_id: str, plan: Plan, *, moment: Moment) -> Reply:
    """Show what will be sold before it is."""
    price, key = passes.price(tx, plan), moment.new_id("sellpass")
    told = [say("sellpass.will", name=second_person.masked(tx, member_id), what=lines.plan_line(tx, plan))]
    if plan.points:
        told.append(say("sellpass.points", points=plan.points))
    known = {"member": member_id, "plan": plan.id, "rules": rules.version(tx), "key": key}
    buttons = [[tap("confirm", f"sellpass ok {key}", amount=price)], [_CANCEL]]
    return screen(*told, buttons=buttons, question=Question(CONFIRM, known))


def _confirm(tx: Tx, key: str, data: Mapping[str, Any], reader: Reader, *, moment: Moment) -> Reply:
    """Do what was shown; pressed again, the same answer comes again."""
    reference = f"desk:{reader.actor}:{key}"
    done = passes.sold_under(tx, reference, now=moment.now)
    if done is None:
        shown = data.get("rules")  # a question of an earlier version of the program does not know them
        if data.get("key") != key or shown is None:
            raise QuoteExpired
        if _plan(tx, data["plan"], reader) not in rules.at_version(tx, shown).passes:
            raise QuoteExpired  # the pass has changed since it was shown
        done = passes.sell(tx, data["member"], data["plan"], reader, reference=reference, moment=moment)
    return _done(done)


def _done(done: Pass) -> Reply:
    """Show what was sold, and the way back; of a sale that was undone, that it was."""
    if done.state == passes.VOIDED:
        return screen(say("sellpass.undone", title=done.title, price=done.price), buttons=[_next()])
    facts = {"title": done.title, "price": done.price, "count": done.plan.visits, "ends": passes.until(done.ends_on)}
    return screen(say("sellpass.done", **facts), buttons=[[tap("undo", f"sellpass undo {done.id}")], _next()])


def _plan(tx: Tx, code: str, reader: Reader) -> Plan:
    found = next((plan for plan in passes.offered(tx, reader.store_id) if plan.id == code), None)
    if found is None:
        raise PassUnknown
    return found


def _named(tx: Tx, plan: Plan) -> dict[str, Any]:
    return {"title": choose(plan.name), "price": passes.price(tx, plan)}


def _data(said: Said) -> Mapping[str, Any]:
    """Return what the open screen remembers: the member at the counter, or what is to be confirmed."""
    return said.known("staff.amount", CONFIRM) or {}


def _next() -> list[Button]:
    return [tap("scan", "scan"), tap("sellpass_other", "sellpass other")]
