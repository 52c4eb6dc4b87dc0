"""Hiring in chat: an invitation is made for a role and its stores, and the inviter says who has accepted it."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import stores
from handlers.reply import screen, tap
from handlers.said import Said
from membership import staff as rights
from membership.errors import InviteUnknown
from membership.member import Role, Who
from membership.messages import Button, Message, Reply, say
from membership.moment import Moment
from services import Tx, channels, invites, rules, staff


def invite(tx: Tx, said: Said, who: Who, rest: Sequence[str], *, moment: Moment) -> Reply:
    """Ask which role, then in which stores; where there is no choice, the invitation is made at once."""
    del said
    mine = staff.stores(tx, who)
    everywhere = any(role.store_id is None for role in who.roles)
    offered = [
        name for name in rights.ROLES if rights.may_grant(who.roles, Role(name, None if everywhere else mine[0]))
    ]
    if not rest or rest[0] not in offered:
        rows = [[tap("role_as", f"staff invite {name}", role=say(f"role.{name}"))] for name in offered]
        return screen(say("staff.ask_role"), *_roles(offered), buttons=[*rows, [tap("staff", "staff")]])
    role = rest[0]
    if role == rights.OWNER or (everywhere and len(mine) == 1):
        return make(tx, who, role, (), moment=moment)
    if len(mine) == 1:
        return make(tx, who, role, [rules.store_code(tx, mine[0])], moment=moment)
    return stores.ask_stores(tx, who, {"role": role, "stores": [], "of": ""})


def make(tx: Tx, who: Who, role: str, codes: Sequence[str], *, moment: Moment) -> Reply:
    """Make the invitation: a link for Telegram, and a code to type in WeChat."""
    code = invites.invite(tx, role, stores=codes, by=who, moment=moment)
    told: list[Message] = [say("staff.invited", role=say(f"role.{role}"), where=staff.where(tx, _ids(codes)))]
    link = channels.telegram_link(tx, code)
    if link:
        told.append(say("staff.invited_telegram", link=link))
    told.append(say("staff.invited_code", digits=code))
    return screen(*told, say("staff.invited_then"), buttons=[[tap("staff", "staff")]])


def ask(tx: Tx, said: Said, who: Who, rest: Sequence[str], *, moment: Moment) -> Reply:
    """Show the question again whether this is the right person."""
    del said
    one = _waiting(tx, who, rest, moment)
    if one is None:
        raise InviteUnknown
    return invites.question(one)


def confirm(tx: Tx, said: Said, who: Who, rest: Sequence[str], *, moment: Moment) -> Reply:
    """Let whoever accepted work here; an owner is made only after one more yes."""
    del said
    asked = _waiting(tx, who, rest, moment)
    if asked is not None and asked.role == rights.OWNER and list(rest[1:]) != ["sure"]:
        return ask_owner(invites.named(asked), f"staff yes {asked.id} sure")
    one = invites.confirm(tx, "".join(rest[:1]), who, moment=moment)
    name = invites.named(one)
    told = say("staff.hired", name=name, role=say(f"role.{one.role}"), where=one.where)
    return screen(told, buttons=[[tap("staff", "staff")]])


def refuse(tx: Tx, said: Said, who: Who, rest: Sequence[str], *, moment: Moment) -> Reply:
    """Turn whoever accepted away."""
    del said
    one = invites.refuse(tx, "".join(rest[:1]), who, moment=moment)
    return screen(say("staff.refused", name=invites.named(one)), buttons=[[tap("staff", "staff")]])


def ask_owner(name: str | Message, word: str) -> Reply:
    """Ask once more before somebody is made an owner, with a button that names them."""
    rows: list[list[Button]] = [[tap("owner_sure", word, name=name)], [tap("staff", "staff")]]
    return screen(say("staff.make_owner", name=name), buttons=rows)


def _waiting(tx: Tx, who: Who, rest: Sequence[str], moment: Moment) -> invites.Waiting | None:
    return next((one for one in invites.waiting(tx, who, moment=moment) if rest and one.id == rest[0]), None)


def _roles(offered: Sequence[str]) -> list[Message]:
    return [say("lines", lines=tuple(say(f"staff.may.{name}") for name in offered))]


def _ids(codes: Sequence[str]) -> list[str | None]:
    return [rules.store_id(code) for code in codes] or [None]
