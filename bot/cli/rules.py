"""The commands about the shop's own rules: check what shop.toml says, show what is in force, and since when."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bot import settings, shop
from bot.cli import rules_told
from bot.cli.memory import with_memory
from bot.cli.plainly import ASKED_WRONGLY, AsJson, Stopped, answer, answer_one
from bot.cli.rules_told import Sample
from bot.clock import SystemClock
from handlers import router
from locales import Words
from services import Database, Tx, rules
from storage import rules as rows


def check_rules(
    file: Annotated[Path | None, typer.Argument(help="The file to check. Default: the shop's.")] = None,
    *,
    amount: Annotated[str, typer.Option(help="A bill to reckon. Default: 100.")] = "",
    tier: Annotated[str, typer.Option(help="For a member of this tier. Default: the first.")] = "",
    on: Annotated[str, typer.Option(help="On this day (noon), or at this local time. Default: now.")] = "",
    store: Annotated[str, typer.Option(help="In the store of this code. Default: the first.")] = "",
    items: Annotated[list[str] | None, typer.Option(help="A product, or so many: latte=2. May be repeated.")] = None,
    first: Annotated[bool, typer.Option("--first", help="The member's first purchase.")] = False,
    birthday: Annotated[bool, typer.Option("--birthday", help="The first in the birthday's month.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check shop.toml without changing anything: name every slip with its line and cure, or say what the rules do."""
    path = file or settings.load().shop_file
    shop_rules = shop.check_shop_file(path, taken={*router.WORDS, *Words.open(zone=ZoneInfo("UTC")).keywords()})
    shop.read_pictures(path, shop_rules.offers)
    when = {"tier": tier, "on": on, "store": store}
    sample = Sample(amount=amount, **when, items=tuple(items or ()), first=first, birthday=birthday)
    reckoned = rules_told.reckon(shop_rules, sample, now=SystemClock().now())
    language, say_it = shop_rules.languages[0], rules_told.words(shop_rules)
    facts: dict[str, Any] = {
        "name": shop_rules.name.get(language, ""),
        "currency": shop_rules.currency,
        "zone": shop_rules.zone.key,
        "languages": shop_rules.languages,
        "stores": [one.code for one in shop_rules.stores],
        "offers": [offer.id for offer in shop_rules.offers],
        **rules_told.facts(shop_rules, reckoned),
    }
    text = (
        f"{path} is right: {facts['name']}, {facts['currency']}, {facts['zone']}, "
        f"stores: {len(facts['stores'])}, offers: {len(facts['offers'])}. The next start of `memberbot run` brings it."
    )
    paragraphs = [text, *(say_it.text(one, language) for one in rules_told.told(shop_rules, reckoned))]
    answer_one(facts, as_json=as_json, text="\n\n".join(paragraphs))


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
