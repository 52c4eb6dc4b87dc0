"""What the house gives to the WeChat channel: words, pictures, a desk to hand things in, a notebook."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import Protocol

from handlers.said import Said
from membership.member import Who
from membership.messages import Message, Picture, Reply
from scheduler.messenger import Sent
from services.outgoing import Outgoing


class Words(Protocol):
    """The catalogues; ``text`` gives plain text without any mark-up."""

    def text(self, message: Message, language: str) -> str: ...


class Painter(Protocol):
    """Draws a picture in a language and returns the file's bytes."""

    async def paint(self, picture: Picture, language: str) -> bytes: ...


class Taken(Protocol):
    """What came of one event (services.turns.Turn)."""

    @property
    def who(self) -> Who: ...
    @property
    def reply(self) -> Reply | None: ...
    @property
    def row(self) -> Outgoing | None: ...
    @property
    def repeated(self) -> bool: ...


class Desk(Protocol):
    """Where what was said is handed in (bot.desk.Desk)."""

    async def take(self, said: Said) -> Taken: ...

    def deliver(self, row: Outgoing, /) -> Awaitable[None]: ...

    def settle(self, row: Outgoing, sent: Sent, /) -> Awaitable[None]: ...


class Notebook(Protocol):
    """What the channel remembers between two starts (bot.notebook.Notebook)."""

    async def find(self, account: str, name: str) -> str | None: ...

    async def keep(self, account: str, name: str, value: str, *, until: datetime | None = None) -> None: ...

    async def forget(self, account: str, name: str, value: str) -> bool: ...

    async def find_media(self, account: str, digest: str) -> str | None: ...

    async def keep_media(self, account: str, digest: str, file_id: str, *, until: datetime | None = None) -> None: ...

    async def forget_media(self, account: str, digest: str) -> None: ...
