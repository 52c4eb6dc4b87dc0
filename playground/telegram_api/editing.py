"""Changing what the bot already said: text, caption, picture and buttons of a message on the phone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from playground.telegram_api.arguments import Arguments
from playground.telegram_api.errors import bad_request, forbidden
from playground.telegram_api.keyboards import read_inline
from playground.telegram_api.sending import Method, caption, message_text, read_file
from playground.telegram_api.shapes import post_json
from playground.telegram_api.world import Chat, Post, World

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


def _edited(world: World, arguments: Arguments) -> tuple[Chat, Post]:
    """Return the bot's own message that a call wants to change."""
    if arguments.text("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    chat = world.known(arguments.text("chat_id"))
    number = arguments.integer("message_id")
    if number <= 0:
        raise bad_request("message identifier is not specified")
    post = chat.posts.get(number)
    if post is None:
        raise bad_request("message to edit not found")
    if post.mine or post.other_keyboard:  # a message with a reply keyboard stays as it is
        raise bad_request("message can't be edited")
    if chat.blocked:
        raise forbidden("bot was blocked by the user")
    return chat, post


def _change(world: World, chat: Chat, post: Post, **content: Any) -> dict[str, Any]:
    changed = replace(post, **content)
    if changed == post:
        raise bad_request(NOT_MODIFIED)
    changed.edited_at = world.clock.now()
    chat.posts[post.number] = changed
    chat.version += 1
    return post_json(world, chat, changed)


def edit_message_text(world: World, arguments: Arguments) -> dict[str, Any]:
    text, entities = message_text(arguments, too_long="MESSAGE_TOO_LONG")
    buttons = read_inline(arguments)
    chat, post = _edited(world, arguments)
    if post.file:
        raise bad_request("there is no text in the message to edit")
    return _change(world, chat, post, text=text, entities=entities, buttons=buttons)


def edit_message_caption(world: World, arguments: Arguments) -> dict[str, Any]:
    text, entities = caption(arguments)
    buttons = read_inline(arguments)
    chat, post = _edited(world, arguments)
    if not post.file:
        raise bad_request("there is no caption in the message to edit")
    return _change(world, chat, post, text=text, entities=entities, buttons=buttons)


def edit_message_media(world: World, arguments: Arguments) -> dict[str, Any]:
    """Put a photo or document in place of another, or onto a text message."""
    media = arguments.parsed("media", "input media")
    if not isinstance(media, dict):
        raise bad_request("can't parse InputMedia: expected an Object" if media else "media is empty")
    kind = media.get("type")
    if kind not in {"photo", "document"}:
        raise bad_request("can't parse InputMedia: type must be one of photo or document")
    file = read_file(world, arguments, str(media.get("media", "")), kind=kind, name="")
    inner = Arguments({name: _as_text(media[name]) for name in ("caption", "parse_mode") if media.get(name)})
    text, entities = caption(inner)
    buttons = read_inline(arguments)
    chat, post = _edited(world, arguments)
    return _change(world, chat, post, text=text, entities=entities, file=file, buttons=buttons)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def edit_message_reply_markup(world: World, arguments: Arguments) -> dict[str, Any]:
    buttons = read_inline(arguments)
    chat, post = _edited(world, arguments)
    return _change(world, chat, post, buttons=buttons)


EDITING: dict[str, Method] = {
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageMedia": edit_message_media,
    "editMessageReplyMarkup": edit_message_reply_markup,
}
