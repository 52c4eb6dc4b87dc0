"""How people, chats, messages and presses look in JSON, exactly as the Bot API sends them."""

from __future__ import annotations

from typing import Any

from playground.telegram_api.files import document_json, photo_sizes
from playground.telegram_api.world import Chat, Post, World


def bot_json(world: World) -> dict[str, Any]:
    name = world.profile.name.get("", world.username)
    return {"id": world.bot_id, "is_bot": True, "first_name": name, "username": world.username}


def user_json(chat: Chat) -> dict[str, Any]:
    user = {"id": chat.number, "is_bot": False, "first_name": chat.person.name}
    return {**user, "language_code": chat.person.language.lower()}


def chat_json(chat: Chat) -> dict[str, Any]:
    return {"id": chat.number, "first_name": chat.person.name, "type": "private"}


def post_json(world: World, chat: Chat, post: Post) -> dict[str, Any]:
    """Return a Message. Nothing of a reply keyboard is in it, as with the real one."""
    shown: dict[str, Any] = {
        "message_id": post.number,
        "from": user_json(chat) if post.mine else bot_json(world),
        "chat": chat_json(chat),
        "date": int(post.at.timestamp()),
    }
    if post.edited_at:
        shown["edit_date"] = int(post.edited_at.timestamp())
    if post.answers:
        shown["reply_to_message"] = post_json(world, chat, post.answers)
    shown.update(_content(post))
    if post.buttons:
        shown["reply_markup"] = {"inline_keyboard": post.buttons}
    if post.protected:
        shown["has_protected_content"] = True
    return shown


def _content(post: Post) -> dict[str, Any]:
    text, marks = ("caption", "caption_entities") if post.file else ("text", "entities")
    content: dict[str, Any] = {}
    if post.file and post.file.kind == "photo":
        content["photo"] = photo_sizes(post.file)
    elif post.file:
        content["document"] = document_json(post.file)
    if post.text:
        content[text] = post.text
    if post.entities:
        content[marks] = post.entities
    if post.contact:
        content["contact"] = post.contact
    return content


def query_json(world: World, chat: Chat, post: Post, *, query_id: str, data: str) -> dict[str, Any]:
    """Return a CallbackQuery with the message whose button was pressed."""
    return {
        "id": query_id,
        "from": user_json(chat),
        "message": post_json(world, chat, post),
        "chat_instance": str(-(chat.number * 7919 + world.bot_id)),
        "data": data,
    }


def membership_json(world: World, chat: Chat, *, old: str, new: str) -> dict[str, Any]:
    """Return the ChatMemberUpdated of the bot itself: kicked when it was blocked, member when it was let in again."""
    return {
        "chat": chat_json(chat),
        "from": user_json(chat),
        "date": int(world.clock.now().timestamp()),
        "old_chat_member": _membership(world, old),
        "new_chat_member": _membership(world, new),
    }


def _membership(world: World, status: str) -> dict[str, Any]:
    member = {"user": bot_json(world), "status": status}
    return {**member, "until_date": 0} if status == "kicked" else member
