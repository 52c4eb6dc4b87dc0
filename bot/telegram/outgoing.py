"""How the shop's messages leave for Telegram: words rendered, pictures drawn, sent or put in an old one's place."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from telegram import InputFile, InputMediaPhoto, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from bot.notebook import Notebook
from bot.telegram import troubles
from bot.telegram.connection import Painter, ShopBot, Words
from bot.telegram.keyboards import Keys, Place, keys_of
from bot.telegram.layout import Part, lay_out, visible
from bot.telegram.transport import Lost
from scheduler.messenger import Sent, Uncertain, Undeliverable
from services.outgoing import Outgoing

log = structlog.get_logger(__name__)

NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)
PICTURES_ONCE: Final = frozenset({"card", "coupon"})  # they show a code of this minute: no use in remembering them


@dataclass(frozen=True, slots=True)
class Letter:
    """One outgoing message made ready: its parts, keyboards and bytes."""

    chat: str
    account: str
    parts: tuple[Part, ...]
    keys: Keys
    edits: int | None
    picture: bytes = b""
    remembered: bool = False
    document: tuple[str, str] | None = None

    def markup(self, place: int) -> Any:
        """Return the keyboard of this part: the last one that is no document carries it."""
        last = max((n for n, part in enumerate(self.parts) if part.kind != "document"), default=len(self.parts) - 1)
        return (self.keys.inline or self._lone_contact) if place == last else None

    @property
    def _lone_contact(self) -> Any:
        return None if self.needs_invitation else self.keys.contact

    @property
    def needs_invitation(self) -> bool:
        """Tell whether sharing the contact needs its own message: one has one keyboard, an edited one only inline."""
        return self.keys.contact is not None and (self.keys.inline is not None or self.edits is not None)


class TelegramMessenger:
    """Telegram's way out (scheduler.messenger.Messenger): the only place that sends what the shop says."""

    def __init__(self, bot: ShopBot, words: Words, painter: Painter, notebook: Notebook, *, place: Place) -> None:
        self._bot = bot
        self._words = words
        self._painter = painter
        self._notebook = notebook
        self._place = place

    async def send(self, outgoing: Outgoing) -> Sent:
        """Send the message, or edit the one it replaces; return the id of the message that carries its buttons.

        A long message goes out as several. Raises NotSent, Uncertain or Undeliverable; once a first part is out, any
        further trouble but the person's absence is Uncertain, for trying again would say the first part twice.
        """
        letter = await self._letter(outgoing)
        sent: list[int] = []
        try:
            for place, part in enumerate(letter.parts):
                sent.append(await self._put(letter, part, place))
            if letter.needs_invitation and letter.parts:
                await self._invite(letter)
        except TelegramError as error:
            trouble = troubles.trouble_of(error)
            gone = isinstance(trouble, Undeliverable) and trouble.person
            raise trouble if gone or not sent else Uncertain(f"cut off after part {len(sent)}") from error
        return Sent(_platform_id(letter, sent))

    async def _letter(self, outgoing: Outgoing) -> Letter:
        reply, language = outgoing.reply, outgoing.language
        paragraphs = [self._words.html(message, language) for message in reply.messages]
        return Letter(
            chat=outgoing.identity.external_id,
            account=outgoing.identity.account,
            parts=lay_out(paragraphs, picture=reply.picture is not None, document=reply.document is not None),
            keys=keys_of(reply.buttons, self._words, self._place, language=language),
            edits=int(outgoing.edits) if outgoing.edits else None,
            picture=await self._painter.paint(reply.picture, language) if reply.picture else b"",
            remembered=reply.picture is not None and reply.picture.kind not in PICTURES_ONCE,
            document=reply.document,
        )

    async def _put(self, letter: Letter, part: Part, place: int) -> int:
        markup = letter.markup(place)
        if letter.edits is None or place > 0 or part.kind == "document":
            return await self._send_part(letter, part, markup)
        try:
            return await self._edit(letter, part, markup)
        except Lost:  # an edit may be said twice without harm
            return await self._edit(letter, part, markup)

    async def _edit(self, letter: Letter, part: Part, markup: Any) -> int:
        assert letter.edits is not None
        try:
            await self._edit_part(letter, part, markup)
        except BadRequest as error:
            if troubles.is_unchanged(error):
                return letter.edits
            if not troubles.is_uneditable(error):
                raise
            await self._drop_keyboard(letter)
            return await self._send_part(letter, part, markup)
        return letter.edits

    async def _edit_part(self, letter: Letter, part: Part, markup: Any) -> None:
        where: dict[str, Any] = {"chat_id": letter.chat, "message_id": letter.edits, "reply_markup": markup}

        async def with_words(words: str, mode: str | None) -> Any:
            if part.kind == "text":
                return await self._bot.edit_message_text(
                    words, parse_mode=mode, link_preview_options=NO_PREVIEW, **where
                )

            async def with_photo(photo: str | InputFile) -> Any:
                media = InputMediaPhoto(photo, caption=words or None, parse_mode=mode)
                return await self._bot.edit_message_media(media, **where)

            return await self._with_photo(letter, with_photo)

        await _with_words(part.words, with_words)

    async def _send_part(self, letter: Letter, part: Part, markup: Any) -> int:
        facts: dict[str, Any] = {"chat_id": letter.chat, "reply_markup": markup}

        async def with_words(words: str, mode: str | None) -> Any:
            if part.kind == "text":
                return await self._bot.send_message(
                    text=words, parse_mode=mode, link_preview_options=NO_PREVIEW, **facts
                )
            if part.kind == "document":
                return await self._send_document(letter, caption=words or None, parse_mode=mode, **facts)

            async def with_photo(photo: str | InputFile) -> Any:
                return await self._bot.send_photo(photo=photo, caption=words or None, parse_mode=mode, **facts)

            return await self._with_photo(letter, with_photo)

        message = await _with_words(part.words, with_words)
        return int(message.message_id)

    async def _send_document(self, letter: Letter, **facts: Any) -> Any:
        assert letter.document is not None
        name, text = letter.document
        return await self._bot.send_document(document=InputFile(text.encode(), filename=name), **facts)

    async def _with_photo(self, letter: Letter, call: Callable[[str | InputFile], Awaitable[Any]]) -> Any:
        """Make a call with the picture by the id Telegram knows it by, else upload it and remember the id."""
        digest = hashlib.sha256(letter.picture).hexdigest()
        known = await self._notebook.find_media(letter.account, digest) if letter.remembered else None
        if known:
            try:
                return await call(known)
            except BadRequest as error:
                if not troubles.is_about_file(error):
                    raise
                log.info("telegram_file_id_forgotten")  # the upload below replaces it
        message = await call(InputFile(letter.picture, filename="picture.png", attach=True))
        if letter.remembered and getattr(message, "photo", None):
            await self._notebook.keep_media(letter.account, digest, message.photo[-1].file_id)
        return message

    async def _drop_keyboard(self, letter: Letter) -> None:
        """Take the buttons off a message that cannot be changed into the new one; it is no matter if that fails."""
        try:
            await self._bot.edit_message_reply_markup(chat_id=letter.chat, message_id=letter.edits, reply_markup=None)
        except TelegramError as error:
            log.info("telegram_keyboard_kept", why=type(error).__name__)

    async def _invite(self, letter: Letter) -> None:
        await self._bot.send_message(letter.chat, letter.keys.invitation, reply_markup=letter.keys.contact)


async def _with_words(words: str, call: Callable[[str, str | None], Awaitable[Any]]) -> Any:
    """Make a call with marked words; where Telegram refuses the marks, once more with the bare text."""
    try:
        return await call(words, ParseMode.HTML)
    except BadRequest as error:
        if not troubles.is_about_entities(error):
            raise
        log.critical("telegram_marks_refused", units=len(words))  # an alarm: some escaping is missing
        return await call(visible(words), None)


def _platform_id(letter: Letter, sent: list[int]) -> str:
    """Return the id of the message with the buttons, else of the last one; empty where nothing was sent."""
    with_keys = [number for place, number in enumerate(sent) if letter.markup(place)]
    return str((with_keys or sent)[-1]) if sent else ""
