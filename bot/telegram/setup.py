"""What the bot shows of itself at Telegram: who it is, its commands in each language, its menu button."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from telegram import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    MenuButton,
    MenuButtonCommands,
    MenuButtonWebApp,
    WebAppInfo,
)
from telegram.error import TelegramError

from bot.telegram.connection import ShopBot, Words
from bot.telegram.keyboards import Place
from bot.telegram.layout import shorten
from bot.telegram.updates import Account
from membership import staff
from membership.member import Role
from membership.messages import say

log = structlog.get_logger(__name__)

# docs/commands.md. Each is described by the message command.<word>.
MEMBER: Final = (
    "start", "join", "code", "paycode", "points", "balance", "coupons", "mall", "perks", "checkin", "refer", "profile",
    "settings", "language", "help", "privacy", "cancel",
)  # fmt: skip
WORK: Final = (
    ("scan", "scan"), ("counter", "scan"), ("undo", "undo"), ("store", "scan"), ("manage", "report"),
    ("staff", "invite"), ("report", "report"), ("broadcast", "broadcast"), ("refund", "refund"), ("adjust", "adjust"),
    ("approve", "refund"), ("watch", "watch"),
)  # fmt: skip
"""Words of those who work here, and the action each needs."""

COMMAND_UNITS_MAX: Final = 256
SHORT_DESCRIPTION_UNITS_MAX: Final = 120
DESCRIPTION_UNITS_MAX: Final = 512
CARD: Final = "/card"


async def introduce(bot: ShopBot) -> Account:
    """Ask Telegram who this token is. Raises telegram.error.InvalidToken, or what the road raises."""
    me = await bot.get_me()
    return Account(str(me.id), me.username or "")


@dataclass(frozen=True, slots=True)
class Front:
    """The bot's own page and menus at Telegram. Telegram knows two-letter languages only: one Chinese for both scripts.

    The menus by chat show each person's own choice of language and rights. ``lacking`` are words that stand for what
    this shop has not: they are left out.
    """

    bot: ShopBot
    words: Words
    place: Place
    language: str
    lacking: frozenset[str] = frozenset()

    async def arrange(self) -> None:
        """Set commands, descriptions and menu button, at each start; a call that fails is logged and no matter."""
        for code, language in self._codes():
            await self._introduce_in(code, language)
        await _tried("menu_button", self.bot.set_chat_menu_button(menu_button=self._menu_button(self.language)))

    async def menus_for(self, external_id: str, roles: Sequence[Role], *, language: str) -> None:
        """Show this person the commands of these rights and the menu button, in this language; it gives no right.

        The button has no language of its own at Telegram: everybody sees the shop's until it is set for their chat.
        """
        commands, chat = self._commands(commands_for(roles), language), int(external_id)
        scope = BotCommandScopeChat(chat)
        await _tried("chat_commands", self.bot.set_my_commands(commands, scope=scope))
        if self.place.has_mini_apps:
            button = self._menu_button(language)
            await _tried("chat_menu_button", self.bot.set_chat_menu_button(chat, menu_button=button))

    def _codes(self) -> Iterator[tuple[str | None, str]]:
        """Give each language Telegram can tell apart, and the shop's own for everybody else."""
        yield None, self.language
        known: set[str] = set()
        for language in sorted(self.words.languages, key=lambda tag: "hant" in tag.lower()):
            code = language.partition("-")[0].lower()
            if code not in known:
                known.add(code)
                yield code, language

    async def _introduce_in(self, code: str | None, language: str) -> None:
        commands, scope = self._commands(MEMBER, language), BotCommandScopeAllPrivateChats()
        short = shorten(self.words.text(say("bot.short_description"), language), SHORT_DESCRIPTION_UNITS_MAX)
        long = shorten(self.words.text(say("bot.description"), language), DESCRIPTION_UNITS_MAX)
        await _tried("commands", self.bot.set_my_commands(commands, scope=scope, language_code=code))
        await _tried("short_description", self.bot.set_my_short_description(short, language_code=code))
        await _tried("description", self.bot.set_my_description(long, language_code=code))

    def _menu_button(self, language: str) -> MenuButton:
        if not self.place.has_mini_apps:
            return MenuButtonCommands()
        label = self.words.text(say("bot.menu_button"), language)
        return MenuButtonWebApp(label, WebAppInfo(self.place.page(CARD)))

    def _commands(self, names: Sequence[str], language: str) -> list[BotCommand]:
        return [
            BotCommand(name, shorten(self.words.text(say(f"command.{name}"), language), COMMAND_UNITS_MAX))
            for name in names
            if name not in self.lacking
        ]


def commands_for(roles: Sequence[Role]) -> tuple[str, ...]:
    """Return the commands worth showing to somebody with these roles."""
    return (*(word for word, action in WORK if staff.may(roles, action)), *MEMBER)


async def _tried(what: str, call: Awaitable[Any]) -> None:
    try:
        await call
    except TelegramError as error:
        log.warning("telegram_front_not_set", what=what, why=type(error).__name__)
