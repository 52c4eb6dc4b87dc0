"""Letters in a picture: find a letter's shape in some font, measure words, shorten what is too long."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

Weight = Literal["regular", "bold"]
Ink = tuple[int, int, int] | tuple[int, int, int, int]
Anchor = Literal["left", "middle", "right"]

FONTS = Path(__file__).parent / "fonts"
MISSING = "〓"  # the printers' mark for a character the case does not hold
ELLIPSIS = "…"
LATIN_ELLIPSIS = "..."
WIDE = re.compile(r"[\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
# Our font draws these as wide as a hanzi, which tears Latin words apart.
WIDE_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'", "…": "..."})
APOSTROPHE = re.compile(r"(?<=[A-Za-zÀ-ɏ])’(?=[A-Za-zÀ-ɏ])")
# A system's fonts for rare hanzi and other scripts, tried in this order, where they are installed.
SYSTEM_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)
NOWHERE = "\U0010fffd"  # private use: every font answers it with its "no such character" box
DROPPED = {"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me", "So", "Sk"}  # of what no font holds: no gap, no box, no emoji half


def fallback_fonts() -> tuple[str, ...]:
    """Give the installed fonts to try after our own: the system's, then the DejaVu Sans inside matplotlib.

    Noto Sans SC lacks letters of Polish, Czech or Turkish (Ł, ř, ğ); DejaVu Sans has them and is always there.
    """
    inside = find_spec("matplotlib")  # looks the package up without importing it
    folders = inside.submodule_search_locations if inside else None
    bundled = [f"{folder}/mpl-data/fonts/ttf/DejaVuSans.ttf" for folder in folders or ()]
    return tuple(path for path in (*SYSTEM_FONTS, *bundled) if Path(path).is_file())


class Lettering:
    """Sets words on one picture. It loads each font once, so make one per picture and let it go with the picture."""

    def __init__(self, canvas: Image.Image, *, fallbacks: Sequence[str] | None = None) -> None:
        self.canvas = canvas
        self._pen = ImageDraw.Draw(canvas, "RGBA")
        self._given = fallbacks
        self._loaded: dict[tuple[str, int], ImageFont.FreeTypeFont] = {}
        self._shapes: dict[tuple[Weight, str], str | None] = {}

    @cached_property
    def _fallbacks(self) -> Sequence[str]:
        return fallback_fonts() if self._given is None else self._given

    def legible(self, text: str) -> str:
        """Give the text in one line, without what cannot be drawn: emoji vanish, an unknown letter becomes 〓."""
        seen = "".join(self._legible(sign) for sign in _as_typed(unicodedata.normalize("NFC", text)))
        return " ".join(seen.split()) or (MISSING if text.strip() else "")

    def width(self, text: str, size: int, *, weight: Weight = "regular", spacing: float = 0) -> float:
        """Measure legible text, in pixels; `spacing` is added after every letter but the last."""
        pieces = self._pieces(text, size, weight)
        return sum(font.getlength(piece) for font, piece in pieces) + spacing * max(len(text) - 1, 0)

    def fitted(self, text: str, size: int, *, width: float, weight: Weight = "regular") -> str:
        """Give the legible text, its end cut for "…" if it is wider than `width` pixels."""
        words = self.legible(text)
        if self.width(words, size, weight=weight) <= width:
            return words
        end = ELLIPSIS if WIDE.search(words) else LATIN_ELLIPSIS
        low, high = 0, len(words)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width(words[:middle].rstrip() + end, size, weight=weight) <= width:
                low = middle
            else:
                high = middle - 1
        return words[:low].rstrip() + end

    def fitting_size(self, text: str, size: int, *, least: int, width: float, weight: Weight = "regular") -> int:
        """Give the largest size from `size` down to `least` at which the text fits into `width` pixels."""
        words = self.legible(text)
        return next((s for s in range(size, least, -2) if self.width(words, s, weight=weight) <= width), least)

    def write(
        self,
        text: str,
        at: tuple[float, float],
        *,
        size: int,
        ink: Ink,
        width: float,
        weight: Weight = "regular",
        anchor: Anchor = "left",
    ) -> tuple[float, float]:
        """Write one line on its baseline, never wider than `width` pixels; give its left and right end."""
        words = self.fitted(text, size, width=width, weight=weight)
        length = self.width(words, size, weight=weight)
        x, y = at
        left = x - length * {"left": 0, "middle": 0.5, "right": 1}[anchor]
        pen = left
        for font, piece in self._pieces(words, size, weight):
            self._pen.text((pen, y), piece, fill=ink, font=font, anchor="ls")
            pen += font.getlength(piece)
        return left, left + length

    def _pieces(self, text: str, size: int, weight: Weight) -> list[tuple[ImageFont.FreeTypeFont, str]]:
        """Cut the text where the font changes."""
        own = str(FONTS / f"{weight}.ttf")
        pieces: list[tuple[str, str]] = []
        for sign in text:
            path = self._holder(sign, weight) or own
            if pieces and pieces[-1][0] == path:
                pieces[-1] = path, pieces[-1][1] + sign
            else:
                pieces.append((path, sign))
        return [(self._font(path, size), piece) for path, piece in pieces]

    def _legible(self, sign: str) -> str:
        if sign.isspace():
            return " "
        kind = unicodedata.category(sign)
        if kind in {"Cc", "Cf", "Cn", "Co", "Cs"}:
            return ""
        if self._holder(sign, "regular") is not None:
            return sign
        return "" if kind in DROPPED else MISSING

    def _holder(self, sign: str, weight: Weight) -> str | None:
        """Find the first font file that has this character."""
        key = weight, sign
        if key not in self._shapes:
            files = (str(FONTS / f"{weight}.ttf"), *self._fallbacks)
            self._shapes[key] = next((path for path in files if self._has(path, sign)), None)
        return self._shapes[key]

    def _has(self, path: str, sign: str) -> bool:
        font = self._font(path, 24)
        return bytes(font.getmask(sign)) != bytes(font.getmask(NOWHERE)) or sign == " "

    def _font(self, path: str, size: int) -> ImageFont.FreeTypeFont:
        key = path, size
        if key not in self._loaded:
            self._loaded[key] = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
        return self._loaded[key]


def _as_typed(text: str) -> str:
    """Use narrow quotes and dots in Latin words; Chinese ones keep the wide marks they are written with."""
    return APOSTROPHE.sub("'", text) if WIDE.search(text) else text.translate(WIDE_QUOTES)
