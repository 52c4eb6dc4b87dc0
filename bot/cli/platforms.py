"""Asking the platforms who we are, live: whether a token is right, and what an account may do."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp
from telegram.error import InvalidToken, TelegramError

from bot.clock import SystemClock
from bot.notebook import Notebook
from bot.settings import Settings
from bot.telegram.connection import ShopBot, make_bot
from bot.telegram.setup import introduce
from bot.wechat.calls import Api, Refusal
from bot.wechat.capabilities import Capabilities
from bot.wechat.client import ShopClient, stable_token
from bot.wechat.setup import Setup
from bot.wechat.token import Tokens
from scheduler.messenger import Trouble
from services import Database


class TokenRefused(Exception):
    """The platform does not know this account; the text says what to look at, without any secret."""


class Unreachable(Exception):
    """The platform did not answer; the text says which."""


@dataclass(frozen=True, slots=True)
class Front:
    """What Telegram says of the bot: its name, the address it pushes to (empty: none) and its last complaint."""

    name: str
    webhook: str
    complaint: str


async def telegram_front(read: Settings) -> Front:
    """Return what Telegram says of the bot of this token. Raises TokenRefused and Unreachable."""
    async with aiohttp.ClientSession() as http:
        token = read.telegram.token.get_secret_value()
        bot = make_bot(http, token, api_url=read.telegram.api_url, clock=SystemClock())
        try:
            return await _front(bot)
        except InvalidToken:
            raise TokenRefused("Telegram does not know this token. Copy it again from @BotFather.") from None
        except TelegramError as error:
            raise Unreachable(f"Telegram did not answer ({type(error).__name__}).") from None


async def _front(bot: ShopBot) -> Front:
    account = await introduce(bot)
    hook = await bot.get_webhook_info()
    return Front(account.username, hook.url, hook.last_error_message or "")


async def bot_name(read: Settings) -> str:
    """Return the bot's name for links; empty where there is no bot, or Telegram does not answer now."""
    if not read.telegram.token.get_secret_value():
        return ""
    try:
        return (await telegram_front(read)).name
    except (TokenRefused, Unreachable):
        return ""


async def wechat_rights(read: Settings, db: Database) -> Capabilities:
    """Return what the account may do, tried now. Raises TokenRefused and Unreachable."""
    wechat, clock = read.wechat, SystemClock()
    async with aiohttp.ClientSession() as http:
        api, notebook = Api(http, wechat.api_url), Notebook(db, clock=clock)
        fetch = stable_token(api, app_id=wechat.app_id, app_secret=wechat.app_secret.get_secret_value())
        tokens = Tokens(account=wechat.app_id, fetch=fetch, notebook=notebook, clock=clock, alert=_nothing)
        client = ShopClient(wechat.app_id, api=api, tokens=tokens)
        try:
            return await Setup(client, account=wechat.app_id, notebook=notebook, clock=clock).capabilities(afresh=True)
        except Refusal as no:
            raise TokenRefused(f"WeChat refuses this account (error {no.code}). {CURES.get(no.code, '')}") from None
        except Trouble as trouble:
            if str(trouble) in REFUSED:
                raise TokenRefused(REFUSED[str(trouble)]) from None
            raise Unreachable(f"WeChat did not answer ({trouble}).") from None


CURES = {40001: "Reset the AppSecret on the platform's page and set it anew."}
REFUSED = {
    "ip_not_allowed": "WeChat does not let this machine in: add its address to the platform's IP white list.",
    "wrong_secret": "WeChat says the AppSecret is wrong. Reset it on the platform's page and set it anew.",
    "wrong_app_id": "WeChat does not know this AppID. Copy it from the platform's page.",
    "secret_frozen": "WeChat has frozen the AppSecret. Release it on the platform's page.",
}
"""What WeChat refuses an account for (bot/wechat/token.py), and what helps."""


def _nothing(_: str) -> None:
    """Tell nobody: the answer itself is shown."""
