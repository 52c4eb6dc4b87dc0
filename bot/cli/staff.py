"""The commands about staff: invite by a link and a code, list, remove."""

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
    return {"role": role, "stores": list(stores), "code": code, "telegram_link": link}


def invitation(facts: dict[str, Any]) -> str:
    """Return an invitation in words."""
    telegram = facts["telegram_link"] or f"send the bot: /start {facts['code']}"
    return (
        f"One {facts['role']} may join with this, once, within 24 hours:\n"
        f"  Telegram: {telegram}\n"
        f"  WeChat:   follow the account and type: {facts['code']}"
    )


def list_staff(*, as_json: AsJson = False) -> None:
    """List who works here, longest first."""
    found = with_memory(lambda db, _: db.read(staff.working))
    rows = [asdict(colleague) for colleague in found]
    answer(
        rows, as_json=as_json, empty="Nobody works here yet. `memberbot staff invite --role owner` invites the owner."
    )


def remove(
    person: Annotated[str, typer.Argument(help="The id, or its beginning, from `memberbot staff list`.")],
    *,
    yes: Yes = False,
) -> None:
    """Take a person's right away, at once and everywhere."""
    name = with_memory(lambda db, _: _removed(db, person, yes=yes))
    typer.echo(f"{name} has no rights here any more.")


async def _removed(db: Database, person: str, *, yes: bool) -> str:
    found = [one for one in await db.read(staff.working) if one.id.startswith(person)]
    if len(found) != 1:
        raise Stopped(f'"{person}" is {"nobody" if not found else "more than one person"} on the staff list.')
    named = found[0].name or found[0].id
    if not yes and not typer.confirm(f"Remove {named} ({found[0].role})?"):
        raise Stopped("Nobody was removed.")
    await db.write(staff.dismiss, found[0].id, by=None, moment=moment(SystemClock()))
    return named
