"""What the platform remembers: accounts, chats with the shop's bot, messages, presses and the bot's profile."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from playground.clock import MovableClock
from playground.phones import Person
from playground.telegram_api.errors import bad_request, forbidden
from playground.telegram_api.files import File, Files
from playground.telegram_api.keyboards import Keyboard, Rows
from playground.telegram_api.markup import Entity
from playground.telegram_api.pushes import Pushes

QUERY_LIFE = timedelta(seconds=150)
TYPING_LIFE = timedelta(seconds=5)


@dataclass(slots=True)
class Post:
    """One message of a chat. ``mine`` says that the person wrote it and not the bot."""

    number: int
    mine: bool
    at: datetime
    text: str = ""
    entities: list[Entity] = field(default_factory=list)
    file: File | None = None
    contact: dict[str, Any] = field(default_factory=dict)
    answers: Post | None = None
    buttons: Rows = field(default_factory=list)
    other_keyboard: bool = False
    protected: bool = False
    edited_at: datetime | None = None


@dataclass(slots=True)
class Chat:
    """One person's private chat with the bot, and what her phone shows around it."""

    person: Person
    number: int
    started: bool = False
    blocked: bool = False
    posts: dict[int, Post] = field(default_factory=dict)
    keyboard: Keyboard | None = None
    keyboard_post: Post | None = None
    menu_button: dict[str, Any] | None = None
    toast: str = ""
    typing_until: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """A press of an inline button that may be answered for 150 seconds."""

    id: str
    chat: Chat
    at: datetime


@dataclass(slots=True)
class Profile:
    """What the bot shows of itself: names and texts by language, commands by scope and language."""

    name: dict[str, str] = field(default_factory=dict)
    description: dict[str, str] = field(default_factory=dict)
    short_description: dict[str, str] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    menu_button: dict[str, Any] = field(default_factory=lambda: {"type": "commands"})


@dataclass(slots=True)
class World:
    """The whole platform as far as one bot sees it."""

    clock: MovableClock
    pushes: Pushes
    token: str
    username: str
    base_url: Callable[[], str]
    chats: dict[int, Chat] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)
    files: Files = field(default_factory=Files)
    profile: Profile = field(default_factory=Profile)
    last_post: int = 0

    @property
    def bot_id(self) -> int:
        return int(self.token.partition(":")[0])

    def reset(self) -> None:
        """Forget what happened between people and bot; people, webhook and the bot's general profile stay."""
        for number, chat in self.chats.items():
            self.chats[number] = Chat(chat.person, number, version=chat.version + 1)
        self.queries.clear()
        self.files = Files()
        kept = {key: value for key, value in self.profile.commands.items() if not key[0].startswith("chat:")}
        self.profile.commands = kept

    def look(self, chat: Chat) -> Chat:
        """Let a typing sign fade whose time is over, and return the chat."""
        if chat.typing_until and self.clock.now() >= chat.typing_until:
            chat.typing_until = None
            chat.version += 1
        return chat

    def by_user(self, user: str) -> Chat:
        """Return the chat of a playground person; KeyError if nobody has this user id."""
        for chat in self.chats.values():
            if chat.person.user == user:
                return chat
        raise KeyError(user)

    def reachable(self, chat_id: str) -> Chat:
        """Return the chat the bot may write to; ApiError 400 or 403 as the Bot API says it."""
        chat = self.known(chat_id)
        if not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        return chat

    def known(self, chat_id: str) -> Chat:
        """Return a chat by the text of its id; ApiError 400 when there is none."""
        if not chat_id.strip():
            raise bad_request("chat_id is empty")
        digits = chat_id.strip()
        chat = self.chats.get(int(digits)) if digits.isascii() and digits.isdigit() else None
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def put(self, chat: Chat, *, mine: bool, **facts: Any) -> Post:
        """Add a message to a chat, now."""
        self.last_post += 1
        post = Post(self.last_post, mine, self.clock.now(), **facts)
        chat.posts[post.number] = post
        if not mine:
            chat.typing_until = None
        chat.version += 1
        return post

    def ask(self, chat: Chat) -> Query:
        """Open a callback query."""
        query = Query(str(secrets.randbits(62)), chat, self.clock.now())
        self.queries[query.id] = query
        return query

    def close_query(self, query_id: str) -> Query:
        """Return a query that waits for its answer, once; ApiError 400 when unknown, answered or too old."""
        query = self.queries.pop(query_id, None)
        if query is None or self.clock.now() - query.at > QUERY_LIFE:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        return query
