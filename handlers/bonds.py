"""Family and friends: a code that links two people, who is linked with me, and points sent with one yes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from handlers.reply import ask, home_row, listed, reply_for, screen, tap
from handlers.said import Said
from membership import linking
from membership.errors import Expired, LinkUnknown
from membership.member import Who
from membership.messages import Button, Reply, say
from membership.moment import Moment
from membership.money import parse_points
from services import Tx, bonds, members, pairing, points

_MINUTES = int(linking.LIFE.total_seconds()) // 60
KEY = 6
"""So many letters tell one confirmed sending from the next: more do not fit into a button of 64 bytes."""
_WHOLE = re.compile(r"[0-9]{1,9}")


def show(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show whom I am linked with, or do what a button says: a code, a yes, points, the end."""
    del said
    member_id = members.required(who)
    bonds.terms(tx)
    match list(arguments):
        case []:
            return _friends(tx, member_id, moment)
        case ["code"]:
            return _code(tx, who, moment)
        case ["type"]:
            return ask("family.code", say("family.ask_code"), buttons=[[tap("cancel", "cancel")]])
        case _:
            return _act(tx, who, arguments, moment=moment)


def _act(tx: Tx, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Do what a button says: link, ask how many points, send them, end."""
    member_id = members.required(who)
    match list(arguments):
        case ["ok", ticket]:
            friend = bonds.accept(tx, who, ticket, moment=moment)
            send = tap("family_send", f"family send {friend.bond_id}", name=friend.name)
            return screen(say("family.linked", name=friend.name), buttons=[[send], [tap("family", "family")]])
        case ["send", bond_id]:
            return _ask_points(tx, member_id, bond_id, moment)
        case ["pay", bond_id, told, key] if _WHOLE.fullmatch(told):
            return _send(tx, who, bond_id, int(told), reference=f"{who.identity_id}:{bond_id}:{key}", moment=moment)
        case ["end", bond_id]:
            gone = bonds.end(tx, who, bond_id, moment=moment)
            return screen(say("family.ended", name=gone.name), buttons=[[tap("family", "family")], home_row()])
    raise Expired


def looks_like_code(text: str) -> bool:
    """Tell whether this is written like a code that links two people."""
    return bool(linking.recognise(text, "bond"))


def take_code(tx: Tx, said: Said, who: Who, _: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Look at a code that was typed, or came by a link, and ask for a yes."""
    members.required(who)
    bonds.terms(tx)
    code = linking.recognise(said.text or said.source, "bond", bare=True)
    try:
        found = pairing.look(tx, who, code, "bond", now=moment.now)
    except LinkUnknown as no:  # answered, not raised: the count of wrong codes stays
        pairing.note_wrong(tx, who, now=moment.now)
        return reply_for(no, said.open)
    name = members.shown_name(members.get(tx, found.member_id))
    yes = [tap("family_ok", f"family ok {found.ticket_id}")]
    return screen(say("family.will_link", name=name), buttons=[yes, [tap("cancel", "cancel")]])


def take_points(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take how many points, and show what will happen before it does."""
    member_id = members.required(who)
    friend = bonds.friend(tx, member_id, data["bond"])
    amount = parse_points(said.text)
    bonds.check(tx, member_id, amount, now=moment.now)
    left = points.balance(tx, member_id, now=moment.now).points - amount
    key = moment.new_id("family")[:KEY]
    word = f"family pay {friend.bond_id} {amount} {key}"
    buttons = [[tap("family_pay", word, points=amount)], [tap("cancel", "cancel")]]
    told = say("family.will_send", points=amount, name=friend.name, left=left)
    return screen(told, say("family.no_return"), buttons=buttons)


def _friends(tx: Tx, member_id: str, moment: Moment) -> Reply:
    found, allowed = bonds.friends(tx, member_id), bonds.terms(tx)
    lines = [say("family.friend", name=one.name, at=one.at) for one in found]
    rows: list[list[Button]] = [
        [
            tap("family_send", f"family send {one.bond_id}", name=one.name),
            tap("family_end", f"family end {one.bond_id}", name=one.name),
        ]
        for one in found
    ]
    left = bonds.left_this_month(tx, member_id, now=moment.now)
    told = [say("family.title"), *listed(lines or [say("family.nobody")])]
    if found:
        told.append(say("family.month", points=left, limit=allowed.month_cap))
    return screen(
        *told, buttons=[*rows, [tap("family_code", "family code"), tap("link_type", "family type")], home_row()]
    )


def _code(tx: Tx, who: Who, moment: Moment) -> Reply:
    shown = pairing.show(tx, who, "bond", moment=moment)
    told = [say("family.code", code=shown.code, until=shown.expires_at, minutes=_MINUTES)]
    if shown.link:
        told.append(say("link.deep", link=shown.link))
    return screen(*told, buttons=[[tap("family", "family")], home_row()])


def _ask_points(tx: Tx, member_id: str, bond_id: str, moment: Moment) -> Reply:
    friend, allowed = bonds.friend(tx, member_id, bond_id), bonds.terms(tx)
    has = points.balance(tx, member_id, now=moment.now).points
    left = bonds.left_this_month(tx, member_id, now=moment.now)
    text = say("family.ask_points", name=friend.name, points=has, least=allowed.least, left=left)
    return ask("family.points", text, buttons=[[tap("cancel", "cancel")]], bond=bond_id)


def _send(tx: Tx, who: Who, bond_id: str, amount: int, *, reference: str, moment: Moment) -> Reply:
    """Send what was shown; pressed again, it is sent once and the first answer comes again."""
    done = bonds.send(tx, who, bond_id, amount, reference=reference, moment=moment)
    told = say("family.sent", points=done.points, name=done.to, left=done.left)
    return screen(told, buttons=[[tap("family", "family"), tap("points", "points")], home_row()])
