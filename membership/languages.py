"""Which language somebody is spoken to in: their own choice, else what their app says, else the shop's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

CORE: Final = ("zh-Hans", "zh-Hant", "en")

_TRADITIONAL: Final = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")


def chosen(*, choice: str, hint: str, offered: Collection[str], default: str) -> str:
    """Return the language to speak: the choice if it is offered, else what fits the app's hint, else the default."""
    return choice if choice in offered else fitting(hint, offered) or default


def fitting(hint: str, offered: Collection[str]) -> str:
    """Return the offered language that fits an app's hint such as ``zh-TW``, ``zh_CN`` or ``en-GB``; "" if none."""
    plain = hint.replace("_", "-").lower()
    if plain.startswith(_TRADITIONAL):
        plain = "zh-hant"
    elif plain.split("-")[0] == "zh":
        plain = "zh-hans"
    for language in offered:
        if language.lower() == plain:
            return language
    return next((language for language in offered if language.lower() == plain.split("-")[0]), "")
