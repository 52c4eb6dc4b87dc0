"""The things to tap under a message, as Telegram's inline and reply keyboards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup, WebAppInfo

from bot.telegram.connection import Words
from membership.messages import Button

START = "start:"  # a button's address of this form is a deep link into this bot's own chat


@dataclass(frozen=True, slots=True)
class Place:
    """Where this bot's buttons lead: its username, and the public address of the shop's own pages ("" where none)."""

    username: str
    public_url: str = ""
    http_pages: bool = False

    def page(self, path: str) -> str:
        return self.public_url.rstrip("/") + path

    @property
    def has_mini_apps(self) -> bool:
        """Tell whether pages open inside Telegram, which asks for HTTPS everywhere but in its test environment."""
        return self.public_url.startswith("https://") or (self.http_pages and bool(self.public_url))

    def link(self, url: str) -> str:
        """Return the address; one of ``start:PAYLOAD`` becomes the bot's deep link."""
        return f"https://t.me/{self.username}?start={url.removeprefix(START)}" if url.startswith(START) else url


@dataclass(frozen=True, slots=True)
class Keys:
    """What can be tapped with one reply: under the message, and in place of the phone's own keys (to share contact).

    ``invitation`` is the text of a message of its own for the latter, where both are needed at once.
    """

    inline: InlineKeyboardMarkup | None = None
    contact: ReplyKeyboardMarkup | None = None
    invitation: str = ""


def keys_of(rows: Sequence[Sequence[Button]], words: Words, place: Place, *, language: str) -> Keys:
    """Return the keyboards of a reply's buttons; a page is left out where the shop has no public address."""
    drawn = [[_inline(button, words, place, language) for button in row] for row in rows]
    kept = [[key for key in row if key] for row in drawn]
    inline = [row for row in kept if row]
    asked = [words.text(button.label, language) for row in rows for button in row if button.contact]
    contact = ReplyKeyboardMarkup(
        [[KeyboardButton(label, request_contact=True)] for label in asked], resize_keyboard=True, one_time_keyboard=True
    )
    return Keys(
        InlineKeyboardMarkup(inline) if inline else None,
        contact if asked else None,
        asked[0] if asked else "",
    )


def _inline(button: Button, words: Words, place: Place, language: str) -> InlineKeyboardButton | None:
    label = words.text(button.label, language)
    if button.word:
        return InlineKeyboardButton(label, callback_data=button.word)
    if button.url:
        return InlineKeyboardButton(label, url=place.link(button.url))
    if not button.page or not place.public_url:
        return None
    address = place.page(button.page)
    if place.has_mini_apps:
        return InlineKeyboardButton(label, web_app=WebAppInfo(address))
    return InlineKeyboardButton(label, url=address)
