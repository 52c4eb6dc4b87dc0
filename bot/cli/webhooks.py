"""The commands about other systems that are told what happens: added, listed, taken away, called again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from bot.cli.memory import with_memory
from bot.cli.moments import moment_of
from bot.cli.plainly import ASKED_WRONGLY, AsJson, Stopped, answer, answer_one
from bot.clock import SystemClock, moment
from services import webhooks

ACTOR = "command"
Name = Annotated[str, typer.Option(help="What the webhook is called.")]


def add_webhook(
    url: Annotated[str, typer.Argument(help="Where the calls go: https://…")],
    name: Name,
    event: Annotated[
        list[str] | None, typer.Option(help="An event to be told, any number of times. None: all.")
    ] = None,
    *,
    private: Annotated[bool, typer.Option("--private", help="The address may lie inside this network.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell another system what happens from now on; its secret is printed, the only time it is ever seen."""
    events, now = event or [], moment(SystemClock())
    secret = with_memory(
        lambda db, _: db.write(webhooks.add, name, url, events=events, inside=private, actor=ACTOR, moment=now)
    )
    text = f"{secret}\n\nThis is the only time the secret is shown. With it the receiver checks each call's signature."
    facts = {"name": name, "events": events, "secret": secret}
    answer_one(facts, as_json=as_json, text=text)


def list_webhooks(*, as_json: AsJson = False) -> None:
    """List the webhooks, those taken away too, and how their calls stand; never their secrets."""
    rows = [
        {
            "name": hook.name,
            "url": hook.url,
            "events": list(hook.events) if as_json else ", ".join(hook.events) or "all",
            "waiting": hook.waiting,
            "dead": hook.dead,
            "last_error": hook.last_error,
            "created": hook.created_at,
            "removed": hook.removed_at,
        }
        for hook in with_memory(lambda db, _: db.read(webhooks.listed))
    ]
    answer(rows, as_json=as_json, empty="There are no webhooks. `memberbot webhook add` makes one.")


def remove_webhook(name: Annotated[str, typer.Argument(help="The name of the webhook.")]) -> None:
    """Tell this system nothing any more; what waits for it is given up."""
    with_memory(lambda db, _: db.write(webhooks.remove, name, actor=ACTOR, moment=moment(SystemClock())))
    typer.echo(f"{name} is told nothing any more.")


def resend_webhook(
    name: Annotated[str, typer.Option(help="Only calls to this webhook. None: to all.")] = "",
    since: Annotated[str, typer.Option(help="Only what happened since this moment (ISO 8601 with its offset).")] = "",
    call: Annotated[str, typer.Option("--id", help="Only the call of this webhook-id.")] = "",
    *,
    dead: Annotated[bool, typer.Option("--dead", help="Only calls that were given up.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make calls once more that were made or given up, under their old ids; the running server makes them."""
    when: datetime | None = moment_of(since) if since else None
    if not (since or call or dead):
        raise Stopped("Say which calls: --since, --id or --dead.", code=ASKED_WRONGLY)
    now = moment(SystemClock())
    count = with_memory(lambda db, _: db.write(webhooks.resend, name, since=when, call_id=call, dead=dead, moment=now))
    answer_one({"again": count}, as_json=as_json, text=f"{count} calls are made again.")
