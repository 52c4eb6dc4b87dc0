"""The keys that the staff's page asks for, read from its scripts, and those it puts together."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "web" / "static" / "staff"
PREFIX = "page.staff."
_CALL = re.compile(r"\bt\((?=([^`\n]*))")
_SIMPLE = re.compile(r'^"([a-z][a-z_0-9.]*)"')
_CHOICE = re.compile(r'\?\??\s*"([a-z_0-9.]+)"(?:\s*:\s*"([a-z_0-9.]+)")?')

PUT_TOGETHER = {
    *(f"way.{way}" for way in ("ready", "today", "questions", "more")),
    *(f"yes_{state}" for state in ("refused", "expired", "withdrawn")),
    *("camera_denied", "camera_busy", "new_pin", "new_pin_again"),
}
"""Keys that stand in a table of the script, or are made of a word and a state."""


def page_keys() -> set[str]:
    """Return every key the page may ask for."""
    found = set(PUT_TOGETHER)
    for path in PAGE.glob("*.js"):
        for call in _CALL.findall(path.read_text("utf-8")):
            found |= set(_SIMPLE.findall(call))
            if not call.startswith('"'):
                asked = call.split("),", 1)[0]
                found |= {key for pair in _CHOICE.findall(asked) for key in pair if key}
    return {PREFIX + key for key in found}
