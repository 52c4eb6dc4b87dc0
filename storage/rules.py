"""The shop's rules in their versions, and its stores."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, Row, bindparam, func, select, update

from membership.moment import id_of
from storage import kept
from storage.database import Tx
from storage.tables import rules as t
from storage.tables import shop, stores

KEPT, CHANGED = "rules", "rules changed"
# What is asked on every act is built once: building a statement anew takes four times as long as running it.
_OF: Final[BindParameter[Any]] = bindparam("of")
_CURRENT: Final = select(t).order_by(t.c.version.desc()).limit(1)
_VERSION: Final = select(t).where(t.c.version == _OF)
_VERSION_AT: Final = (
    select(t).where(t.c.created_at <= bindparam("at", type_=t.c.created_at.type)).order_by(t.c.version.desc()).limit(1)
)
_FIRST: Final = select(t).order_by(t.c.version).limit(1)
_SHOP: Final = select(shop).limit(1)
_STORES: Final = select(stores).order_by(stores.c.code)
_STORE: Final = select(stores).where(stores.c.id == _OF)


def current(tx: Tx) -> Row[Any] | None:
    """Return the newest version of the rules, or None before the shop opened; read once in a transaction."""
    if KEPT not in tx.kept:
        found = tx.one(_CURRENT)
        if CHANGED in tx.kept:
            return found
        tx.kept[KEPT] = found
    newest: Row[Any] | None = tx.kept[KEPT]
    return newest


def newest(tx: Tx) -> tuple[int, str]:
    """Return number and digest of the newest version; (0, "") before the shop opened."""
    row = current(tx)
    return (0, "") if row is None else (row.version, row.digest)


def version(tx: Tx, number: int) -> Row[Any] | None:
    """Return one version of the rules, or None; read once in a transaction, however many coupons were made under it."""
    name = f"{KEPT} {number}"
    if name in tx.kept:
        known: Row[Any] = tx.kept[name]
        return known
    found = tx.one(_VERSION, {"of": number})
    if found is not None and CHANGED not in tx.kept:
        tx.kept[name] = found
    return found


def version_at(tx: Tx, at: datetime) -> Row[Any] | None:
    """Return the version in force at this moment; before there was any, the first one."""
    return tx.one(_VERSION_AT, {"at": at}) or tx.one(_FIRST)


def history(tx: Tx) -> list[Row[Any]]:
    """Return every version, newest first, without its body."""
    return tx.all(select(t.c.version, t.c.digest, t.c.actor, t.c.created_at).order_by(t.c.version.desc()))


def append(tx: Tx, body: str, *, digest: str, actor: str, now: datetime) -> int:
    """Add the next version (``body`` is JSON) and return its number."""
    # A savepoint may take the new version back, so from here on this transaction looks every time.
    tx.kept.pop(KEPT, None)
    tx.kept[CHANGED] = True
    number = int(tx.scalar(select(func.coalesce(func.max(t.c.version), 0)))) + 1
    tx.execute(t.insert().values(version=number, body=body, digest=digest, actor=actor, created_at=now))
    return number


def the_shop(tx: Tx) -> Row[Any] | None:
    """Return the shop's row, or None before it opened."""
    return tx.one(_SHOP)


def open_shop(tx: Tx, **values: Any) -> None:
    """Write down what can never change: the shop's code, currency and zone."""
    tx.insert_once(shop, {"id": id_of("shop"), **values})


def put_store(tx: Tx, code: str, name: dict[str, str]) -> None:
    """Add a store or give it a new name; a closed one is opened again."""
    kept.changed(tx, stores)
    row_id = id_of(f"store:{code}")
    if not tx.insert_once(stores, {"id": row_id, "code": code, "name": name}):
        tx.execute(update(stores).where(stores.c.id == row_id).values(name=name, closed_at=None))


def close_stores(tx: Tx, *, but: list[str], now: datetime) -> None:
    """Close the stores whose codes are no longer named; their history stays."""
    kept.changed(tx, stores)
    gone = update(stores).where(stores.c.code.not_in(but), stores.c.closed_at.is_(None))
    tx.execute(gone.values(closed_at=now))


def all_stores(tx: Tx) -> list[Row[Any]]:
    """Return all stores, closed ones too, in order of code."""
    found = kept.once(tx, stores, "all", lambda: tx.all(_STORES))
    for row in found:
        kept.keep(tx, stores, row.id, row)
    return found


def store(tx: Tx, store_id: str) -> Row[Any] | None:
    """Return one store, or None."""
    row: Row[Any] | None = kept.once(tx, stores, store_id, lambda: tx.one(_STORE, {"of": store_id}))
    return row
