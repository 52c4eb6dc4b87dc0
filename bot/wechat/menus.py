"""The menu under the chat: everybody's, and one for each role, with the scanner in front of those who scan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from bot.wechat.given import Words
from membership import staff
from membership.member import Role
from membership.messages import say

KEYS = ("code", "points", "coupons", "perks", "checkin", "profile", "help")  # words of the router (docs/commands.md)
REWARDS: Final = ("points", "coupons", "perks", "checkin")
WORK: Final = (
    ("report", "report"), ("staff", "invite"), ("broadcast", "broadcast"), ("undo", "undo"), ("store", "scan"),
)  # fmt: skip
"""Words of those who work here and the action each needs, the weightiest first."""

TAGS: Final = {
    staff.OWNER: "店主", staff.MANAGER: "店长", staff.CASHIER: "员工", staff.MARKETER: "运营", staff.AUDITOR: "审计",
}  # fmt: skip
"""The tag by which WeChat knows who sees which menu, by role; tags are seen in the account's own console only."""

TOP_LABEL_MAX, SUB_LABEL_MAX = 4, 7  # in hanzi; two letters are as wide as one
SUBS_MAX = 5

Button = dict[str, Any]


def default_menu(words: Words, language: str, *, keys: Sequence[str] = KEYS) -> list[Button]:
    """Return everybody's menu: the code, what one has, and oneself. ``keys`` leaves out what the shop has not."""
    label = _labels(words, language)
    rewards = [_click(label(key, SUB_LABEL_MAX), key) for key in REWARDS if key in keys]
    mine = [_click(label(key, SUB_LABEL_MAX), key) for key in ("profile", "help") if key in keys]
    groups = [(label("rewards", TOP_LABEL_MAX), rewards), (label("mine", TOP_LABEL_MAX), mine)]
    return [_click(label("code", TOP_LABEL_MAX), "code"), *(_group(*group) for group in groups if group[1])]


def staff_menu(words: Words, language: str, *, role: str, keys: Sequence[str] = KEYS) -> list[Button]:
    """Return the menu of a role: the scanner or the own code first, then what every member has, then the work."""
    label, held = _labels(words, language), (Role(role),)
    scans = staff.may(held, "scan")
    code = _click(label("code", TOP_LABEL_MAX), "code")
    scan = {"type": "scancode_waitmsg", "name": label("scan", TOP_LABEL_MAX), "key": "scan"}
    mine = [key for key in ("code", *REWARDS) if key in keys and (scans or key != "code")]
    rewards = [_click(label(key, SUB_LABEL_MAX), key) for key in mine]
    work = [word for word, action in WORK if staff.may(held, action)]
    shop = [_click(label(key, SUB_LABEL_MAX), key) for key in (*work, "profile")][: SUBS_MAX - 1]
    shop.append(_click(label("help", SUB_LABEL_MAX), "help"))
    front = scan if scans else code
    return [front, _group(label("rewards", TOP_LABEL_MAX), rewards), _group(label("shop", TOP_LABEL_MAX), shop)]


def same(one: Sequence[Button], other: Any) -> bool:
    """Tell whether the platform's menu (which adds empty fields) is the one we want."""
    return isinstance(other, list) and list(map(_essence, one)) == list(map(_essence, other))


def fitting(label: str, hanzi_max: int) -> str:
    """Return as much of a label as a phone shows."""
    room = 2 * hanzi_max
    for place, letter in enumerate(label):
        room -= 1 if letter.isascii() else 2
        if room < 0:
            return label[:place].rstrip()
    return label


def _labels(words: Words, language: str) -> Callable[[str, int], str]:
    return lambda key, hanzi_max: fitting(words.text(say(f"menu.{key}"), language), hanzi_max)


def _click(name: str, key: str) -> Button:
    return {"type": "click", "name": name, "key": key}


def _group(name: str, subs: list[Button]) -> Button:
    return {"name": name, "sub_button": subs}


def _essence(button: Any) -> Any:
    if not isinstance(button, dict):
        return button
    return sorted(_fields(button))


def _fields(button: Button) -> Iterator[tuple[str, Any]]:
    for name in ("name", "type", "key", "url"):
        if button.get(name):
            yield name, str(button[name])
    if button.get("sub_button"):
        yield "sub_button", str([_essence(sub) for sub in button["sub_button"]])
