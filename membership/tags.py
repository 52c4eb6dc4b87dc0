"""Tags 标签: short words staff put to a member, such as "VIP" or "oat milk"; offers and groups can ask for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from membership import names
from membership.errors import InvalidTag
from membership.reading import Reader

BYTES_MAX: Final = 40
"""Of UTF-8: a tag rides in a button's word, which holds 64."""
LENGTH_MAX: Final = 26
EACH_MAX: Final = 20
"""Tags one member may have."""


def parse(text: str, known: Iterable[str] = ()) -> str:
    """Return a typed tag, cleaned and with "-" for spaces; in the spelling known already, where only capitals differ.

    Raises:
        InvalidTag: nothing readable is left, or it is longer than 13 hanzi or 26 letters.

    """
    tag = "-".join(names.clean(text).split())
    if not tag or len(tag.encode()) > BYTES_MAX or len(text.strip()) > LENGTH_MAX:
        raise InvalidTag(limit=BYTES_MAX // 3)
    return next((one for one in known if one.casefold() == tag.casefold()), tag)


def read(table: Reader, key: str) -> tuple[str, ...]:
    """Read a list of tags, as they are kept."""
    found: list[str] = []
    for text in table.words(key):
        try:
            found.append(parse(text))
        except InvalidTag:
            table.note(key, f'"{text}" is no tag', "write one short word")
    return tuple(found)
