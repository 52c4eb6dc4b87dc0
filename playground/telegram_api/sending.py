"""What the bot says: texts, photos and documents, and the small signs around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playground.telegram_api.arguments import Arguments, Upload
from playground.telegram_api.errors import bad_request
from playground.telegram_api.files import File, Files
from playground.telegram_api.keyboards import Keyboard, read_keyboard
from playground.telegram_api.markup import Entity, marked, parse_html, units
from playground.telegram_api.shapes import post_json
from playground.telegram_api.world import TYPING_LIFE, Chat, World

TEXT_MAX = 4096
CAPTION_MAX = 1024
TOAST_MAX = 200
ACTIONS = frozenset(
    {"typing", "choose_sticker", "find_location"}
    | {f"{verb}_{what}" for verb in ("record", "upload") for what in ("video", "voice", "video_note")}
    | {"upload_photo", "upload_document"},
)
# tdlib shows control characters as blanks, line breaks excepted.
CONTROLS = {code: " " for code in range(32) if code != ord("\n")}
MARKUP_MODES = frozenset({"", "html", "none"})


def read_text(arguments: Arguments, name: str, marks: str, *, longest: int, too_long: str) -> tuple[str, list[Entity]]:
    """Return a text and its entities by parse_mode or by an own list; ApiError 400 if unreadable or too long."""
    raw, mode = arguments.text(name).replace("\r", "").translate(CONTROLS), arguments.text("parse_mode").lower()
    if mode not in MARKUP_MODES:
        raise bad_request("unsupported parse_mode")
    given = [] if mode == "html" else _given_entities(arguments, marks)
    text, entities = parse_html(raw) if mode == "html" else (raw, given)
    text, entities = marked(text, entities)
    if units(text) > longest:
        raise bad_request(too_long)
    return text, entities


def _given_entities(arguments: Arguments, marks: str) -> list[Entity]:
    given = arguments.parsed(marks, "message entity")
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(entity, dict) for entity in given):
        raise bad_request("can't parse entities: expected an Array of MessageEntity")
    for entity in given:
        if not all(isinstance(entity.get(key), kind) for key, kind in _ENTITY_KEYS.items()):
            raise bad_request("can't parse MessageEntity: Can't find field")
    return given


_ENTITY_KEYS = {"type": str, "offset": int, "length": int}


def message_text(arguments: Arguments, *, too_long: str = "message is too long") -> tuple[str, list[Entity]]:
    """Return the text of a message, which may not be empty."""
    if not arguments.text("text"):
        raise bad_request("message text is empty")
    text, entities = read_text(arguments, "text", "entities", longest=TEXT_MAX, too_long=too_long)
    if not text:
        raise bad_request("text must be non-empty")
    return text, entities


def caption(arguments: Arguments) -> tuple[str, list[Entity]]:
    too_long = "message caption is too long"
    return read_text(arguments, "caption", "caption_entities", longest=CAPTION_MAX, too_long=too_long)


def _say(world: World, arguments: Arguments, **content: Any) -> dict[str, Any]:
    keyboard = read_keyboard(arguments)
    chat = world.reachable(arguments.text("chat_id"))
    post = world.put(
        chat,
        mine=False,
        buttons=keyboard.rows if keyboard and keyboard.kind == "inline" else [],
        other_keyboard=bool(keyboard and keyboard.kind != "inline"),
        protected=arguments.flag("protect_content"),
        answers=_answered(chat, arguments),
        **content,
    )
    _lay_keyboard(chat, keyboard)
    chat.keyboard_post = post if chat.keyboard is keyboard and keyboard else chat.keyboard_post
    return post_json(world, chat, post)


def _answered(chat: Chat, arguments: Arguments) -> Any:
    parameters = arguments.parsed("reply_parameters", "reply parameters")
    if not isinstance(parameters, dict):
        return None
    post = chat.posts.get(parameters.get("message_id", 0))
    if post is None and parameters.get("allow_sending_without_reply") is not True:
        raise bad_request("message to be replied not found")
    return post


def _lay_keyboard(chat: Chat, keyboard: Keyboard | None) -> None:
    if keyboard and keyboard.kind == "reply":
        chat.keyboard = keyboard
    elif keyboard and keyboard.kind == "remove":
        chat.keyboard = chat.keyboard_post = None


def send_message(world: World, arguments: Arguments) -> dict[str, Any]:
    text, entities = message_text(arguments)
    return _say(world, arguments, text=text, entities=entities)


def send_photo(world: World, arguments: Arguments) -> dict[str, Any]:
    file = read_file(world, arguments, arguments.text("photo"), kind="photo", name="photo")
    text, entities = caption(arguments)
    return _say(world, arguments, text=text, entities=entities, file=file)


def send_document(world: World, arguments: Arguments) -> dict[str, Any]:
    file = read_file(world, arguments, arguments.text("document"), kind="document", name="document")
    text, entities = caption(arguments)
    return _say(world, arguments, text=text, entities=entities, file=file)


def read_file(world: World, arguments: Arguments, given: str, *, kind: str, name: str) -> File:
    """Return the file a call brings, names by ``attach://``, or knows by file_id.

    Addresses on the web are refused with the words Telegram has for one it cannot fetch: a rehearsal is offline.
    """
    if given.startswith("attach://"):
        upload = arguments.files.get(given.removeprefix("attach://"))
    else:
        upload = arguments.files.get(name) if not given else None
    if upload:
        return _store(world.files, upload, kind)
    if not given or given.startswith("attach://"):
        raise bad_request(f"there is no {kind} in the request")
    if "://" in given:
        raise bad_request("failed to get HTTP URL content")
    return _known_file(world.files, given, kind)


def _store(files: Files, upload: Upload, kind: str) -> File:
    if not upload.data:
        raise bad_request("file must be non-empty")
    if kind == "photo":
        return files.put_photo(upload.data)
    return files.put_document(upload.data, name=upload.name, kind=upload.content_type)


def _known_file(files: Files, file_id: str, kind: str) -> File:
    file = files.by_id(file_id)
    if file is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if file.kind != kind:
        raise bad_request(f"can't use file of type {file.kind.capitalize()} as {kind.capitalize()}")
    return file


def send_chat_action(world: World, arguments: Arguments) -> bool:
    chat = world.reachable(arguments.text("chat_id"))
    if arguments.text("action") not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat.typing_until = world.clock.now() + TYPING_LIFE
    chat.version += 1
    return True


def answer_callback_query(world: World, arguments: Arguments) -> bool:
    text = arguments.text("text")
    if units(text) > TOAST_MAX:
        raise bad_request("MESSAGE_TOO_LONG")
    chat = world.close_query(arguments.text("callback_query_id")).chat
    chat.toast = text
    chat.version += 1
    return True


def delete_message(world: World, arguments: Arguments) -> bool:
    chat = world.known(arguments.text("chat_id"))
    post = chat.posts.get(arguments.integer("message_id"))
    if post is None:
        raise bad_request("message to delete not found")
    if (world.clock.now() - post.at).total_seconds() > DELETE_SECONDS_MAX:
        raise bad_request("message can't be deleted for everyone")
    del chat.posts[post.number]
    chat.version += 1
    return True


DELETE_SECONDS_MAX = 48 * 3600

Method = Callable[[World, Arguments], Any]
SENDING: dict[str, Method] = {
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendChatAction": send_chat_action,
    "answerCallbackQuery": answer_callback_query,
    "deleteMessage": delete_message,
}
