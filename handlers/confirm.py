"""The member's yes or no to a bill that spends much of theirs, and the counter's side of the waiting."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import till
from handlers.reply import home_row, screen, tap
from handlers.said import Said
from membership.confirming import CHAT
from membership.errors import ReservationUnknown
from membership.member import Who
from membership.messages import Reply, say
from membership.moment import Moment
from services import Tx, members, purchases, reservations, staff


def agree(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Pay a bill that waited for this yes; the receipt follows in a message of its own."""
    del said
    member_id = members.required(who)
    here = {"how": CHAT, "chat": who.identity_id}
    done = reservations.agree(tx, _named(arguments), member_id, **here, moment=moment)
    return screen(say("asked.thanks", amount=done.paid, store=done.store), buttons=[[tap("points", "points")]])


def disagree(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Refuse a bill: nothing is taken, every code shown so far is dead, and the managers know."""
    del said
    member_id = members.required(who)
    here = {"how": CHAT, "chat": who.identity_id}
    over = reservations.refuse(tx, _named(arguments), member_id, **here, moment=moment)
    told = say("asked.no_thanks", amount=over.amount, store=over.store)
    return screen(told, buttons=[[tap("code", "code"), tap("human", "human")], home_row()])


def watch(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show the cashier what became of a bill that waits, or take it back: ``<id>``, ``<id> withdraw``."""
    del said
    reader, named = staff.check(tx, who, "purchase"), _named(arguments)
    if arguments[1:] == ["withdraw"]:
        return till.show_waiting(reservations.withdraw(tx, named, reader, moment=moment))
    waits = reservations.find(tx, named, reader)
    if waits.purchase_id is not None:
        return till.show_receipt(purchases.get(tx, waits.purchase_id))
    return till.show_waiting(waits)


def _named(arguments: Sequence[str]) -> str:
    if not arguments:
        raise ReservationUnknown
    return arguments[0]
