"""The commands about the keys of tills: made and shown once, listed, withdrawn."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.memory import with_memory
from bot.cli.plainly import ASKED_WRONGLY, AsJson, Stopped, answer, answer_one
from bot.clock import SystemClock, moment
from services import keys
from services.keys import ROLES, KeyRole

ACTOR = "command"
Name = Annotated[str, typer.Option(help="What the key is called, such as the till's place.")]


def create_key(
    name: Name,
    store: Annotated[str, typer.Option(help="The code of the store the till stands in.")],
    role: Annotated[str, typer.Option(help="What it may do: till or manager.")] = "till",
    *,
    as_json: AsJson = False,
) -> None:
    """Make a key for a till and print it, the only time it is ever seen."""
    wanted = _role(role)
    shown = with_memory(
        lambda db, _: db.write(keys.create, name, store=store, role=wanted, actor=ACTOR, moment=moment(SystemClock()))
    )
    text = (
        f"{shown}\n\nThis is the only time the key is shown. The till sends it as: Authorization: Bearer {shown[:7]}…"
    )
    answer_one({"name": name, "store": store, "role": wanted, "key": shown}, as_json=as_json, text=text)


def list_keys(*, as_json: AsJson = False) -> None:
    """List the keys, revoked ones too; never the keys themselves."""
    found = with_memory(lambda db, _: db.read(keys.listed))
    rows = [
        {
            "name": key.name,
            "store": key.store,
            "role": key.role,
            "created": key.created_at,
            "last_used": key.used_at,
            "revoked": key.revoked_at,
        }
        for key in found
    ]
    answer(rows, as_json=as_json, empty="There are no keys. `memberbot apikey create` makes one.")


def revoke_key(name: Annotated[str, typer.Argument(help="The name of the key.")]) -> None:
    """Withdraw a key: its next request is refused."""
    with_memory(lambda db, _: db.write(keys.revoke, name, actor=ACTOR, moment=moment(SystemClock())))
    typer.echo(f"{name} is revoked.")


def _role(role: str) -> KeyRole:
    for known in ROLES:
        if role == known:
            return known
    raise Stopped(f'"{role}" is no role of a key. Write one of: {", ".join(ROLES)}.', code=ASKED_WRONGLY)
