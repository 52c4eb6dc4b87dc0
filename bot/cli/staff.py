"""The commands about staff: invite by a link and a code, say yes to who accepted, list, remove."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from bot.cli.memory import with_memory
from bot.cli.plainly import ASKED_WRONGLY, AsJson, Stopped, Yes, answer, answer_one
from bot.cli.platforms import bot_name
from bot.clock import SystemClock, moment
from bot.settings import Settings
from membership import staff as rights
from services import Database, invites, staff
from services.staff import Colleague

ROLES = rights.ROLES


def invite(
    role: Annotated[str, typer.Option(help=f"What the person may do: {', '.join(ROLES)}.")] = rights.CASHIER,
    store: Annotated[
        list[str] | None,
        typer.Option(help="The code of a store it holds in; give several. Default: all."),
    ] = None,
    *,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Make a one-time invitation: a link for Telegram and a code to type in WeChat, good for a day."""
    if role not in ROLES:
        raise Stopped(f'"{role}" is no role. Write one of: {", ".join(ROLES)}.', code=ASKED_WRONGLY)
    facts = with_memory(lambda db, read: _invited(db, read, role, stores=store or [], yes=yes or as_json))
    answer_one(facts, as_json=as_json, text=invitation(facts))


async def _invited(db: Database, read: Settings, role: str, *, stores: list[str], yes: bool) -> dict[str, Any]:
    people = await db.read(staff.working)
    if people and not yes and not typer.confirm(f"Invite a new {role}?"):
        raise Stopped("Nobody was invited.")
    return await invited(db, read, role, stores=stores)


async def invited(db: Database, read: Settings, role: str, *, stores: Sequence[str] = ()) -> dict[str, Any]:
    """Make the invitation and return its code, and its link where Telegram tells the bot's name."""
    code = await db.write(invites.invite, role, stores=stores, by=None, moment=moment(SystemClock()))
    name = await bot_name(read)
    link = f"https://t.me/{name}?start={code}" if name else ""
    apps = {"telegram": read.telegram.token.get_secret_value(), "wechat": read.wechat.app_id}
    used = [app for app, key in apps.items() if key]
    return {"role": role, "stores": list(stores), "code": code, "telegram_link": link, "apps": used or list(apps)}


def invitation(facts: dict[str, Any]) -> str:
    """Return an invitation in words."""
    telegram = facts["telegram_link"] or f"send the bot: /start {facts['code']}"
    ways = {
        "telegram": f"  Telegram: {telegram}\n",
        "wechat": f"  WeChat:   follow the account and type: {facts['code']}\n",
    }
    return (
        f"One {facts['role']} may join with this, once, within 24 hours:\n"
        f"{''.join(way for app, way in ways.items() if app in facts['apps'])}"
        "An owner is asked in chat whether it is the right person; where no owner works here yet, it counts at once."
    )


def list_staff(*, as_json: AsJson = False) -> None:
    """List who works here, longest first."""
    rows = [asdict(colleague) for colleague in with_memory(lambda db, _: db.read(staff.working))]
    if not as_json:
        rows = [{**_without(row, "everywhere"), "stores": _places(row)} for row in rows]
    answer(
        rows, as_json=as_json, empty="Nobody works here yet. `memberbot staff invite --role owner` invites the owner."
    )


def waiting(*, as_json: AsJson = False) -> None:
    """List the invitations that were accepted and wait for a yes, oldest first."""
    found = with_memory(lambda db, _: db.read(invites.waiting, None, moment=moment(SystemClock())))
    rows = [{name: getattr(one, name) for name in ("id", "name", "channel", "number", "role")} for one in found]
    answer(rows, as_json=as_json, empty="Nobody waits for a yes.")


def confirm(
    invitation: Annotated[str, typer.Argument(help="The id, or its beginning, from `memberbot staff waiting`.")],
    *,
    refuse: Annotated[bool, typer.Option("--refuse", help="Say no: nothing comes of the invitation.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Say that whoever accepted an invitation is the right person, where the one who invited cannot."""
    facts = with_memory(lambda db, _: _decided(db, invitation, refuse=refuse, yes=yes or as_json))
    done = "was refused" if refuse else f"works here now: {facts['role']}"
    answer_one(facts, as_json=as_json, text=f"{facts['name'] or facts['id']} {done}.")


def remove(
    person: Annotated[str, typer.Argument(help="The id, or its beginning, from `memberbot staff list`.")],
    *,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Take a person's right away, at once and everywhere."""
    gone = with_memory(lambda db, _: _removed(db, person, yes=yes or as_json))
    answer_one(asdict(gone), as_json=as_json, text=f"{gone.name or gone.id} has no rights here any more.")


async def _decided(db: Database, invitation: str, *, refuse: bool, yes: bool) -> dict[str, Any]:
    now = moment(SystemClock())
    found = [one for one in await db.read(invites.waiting, None, moment=now) if one.id.startswith(invitation)]
    if len(found) != 1:
        raise Stopped(f'"{invitation}" is {"none" if not found else "more than one"} of the invitations that wait.')
    one, deed = found[0], invites.refuse if refuse else invites.confirm
    asked = f"{'Refuse' if refuse else 'Confirm'} {one.name or one.id} ({one.role}, number {one.number})?"
    if not yes and not typer.confirm(asked):
        raise Stopped("Nothing was decided.")
    await db.write(deed, one.id, None, moment=now)
    return {"id": one.id, "name": one.name, "role": one.role, "refused": refuse}


async def _removed(db: Database, person: str, *, yes: bool) -> Colleague:
    found = [one for one in await db.read(staff.working) if one.id.startswith(person)]
    if len(found) != 1:
        raise Stopped(f'"{person}" is {"nobody" if not found else "more than one person"} on the staff list.')
    named = found[0].name or found[0].id
    if not yes and not typer.confirm(f"Remove {named} ({found[0].role})?"):
        raise Stopped("Nobody was removed.")
    return await db.write(staff.dismiss, found[0].id, by=None, moment=moment(SystemClock()))


def _without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def _places(row: dict[str, Any]) -> str:
    return "all" if row["everywhere"] else ", ".join(row["stores"])
