"""What the bot shows of itself: its name and texts, its commands by scope and language, its menu button."""

from __future__ import annotations

import re
from typing import Any

from playground.telegram_api.arguments import Arguments
from playground.telegram_api.errors import bad_request
from playground.telegram_api.keyboards import web_app
from playground.telegram_api.sending import Method
from playground.telegram_api.shapes import bot_json, chat_json
from playground.telegram_api.world import Chat, World

GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
COMMANDS_MAX = 100
COMMAND_MAX = 32
COMMAND_TEXT_MAX = 256
GROUP_SCOPES = frozenset({"all_group_chats", "all_chat_administrators"})
ONE_CHAT_SCOPES = frozenset({"chat", "chat_administrators", "chat_member"})


def get_me(world: World, _: Arguments) -> dict[str, Any]:
    abilities = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
    return {**bot_json(world), **abilities, "can_connect_to_business": False, "has_main_web_app": False}


def get_chat(world: World, arguments: Arguments) -> dict[str, Any]:
    chat = world.known(arguments.text("chat_id"))
    if not chat.started:
        raise bad_request("chat not found")
    return {
        **chat_json(chat),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(GIFTS, False),
    }


def _language(arguments: Arguments) -> str:
    language = arguments.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("invalid language code specified")
    return language


def _scope(world: World, arguments: Arguments) -> str:
    given = arguments.parsed("scope", "BotCommandScope")
    if given is None:
        return "default"
    kind = given.get("type") if isinstance(given, dict) else None
    if kind in {"default", "all_private_chats"} | GROUP_SCOPES:
        return str(kind)
    if kind not in ONE_CHAT_SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    chat = world.known(str(given.get("chat_id", "")))
    if kind != "chat":
        raise bad_request("can't use specified scope in private chats")
    return f"chat:{chat.number}"


def set_my_commands(world: World, arguments: Arguments) -> bool:
    scope, language = _scope(world, arguments), _language(arguments)
    given = arguments.parsed("commands", "commands")
    if given is None:
        given = []
    if not isinstance(given, list):
        raise bad_request("expected an Array of BotCommand")
    if len(given) > COMMANDS_MAX:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    commands = [_command(command) for command in given]
    world.profile.commands.pop((scope, language), None)
    if commands:
        world.profile.commands[scope, language] = commands
    _everybody_sees(world)
    return True


def _command(given: Any) -> dict[str, str]:
    """Check one BotCommand with tdlib's words (BotCommand.cpp) and the server's for a forbidden letter."""
    if not isinstance(given, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name, text = str(given.get("command", "")).strip().removeprefix("/"), str(given.get("description", "")).strip()
    if not name:
        raise bad_request("command must be non-empty")
    if len(name) > COMMAND_MAX:
        raise bad_request(f"command length must not exceed {COMMAND_MAX}")
    if not text:
        raise bad_request("command description must be non-empty")
    if len(text) > COMMAND_TEXT_MAX:
        raise bad_request(f"command description length must not exceed {COMMAND_TEXT_MAX}")
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise bad_request("BOT_COMMAND_INVALID")
    return {"command": name, "description": text}


def get_my_commands(world: World, arguments: Arguments) -> list[dict[str, str]]:
    return world.profile.commands.get((_scope(world, arguments), _language(arguments)), [])


def delete_my_commands(world: World, arguments: Arguments) -> bool:
    world.profile.commands.pop((_scope(world, arguments), _language(arguments)), None)
    _everybody_sees(world)
    return True


def commands_for(world: World, chat: Chat) -> list[dict[str, str]]:
    """Return the list a phone shows: the narrowest scope wins, in it the person's language before none."""
    language = chat.person.language[:2].lower()
    for scope in (f"chat:{chat.number}", "all_private_chats", "default"):
        for spoken in (language, ""):
            if found := world.profile.commands.get((scope, spoken)):
                return found
    return []


def _everybody_sees(world: World) -> None:
    for chat in world.chats.values():
        chat.version += 1


def set_chat_menu_button(world: World, arguments: Arguments) -> bool:
    button = _menu_button(arguments)
    if arguments.text("chat_id"):
        world.known(arguments.text("chat_id")).menu_button = None if button["type"] == "default" else button
    else:
        world.profile.menu_button = {"type": "commands"} if button["type"] == "default" else button
    _everybody_sees(world)
    return True


def _menu_button(arguments: Arguments) -> dict[str, Any]:
    given = arguments.parsed("menu_button", "MenuButton")
    if given is None:
        return {"type": "default"}
    kind = given.get("type") if isinstance(given, dict) else None
    if kind in {"default", "commands"}:
        return {"type": kind}
    if kind != "web_app":
        raise bad_request("can't parse MenuButton: unsupported type specified")
    if not given.get("text"):
        raise bad_request("menu button text must be non-empty")
    return {"type": "web_app", "text": str(given["text"]), "web_app": web_app(given.get("web_app"))}


def menu_button_for(world: World, chat: Chat) -> dict[str, Any]:
    return chat.menu_button or world.profile.menu_button


def get_chat_menu_button(world: World, arguments: Arguments) -> dict[str, Any]:
    if not arguments.text("chat_id"):
        return world.profile.menu_button
    return menu_button_for(world, world.known(arguments.text("chat_id")))


def _set_text(kept: dict[str, str], arguments: Arguments, name: str, *, longest: int, code: str) -> bool:
    language, text = _language(arguments), arguments.text(name).strip()
    if len(text) > longest:
        raise bad_request(code)
    kept.pop(language, None)
    if text:
        kept[language] = text
    return True


def set_my_name(world: World, arguments: Arguments) -> bool:
    done = _set_text(world.profile.name, arguments, "name", longest=64, code="BOT_TITLE_INVALID")
    _everybody_sees(world)
    return done


def set_my_description(world: World, arguments: Arguments) -> bool:
    kept = world.profile.description
    return _set_text(kept, arguments, "description", longest=512, code="BOT_DESCRIPTION_TOO_LONG")


def set_my_short_description(world: World, arguments: Arguments) -> bool:
    kept = world.profile.short_description
    return _set_text(kept, arguments, "short_description", longest=120, code="BOT_ABOUT_TOO_LONG")


def _in_language(kept: dict[str, str], arguments: Arguments, otherwise: str = "") -> str:
    return kept.get(_language(arguments)) or kept.get("", otherwise)


def get_my_name(world: World, arguments: Arguments) -> dict[str, str]:
    return {"name": _in_language(world.profile.name, arguments, world.username)}


def get_my_description(world: World, arguments: Arguments) -> dict[str, str]:
    return {"description": _in_language(world.profile.description, arguments)}


def get_my_short_description(world: World, arguments: Arguments) -> dict[str, str]:
    return {"short_description": _in_language(world.profile.short_description, arguments)}


PROFILE: dict[str, Method] = {
    "getMe": get_me,
    "getChat": get_chat,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setChatMenuButton": set_chat_menu_button,
    "getChatMenuButton": get_chat_menu_button,
    "setMyName": set_my_name,
    "getMyName": get_my_name,
    "setMyDescription": set_my_description,
    "getMyDescription": get_my_description,
    "setMyShortDescription": set_my_short_description,
    "getMyShortDescription": get_my_short_description,
}
