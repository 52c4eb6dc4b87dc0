"""Telegram's updates taken in: committed first, then answered, each person's in order and nobody waiting for others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import structlog
from telegram.error import BadRequest, TelegramError

from bot.clock import Clock
from bot.telegram import troubles
from bot.telegram.connection import ShopBot, Words
from bot.telegram.lanes import Lanes, told
from bot.telegram.layout import TOAST_UNITS_MAX, shorten
from bot.telegram.photos import Photos
from bot.telegram.said import Heard, Unreadable, hear
from handlers.said import Said
from membership.messages import say
from services.outgoing import Outgoing
from services.turns import Turn

log = structlog.get_logger(__name__)

CLOSE_SECONDS: Final = 3.0
PEOPLE_MAX: Final = 32  # so many people's turns run at once; others wait where they came in


@dataclass(frozen=True, slots=True)
class Account:
    """The shop's bot as Telegram knows it: its id and its username."""

    id: str
    username: str


class Desk(Protocol):
    """Where what was said is handed in, and outgoing rows are handed on (bot.desk.Desk)."""

    @property
    def deliver(self) -> Callable[[Outgoing], Awaitable[None]]: ...

    async def take(self, said: Said, /) -> Turn: ...


class Updates:
    """Receives updates from webhook and polling alike."""

    def __init__(
        self, bot: ShopBot, desk: Desk, *, account: Account, clock: Clock, words: Words, photos: Photos, language: str
    ) -> None:
        self._bot = bot
        self._desk = desk
        self._account = account
        self._clock = clock
        self._words = words
        self._photos = photos
        self._language = language  # the shop's, for groups
        self._room = asyncio.Semaphore(PEOPLE_MAX)
        self._turns = Lanes()
        self._deliveries = Lanes()

    async def take(self, body: Mapping[str, Any]) -> None:
        """Return once the update is committed, and let its answer follow.

        What says nothing to the shop is passed over. Raises what made committing impossible: then the update must not
        be confirmed to Telegram, which brings it again.
        """
        try:
            heard = hear(body, account=self._account.id, now=self._clock.now())
        except Unreadable as error:
            log.warning("telegram_update_unreadable", why=str(error))
            return
        if heard.said:
            said = heard.said
            await self._turns.add(said.identity.external_id, lambda: self._turn(said, heard))
        elif heard.group is not None:
            group = heard.group
            self._later("group", lambda: self._show_the_way(group))

    async def close(self, *, seconds: float = CLOSE_SECONDS) -> bool:
        """Let turns and then answers under way end, at most so long, and end the rest: those stay uncertain.

        Tell whether all ended by themselves. Stop what brings updates first.
        """
        turns = await self._turns.close(seconds=seconds / 2)
        return await self._deliveries.close(seconds=seconds / 2) and turns

    async def _turn(self, said: Said, heard: Heard) -> None:
        async with self._room:
            if heard.photo:
                said = await self._photos.look(said, heard.photo)
            turn = await self._desk.take(said)
        if heard.query:
            self._later(("press", heard.query), lambda: self._answer_press(heard.query, turn))
        if turn.row:
            row = _in_place(turn.row, turn, said)
            self._later(said.identity.external_id, lambda: self._desk.deliver(row))

    def _later(self, key: Any, job: Any) -> None:
        told(self._deliveries.add(key, job), "telegram_delivery_failed")

    async def _answer_press(self, query: str, turn: Turn) -> None:
        """End the waiting sign on the pressed button; a press answered too late is nobody's loss."""
        toast = turn.reply.toast if turn.reply else None
        text = shorten(self._words.text(toast, turn.who.language), TOAST_UNITS_MAX) if toast else None
        try:
            await self._bot.answer_callback_query(query, text=text)
        except TelegramError as error:
            if not (isinstance(error, BadRequest) and troubles.is_too_late(error)):
                log.warning("telegram_press_unanswered", why=type(error).__name__)

    async def _show_the_way(self, group: int) -> None:
        """Tell a group where the shop talks; nothing is lost when this fails, so nothing is stored."""
        link = f"https://t.me/{self._account.username}"
        text = self._words.text(say("group.private_only", link=link), self._language)
        try:
            await self._bot.send_message(group, text)
        except TelegramError as error:
            log.info("telegram_group_unanswered", why=type(error).__name__)


def _in_place(row: Outgoing, turn: Turn, said: Said) -> Outgoing:
    """Return the row as the change of the pressed message, where the reply is one."""
    changes = said.pressed and turn.reply and turn.reply.edit
    return replace(row, edits=said.pressed) if changes else row
