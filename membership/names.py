"""Names of people and places: kept as they are written, cleaned of what would break a list or deceive a reader."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from membership.errors import InvalidName

GRAPHEMES_MAX = 32
BYTES_MAX = 256
MARKS_MAX = 3
"""How many combining marks one letter may carry."""
JOINS_MAX = 4
"""How many emoji may be joined into one (a family has three joins)."""

_ZWJ, _VS15, _VS16 = "\u200d", "\ufe0e", "\ufe0f"
# letters by category, but drawn as nothing: fillers of Hangul and the empty Braille cell
_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0\u034f\u17b4\u17b5")
_EMOJI_RANGES = (
    (0x00A9, 0x00AE),
    (0x203C, 0x2049),
    (0x2122, 0x2139),
    (0x2190, 0x21FF),
    (0x2300, 0x23FF),
    (0x25A0, 0x27BF),
    (0x2900, 0x297F),
    (0x2B00, 0x2BFF),
    (0x3030, 0x303D),
    (0x3297, 0x3299),
    (0x1F000, 0x1FAFF),
)


def parse(text: str) -> str:
    """Return a typed name, cleaned.

    Raises:
        InvalidName: nothing readable is left.

    """
    name = clean(text)
    if not name:
        raise InvalidName
    return name


def clean(text: str) -> str:
    """Return the name in NFC without control, direction, tag and invisible characters, cut to a bearable length.

    At most 32 characters as a reader counts them and 256 bytes. Empty if nothing readable is left: the caller
    then shows "member" and the last digits of a number instead.
    """
    whole = unicodedata.normalize("NFC", text[: 16 * BYTES_MAX])
    cleaned = "".join(_clusters_cleaned(" ".join(_visible(whole).split())))
    return _cut(unicodedata.normalize("NFC", " ".join(cleaned.split())))


def masked(name: str) -> str:
    """Return the name as a cashier sees it: the first character and how the rest is hidden."""
    first = next(graphemes(name), "")
    return f"{first}**" if first else ""


def graphemes(text: str) -> Iterator[str]:
    """Split cleaned text into characters as a reader counts them (marks, joined emoji and flags stay together)."""
    cluster = ""
    for char in text:
        if cluster and not _continues(cluster, char):
            yield cluster
            cluster = ""
        cluster += char
    if cluster:
        yield cluster


def _visible(text: str) -> str:
    return "".join(" " if char.isspace() else char for char in text if char.isspace() or not _dropped(char))


def _dropped(char: str) -> bool:
    if char == _ZWJ:
        return False  # decided with its neighbours
    noncharacter = ord(char) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(char) <= 0xFDEF  # noqa: PLR2004 -- Unicode's own
    return noncharacter or char in _INVISIBLE or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co")


def _clusters_cleaned(text: str) -> Iterator[str]:
    for cluster in graphemes(text):
        yield _bounded_emoji(cluster) if _is_emoji(cluster[0]) else _bounded_letter(cluster)


def _bounded_letter(cluster: str) -> str:
    """Keep a letter and three marks; drop a mark without a letter and a stray joiner or selector."""
    if _is_mark(cluster[0]) or cluster[0] == _ZWJ:
        return ""
    marks = [char for char in cluster[1:] if _is_mark(char) and not _is_selector(char)]
    selectors = [char for char in cluster[1:2] if _is_ideographic_selector(char) and _is_ideograph(cluster[0])]
    keycap = cluster[1:] in (_VS16 + "\u20e3", "\u20e3")
    return cluster[0] + ("\ufe0f\u20e3" if keycap else "".join(selectors + marks[:MARKS_MAX]))


def _bounded_emoji(cluster: str) -> str:
    """Keep an emoji with its skin tone, selector and four joined partners; drop a joiner at the end."""
    partners = [partner for partner in cluster.split(_ZWJ) if partner][: JOINS_MAX + 1]
    return _ZWJ.join(_one_emoji(partner) for partner in partners)


def _one_emoji(partner: str) -> str:
    flag = [char for char in partner[1:2] if _is_flag_letter(char)]
    tone = [char for char in partner[1:] if _is_tone(char)][:1]
    selector = [char for char in partner[1:] if char in (_VS15, _VS16)][:1]
    return partner[0] + "".join(flag + (tone or selector))


def _continues(cluster: str, char: str) -> bool:
    if _is_mark(char) or char == _ZWJ or _is_tone(char):
        return True
    if _is_flag_letter(char):
        return len(cluster) == 1 and _is_flag_letter(cluster)
    return cluster[-1] == _ZWJ and _is_emoji(cluster[0]) and _is_emoji(char)


def _cut(name: str) -> str:
    kept, size = "", 0
    for count, cluster in enumerate(graphemes(name)):
        size += len(cluster.encode())
        if count == GRAPHEMES_MAX or size > BYTES_MAX:
            break
        kept += cluster
    return kept.strip()


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in ("Mn", "Me", "Mc")


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or _is_ideographic_selector(char)


def _is_ideographic_selector(char: str) -> bool:
    return "\U000e0100" <= char <= "\U000e01ef"


def _is_ideograph(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or "\U00020000" <= char <= "\U0003ffff"


def _is_emoji(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in _EMOJI_RANGES)


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_tone(char: str) -> bool:
    return "\U0001f3fb" <= char <= "\U0001f3ff"
