"""A shop that lives in memory and answers like one, so that the page can be tested without either platform."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import qrcode
from PIL import Image, ImageDraw

from playground.clock import MovableClock
from playground.inspector import Inspector
from playground.phones import App, Bubble, Person, Screen

SHOP = "Blue Door Café"
CODE = "M1Q7K9F3XW2"
COMMANDS = [
    {"command": "card", "description": "Show my member code"},
    {"command": "points", "description": "My points and why"},
    {"command": "coupons", "description": "Coupons to claim"},
]
MENU: list[dict[str, Any]] = [
    {"name": "会员码", "type": "click", "key": "code"},
    {
        "name": "我的",
        "sub_button": [
            {"name": "积分", "type": "click", "key": "points"},
            {"name": "优惠券", "type": "click", "key": "coupons"},
            {"name": "会员页", "type": "view", "url": "http://127.0.0.1:1/card"},
        ],
    },
    {"name": "帮助", "type": "click", "key": "help"},
]
STAFF_MENU: list[dict[str, Any]] = [{"name": "扫码", "type": "scancode_waitmsg", "key": "scan"}, *MENU[1:]]


def card_picture() -> bytes:
    """Draw a member card with a QR code in it."""
    card = Image.new("RGB", (720, 900), "#0f766e")
    code = qrcode.make(CODE, box_size=14, border=3).get_image().convert("RGB")
    draw = ImageDraw.Draw(card)
    draw.rounded_rectangle((40, 40, 680, 860), 40, fill="white")
    draw.text((80, 76), SHOP, fill="#0f766e", font_size=44)
    draw.text((80, 140), "Lin Mei   ·   Silver   ·   128 points", fill="#333", font_size=30)
    card.paste(code, ((720 - code.width) // 2, 220))
    draw.text((200, 780), "4821 0937 56", fill="#111", font_size=48)
    out = io.BytesIO()
    card.save(out, "PNG")
    return out.getvalue()


def blank_picture() -> bytes:
    """Draw nothing, on white."""
    out = io.BytesIO()
    Image.new("L", (80, 80), 255).save(out, "PNG")
    return out.getvalue()


class EchoPhones:
    """One platform's phones; ``did`` lists every act in order, as (name, user, facts)."""

    def __init__(self, app: App, clock: MovableClock, inspector: Inspector) -> None:
        self.app = app
        self.clock = clock
        self.inspector = inspector
        self.forget()

    def forget(self) -> None:
        """Be as on the first day."""
        self.people: dict[str, Person] = {}
        self.screens: dict[str, Screen] = {}
        self.versions: dict[str, int] = {}
        self.did: list[tuple[str, str, tuple[Any, ...]]] = []
        self.numbers = count(1)
        self.files = {"/pictures/card": (card_picture(), "image/png"), "/files/export": (b"{}", "application/json")}

    def add(self, person: Person) -> None:
        if person.user in self.people:
            raise ValueError(person.user)
        self.people[person.user] = person
        self.screens[person.user] = Screen(person.id, self.app, SHOP)
        self.versions[person.user] = 1

    def screen(self, user: str) -> Screen:
        return self.screens[user]

    def version(self, user: str) -> int:
        return self.versions[user]

    def image(self, address: str) -> tuple[bytes, str]:
        return self.files[address]

    async def start(self, user: str, payload: str = "") -> None:
        screen = self.note("start", user, payload)
        screen.following, screen.blocked = True, False
        if self.app == "telegram":
            screen.commands = COMMANDS
            self.mine(user, f"/start {payload}".strip())
            self.shop(
                user, f"Welcome to {SHOP}!", spans=[(11, 14, "bold", "")], buttons=[[{"text": "Join", "data": "join"}]]
            )
        else:
            screen.menu = STAFF_MENU if self.people[user].role == "cashier" else MENU
            self.shop(user, "欢迎光临！点这里加入", spans=[(5, 5, "word", "join")])

    async def stop(self, user: str) -> None:
        screen = self.note("stop", user)
        screen.following, screen.blocked = False, self.app == "telegram"
        self.versions[user] += 1

    async def say(self, user: str, text: str) -> None:
        self.note("say", user, text)
        self.mine(user, text)
        if text in {"Card", "会员码", "/card"}:
            self.card(user)
        else:
            self.shop(user, f"You said: {text}")

    async def press(self, user: str, bubble: str, data: str) -> None:
        screen = self.note("press", user, bubble, data)
        if data == "join":
            screen.toast = "Welcome!"
            screen.keyboard = [
                [{"text": "Card"}, {"text": "Points"}],
                [{"text": "Share phone", "request_contact": True}],
            ]
            pressed = next(one for one in screen.bubbles if one.id == bubble)
            pressed.text, pressed.spans, pressed.edited = "You are a member: 20 points to begin with.", [], True
            pressed.buttons = [[{"text": "Show my card", "data": "card"}, {"text": "Coupons", "data": "coupons"}]]
        elif data == "card":
            self.card(user)
        else:
            self.shop(user, f"Pressed {data}")
        self.versions[user] += 1

    async def menu(self, user: str, key: str) -> None:
        self.note("menu", user, key)
        if self.app == "telegram":
            self.mine(user, f"/{key}")
        if key in {"code", "card"}:
            self.card(user)
        elif key == "coupons":
            self.shop(
                user,
                "8 月 31 日前可用",
                kind="news",
                title="满 50 减 10",
                url="http://127.0.0.1:1/coupon",
                image="/pictures/card",
            )
        else:
            self.shop(user, f"128 points ({key})")

    async def scan(self, user: str, text: str, *, key: str = "") -> None:
        self.note("scan", user, text, key)
        self.shop(user, f"Lin Mei · Silver · 128 points · {text}")

    async def photo(self, user: str, picture: bytes) -> None:
        if not self.screens[user].following:
            raise ValueError("the app shows Start here")
        self.note("photo", user, len(picture))
        self.files[f"/photos/{len(self.files)}"] = (picture, "image/jpeg")
        self.mine(user, "", kind="image", image=f"/photos/{len(self.files) - 1}")
        self.shop(user, "Lin Mei · Silver · 128 points", buttons=[[{"text": "Enter an amount", "data": "amount"}]])

    async def contact(self, user: str, *, phone: str = "", owner: str = "") -> None:
        self.note("contact", user, phone, owner)
        self.mine(user, phone, kind="contact")

    def card(self, user: str) -> None:
        text = "Your member code, valid for 5 minutes." if self.app == "telegram" else ""
        self.shop(user, text, kind="image", image="/pictures/card")

    def note(self, name: str, user: str, *facts: Any) -> Screen:
        self.did.append((name, user, facts))
        return self.screens[user]

    def mine(self, user: str, text: str, **facts: Any) -> None:
        self.put(user, "me", text, **facts)

    def shop(self, user: str, text: str, **facts: Any) -> None:
        name = "sendMessage" if self.app == "telegram" else "message/custom/send"
        request = {"chat_id": user, "text": text}
        self.inspector.record(
            self.clock.now(),
            self.app,
            name,
            direction="in",
            request=request,
            answer={"ok": True},
            status=200,
            milliseconds=4.2,
        )
        self.put(user, "shop", text, **facts)

    def put(self, user: str, author: Any, text: str, **facts: Any) -> None:
        kind = facts.pop("kind", "text")
        self.screens[user].bubbles.append(
            Bubble(str(next(self.numbers)), author, kind, self.clock.now().isoformat(), text, **facts)
        )
        self.versions[user] += 1


PEOPLE = (
    Person("lin", "telegram", "1001", "Lin Mei", "+8613800000001", "en"),
    Person("amy", "telegram", "1002", "Amy Wong", "+8613800000002", "en", "cashier"),
    Person("chen", "wechat", "oChen", "陈晓", "+8613800000003", "zh-Hans"),
    Person("wu", "wechat", "oWu", "吴店员", "+8613800000004", "zh-Hans", "cashier"),
    Person("boss", "telegram", "1003", "Mr. Zhou", "+8613800000005", "zh-Hans", "owner"),
)


def next_birthday(clock: MovableClock, person: str) -> datetime | None:
    """Lin's birthday is in ten days; nobody else told theirs."""
    return (clock.now() + timedelta(days=10)).astimezone(UTC) if person == "lin" else None
