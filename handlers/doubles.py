"""Two records of one person, for those who lead the shop: seen side by side, made one, or said to be two."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.linking import preview
from handlers.reply import home_row, listed, screen, tap, why
from handlers.said import Said
from membership import names, phones
from membership.errors import Expired, MergeFinal, MergeUnknown
from membership.member import Who
from membership.messages import Button, Message, Reply, say
from membership.moment import Moment
from services import Tx, doubles, members, merges, staff


def show(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show the open pairs and what was made one of late; ``look``, ``merge``, ``apart`` and ``part`` with an id act."""
    del said
    reader = staff.check(tx, who, "merge_members")
    match list(arguments):
        case []:
            return _list(tx, moment)
        case ["look", double_id]:
            return _look(tx, double_id, moment)
        case ["merge", double_id]:
            done = doubles.merge(tx, double_id, reader, moment=moment)
            undo = tap("link_undo", f"doubles part {done.id}", at=done.at)
            text = say("double.merged", name=_name(tx, done.kept_id), until=done.undo_until)
            return screen(text, buttons=[[undo], [tap("doubles", "doubles")]])
        case ["apart", double_id]:
            doubles.set_apart(tx, double_id, reader, moment=moment)
            return screen(say("double.apart"), buttons=[[tap("doubles", "doubles")], home_row()])
        case ["part", merge_id]:
            try:
                doubles.part(tx, merge_id, reader, moment=moment)
            except (MergeFinal, MergeUnknown) as no:  # answered here: the way on is the shop's list, not one's own
                return screen(why(no), buttons=[[tap("doubles", "doubles"), *home_row()]])
            return screen(say("link.parted"), buttons=[[tap("doubles", "doubles")], home_row()])
    raise Expired


def _list(tx: Tx, moment: Moment) -> Reply:
    found, done = doubles.open_ones(tx), merges.recent(tx, now=moment.now)
    rows: list[list[Button]] = [
        [tap("double_look", f"doubles look {one.id}", name=_name(tx, one.typed_id), other=_name(tx, one.held_id))]
        for one in found
    ]
    rows += [[tap("link_undo", f"doubles part {one.id}", at=one.at)] for one in done]
    lines = [say("double.recent", name=_name(tx, one.kept_id), at=one.at, until=one.undo_until) for one in done]
    title = say("double.title", count=len(found)) if found else say("double.none")
    return screen(title, *listed(lines), buttons=[*rows, home_row()])


def _look(tx: Tx, double_id: str, moment: Moment) -> Reply:
    """Show a pair side by side, as much of each as the counter sees."""
    found = doubles.get(tx, double_id)
    people = listed(_person(tx, one) for one in (found.held_id, found.typed_id))
    same = preview(tx, found.held_id, found.typed_id, moment=moment)
    yes, no = tap("double_merge", f"doubles merge {found.id}"), tap("double_apart", f"doubles apart {found.id}")
    return screen(say("double.pair"), *people, *same, buttons=[[yes], [no], [tap("doubles", "doubles")]])


def _person(tx: Tx, member_id: str) -> Message:
    member = members.get(tx, member_id)
    phone = phones.masked(member.phone) if member.phone else say("profile.unknown")
    return say("double.person", name=_name(tx, member_id), phone=phone, since=member.joined_on)


def _name(tx: Tx, member_id: str) -> Message:
    member = members.get(tx, member_id)
    return say("member.name", name=names.masked(member.name)) if member.name else members.shown_name(member)
