"""Help: what can be said, what waits for me, a person to talk to, and the way out of any question."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import hubs
from handlers.reply import home_row, screen, tap
from handlers.said import Said
from membership import staff as rights
from membership.errors import PurchaseUnknown
from membership.member import Who
from membership.messages import Button, Message, Reply, choose, say, words
from membership.moment import Moment
from services import Tx, checkin, members, outbox, purchases, rules, staff, stored_value
from services.outbox import Notice

STRANGER = ("join", "terms", "language")
MEMBER = ("code", "points", "coupons", "perks", "profile", "settings", "privacy")
STAFF = ("counter", "scan", "undo", "enrol")
OFFICE = (("store", "scan"), ("report", "report"), ("broadcast", "broadcast"), ("manage", "report"))
"""Words of those who lead, and the action each needs."""
PURSE = ("topup", "cashout")
"""Words of a shop that sells stored value."""
AT_WORK = frozenset({*STAFF, *PURSE, *(word for word, _ in (*OFFICE, *hubs.OFFICE))}) - {
    "campaigns",
    "activities",
    "topup",
}
"""Words that mean nothing to who does not work here: they are not offered for what was typed nearly so."""


def show_help(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Show what can be said, each with its button."""
    del said, moment
    first, own = _about(tx, who)
    messages, work = [first], list[str]()
    if rights.may(who.roles, "scan"):
        messages.append(say("help.staff"))
        work += STAFF
    if rights.may(who.roles, "report"):
        messages.append(say("help.owner"))
    work += [word for word, action in OFFICE if rights.may(who.roles, action)]
    if stored_value.sold(tx) and rights.may(who.roles, stored_value.right(tx)):
        work += PURSE if rights.may(who.roles, "top_up") else PURSE[:1]
    shown = [*own, *work] if who.member_id else [*work, *own]
    return screen(*messages, buttons=_in_rows([tap(word, word) for word in shown] + [tap("human", "human")]))


def _refers(tx: Tx, who: Who) -> bool:
    return not who.roles and rules.current(tx).referral is not None


def _about(tx: Tx, who: Who) -> tuple[Message, tuple[str, ...]]:
    """Return the first line, and the words for somebody as a member; who only works here is not asked to join first."""
    shop = choose(rules.current(tx).name)
    if who.member_id:
        has = (("balance", stored_value.sold(tx)), ("checkin", checkin.offered(tx)), ("refer", _refers(tx, who)))
        return say("help.member", shop=shop), (*MEMBER, *(word for word, here in has if here))
    if who.roles:
        return say("greet.staff", shop=shop, role=say(f"role.{who.roles[0].name}")), STRANGER
    return say("help.stranger", shop=shop), STRANGER


def offer_nearest(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Meet what was not understood with the nearest thing."""
    if not said.near or said.near == "skip" or (said.near in AT_WORK and not who.roles):
        meant = screen(say("help.not_understood"))
        known = show_help(tx, said, who, (), moment=moment)
        return screen(*meant.messages, buttons=known.buttons)
    near = tap(said.near, said.near)
    return screen(say("help.did_you_mean", what=near.label), buttons=[[near, tap("help", "help")], home_row()])


def cancel(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Close whatever is open; nothing was done yet."""
    del said, moment
    desk = [tap("scan", "scan")] if rights.may(who.roles, "scan") else []
    join = [] if who.roles else [tap("join", "join")]
    home = [tap("code", "code"), tap("points", "points")] if who.member_id else join
    del tx
    return screen(say("cancelled"), buttons=[home, [*desk, *home_row()]])


def show_waiting(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Read what could not be delivered before."""
    del said
    found = outbox.read_waiting(tx, who, now=moment.now)
    if not found:
        return screen(say("waiting.none"), buttons=[home_row()])
    messages = [message for reply in found for message in reply.messages]
    rows = [row for reply in found for row in (reply.buttons if len(found) == 1 else _among_others(reply))]
    return screen(*messages, buttons=[*rows, home_row()])


def _among_others(reply: Reply) -> Sequence[Sequence[Button]]:
    """Return a notice's choices below several notices, where numbers go on counting.

    The scale of a rating gets a screen of its own: its fifth line must be a five.
    """
    rated = any(word.startswith("rate ") for word in words(reply))
    return ((tap("rate", "rate"),),) if rated else reply.buttons


def not_me(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Stop the card of a member who did not make this purchase, and alert the managers."""
    member_id = members.required(who)
    if not arguments:
        raise PurchaseUnknown
    done = purchases.of_member(tx, arguments[0], member_id)
    since = members.freeze(tx, member_id, actor=member_id, moment=moment)
    told = say("alarm.not_me", number=done.receipt_no, store=done.store, at=done.at, amount=done.paid)
    alarm = Reply((told,), buttons=((tap("release", f"release {member_id}"),),))
    once = f"notme:{done.id}:{since.isoformat()}"  # stopped again after a release, the managers hear of it again
    notice, where = Notice("alarm", "staff", once, alarm), purchases.store_of(tx, done.id)
    staff.alert(tx, notice, action="release_member", store_id=where, moment=moment)
    del said
    return screen(say("notme.frozen"), buttons=[[tap("human", "human")]])


def _in_rows(buttons: Sequence[Button]) -> list[Sequence[Button]]:
    return [buttons[place : place + 2] for place in range(0, len(buttons), 2)]


__all__ = ["cancel", "not_me", "offer_nearest", "show_help", "show_waiting"]
