"""What a phone shows and what a person can do with it, the same for both apps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

App = Literal["telegram", "wechat"]


@dataclass(slots=True)
class Bubble:
    """One thing in a chat, as the phone shows it.

    ``text`` is plain text; ``spans`` mark parts of it: (offset, length, kind, value) in characters, kind being
    bold, italic, code, link (value = address), word (value = what a tap says, for WeChat's clickable words).
    ``buttons`` are rows of {"text", "data" | "url" | "web_app" | "copy"} (Telegram's inline keyboard).
    ``image`` and ``document`` are addresses of the playground that serve the bytes.
    """

    id: str
    author: Literal["me", "shop", "system"]
    kind: Literal["text", "image", "news", "document", "menu", "contact"]
    at: str
    text: str = ""
    spans: list[tuple[int, int, str, str]] = field(default_factory=list)
    image: str = ""
    document: str = ""
    title: str = ""
    url: str = ""
    buttons: list[list[dict[str, str]]] = field(default_factory=list)
    edited: bool = False


@dataclass(slots=True)
class Screen:
    """Everything one phone shows now.

    ``keyboard`` is Telegram's reply keyboard: rows of {"text", "request_contact"}; ``commands`` the command list of
    this person's scope and language: {"command", "description"}; ``menu`` WeChat's 3 × 5 menu of this person's tag;
    ``following`` is false for a WeChat person who does not follow, and for a Telegram person before /start or
    after blocking (``blocked``); ``toast`` the answer to the last button press; ``typing`` whether the shop types.
    """

    person: str
    app: App
    title: str
    bubbles: list[Bubble] = field(default_factory=list)
    keyboard: list[list[dict[str, Any]]] = field(default_factory=list)
    commands: list[dict[str, str]] = field(default_factory=list)
    menu: list[dict[str, Any]] = field(default_factory=list)
    menu_button: dict[str, Any] = field(default_factory=dict)
    following: bool = False
    blocked: bool = False
    toast: str = ""
    typing: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a phone.

    ``id`` is the name in the playground; ``user`` the id at the platform (Telegram a number, WeChat an openid).
    """

    id: str
    app: App
    user: str
    name: str
    phone: str
    language: str
    role: Literal["member", "cashier", "owner"] = "member"


class Phones(Protocol):
    """What both platform emulators offer to the page and to tests. Every call returns once the platform took it.

    Pushes to the program happen in the background, in the platform's own way (webhook, polling, callback).
    """

    def add(self, person: Person) -> None:
        """Give a person an account at this platform; ValueError if the user id is taken."""

    def screen(self, user: str) -> Screen:
        """Return what this phone shows now; KeyError for an unknown user."""

    def version(self, user: str) -> int:
        """Return a number that grows with each change of this phone's screen."""

    async def start(self, user: str, payload: str = "") -> None:
        """Telegram: open by deep link and press Start. WeChat: follow, or scan a scene QR (payload = scene_str)."""

    async def stop(self, user: str) -> None:
        """Telegram: block the bot. WeChat: unfollow."""

    async def say(self, user: str, text: str) -> None:
        """Type and send a text."""

    async def press(self, user: str, bubble: str, data: str) -> None:
        """Telegram: press an inline button. WeChat: tap a clickable word (data = its bizmsgmenu id)."""

    async def menu(self, user: str, key: str) -> None:
        """Telegram: choose a command. WeChat: tap a menu entry of type click or view."""

    async def scan(self, user: str, text: str, *, key: str = "") -> None:
        """Point the camera at a code that reads ``text``.

        WeChat: through the menu's scancode_waitmsg entry ``key``. Telegram: the camera opens t.me links only.
        """

    async def photo(self, user: str, picture: bytes) -> None:
        """Send a photo."""

    async def contact(self, user: str, *, phone: str = "", owner: str = "") -> None:
        """Telegram: share one's own contact, or somebody else's (``owner``). WeChat: nothing happens."""

    def image(self, address: str) -> tuple[bytes, str]:
        """Return bytes and content type of an image or document shown in a bubble; KeyError if gone."""
