"""The staff room in chat: who works here, with which right and where; all of it changed by those who may."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from handlers import hiring, questions, stores
from handlers.reply import home_row, listed, screen, tap
from handlers.said import Said
from membership import staff as rights
from membership.errors import ColleagueUnknown, Expired, NotAllowed
from membership.member import Role, Who
from membership.messages import Button, Message, Reply, say
from membership.moment import Moment
from services import Tx, invites, rules, staff
from services.staff import Colleague

AT_ONCE = 8


def show_staff(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show who works here, or do with one of them what the words after ``staff`` say.

    A member who types the word wants to talk to somebody.
    """
    if who.staff_id is None and said.kind == "text":
        return questions.call_staff(tx, said, who, (), moment=moment)
    staff.check(tx, who, "invite")
    verb, *rest = arguments or ("list",)
    deed = DEEDS.get(verb)
    if deed is None:
        raise Expired
    return deed(tx, said, who, rest, moment=moment)


def _list(tx: Tx, said: Said, who: Who, rest: Sequence[str], *, moment: Moment) -> Reply:
    """Show the colleagues a person may see, eight at once, and whose invitation waits for a yes."""
    del said
    seen = staff.seen_by(tx, who)
    first = int(rest[0]) if rest and rest[0].isascii() and rest[0].isdigit() and int(rest[0][:6]) < len(seen) else 0
    shown = seen[first : first + AT_ONCE]
    rows: list[list[Button]] = [
        [tap("colleague", f"staff show {one.id}", name=_name(one))] for one in shown if staff.may_change(who, one)
    ]
    waiting = invites.waiting(tx, who, moment=moment)
    rows += [[tap("waiting_staff", f"staff ask {one.id}", name=invites.named(one))] for one in waiting]
    if len(seen) > first + AT_ONCE:
        rows.append([tap("more", f"staff list {first + AT_ONCE}")])
    rows += [[tap("invite", "staff invite")], list(home_row())]
    lines = (say("staff.line", name=_name(one), role=say(f"role.{one.role}"), where=_where(tx, one)) for one in shown)
    return screen(say("staff.title"), *listed(lines), buttons=rows)


def _show(tx: Tx, said: Said, who: Who, rest: Sequence[str], *, moment: Moment) -> Reply:
    """Show one colleague and what can be changed."""
    del said, moment
    one = _one(tx, who, rest)
    rows = [[tap("role", f"staff role {one.id}")]] if len(_grantable(who, one)) > 1 else []
    if one.role != rights.OWNER:
        rows.append([tap("stores", f"staff stores {one.id}")])
    rows += [[tap("dismiss", f"staff dismiss {one.id}")], [tap("staff", "staff")]]
    return screen(_line(tx, one), buttons=rows)


def _dismiss(tx: Tx, said: Said, who: Who, rest: Sequence[str], *, moment: Moment) -> Reply:
    """Ask once more with the person's name, then take the right away."""
    del said
    one = _one(tx, who, rest)
    if list(rest[1:]) != ["sure"]:
        rows = [[tap("dismiss_sure", f"staff dismiss {one.id} sure", name=_name(one))], [tap("staff", "staff")]]
        asked = "staff.dismiss_owner" if one.role == rights.OWNER else "staff.dismiss"
        return screen(say(asked, name=_name(one), role=say(f"role.{one.role}")), buttons=rows)
    staff.dismiss(tx, one.id, by=who, moment=moment)
    return screen(say("staff.dismissed", name=_name(one)), buttons=[[tap("staff", "staff")]])


def _role(tx: Tx, said: Said, who: Who, rest: Sequence[str], *, moment: Moment) -> Reply:
    """Offer the other roles, or give one; an owner is made only after one more yes."""
    del said
    one = _one(tx, who, rest)
    role = rest[1] if len(rest) > 1 else ""
    if role not in rights.ROLES:
        offered = [name for name in _grantable(who, one) if name != one.role]
        rows = [[tap("role_as", f"staff role {one.id} {name}", role=say(f"role.{name}"))] for name in offered]
        return screen(_line(tx, one), say("staff.ask_role"), buttons=[*rows, [tap("staff", "staff")]])
    if role == rights.OWNER and list(rest[2:]) != ["sure"]:
        return hiring.ask_owner(_name(one), f"staff role {one.id} owner sure")
    if role != rights.OWNER and not one.stores and not one.everywhere:
        # every store of theirs is closed: in none named it would hold in all
        return stores.ask_stores(tx, who, {"role": role, "stores": [], "of": one.id})
    return _changed(tx, who, one, role, codes=() if role == rights.OWNER else one.stores, moment=moment)


def _stores(tx: Tx, said: Said, who: Who, rest: Sequence[str], *, moment: Moment) -> Reply:
    """Offer the stores a colleague's right may hold in, with those ticked in which it holds."""
    del said, moment
    one = _one(tx, who, rest)
    known = {"role": one.role, "only_stores": True, "stores": list(one.stores), "of": one.id}
    return stores.ask_stores(tx, who, known)


def _tick(tx: Tx, said: Said, who: Who, rest: Sequence[str], *, moment: Moment) -> Reply:
    del moment
    return stores.ask_stores(tx, who, stores.toggled(_chosen(said), "".join(rest[:1])))


def _more(tx: Tx, said: Said, who: Who, rest: Sequence[str], *, moment: Moment) -> Reply:
    del rest, moment
    return stores.ask_stores(tx, who, stores.turned(tx, who, _chosen(said)))


def _done(tx: Tx, said: Said, who: Who, rest: Sequence[str], *, moment: Moment) -> Reply:
    """Do what the stores were chosen for: change a colleague's, or make the invitation."""
    del rest
    data = _chosen(said)
    if not data["of"]:
        return hiring.make(tx, who, data["role"], data["stores"], moment=moment)
    one = _one(tx, who, [data["of"]])
    role = one.role if data.get("only_stores") else data["role"]  # somebody else may have given them another meanwhile
    if role == rights.OWNER:
        raise Expired  # whose right holds in all stores
    return _changed(tx, who, one, role, codes=data["stores"], moment=moment)


def _changed(tx: Tx, who: Who, one: Colleague, role: str, *, codes: Sequence[str], moment: Moment) -> Reply:
    staff.change(tx, one.id, role, store_ids=[rules.store_id(code) for code in codes], by=who, moment=moment)
    return screen(say("staff.saved"), _line(tx, _one(tx, who, [one.id])), buttons=[[tap("staff", "staff")]])


def _chosen(said: Said) -> Mapping[str, Any]:
    known = said.known(stores.CHOSEN)
    if known is None:
        raise Expired
    return known


def _one(tx: Tx, who: Who, rest: Sequence[str]) -> Colleague:
    """Return the colleague meant, if this person may change them. Raises ColleagueUnknown and NotAllowed."""
    found = next((one for one in staff.seen_by(tx, who) if rest and one.id == rest[0]), None)
    if found is None:
        raise ColleagueUnknown
    if not staff.may_change(who, found):
        raise NotAllowed(action="remove_staff")
    return found


def _grantable(who: Who, one: Colleague) -> list[str]:
    places = [right.store_id for right in staff.roles_of(one)]
    return [name for name in rights.ROLES if all(rights.may_grant(who.roles, Role(name, place)) for place in places)]


def _line(tx: Tx, one: Colleague) -> Message:
    return say("staff.line", name=_name(one), role=say(f"role.{one.role}"), where=_where(tx, one))


def _where(tx: Tx, one: Colleague) -> Message:
    return staff.where(tx, [right.store_id for right in staff.roles_of(one)])


def _name(one: Colleague) -> str | Message:
    return one.name or say("staff.nameless", number=one.number)


DEEDS: Mapping[str, Callable[..., Reply]] = {
    "list": _list,
    "show": _show,
    "dismiss": _dismiss,
    "role": _role,
    "stores": _stores,
    "at": _tick,
    "more": _more,
    "done": _done,
    "invite": hiring.invite,
    "ask": hiring.ask,
    "yes": hiring.confirm,
    "no": hiring.refuse,
}
"""What can stand behind the word ``staff``."""
