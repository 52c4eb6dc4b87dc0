"""Telegram's updates put into the shop's own words: who said or did what; nothing here asks or answers anybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeGuard

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update, User
from telegram.constants import ChatMemberStatus, ChatType

from handlers.said import Said
from membership.member import Identity

KINDS: Final = ("message", "callback_query", "my_chat_member")  # the updates we ask Telegram for
WORD_BYTES_MAX: Final = 64  # what Telegram allows in a button; a forged press may bring more
PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})

# NUL, byte order marks and half characters: no text anybody typed, and no database stores them all.
_UNSTORABLE = re.compile("[\0\ufeff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture that waits at Telegram: how to ask for it, and its size in bytes (0 where Telegram does not say)."""

    file_id: str
    size: int


class Unreadable(Exception):
    """Something came that is no update as the Bot API describes them."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One update taken apart.

    ``said`` is None where nobody tells the shop anything. ``photo`` is still to be fetched. ``query`` is Telegram's id
    of the button press that waits for an answer, and ``group`` the id of a group in which somebody gave a command.
    """

    said: Said | None = None
    photo: Photo | None = None
    query: str = ""
    group: int | None = None


def hear(body: Mapping[str, Any], *, account: str, now: datetime) -> Heard:
    """Return what an update's JSON holds; raise Unreadable for JSON that is no update.

    ``account`` is the bot's id. What is said in groups, by other bots, or by editing an old message says nothing.
    """
    try:
        _whole(body.get("update_id"))
        return _heard(Update.de_json(dict(body), None), account, now)
    # The library checks no types: a wrong one surfaces as any of these, wherever it is first touched.
    except (TypeError, KeyError, ValueError, AttributeError, OverflowError, OSError) as error:
        raise Unreadable(type(error).__name__) from None


def _heard(update: Update, account: str, now: datetime) -> Heard:
    if update.message:
        said = _message(update, update.message, account, now)
        return Heard(said, _photo(update.message) if said else None, group=_group(update.message))
    if update.callback_query:
        said = _press(update, update.callback_query, account, now)
        return Heard(said, query=update.callback_query.id)
    if update.my_chat_member:
        return Heard(_membership(update, update.my_chat_member, account, now))
    return Heard()


def _photo(message: Message) -> Photo | None:
    """Return the picture of a message in its largest size, also when it came as a file."""
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return Photo(largest.file_id, _whole(largest.file_size or 0))
    document = message.document
    if document and document.mime_type in PICTURES:
        return Photo(document.file_id, _whole(document.file_size or 0))
    return None


def _group(message: Message) -> int | None:
    """Return the group's id if somebody gave a command there: the shop only says where to go."""
    in_group = message.chat.type in {ChatType.GROUP, ChatType.SUPERGROUP}
    return message.chat.id if in_group and (message.text or "").startswith("/") else None


def _message(update: Update, message: Message, account: str, now: datetime) -> Said | None:
    user = message.from_user
    if message.chat.type != ChatType.PRIVATE or not _is_person(user):
        return None
    facts = _content(message, user)
    if facts is None:
        return None
    at = min(message.date, now)
    return _said(update, user, account, at=at, **facts)


def _content(message: Message, user: User) -> dict[str, Any] | None:
    """Return what a message holds, or None for the platform's own notices (pinned, timer set, …)."""
    if message.text is not None:
        return _text(message.text)
    if message.contact:
        contact = message.contact
        own = contact.user_id == user.id
        return {"kind": "contact", "phone": _phone(contact.phone_number), "own": own}
    caption = _clean(message.caption)
    if message.photo or (message.document and message.document.mime_type in PICTURES):
        return {"kind": "photo", "text": caption}
    if message.effective_attachment is not None:  # a sticker, a voice … : not understood, but answered
        return {"kind": "text", "text": caption}
    return None


def _text(given: str) -> dict[str, Any]:
    text = _clean(given)
    if not text.startswith("/"):
        return {"kind": "text", "text": text}
    command, space, rest = text.partition(" ")
    command = command.partition("@")[0]  # "/code@the_shop_bot" is /code
    source = rest.strip() if command.lower() == "/start" else ""
    return {"kind": "text", "text": command + space + rest, "source": source}


def _press(update: Update, press: CallbackQuery, account: str, now: datetime) -> Said | None:
    message = press.message
    if message is None or message.chat.type != ChatType.PRIVATE or not _is_person(press.from_user):
        return None
    word = _clean(press.data)
    word = word if len(word.encode()) <= WORD_BYTES_MAX else ""  # no button of ours: met like an old one
    pressed = str(_whole(message.message_id))
    return _said(update, press.from_user, account, at=now, kind="press", word=word, pressed=pressed)


def _membership(update: Update, change: ChatMemberUpdated, account: str, now: datetime) -> Said | None:
    if change.chat.type != ChatType.PRIVATE or not _is_person(change.from_user):
        return None
    status = change.new_chat_member.status
    kind = "leave" if status in {ChatMemberStatus.BANNED, ChatMemberStatus.LEFT} else "return"
    return _said(update, change.from_user, account, at=min(change.date, now), kind=kind)


def _said(update: Update, user: User, account: str, **facts: Any) -> Said:
    return Said(
        event=f"telegram:{account}:{update.update_id}",
        identity=Identity("telegram", account, str(_whole(user.id))),
        name=_clean(user.full_name),
        language=_clean(user.language_code),
        **facts,
    )


def _is_person(user: User | None) -> TypeGuard[User]:
    return user is not None and not user.is_bot


def _clean(text: str | None) -> str:
    return _UNSTORABLE.sub("", text or "")


def _whole(number: Any) -> int:
    if not isinstance(number, int) or isinstance(number, bool):
        raise TypeError("not a whole number")
    return number


def _phone(number: str) -> str:
    """Return the number in international form: Telegram gives it with or without its plus sign."""
    digits = re.sub(r"[^0-9]", "", number)
    return f"+{digits}" if digits else ""
