"""The shop's rules in force: read once a version, changed by adding a version, never rewritten."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from membership import rules
from membership.errors import StoreClosed, StoreUnknown
from membership.moment import id_of
from membership.rules import ShopRules
from services import Tx
from storage import coupons
from storage import rules as rows


class NotOpenYet(Exception):
    """The database holds no shop yet: `memberbot init` or the first start with a shop.toml opens one."""


class FixedForever(Exception):
    """The shop's code, currency or zone cannot change once it is open; the text names the one that did."""


def current(tx: Tx) -> ShopRules:
    """Return the rules in force. Raises NotOpenYet before the shop opened."""
    row = rows.current(tx)
    if row is None:
        raise NotOpenYet("the shop is not open yet")
    return _parsed(row.body)


def version(tx: Tx, moment: datetime | None = None) -> int:
    """Return the number of the rules in force, now or at a moment gone by (UTC)."""
    return rows.newest(tx)[0] if moment is None else int(_row_at(tx, moment).version)


def at_version(tx: Tx, number: int) -> ShopRules:
    """Return the rules as they were in this version. Raises LookupError for an unknown one."""
    row = rows.version(tx, number)
    if row is None:
        raise LookupError(number)
    return _parsed(row.body)


def at(tx: Tx, moment: datetime) -> ShopRules:
    """Return the rules that were in force at this moment (UTC); before the shop opened, its first ones."""
    return _parsed(_row_at(tx, moment).body)


def bring(tx: Tx, body: Mapping[str, Any], *, actor: str, now: datetime) -> int:
    """Make these the rules in force (a new version if they differ) and return their number.

    Stores and offers that are no longer named are closed, never deleted. Raises RulesError (nothing changed) and
    FixedForever.
    """
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, default=str)
    parsed, digest = rules.parse(json.loads(text)), hashlib.sha256(text.encode()).hexdigest()
    _check_fixed(tx, parsed)
    number, newest = rows.newest(tx)
    if newest == digest:
        return number
    number = rows.append(tx, text, digest=digest, actor=actor, now=now)
    rows.open_shop(tx, code=parsed.code, currency=parsed.currency, zone=parsed.zone.key, created_at=now)
    _bring_stores(tx, parsed, now)
    _bring_offers(tx, parsed, number)
    return number


def store_id(code: str) -> str:
    """Return the id of the store with this code."""
    return id_of(f"store:{code}")


def store_code(tx: Tx, row_id: str | None) -> str:
    """Return the code of a store; "" for none."""
    row = rows.store(tx, row_id) if row_id else None
    return "" if row is None else row.code


def open_store(tx: Tx, row_id: str) -> str:
    """Return the code of a store where business is done. Raises StoreUnknown and StoreClosed."""
    row = rows.store(tx, row_id)
    if row is None:
        raise StoreUnknown
    if row.closed_at is not None:
        raise StoreClosed
    return str(row.code)


def store_name(tx: Tx, row_id: str) -> dict[str, str]:
    """Return the name of a store, one text per language."""
    row = rows.store(tx, row_id)
    return {} if row is None else dict(row.name)


def _check_fixed(tx: Tx, parsed: ShopRules) -> None:
    shop = rows.the_shop(tx)
    if shop is None:
        return
    for name, was, is_now in (
        ("code", shop.code, parsed.code),
        ("currency", shop.currency, parsed.currency),
        ("zone", shop.zone, parsed.zone.key),
    ):
        if was != is_now:
            raise FixedForever(f"shop.{name} is {was} for good; it cannot become {is_now}")


def _bring_stores(tx: Tx, parsed: ShopRules, now: datetime) -> None:
    for store in parsed.stores:
        rows.put_store(tx, store.code, dict(store.name))
    rows.close_stores(tx, but=[store.code for store in parsed.stores], now=now)


def _bring_offers(tx: Tx, parsed: ShopRules, number: int) -> None:
    for offer in parsed.offers:
        coupons.put_offer(tx, offer.id, kind=offer.kind, state="on", stock=offer.stock, rules_version=number)
    coupons.close_offers(tx, but=[offer.id for offer in parsed.offers])


def _row_at(tx: Tx, moment: datetime) -> Any:
    row = rows.version_at(tx, moment)
    if row is None:
        raise NotOpenYet("the shop is not open yet")
    return row


@lru_cache(maxsize=16)
def _parsed(text: str) -> ShopRules:
    return rules.recall(json.loads(text))
