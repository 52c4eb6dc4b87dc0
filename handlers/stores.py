"""The stores of somebody who works here: where they stand now, and those chosen for a colleague."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.reply import ask, screen, tap
from handlers.said import Said
from membership.member import Who
from membership.messages import Button, Reply, choose, say
from membership.moment import Moment
from services import Tx, rules, staff

CHOSEN = "staff.stores"
"""The open question whose data says which stores are ticked for whom."""

AT_ONCE = 10


def show_store(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show where somebody stands and the other stores they may stand in; with a code, stand there from now on."""
    del said, moment
    reader = staff.check(tx, who, "scan")
    if arguments:
        here = staff.stand_in(tx, who, arguments[0])
        return screen(say("store.here", store=choose(rules.store_name(tx, here))), buttons=[[tap("scan", "scan")]])
    mine = [store_id for store_id in staff.stores(tx, who) if store_id != reader.store_id]
    others = [[_named(tx, "store_named", store_id, "store")] for store_id in mine]
    text = say("store.here", store=choose(rules.store_name(tx, reader.store_id)))
    return screen(text, *([say("store.ask")] if others else []), buttons=[*others, [tap("scan", "scan")]])


def ask_stores(tx: Tx, who: Who, data: Mapping[str, Any]) -> Reply:
    """Show the stores a person may give a right in, the ticked ones marked, ten at once."""
    mine, ticked, first = staff.stores(tx, who), set(data["stores"]), int(data.get("first", 0))
    shown = mine[first : first + AT_ONCE]
    rows = [
        [_named(tx, "store_on" if rules.store_code(tx, one) in ticked else "store_off", one, "staff at")]
        for one in shown
    ]
    if len(mine) > AT_ONCE:
        rows.append([tap("more", "staff more")])
    if ticked:
        rows.append([tap("stores_done", "staff done")])
    elif any(role.store_id is None for role in who.roles):
        rows.append([tap("stores_all", "staff done")])
    rows.append([tap("cancel", "cancel")])
    return ask(CHOSEN, say("staff.ask_stores", role=say(f"role.{data['role']}")), buttons=rows, **data)


def toggled(data: Mapping[str, Any], code: str) -> dict[str, Any]:
    """Return the choice with one store ticked, or no longer ticked."""
    ticked = [one for one in data["stores"] if one != code]
    return {**data, "stores": ticked if len(ticked) < len(data["stores"]) else [*ticked, code]}


def turned(tx: Tx, who: Who, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choice with the next ten stores shown."""
    first = int(data.get("first", 0)) + AT_ONCE
    return {**data, "first": first if first < len(staff.stores(tx, who)) else 0}


def _named(tx: Tx, key: str, store_id: str, word: str) -> Button:
    return tap(key, f"{word} {rules.store_code(tx, store_id)}", store=choose(rules.store_name(tx, store_id)))
