"""Several accounts, one member: a code for the other app, what would come of it, one yes, and a week to part again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.reply import ask, home_row, listed, reply_for, screen, tap
from handlers.said import Said
from membership import linking
from membership.errors import Expired, LinkUnknown
from membership.member import Who
from membership.messages import Button, Message, Reply, say
from membership.moment import Moment
from services import Tx, doubles, members, merges, pairing
from services import linking as accounts
from services.merges import Holding

_MINUTES = int(linking.LIFE.total_seconds()) // 60


def show(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show my accounts, or do what a button says: a code, one typed, a yes, parting, taking one off."""
    match list(arguments):
        case ["code"]:
            return _code(tx, who, moment)
        case ["type"]:
            return ask("link.code", say("link.ask_code"), buttons=[[tap("cancel", "cancel")]])
        case []:
            return _accounts(tx, who, moment)
    return _act(tx, said, who, arguments, moment=moment)


def _act(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Do what a button says: a yes, a no, parting, taking an account off."""
    match list(arguments):
        case ["ok", ticket]:
            return _linked(tx, accounts.link(tx, who, ticket, moment=moment), moment)
        case [("yes" | "no") as word, double_id]:
            return _answered(tx, who, double_id, yes=word == "yes", moment=moment)
        case ["undo", merge_id]:
            accounts.part(tx, who, merge_id, moment=moment)
            return screen(say("link.parted"), buttons=[[tap("link", "link")], home_row()])
        case ["off", identity_id]:
            gone = accounts.take_off(tx, who, identity_id, moment=moment)
            return screen(say("link.off", app=say(f"app.{gone.channel}")), buttons=[[tap("link", "link")], home_row()])
    del said
    raise Expired


def looks_like_code(text: str) -> bool:
    """Tell whether this is written like a code that joins two accounts."""
    return bool(linking.recognise(text, "link"))


def take_code(tx: Tx, said: Said, who: Who, _: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Look at a code that was typed, or came by a link, and show what would come of it."""
    text = said.text or said.source
    code = linking.recognise(text, "link", bare=True)
    try:
        found = pairing.look(tx, who, code, "link", now=moment.now)
    except LinkUnknown as no:  # answered, not raised: the count of wrong codes stays
        pairing.note_wrong(tx, who, now=moment.now)
        return reply_for(no, said.open)
    yes = [tap("link_ok", f"link ok {found.ticket_id}")]
    name = members.shown_name(members.get(tx, found.member_id))
    has = _holding(merges.holding(tx, found.member_id, now=moment.now))
    told: tuple[Message, ...] = (say("link.will_attach", name=name), *listed(has))
    if who.member_id is not None:
        told = (say("link.will_merge", name=name), *preview(tx, who.member_id, found.member_id, moment=moment))
    return screen(*told, say("link.only_you"), buttons=[yes, [tap("cancel", "cancel")]])


def preview(tx: Tx, one_id: str, other_id: str, *, moment: Moment) -> tuple[Message, ...]:
    """Return what two members have, and what the one would have, a line each. Raises what ``merges.merge`` raises."""
    seen = merges.preview(tx, one_id, other_id, now=moment.now)
    parts = (("first", seen.kept), ("second", seen.gone), ("together", seen.together))
    return listed(say("link.part", which=say(f"link.{place}"), has=_holding(has)) for place, has in parts)


def ask_same(tx: Tx, found: doubles.Double, *, moment: Moment) -> Reply:
    """Offer somebody who proved a phone of a member without any chat to be that member."""
    lines = preview(tx, found.typed_id, found.held_id, moment=moment)
    yes, no = tap("double_yes", f"link yes {found.id}"), tap("double_no", f"link no {found.id}")
    return screen(say("double.yours"), *lines, buttons=[[yes], [no]])


def _accounts(tx: Tx, who: Who, moment: Moment) -> Reply:
    """Show my accounts, and what can still be parted."""
    if who.member_id is None:
        return ask("link.code", say("link.stranger"), buttons=[[tap("join", "join"), tap("cancel", "cancel")]])
    mine, here = accounts.accounts(tx, who.member_id), who.identity_id
    lines = [
        say("link.account_here" if one.id == here else "link.account", app=say(f"app.{one.channel}")) for one in mine
    ]
    rows: list[list[Button]] = [[tap("link_code", "link code"), tap("link_type", "link type")]]
    for done in merges.of_member(tx, who.member_id, now=moment.now):
        lines.append(say("link.undo_until", at=done.at, until=done.undo_until))
        rows.append([tap("link_undo", f"link undo {done.id}", at=done.at)])
    rows += [[tap("link_off", f"link off {one.id}", app=say(f"app.{one.channel}"))] for one in mine if one.id != here]
    return screen(say("link.title"), *listed(lines), buttons=[*rows, [tap("settings", "settings"), *home_row()]])


def _code(tx: Tx, who: Who, moment: Moment) -> Reply:
    """Show a code for the other app, with the way to type it there."""
    shown = pairing.show(tx, who, "link", moment=moment)
    told = [say("link.code", code=shown.code, until=shown.expires_at, minutes=_MINUTES)]
    if shown.link:
        told.append(say("link.deep", link=shown.link))
    return screen(*told, say("link.keep_secret"), buttons=[[tap("refresh", "link code")], home_row()])


def _linked(tx: Tx, done: accounts.Linked, moment: Moment) -> Reply:
    """Say that it is done, what there is now, and how it is undone; offers are asked for anew where one had said no."""
    has = _holding(merges.holding(tx, done.member_id, now=moment.now))
    rows: list[list[Button]] = [[tap("code", "code"), tap("points", "points")]]
    told = [say("link.done"), *listed(has)]
    if done.merged is not None:
        told.append(say("link.undo_hint", until=done.merged.undo_until))
        rows.append([tap("link_undo", f"link undo {done.merged.id}", at=done.merged.at)])
    if not members.get(tx, done.member_id).offers_on:
        told.append(say("join.offers"))
        rows.append([tap("offers_yes", "offers yes"), tap("offers_no", "offers no")])
    return screen(*told, buttons=[*rows, home_row()])


def _answered(tx: Tx, who: Who, double_id: str, *, yes: bool, moment: Moment) -> Reply:
    done = doubles.answer(tx, who, double_id, yes=yes, moment=moment)
    if done is None:
        return screen(say("double.apart"), buttons=[home_row()])
    return _linked(tx, accounts.Linked(done.kept_id, done), moment)


def _holding(has: Holding) -> tuple[Message, ...]:
    """Return what somebody has; what they have not is not told."""
    parts = [say("link.tier", tier=has.tier), say("link.points", points=has.points)]
    parts += [say("link.debt", points=has.debt)] if has.debt else []
    parts += [say("link.coupons", count=has.coupons)] if has.coupons else []
    parts += [say("link.stored", amount=has.stored)] if has.stored.minor else []
    return tuple(parts)
