"""A new shop.toml: the preset of the trade with the shop's own name, language, currency and zone in it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

PRESETS = ("cafe", "restaurant", "retail", "salon", "gym")
LINE = r"(?m)^{key} = (?:\{{.*?\}}|\[.*?\]|\"[^\"]*\")"


def make(preset: str, words: Mapping[str, str]) -> str:
    """Return the text of shop.toml; ``words`` are name, language, currency and zone. Its comments stay."""
    text = resources.files("membership").joinpath(f"presets/{preset}.toml").read_text(encoding="utf-8")
    listed = tomllib.loads(text)["shop"]["languages"]
    languages = [words["language"], *(language for language in listed if language != words["language"])]
    written = {
        "name": _text(words["name"]),
        "currency": _text(words["currency"]),
        "zone": _text(words["zone"]),
        "languages": "[" + ", ".join(_text(language) for language in languages) + "]",
    }
    for key, value in written.items():
        # A backslash in a replacement would be read as one of its own signs.
        line = f"{key} = {value}".replace("\\", r"\\")
        text = re.sub(LINE.format(key=key), line, text, count=1)
    return text


def body(text: str) -> Mapping[str, Any]:
    """Return what such a text says."""
    return tomllib.loads(text)


def _text(value: str) -> str:
    # A TOML text in quotes is written as JSON writes it; beyond that TOML has no escapes for surrogates.
    return json.dumps(value, ensure_ascii=False)
