"""The plain shapes pictures are made of: soft-edged plates, gentle gradients, shadows; and the finished PNG."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

FINE = 4  # shapes are drawn so many times larger and shrunk: Pillow's own edges are jagged


def gradient(size: tuple[int, int], start: Colour, end: Colour) -> Image.Image:
    """Fill a picture from `start` in the top left corner to `end` in the bottom right one."""
    middle = tuple((a + b) // 2 for a, b in zip(start, end, strict=True))
    corners = Image.new("RGB", (2, 2))
    for at, colour in (((0, 0), start), ((1, 0), middle), ((0, 1), middle), ((1, 1), end)):
        corners.putpixel(at, colour)
    return corners.resize(size, Image.Resampling.BICUBIC)


def plate(size: tuple[int, int], *, radius: int, notch: tuple[int, int] | None = None) -> Image.Image:
    """Give the mask of a plate with round corners; `notch` (height, radius) bites a ticket's half circles out."""
    width, height = size[0] * FINE, size[1] * FINE
    mask = Image.new("L", (width, height), 0)
    pen = ImageDraw.Draw(mask)
    pen.rounded_rectangle((0, 0, width - 1, height - 1), radius * FINE, fill=255)
    if notch:
        for x in (0, width - 1):
            pen.circle((x, notch[0] * FINE), notch[1] * FINE, fill=0)
    return mask.reduce(FINE)


def ring(diameter: int, *, thick: int) -> Image.Image:
    """Give the mask of a ring, or of a disc if it is as thick as its radius."""
    side = diameter * FINE
    mask = Image.new("L", (side, side), 0)
    ImageDraw.Draw(mask).ellipse((0, 0, side - 1, side - 1), fill=255)
    if 2 * thick < diameter:
        ImageDraw.Draw(mask).ellipse((thick * FINE, thick * FINE, side - thick * FINE, side - thick * FINE), fill=0)
    return mask.reduce(FINE)


def tick(side: int) -> Image.Image:
    """Give the mask of a check mark filling a square."""
    mask = Image.new("L", (side * FINE, side * FINE), 0)
    points = [(side * FINE * x, side * FINE * y) for x, y in ((0.27, 0.52), (0.44, 0.68), (0.74, 0.35))]
    ImageDraw.Draw(mask).line(points, fill=255, width=side * FINE // 10, joint="curve")
    return mask.reduce(FINE)


def stain(canvas: Image.Image, colour: Colour, mask: Image.Image, *, at: tuple[int, int], strength: float = 1) -> None:
    """Lay a colour through a mask; `strength` from 0 (invisible) to 1."""
    canvas.paste(colour, at, mask if strength == 1 else mask.point([round(level * strength) for level in range(256)]))


def cast_shadow(canvas: Image.Image, mask: Image.Image, *, at: tuple[int, int], blur: int, strength: float) -> None:
    """Darken the ground below a plate that will be laid `at`, softly and a little lower."""
    room = 2 * blur
    wide = Image.new("L", (mask.width + 2 * room, mask.height + 2 * room), 0)
    wide.paste(mask, (room, room))
    # A shadow has no detail: blurring it at a quarter of the size costs a sixteenth and looks the same.
    soft = wide.reduce(4).filter(ImageFilter.GaussianBlur(blur / 8)).resize(wide.size, Image.Resampling.BICUBIC)
    stain(canvas, (40, 34, 24), soft, at=(at[0] - room, at[1] - room + blur // 2), strength=strength)


def as_png(canvas: Image.Image) -> bytes:
    out = io.BytesIO()
    canvas.save(out, "PNG", compress_level=6)
    return out.getvalue()
