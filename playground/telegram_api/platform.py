"""Telegram in the rehearsal: people with phones on one side, the Bot API over HTTP on the other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import web

from playground.clock import MovableClock
from playground.faults import Faults
from playground.inspector import Inspector
from playground.phones import Person, Phones, Screen
from playground.telegram_api import mini_app, screens
from playground.telegram_api.markup import marked, units
from playground.telegram_api.pushes import Pushes
from playground.telegram_api.shapes import membership_json, post_json, query_json
from playground.telegram_api.web import Gateway
from playground.telegram_api.world import Chat, Post, World

TEXT_MAX = 4096
PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}")


class TelegramPlatform(Phones):
    """Plays Telegram for one bot: the Bot API over HTTP, and the phones of the people who talk to it.

    It is strict where Telegram is strict. Its own liberties: webhooks and Mini Apps may be plain HTTP on this
    machine, every size of a photo serves the same bytes, HTML is the only parse mode, there are private chats only,
    and a webhook's answer is read for its status alone.
    """

    def __init__(
        self,
        *,
        clock: MovableClock,
        inspector: Inspector,
        faults: Faults,
        token: str,
        username: str = "memberbot_cafe_bot",
        base_url: Callable[[], str],
    ) -> None:
        pushes = Pushes(clock=clock, inspector=inspector, faults=faults)
        self._world = World(clock, pushes, token, username, base_url)
        self._gateway = Gateway(self._world, inspector=inspector, faults=faults)

    def routes(self, prefix: str = "/telegram") -> list[web.RouteDef]:
        """Return the routes of the Bot API, of downloads and of pictures for the phones."""
        return self._gateway.routes(prefix)

    async def start_pushing(self) -> None:
        """Begin to post updates to the webhook, once one is set."""
        await self._world.pushes.start()

    async def close(self) -> None:
        """Stop posting, and end calls that wait."""
        self._gateway.close()
        await self._world.pushes.close()

    @property
    def title(self) -> str:
        """The bot's own name, as people see it above the chat."""
        return self._world.profile.name.get("", self._world.username)

    @title.setter
    def title(self, name: str) -> None:
        self._world.profile.name[""] = name

    def reset(self) -> None:
        """Forget all messages, files, waiting updates and commands given to one chat.

        The people stay and never pressed Start; the webhook and the bot's general profile stay, since the program
        sets them only when it starts.
        """
        self._world.pushes.reset()
        self._world.reset()

    def init_data(self, user: str, start_param: str = "") -> str:
        """Return signed Mini App initData for a person; KeyError for an unknown one."""
        return mini_app.init_data(self._world, self._world.by_user(user), start_param=start_param)

    def mini_app(self, user: str) -> str:
        """Return what stands behind the # of a Mini App's address (core.telegram.org/bots/webapps)."""
        theme = {"bg_color": "#ffffff", "text_color": "#000000"}
        told = {"tgWebAppData": self.init_data(user), "tgWebAppVersion": "8.0", "tgWebAppPlatform": "android"}
        return urlencode({**told, "tgWebAppThemeParams": json.dumps(theme)})

    # Phones

    def add(self, person: Person) -> None:
        """Give a person an account; ValueError if the user id is taken or no Telegram number."""
        if not (person.user.isascii() and person.user.isdigit()):
            raise ValueError("a Telegram user id is a number")
        number = int(person.user)
        if number in self._world.chats:
            raise ValueError("this user id is taken")
        self._world.chats[number] = Chat(person, number)

    def acquaint(self, person: Person) -> None:
        """Add somebody who pressed Start long ago: the program knows them, and nothing is pushed."""
        if int(person.user) not in self._world.chats:
            self.add(person)
        self._world.by_user(person.user).started = True

    def screen(self, user: str) -> Screen:
        return screens.screen(self._world, self._world.look(self._world.by_user(user)))

    def version(self, user: str) -> int:
        return self._world.look(self._world.by_user(user)).version

    async def start(self, user: str, payload: str = "") -> None:
        """Open by deep link and press Start; ValueError for a payload that no t.me link can carry."""
        if not PAYLOAD.fullmatch(payload):
            raise ValueError("a start parameter is at most 64 of A-Z a-z 0-9 _ -")
        chat = self._world.by_user(user)
        if chat.blocked:
            chat.blocked = False
            self._membership(chat, old="kicked", new="member")
        chat.started = True
        self._tell(chat, text=f"/start {payload}".rstrip())

    async def stop(self, user: str) -> None:
        """Block the bot; what it sends from now on is refused with 403."""
        chat = self._world.by_user(user)
        if chat.started and not chat.blocked:
            chat.blocked = True
            chat.version += 1
            self._membership(chat, old="member", new="kicked")

    async def say(self, user: str, text: str) -> None:
        """Send a text; a long one goes as several messages, as the app does it.

        ValueError for an empty text, and where the app shows Start or Unblock in place of the input field.
        """
        chat = self._talking(user)
        if not text.strip():
            raise ValueError("the app does not send an empty text")
        for part in _parts(text.strip()):
            self._tell(chat, text=part)
        self._keyboard_used(chat, text)

    async def press(self, user: str, bubble: str, data: str) -> None:
        """Press an inline button; KeyError if the phone does not show it."""
        chat = self._talking(user)
        post = chat.posts[int(bubble)]
        if not any(button.get("callback_data") == data for row in post.buttons for button in row):
            raise KeyError(data)
        chat.toast = ""
        chat.version += 1
        query = self._world.ask(chat)
        body = query_json(self._world, chat, post, query_id=query.id, data=data)
        self._world.pushes.add("callback_query", chat.number, body)

    async def menu(self, user: str, key: str) -> None:
        """Choose a command from the list."""
        await self.say(user, f"/{key.removeprefix('/')}")

    async def scan(self, user: str, text: str, *, key: str = "") -> None:  # noqa: ARG002 - WeChat's menu has keys
        """Point the camera at a code: only a link to this bot does something, and only pressing Start tells it."""
        payload = self._payload(text)
        if payload is not None:
            await self.start(user, payload)

    def _payload(self, link: str) -> str | None:
        parts = urlsplit(link.strip())
        query = parse_qs(parts.query)
        if parts.scheme == "tg" and parts.netloc == "resolve":
            name = query.get("domain", [""])[0]
        elif parts.scheme in {"http", "https"} and parts.hostname in {"t.me", "telegram.me"}:
            name = parts.path.strip("/")
        else:
            return None
        payload = query.get("start", [""])[0]
        mine = name.lower() == self._world.username.lower() and "startapp" not in query
        return payload if mine and PAYLOAD.fullmatch(payload) else None

    async def photo(self, user: str, picture: bytes) -> None:
        """Send a photo; ApiError if it is no picture."""
        chat = self._talking(user)
        self._tell(chat, file=self._world.files.put_photo(picture))

    async def contact(self, user: str, *, phone: str = "", owner: str = "") -> None:
        """Share one's own contact (``phone`` in place of the account's), or somebody else's."""
        chat = self._talking(user)
        answers = chat.keyboard_post
        self._tell(chat, contact=self._contact(owner or user, phone), answers=answers)
        self._keyboard_used(chat, None)

    def _contact(self, owner: str, phone: str) -> dict[str, Any]:
        try:
            person = self._world.by_user(owner).person
        except KeyError:  # somebody in the address book who is not on Telegram: a contact without user_id
            return {"phone_number": phone, "first_name": owner}
        return {"phone_number": phone or person.phone, "first_name": person.name, "user_id": int(person.user)}

    def image(self, address: str) -> tuple[bytes, str]:
        """Return bytes and content type of a picture or document shown in a bubble; KeyError if gone."""
        file = self._world.files.kept[address.rpartition("/")[2]]
        return file.data, file.content_type

    # What the platform does with it

    def _talking(self, user: str) -> Chat:
        chat = self._world.by_user(user)
        if not chat.started or chat.blocked:
            raise ValueError("the app shows Start or Unblock here, not an input field")
        return chat

    def _tell(self, chat: Chat, *, text: str = "", **content: Any) -> Post:
        plain, entities = marked(text, [])
        post = self._world.put(chat, mine=True, text=plain, entities=entities, **content)
        self._world.pushes.add("message", chat.number, post_json(self._world, chat, post))
        return post

    def _membership(self, chat: Chat, *, old: str, new: str) -> None:
        self._world.pushes.add("my_chat_member", chat.number, membership_json(self._world, chat, old=old, new=new))

    def _keyboard_used(self, chat: Chat, text: str | None) -> None:
        """A one-time keyboard folds away once one of its keys was tapped."""
        keyboard = chat.keyboard
        if keyboard is None or not keyboard.one_time:
            return
        contact = text is None
        keys = [key for row in keyboard.rows for key in row]
        if any(key.get("request_contact") if contact else key["text"] == text for key in keys):
            chat.keyboard = None
            chat.version += 1


def _parts(text: str) -> list[str]:
    """Split a text into messages of at most 4096 UTF-16 units."""
    parts, part, length = [], "", 0
    for character in text:
        size = units(character)
        if length + size > TEXT_MAX:
            parts.append(part)
            part, length = "", 0
        part, length = part + character, length + size
    return [*parts, part]
