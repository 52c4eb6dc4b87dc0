"""The whole Telegram channel, from its token to its open doors."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp
import structlog
from starlette.routing import Route
from telegram.error import InvalidToken, TelegramError

from bot.clock import Clock
from bot.desk import Desk
from bot.notebook import Notebook
from bot.painter import Painter
from bot.settings import Telegram
from bot.telegram.connection import make_bot
from bot.telegram.keyboards import Place
from bot.telegram.outgoing import TelegramMessenger
from bot.telegram.photos import Photos
from bot.telegram.polling import Polling
from bot.telegram.setup import Front, introduce
from bot.telegram.sign_in import TelegramSignIn
from bot.telegram.updates import Account, Updates
from bot.telegram.webhook import PATH, Webhook, announce, kept_secret
from locales import Words
from membership.member import Who

log = structlog.get_logger(__name__)

USERNAME: Final = "username"


class TokenRefused(Exception):
    """Telegram does not know the token; the text says what to do."""


class TelegramChannel:
    """Telegram's wires: ``messenger`` sends, ``sign_in`` opens pages, ``open`` lets updates in, ``close`` ends.

    ``language`` is the shop's: what everybody reads who has none of their own.
    """

    def __init__(
        self,
        settings: Telegram,
        *,
        http: aiohttp.ClientSession,
        words: Words,
        painter: Painter,
        notebook: Notebook,
        clock: Clock,
        public_url: str,
        language: str,
        lacking: frozenset[str] = frozenset(),
    ) -> None:
        self._settings = settings
        self._words = words
        self._painter = painter
        self._notebook = notebook
        self._clock = clock
        self._public_url = public_url
        self.language = language
        self._lacking = lacking
        token = settings.token.get_secret_value()
        self._bot = make_bot(http, token, api_url=settings.api_url, clock=clock)
        self.account = Account(token.partition(":")[0], "")
        self.sign_in = TelegramSignIn(token, account=self.account.id)
        self._updates: Updates | None = None
        self._polling: Polling | None = None
        self._polled: asyncio.Task[None] | None = None
        self._arranged: asyncio.Task[None] | None = None

    async def introduce(self) -> TelegramMessenger:
        """Learn the bot's name and return the way out; without network the kept name serves. Raises TokenRefused."""
        try:
            self.account = await introduce(self._bot)
            await self._notebook.keep(self.account.id, USERNAME, self.account.username)
        except InvalidToken:
            raise TokenRefused("Telegram refuses MEMBERBOT_TELEGRAM__TOKEN. Get a fresh one from @BotFather.") from None
        except TelegramError as trouble:
            kept = await self._notebook.find(self.account.id, USERNAME)
            self.account = Account(self.account.id, kept or "")
            log.warning("telegram_out_of_reach", why=type(trouble).__name__)
        return TelegramMessenger(
            self._bot,
            self._words,
            self._painter,
            self._notebook,
            place=self._place,
        )

    async def routes(self, desk: Desk, read_codes: Callable[[bytes], Awaitable[tuple[str, ...]]]) -> list[Route]:
        """Return the routes Telegram calls (none where we poll)."""
        self._updates = Updates(
            self._bot,
            desk,
            account=self.account,
            clock=self._clock,
            words=self._words,
            photos=Photos(self._bot, read_codes),
            language=self.language,
        )
        if self._settings.mode == "polling":
            return []
        webhook = Webhook(await self._secret(), self._updates)
        return [Route(PATH, webhook.receive, methods=["POST"])]

    async def open(self) -> None:
        """Let updates in, and arrange commands and menus meanwhile."""
        assert self._updates is not None, "routes come first"
        if self._settings.mode == "webhook":
            await announce(self._bot, public_url=self._public_url, secret=await self._secret())
        else:
            self._polling = Polling(self._bot, self._updates)
            self._polled = asyncio.create_task(self._polling.run())
        self._arranged = asyncio.create_task(self._front.arrange())

    async def show_menus(self, who: Who) -> None:
        """Show this person the commands of their role in their language."""
        await self._front.menus_for(who.identity.external_id, who.roles, language=who.language)

    async def close(self) -> None:
        """Stop taking updates and let what was begun end, within ten seconds."""
        if self._arranged is not None:
            self._arranged.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._arranged
        if self._polling is not None and self._polled is not None:
            await self._polling.stop()
            await self._polled
        if self._updates is not None:
            await self._updates.close()

    @property
    def _front(self) -> Front:
        return Front(self._bot, self._words, self._place, self.language, lacking=self._lacking)

    @property
    def _place(self) -> Place:
        return Place(self.account.username, self._public_url, self._settings.http_pages)

    async def _secret(self) -> str:
        given, fresh = self._settings.webhook_secret.get_secret_value(), secrets.token_urlsafe(32)
        return await kept_secret(self._notebook, self.account.id, given=given, fresh=fresh)
