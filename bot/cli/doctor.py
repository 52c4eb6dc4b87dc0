"""The command that looks at everything a shop needs, and says of each what works and what to do."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final, Literal

import aiohttp
import typer

from bot import settings, shop
from bot.cli.memory import opened
from bot.cli.plainly import CANNOT, AsJson, answer, told
from bot.cli.platforms import TokenRefused, Unreachable, telegram_front, wechat_rights
from bot.clock import SystemClock
from bot.settings import Settings
from bot.shop import ShopFileWrong, database_file
from membership.reading import RulesError
from membership.rules import parse
from services import Database, staff
from storage.faults import Fault
from storage.key_file import read_key_file
from storage.migrations import pending

State = Literal["works", "off", "attention", "broken"]
DISK_FREE_MIN: Final = 500 * 2**20
CLOCK_OFF_MAX: Final = timedelta(minutes=1)
TIMEOUT: Final = aiohttp.ClientTimeout(total=8)


@dataclass(frozen=True, slots=True)
class Look:
    """One thing looked at: what it is, how it is, and what to do (empty: nothing)."""

    what: str
    state: State
    found: str
    to_do: str = ""


def doctor(*, as_json: AsJson = False) -> None:
    """Look at settings, rules, key, database, disk, clock, public address and both channels; say what to do."""
    read = settings.load()
    looks = asyncio.run(_examined(read))
    answer([asdict(look) for look in looks], as_json=as_json, empty="")
    if any(look.state == "broken" for look in looks):
        raise typer.Exit(CANNOT)


async def _examined(read: Settings) -> list[Look]:
    looks = [Look("settings", "works", "read, nothing unknown"), _rules(read), _key(read), _disk(read)]
    looks += [look async for look in _memory(read)]
    async with aiohttp.ClientSession(timeout=TIMEOUT) as http:
        looks += [await _clock(read, http), await _public(read, http)]
    return [*looks, await _telegram(read)]


def _rules(read: Settings) -> Look:
    try:
        found = parse(shop.read_shop_file(read.shop_file))
    except (RulesError, ShopFileWrong) as wrong:
        return Look("rules", "broken", " ".join(told(wrong)[0]), f"Mend {read.shop_file}.")
    return Look("rules", "works", f"{found.name.get(found.languages[0], '')}, {found.currency}, {found.zone.key}")


def _key(read: Settings) -> Look:
    try:
        read_key_file(read.key_file)
    except Fault as fault:
        return Look("key file", "broken", str(fault))
    return Look("key file", "works", str(read.key_file), "Keep a copy on another machine.")


def _disk(read: Settings) -> Look:
    path = database_file(read)
    there = next(folder for folder in ((path or Path()).resolve().parents) if folder.exists())
    free = shutil.disk_usage(there).free
    few = free < DISK_FREE_MIN
    return Look("disk", "attention" if few else "works", f"{free // 2**20:,} MB free", "Make room." if few else "")


async def _memory(read: Settings) -> AsyncIterator[Look]:
    path = database_file(read)
    if path is not None and not path.exists():
        yield Look("database", "broken", f"There is no {path}.", "Run `memberbot init`.")
        return
    try:
        async with opened(read) as db:
            yield Look("database", "works", f"{db.dialect}, {len(await pending(db))} steps missing")
            people = await db.read(staff.working)
            owners = sum(one.role == "owner" for one in people)
            to_do = "" if owners else "Run `memberbot staff invite --role owner`."
            yield Look("staff", "works" if owners else "attention", f"{len(people)} people, {owners} owners", to_do)
            yield await _wechat(read, db)
    except Fault as fault:
        yield Look("database", "broken", str(fault))


async def _clock(read: Settings, http: aiohttp.ClientSession) -> Look:
    """Compare this machine's clock with the platform's."""
    address = read.telegram.api_url if read.telegram.token.get_secret_value() else read.wechat.api_url
    try:
        async with http.head(address) as response:
            theirs = parsedate_to_datetime(response.headers["Date"])
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError):
        return Look("clock", "attention", "no platform to compare with answered", "Look at the network.")
    off = abs(SystemClock().now() - theirs)
    wrong = off > CLOCK_OFF_MAX
    to_do = "Let the system set its clock (NTP): codes live for two minutes." if wrong else ""
    return Look("clock", "broken" if wrong else "works", f"{off.total_seconds():.0f} s off", to_do)


async def _public(read: Settings, http: aiohttp.ClientSession) -> Look:
    url = read.http.public_url
    if not url:
        needs = "WeChat, webhooks and the pages in the apps need one: set MEMBERBOT_HTTP__PUBLIC_URL."
        return Look("public address", "broken" if read.wechat.app_id else "off", "none", needs)
    with suppress(aiohttp.ClientError, TimeoutError):
        async with http.get(f"{url}/healthz") as response:
            if response.ok:
                plain = url.startswith("http://")
                to_do = "Cameras and Mini Apps need https." if plain else ""
                return Look("public address", "attention" if plain else "works", f"{url} answers", to_do)
    to_do = "Start `memberbot run`, and let the proxy in front of it pass requests on."
    return Look("public address", "attention", f"{url} does not answer", to_do)


async def _telegram(read: Settings) -> Look:
    if not read.telegram.token.get_secret_value():
        return Look("telegram", "off", "no token", "To turn it on set MEMBERBOT_TELEGRAM__TOKEN.")
    return await _asked("telegram", _telegram_front(read))


async def _telegram_front(read: Settings) -> Look:
    front = await telegram_front(read)
    found = f"@{front.name}, by {read.telegram.mode}"
    if front.complaint and read.telegram.mode == "webhook":
        return Look(
            "telegram", "attention", f"{found}; Telegram says: {front.complaint}", "Look at the public address."
        )
    return Look("telegram", "works", found)


async def _wechat(read: Settings, db: Database) -> Look:
    if not read.wechat.app_id:
        return Look("wechat", "off", "no AppID", "To turn it on set MEMBERBOT_WECHAT__APP_ID.")
    return await _asked("wechat", _wechat_rights(read, db))


async def _wechat_rights(read: Settings, db: Database) -> Look:
    can = await wechat_rights(read, db)
    may = [field.name for field in fields(can) if getattr(can, field.name) is True]
    cannot = [field.name for field in fields(can) if getattr(can, field.name) is False]
    found = f"{can.kind} account; may: {', '.join(may) or 'answer in text'}"
    if cannot:
        found += f"; may not: {', '.join(cannot)}"
    to_do = TO_DO[can.kind]
    return Look("wechat", "works" if can.kind == "service" else "attention", found, to_do)


TO_DO: Final = {
    "service": "",
    "subscription": "Notices reach members only within 48 hours of their last message; a service account knows more.",
    "unverified": "Only text answers work. Verify the account (微信认证) to send pictures, notices and menus.",
}


async def _asked(what: str, asking: Awaitable[Look]) -> Look:
    try:
        return await asking
    except TokenRefused as refused:
        return Look(what, "broken", str(refused), "Set it right and run `memberbot doctor` again.")
    except Unreachable as silent:
        return Look(what, "attention", str(silent), "Look at the network, or try again later.")
