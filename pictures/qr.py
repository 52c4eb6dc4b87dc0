"""The square code a till reads: words turned into a black-and-white picture of modules."""

from __future__ import annotations

import re

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_ALPHA_NUM, QRData

QUIET_MODULES = 4  # ISO/IEC 18004: the white border a reader needs
MASK = 3  # any of the eight is legal; trying all and scoring them costs six times the rest
MEMBER_CODE = re.compile(r"M1-[A-Z2-7]{58}")
MEMBER_CODE_VERSION = 3  # 61 alphanumeric characters at level M fill version 3 (29 × 29)
ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]+")


def draw_qr(text: str, *, side_max: int) -> Image.Image:
    """Draw the code, quiet zone included, as large as whole pixels per module allow within `side_max` pixels.

    Raises ValueError for an empty text, for one that no QR code can hold, or if `side_max` is less than one pixel a
    module.
    """
    if not text:
        raise ValueError("a code needs a text")
    modules = qr_modules(text)
    side = len(modules) + 2 * QUIET_MODULES
    if side_max < side:
        raise ValueError("too few pixels for one a module")
    small = Image.new("L", (side, side), 255)
    for y, row in enumerate(modules, QUIET_MODULES):
        for x, dark in enumerate(row, QUIET_MODULES):
            if dark:
                small.putpixel((x, y), 0)
    scale = side_max // side
    return small.resize((side * scale, side * scale), Image.Resampling.NEAREST)


def qr_modules(text: str) -> list[list[bool]]:
    """Give the modules row by row, True for dark, without the quiet zone; error correction level M."""
    known = MEMBER_CODE.fullmatch(text) is not None
    code = qrcode.QRCode(
        version=MEMBER_CODE_VERSION if known else None, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=MASK
    )
    if ALPHANUMERIC.fullmatch(text):
        code.add_data(QRData(text, mode=MODE_ALPHA_NUM), optimize=0)
    else:
        code.add_data(text, optimize=0)
    code.make(fit=not known)
    return [[bool(dark) for dark in row] for row in code.modules]
