"""What Telegram's refusals and failures mean for a message: not sent, perhaps sent, or never to be sent."""

from __future__ import annotations

from typing import Final

from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, TelegramError

from bot.telegram.transport import TooManyRequests, Unsent
from scheduler.messenger import NotSent, Trouble, Uncertain, Undeliverable

WAIT_SECONDS: Final = 2.0  # after a call that did not get through
TOKEN_WAIT_SECONDS: Final = 60.0  # a token that is refused stays refused until somebody acts

# Parts of Telegram's 400 descriptions that speak of the person and not of the message.
_GONE: Final = ("chat not found", "user not found", "deactivated", "peer_id_invalid", "was blocked", "was kicked")


def trouble_of(error: TelegramError) -> Trouble:
    """Return the trouble an error of a sending call means (CHANNELS §1, TRUST §3.1).

    BadRequest is asked before NetworkError, of which it is a subclass.
    """
    match error:
        case Unsent():
            trouble: Trouble = NotSent("unreachable", after=WAIT_SECONDS)
        case TooManyRequests():
            trouble = NotSent("too_many_requests", after=error.seconds, scope="chat" if error.chat else "bot")
        case InvalidToken():
            trouble = NotSent("token_refused", after=TOKEN_WAIT_SECONDS, scope="bot")
        case Conflict():
            trouble = NotSent("conflict", after=WAIT_SECONDS)
        case Forbidden() | ChatMigrated():
            trouble = Undeliverable(error.message, person=True)
        case BadRequest():
            trouble = Undeliverable(error.message, person=is_gone(error))
        case _:
            trouble = Uncertain(error.message)
    return trouble


def is_gone(error: BadRequest) -> bool:
    """Tell whether this refusal concerns the person, who is not there any more."""
    return _says(error, *_GONE)


def is_unchanged(error: BadRequest) -> bool:
    """Tell whether an edit was refused because the message looks like this already."""
    return _says(error, "message is not modified")


def is_too_late(error: BadRequest) -> bool:
    """Tell whether a button press waited too long for its answer."""
    return _says(error, "query is too old", "query id is invalid", "query_id_invalid")


def is_about_entities(error: BadRequest) -> bool:
    """Tell whether the marks in the text were refused."""
    return _says(error, "can't parse entities", "can't parse caption entities")


def is_about_file(error: BadRequest) -> bool:
    """Tell whether Telegram does not know, or does not accept, the file_id."""
    return _says(error, "wrong file", "wrong remote file", "file reference", "file_id", "file identifier")


def is_uneditable(error: BadRequest) -> bool:
    """Tell whether the message to edit is gone, too old, or of the other kind (a text, not a picture)."""
    return _says(
        error,
        "message to edit not found",
        "message can't be edited",
        "message_id_invalid",
        "no text in the message",
        "no media in the message",
        "no caption in the message",
        "message to be edited",
        "message identifier is not specified",
    )


def _says(error: BadRequest, *parts: str) -> bool:
    description = error.message.lower()
    return any(part in description for part in parts)
