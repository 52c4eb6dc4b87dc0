"""What one phone shows of its chat with the bot."""

from __future__ import annotations

from typing import Any

from playground.phones import Bubble, Screen
from playground.telegram_api.files import File
from playground.telegram_api.keyboards import Rows
from playground.telegram_api.markup import in_characters
from playground.telegram_api.profile import commands_for, menu_button_for
from playground.telegram_api.world import Chat, Post, World

_SPANS = {"bold": "bold", "italic": "italic", "code": "code", "pre": "code", "text_link": "link", "url": "link"}


def screen(world: World, chat: Chat) -> Screen:
    """Return everything the phone shows now."""
    return Screen(
        person=chat.person.id,
        app="telegram",
        title=world.profile.name.get("", world.username),
        bubbles=[_bubble(world, post) for post in chat.posts.values()],
        keyboard=[list(row) for row in chat.keyboard.rows] if chat.keyboard else [],
        commands=list(commands_for(world, chat)),
        menu_button=_menu_button(menu_button_for(world, chat)),
        following=chat.started and not chat.blocked,
        blocked=chat.blocked,
        toast=chat.toast,
        typing=chat.typing_until is not None,
    )


def _menu_button(button: dict[str, Any]) -> dict[str, Any]:
    if button["type"] != "web_app":
        return dict(button)
    return {"type": "web_app", "text": button["text"], "url": button["web_app"]["url"]}


def _bubble(world: World, post: Post) -> Bubble:
    bubble = Bubble(
        id=str(post.number),
        author="me" if post.mine else "shop",
        kind="text",
        at=post.at.isoformat(),
        text=post.text,
        spans=_spans(post),
        buttons=_buttons(post.buttons),
        edited=post.edited_at is not None,
    )
    if post.file:
        _show_file(bubble, post.file, f"{world.base_url()}/media/{post.file.unique}")
    if post.contact:
        bubble.kind = "contact"
        bubble.title = post.contact["first_name"]
        bubble.text = post.contact["phone_number"]
    return bubble


def _show_file(bubble: Bubble, file: File, address: str) -> None:
    if file.kind == "photo":
        bubble.kind, bubble.image = "image", address
    else:
        bubble.kind, bubble.document, bubble.title = "document", address, file.name


def _spans(post: Post) -> list[tuple[int, int, str, str]]:
    spans = []
    for entity in post.entities:
        kind = _SPANS.get(entity["type"])
        if kind:
            start, length = in_characters(post.text, entity["offset"], entity["length"])
            shown = post.text[start : start + length]
            spans.append((start, length, kind, entity.get("url", shown) if kind == "link" else ""))
    return spans


def _buttons(rows: Rows) -> list[list[dict[str, str]]]:
    return [[_button(button) for button in row] for row in rows]


def _button(button: dict[str, Any]) -> dict[str, str]:
    shown = {"text": button["text"]}
    if "callback_data" in button:
        shown["data"] = button["callback_data"]
    elif "url" in button:
        shown["url"] = button["url"]
    elif "web_app" in button:
        shown["web_app"] = button["web_app"]["url"]
    elif "copy_text" in button:
        shown["copy"] = button["copy_text"]["text"]
    return shown
