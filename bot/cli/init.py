"""The command that opens a shop from nothing: a few questions, four files, and the first owner's invitation."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from bot import settings, shop
from bot.cli import shop_file
from bot.cli.memory import opened
from bot.cli.plainly import ASKED_WRONGLY, Stopped, Yes
from bot.cli.platforms import TokenRefused, Unreachable, telegram_front
from bot.cli.staff import invitation, invited
from bot.clock import SystemClock
from bot.settings import Settings, Telegram
from membership.languages import CORE
from membership.rules import parse

ENV = Path(".env")
ALPHABET = string.ascii_letters + string.digits
AES_KEY_LENGTH, TOKEN_LENGTH = 43, 32
CALLBACK = "/wechat/callback"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was answered: the shop's own words, and the channels' keys."""

    name: str
    preset: str
    language: str
    currency: str
    zone: str
    telegram_token: str
    wechat_app_id: str
    wechat_app_secret: str
    public_url: str


def init(
    *,
    name: Annotated[str, typer.Option(help="The shop's name.")] = "",
    preset: Annotated[str, typer.Option(help=f"The trade: {', '.join(shop_file.PRESETS)}.")] = "",
    language: Annotated[str, typer.Option(help="The shop's own language, such as zh-Hans, zh-Hant or en.")] = "",
    currency: Annotated[str, typer.Option(help="The currency, such as CNY.")] = "",
    zone: Annotated[str, typer.Option(help="The time zone, such as Asia/Shanghai.")] = "",
    telegram_token: Annotated[str, typer.Option(help="The Telegram bot's token from @BotFather.")] = "",
    wechat_app_id: Annotated[str, typer.Option(help="The Official Account's AppID.")] = "",
    wechat_app_secret: Annotated[str, typer.Option(help="The Official Account's AppSecret.")] = "",
    public_url: Annotated[str, typer.Option(help="The address the outside reaches this machine by, https://…")] = "",
    check: Annotated[bool, typer.Option(help="Ask Telegram whether the token is right.")] = True,
    yes: Yes = False,
) -> None:
    """Open a shop: write shop.toml, .env and the key file, and print the first owner's invitation."""
    read = settings.load()
    _refuse_to_overwrite(read)
    given = {
        "name": name,
        "preset": preset,
        "language": language,
        "currency": currency,
        "zone": zone,
        "telegram_token": telegram_token,
        "wechat_app_id": wechat_app_id,
        "wechat_app_secret": wechat_app_secret,
        "public_url": public_url.rstrip("/"),
    }
    wish = Wish(**{key: _asked(key, value, given, yes=yes) for key, value in given.items()})
    text = shop_file.make(wish.preset, _shop_words(wish))
    parse(shop_file.body(text))
    bot = _checked(read, wish.telegram_token) if wish.telegram_token and check else ""
    wechat = _wechat(wish)
    _write_env(wish, wechat)
    read.shop_file.parent.mkdir(parents=True, exist_ok=True)
    read.shop_file.write_text(text, encoding="utf-8")
    _say_what_stands_where(read, bot)
    if wechat:
        typer.echo(_wechat_page(wish, wechat))
    typer.echo(asyncio.run(_opened(settings.load())))


def _refuse_to_overwrite(read: Settings) -> None:
    there = [str(path) for path in (read.shop_file, ENV) if path.exists()]
    if there:
        raise Stopped(
            f"{' and '.join(there)} {'is' if len(there) == 1 else 'are'} here already; nothing is overwritten. "
            "Move them away, or begin in an empty folder.",
            code=ASKED_WRONGLY,
        )


QUESTIONS = {
    "name": "The shop's name",
    "preset": f"The trade ({', '.join(shop_file.PRESETS)})",
    "language": f"The shop's own language ({', '.join(CORE)})",
    "currency": "The currency",
    "zone": "The time zone",
    "telegram_token": "The Telegram bot's token from @BotFather (Enter: no Telegram)",
    "wechat_app_id": "The WeChat Official Account's AppID (Enter: no WeChat)",
    "wechat_app_secret": "Its AppSecret",
    "public_url": "The address the outside reaches this machine by, https://… (Enter: later)",
}
USUAL = {
    "name": "晨光咖啡",
    "preset": "cafe",
    "language": "zh-Hans",
    "currency": "CNY",
    "zone": "Asia/Shanghai",
}
PLAIN = r"[!-&(-~]*"  # no quotes: .env puts them around
HIDDEN = ("telegram_token", "wechat_app_secret")


def _asked(key: str, value: str, given: dict[str, str], *, yes: bool) -> str:
    """Return the answer to one question: as given, as asked, or as usual; it is checked either way."""
    pointless = key == "wechat_app_secret" and not given["wechat_app_id"]
    if not value and not yes and not pointless:
        value = str(typer.prompt(QUESTIONS[key], default=USUAL.get(key, ""), hide_input=key in HIDDEN)).strip()
    value = value or USUAL.get(key, "")
    _check_answer(key, value)
    given[key] = value
    return value


def _check_answer(key: str, value: str) -> None:
    if key == "preset" and value not in shop_file.PRESETS:
        raise Stopped(f'"{value}" is no trade. Write one of: {", ".join(shop_file.PRESETS)}.', code=ASKED_WRONGLY)
    if key == "language" and value not in CORE:
        raise Stopped(f'"{value}" has no texts yet. Write one of: {", ".join(CORE)}.', code=ASKED_WRONGLY)
    if key not in {"name", "preset", "language"} and not re.fullmatch(PLAIN, value):
        raise Stopped(f"{QUESTIONS[key].partition(' (')[0]}: letters, digits and signs only.", code=ASKED_WRONGLY)


def _shop_words(wish: Wish) -> dict[str, str]:
    return {"name": wish.name, "language": wish.language, "currency": wish.currency, "zone": wish.zone}


def _checked(read: Settings, token: str) -> str:
    """Return the bot's name, told by Telegram now."""
    asking = read.model_copy(update={"telegram": Telegram(token=SecretStr(token), api_url=read.telegram.api_url)})
    try:
        return asyncio.run(telegram_front(asking)).name
    except TokenRefused as wrong:
        raise Stopped(str(wrong), code=ASKED_WRONGLY) from None
    except Unreachable as silent:
        raise Stopped(f"{silent} Try again, or go on with --no-check.") from None


def _wechat(wish: Wish) -> dict[str, str]:
    """Return WeChat's settings, with a token and an AES key made for this shop; nothing without an account."""
    if not wish.wechat_app_id:
        return {}
    if not wish.wechat_app_secret:
        raise Stopped("WeChat needs the AppSecret beside the AppID.", code=ASKED_WRONGLY)
    return {
        "APP_ID": wish.wechat_app_id,
        "APP_SECRET": wish.wechat_app_secret,
        "TOKEN": "".join(secrets.choice(ALPHABET) for _ in range(TOKEN_LENGTH)),
        "AES_KEY": "".join(secrets.choice(ALPHABET) for _ in range(AES_KEY_LENGTH)),
    }


def _write_env(wish: Wish, wechat: dict[str, str]) -> None:
    lines = {"TELEGRAM__TOKEN": wish.telegram_token, "HTTP__PUBLIC_URL": wish.public_url}
    lines |= {f"WECHAT__{name}": value for name, value in wechat.items()}
    text = "".join(f"MEMBERBOT_{name}='{value}'\n" for name, value in lines.items() if value)
    with os.fdopen(os.open(ENV, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("# Secrets of this shop: for its owner's eyes only.\n" + text)


def _say_what_stands_where(read: Settings, bot: str) -> None:
    if bot:
        typer.echo(f"Telegram knows the bot: @{bot}")
    typer.echo(
        f"{read.shop_file}  the shop's rules: yours to change; `memberbot rules check` names every slip\n"
        f"{ENV}  the channels' keys, readable by you alone\n"
        f"{read.key_file}  the key of all names and phones. Copy it now to a safe place that is not this machine:\n"
        "    without it no backup can be read, and nobody can make it again."
    )


def _wechat_page(wish: Wish, wechat: dict[str, str]) -> str:
    address = wish.public_url or "https://YOUR.ADDRESS"
    return (
        "\nPaste this on mp.weixin.qq.com, 设置与开发 → 基本配置 → 服务器配置 (start `memberbot run` first):\n"
        f"  URL (服务器地址)                {address}{CALLBACK}\n"
        f"  Token (令牌)                    {wechat['TOKEN']}\n"
        f"  EncodingAESKey (消息加解密密钥)  {wechat['AES_KEY']}\n"
        "  Encryption (消息加解密方式)      safe mode 安全模式\n"
        "  Message format (数据格式)        XML\n"
        "  IP white list (IP白名单)         this machine's address to the outside"
    )


async def _opened(read: Settings) -> str:
    """Open the memory and the shop, and return the first owner's invitation in words."""
    async with opened(read) as db:
        await shop.bring_rules(db, read, SystemClock().now())
        facts: dict[str, Any] = await invited(db, read, "owner")
    return f"\n{invitation(facts)}\n\nNow start the shop: memberbot run"
