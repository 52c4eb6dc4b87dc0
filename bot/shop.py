"""Opening the shop: its memory, its keys and its rules, in the order in which they need each other."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bot import goods, shop_lines, shop_slips
from bot.clock import Clock
from bot.goods import PictureWrong
from bot.settings import Settings
from locales.words import fold
from membership.offers import Offer
from membership.reading import Problem, RulesError
from membership.rules import ShopRules, parse
from services import Tx, mall, rules
from storage import keyring
from storage.cipher import Cipher, KeyringRow, Random, new_keyring
from storage.database import Database
from storage.faults import KeyFileMissing
from storage.key_file import make_key_file, read_key_file
from storage.keyring import KeyMissing
from storage.migrations import migrate
from storage.opening import open_memory

BOUND_TO: Final = "shop"
"""What sealed fields are bound to besides their place. One database is one shop, and has keys of its own."""


class ShopFileWrong(Exception):
    """The shop's rules, or a picture they name, cannot be read; the text says which and what to do."""


async def open_database(settings: Settings, *, server: bool, clock: Clock, random: Random = os.urandom) -> Database:
    """Return the shop's memory, its tables up to date and its keys at hand; the caller closes it.

    A new database gets new keys, and a key file if there is none. Raises a Fault in plain words: among them KeyMissing
    (a database with keys, and no key file), WrongKey and, for a server, DatabaseInUse.
    """
    now = clock.now()
    async with AsyncExitStack() as stack:
        db = await open_memory(settings.database_url, server=server, started=now)
        stack.push_async_callback(db.close)
        await migrate(db)
        db.use(await _cipher(db, settings.key_file, now=now, random=random))
        stack.pop_all()
    return db


async def _cipher(db: Database, path: Path, *, now: datetime, random: Random) -> Cipher:
    rows = await db.read(keyring.read)
    kek = _key(path, rows, random)
    if not rows:
        # Two may start at once: the keys written first count for both.
        rows = await db.write(keyring.begin, new_keyring(kek, shop=BOUND_TO, now=now, random=random))
    return Cipher.of(kek, rows, shop=BOUND_TO, random=random)


def _key(path: Path, rows: Sequence[KeyringRow], random: Random) -> bytes:
    try:
        return read_key_file(path)
    except KeyFileMissing:
        if rows:
            raise KeyMissing(needed=keyring.needed(rows), path=path) from None
    try:
        return make_key_file(path, random=random)
    except FileExistsError:
        return read_key_file(path)


def database_file(settings: Settings) -> Path | None:
    """Return the file the shop's memory lies in, or None where it is a server's."""
    kind, slashes, path = settings.database_url.partition(":///")
    return Path(path) if slashes and kind.startswith("sqlite") else None


def read_shop_file(path: Path) -> Mapping[str, Any]:
    """Return what shop.toml says, not yet checked. Raises ShopFileWrong."""
    return _read(path)[1]


def _read(path: Path) -> tuple[str, Mapping[str, Any]]:
    """Return the text of shop.toml, and what it says. Raises ShopFileWrong."""
    try:
        return shop_slips.read(path.read_bytes())
    except FileNotFoundError:
        raise ShopFileWrong(f"There is no file {path}. `memberbot init` writes one.") from None
    except shop_slips.NotToml as wrong:
        raise ShopFileWrong(f"{path} cannot be read: {wrong}") from None


def check_shop_file(path: Path, *, taken: Container[str] = ()) -> ShopRules:
    """Return the rules of a shop.toml; ``taken`` are words that no offer may be claimed by (folded).

    Raises ShopFileWrong, and RulesError: every slip with its line and its cure.
    """
    text, body = _read(path)
    try:
        found = parse(body)
        problems = tuple(_taken_words(found.offers, taken))
    except RulesError as wrong:
        problems = wrong.problems
    if problems:
        placed = (replace(one, line=shop_lines.find(text, one.path)) for one in problems)
        raise RulesError(tuple(sorted(placed, key=lambda one: one.line or 0)))
    return found


def _taken_words(offers: Iterable[Offer], taken: Container[str]) -> Iterator[Problem]:
    for number, offer in enumerate(offers, start=1):
        for keyword in offer.keywords:
            if fold(keyword) in taken:
                what = f'"{keyword}" is a word of the program: whoever types it gets that, not the coupon'
                yield Problem(f"offers[{number}].keywords", what, "write another word")


async def bring_rules(db: Database, settings: Settings, now: datetime) -> int:
    """Make the rules in shop.toml the rules in force and return their version; no change, no new version.

    The pictures it names come with it. Raises ShopFileWrong, RulesError (every problem with its place and cure;
    nothing changed) and FixedForever.
    """
    body = read_shop_file(settings.shop_file)
    pictures = read_pictures(settings.shop_file, check_shop_file(settings.shop_file).offers)

    def bring(tx: Tx) -> int:
        version = rules.bring(tx, body, actor="shop.toml", now=now)
        mall.hang(tx, pictures, now=now)
        return version

    return await db.write(bring)


def read_pictures(path: Path, offers: Iterable[Offer]) -> dict[str, bytes]:
    """Return the pictures of offers, files beside shop.toml. Raises ShopFileWrong, naming each that will not do."""
    try:
        return goods.read(path.parent, offers)
    except PictureWrong as wrong:
        raise ShopFileWrong(str(wrong)) from None
