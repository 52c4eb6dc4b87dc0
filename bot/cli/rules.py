"""The commands about the shop's own rules: check what shop.toml says, show what is in force, and since when."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import settings, shop
from bot.cli.memory import with_memory
from bot.cli.plainly import ASKED_WRONGLY, AsJson, Stopped, answer, answer_one
from membership.rules import parse
from services import Database, Tx, rules
from storage import rules as rows


def check_rules(
    file: Annotated[Path | None, typer.Argument(help="The file to check. Default: the shop's.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Check shop.toml without changing anything; name every slip with its cure."""
    path = file or settings.load().shop_file
    shop_rules = parse(shop.read_shop_file(path))
    language = shop_rules.languages[0]
    facts: dict[str, Any] = {
        "name": shop_rules.name.get(language, ""),
        "currency": shop_rules.currency,
        "zone": shop_rules.zone.key,
        "languages": shop_rules.languages,
        "stores": [store.code for store in shop_rules.stores],
        "offers": [offer.id for offer in shop_rules.offers],
    }
    text = (
        f"{path} is right: {facts['name']}, {facts['currency']}, {facts['zone']}, "
        f"{len(facts['stores'])} stores, {len(facts['offers'])} offers. The next start of `memberbot run` brings it."
    )
    answer_one(facts, as_json=as_json, text=text)


def show_rules(
    version: Annotated[int | None, typer.Option(help="The version to show. Default: the one in force.")] = None,
) -> None:
    """Show the rules in force, or those of an earlier version, as JSON."""
    body = with_memory(lambda db, _: _body(db, version))
    typer.echo(json.dumps(json.loads(body), ensure_ascii=False, indent=2))


def show_history(*, as_json: AsJson = False) -> None:
    """List the versions of the rules, newest first, with who brought them."""
    found = with_memory(lambda db, _: db.read(_versions))
    answer(found, as_json=as_json, empty="There are no rules yet. `memberbot init` opens the shop.")


async def _body(db: Database, version: int | None) -> str:
    def read(tx: Tx) -> str:
        number = rules.version(tx) if version is None else version
        row = rows.version(tx, number)
        if row is None:
            raise Stopped(f"There is no version {number}. `memberbot rules history` lists them.", code=ASKED_WRONGLY)
        return str(row.body)

    return await db.read(read)


def _versions(tx: Tx) -> list[dict[str, Any]]:
    return [
        {"version": row.version, "since": row.created_at, "by": row.actor, "digest": row.digest[:12]}
        for row in rows.history(tx)
    ]
