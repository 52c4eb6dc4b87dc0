"""The membership card and the coupon as pictures: a card people like to look at, its code, and ten digits below."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from pictures.lettering import Lettering
from pictures.qr import draw_qr
from pictures.shapes import Colour, as_png, cast_shadow, gradient, plate, ring, stain, tick

SIZE = (800, 1168)
EDGE = 40  # from the picture's edge to card and panel
INSET = 46  # from the card's edge to its words
CARD = (EDGE, EDGE, SIZE[0] - EDGE, 450)
PANEL = (EDGE, 482, SIZE[0] - EDGE, SIZE[1] - EDGE)
LEFT, RIGHT = EDGE + INSET, SIZE[0] - EDGE - INSET
CENTRE = SIZE[0] // 2
RADIUS = 36
QR_SIDE = 490
NOTCH_Y, NOTCH = 278, 17
STAMPS_MAX = 20  # more would be too small to tell apart: the number alone says it

WHITE: Colour = (255, 255, 255)
TEXT: Colour = (34, 36, 38)
QUIET: Colour = (116, 118, 122)


@dataclass(frozen=True, kw_only=True, slots=True)
class Palette:
    """A tier's colours: the page, the card's two ends, the words on it, and the ornaments."""

    page: Colour
    start: Colour
    end: Colour
    ink: Colour
    accent: Colour


ORDINARY = Palette(
    page=(245, 240, 229), start=(31, 90, 70), end=(12, 50, 41), ink=(249, 243, 229), accent=(219, 193, 134)
)
PALETTES = {
    "ordinary": ORDINARY,
    "silver": Palette(
        page=(236, 239, 243), start=(128, 138, 153), end=(66, 75, 90), ink=(255, 255, 255), accent=(222, 229, 238)
    ),
    "gold": Palette(
        page=(250, 244, 231), start=(242, 213, 149), end=(205, 158, 76), ink=(66, 41, 8), accent=(122, 80, 20)
    ),
    "black": Palette(
        page=(237, 235, 232), start=(58, 57, 64), end=(20, 20, 25), ink=(246, 238, 220), accent=(214, 184, 122)
    ),
}
COUPON = Palette(
    page=(250, 241, 233), start=(206, 84, 62), end=(160, 46, 42), ink=(255, 247, 236), accent=(255, 220, 176)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CardFacts:
    """What a member's card says, as words ready to be drawn.

    `tier_colour` is a key of PALETTES; an unknown one is drawn like "ordinary". `stamps` is (filled, in all) and
    stands in place of the large number; `points` is then written small beside its label.
    """

    shop: str
    name: str
    tier: str
    tier_colour: str
    points_label: str
    points: str
    code: str
    digits: str
    valid_until: str
    hint: str
    stamps: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CouponFacts:
    """What a coupon's card says, as words ready to be drawn; `window` is from when to when the coupon counts."""

    shop: str
    title: str
    condition: str
    window: str
    code: str
    digits: str
    valid_until: str
    hint: str = ""


def draw_card(facts: CardFacts) -> bytes:
    """Draw the member's card with its code; give a PNG. Raises ValueError if the code's text fits no QR code."""
    palette = PALETTES.get(facts.tier_colour, ORDINARY)
    letters = _ground(palette, plate(_size(CARD), radius=RADIUS))
    _write_owner(letters, facts, palette)
    if facts.stamps and 0 < facts.stamps[1] <= STAMPS_MAX:
        _draw_stamps(letters, facts, facts.stamps, palette=palette)
    else:
        _write_points(letters, facts, palette)
    _draw_panel(letters, facts)
    return as_png(letters.canvas)


def draw_code_card(facts: CouponFacts) -> bytes:
    """Draw a coupon as a ticket with its code; give a PNG. Raises ValueError if the code's text fits no QR code."""
    ticket = plate(_size(CARD), radius=RADIUS, notch=(NOTCH_Y, NOTCH))
    letters = _ground(COUPON, ticket)
    width = RIGHT - LEFT
    y = CARD[1] + NOTCH_Y
    for x in range(CARD[0] + 2 * NOTCH + 6, CARD[2] - 2 * NOTCH, 18):
        stain(letters.canvas, COUPON.accent, Image.new("L", (9, 2), 255), at=(x, y - 1), strength=0.7)
    letters.write(facts.shop, (LEFT, 116), size=32, ink=COUPON.accent, width=width, weight="bold")
    size = letters.fitting_size(facts.title, 84, least=48, width=width, weight="bold")
    letters.write(facts.title, (LEFT, 246), size=size, ink=COUPON.ink, width=width, weight="bold")
    size = letters.fitting_size(facts.condition, 30, least=18, width=width)  # all it needs, where nothing is tapped
    letters.write(facts.condition, (LEFT, 371), size=size, ink=COUPON.ink, width=width)
    letters.write(facts.window, (LEFT, 414), size=26, ink=COUPON.accent, width=width)
    _draw_panel(letters, facts)
    return as_png(letters.canvas)


def _size(box: tuple[int, int, int, int]) -> tuple[int, int]:
    return box[2] - box[0], box[3] - box[1]


def _ground(palette: Palette, card: Image.Image) -> Lettering:
    """Lay the page, the two shadows, the card with its ornament, and the white panel."""
    canvas = Image.new("RGB", SIZE, palette.page)
    panel = plate(_size(PANEL), radius=RADIUS)
    for mask, box in ((card, CARD), (panel, PANEL)):
        cast_shadow(canvas, mask, at=box[:2], blur=20, strength=0.22)
    face = gradient(card.size, palette.start, palette.end)
    for diameter, at in ((520, (430, -210)), (380, (520, 130))):
        stain(face, WHITE, ring(diameter, thick=diameter // 2), at=at, strength=0.05)
        stain(face, palette.accent, ring(diameter, thick=2), at=at, strength=0.22)
    canvas.paste(face, CARD[:2], card)
    canvas.paste(WHITE, PANEL[:2], panel)
    return Lettering(canvas)


def _write_owner(letters: Lettering, facts: CardFacts, palette: Palette) -> None:
    """Write the shop, the tier in its pill at the right, and the member's name."""
    tier = letters.fitted(facts.tier, 26, width=230, weight="bold")
    across = round(letters.width(tier, 26, weight="bold")) + 44
    pill = (across, 50)
    at = (RIGHT - across, 78)
    stain(letters.canvas, palette.ink, plate(pill, radius=25), at=at, strength=0.14)
    letters.write(
        tier, (at[0] + across / 2, 113), size=26, ink=palette.accent, width=240, weight="bold", anchor="middle"
    )
    letters.write(facts.shop, (LEFT, 116), size=38, ink=palette.ink, width=at[0] - LEFT - 28, weight="bold")
    letters.write(facts.name, (LEFT, 176), size=30, ink=palette.accent, width=RIGHT - LEFT)


def _write_points(letters: Lettering, facts: CardFacts, palette: Palette) -> None:
    width = RIGHT - LEFT
    letters.write(facts.points_label, (LEFT, 314), size=26, ink=palette.accent, width=width)
    size = letters.fitting_size(facts.points, 92, least=44, width=width, weight="bold")
    letters.write(facts.points, (LEFT, 404), size=size, ink=palette.ink, width=width, weight="bold")


def _draw_stamps(letters: Lettering, facts: CardFacts, stamps: tuple[int, int], *, palette: Palette) -> None:
    """Draw a row of stamps (two beyond ten): a given one is a disc with a tick, one to come a ring with its number."""
    filled, total = stamps
    rows = 1 if total <= STAMPS_MAX // 2 else 2
    columns = -(-total // rows)
    side = round(min((RIGHT - LEFT + 12) / columns - 12, 68 if rows == 1 else 48))
    step = min((RIGHT - LEFT - side) / max(columns - 1, 1), side + 24)
    start, _ = letters.write(
        facts.points, (RIGHT, 276), size=30, ink=palette.ink, width=300, weight="bold", anchor="right"
    )
    letters.write(facts.points_label, (LEFT, 276), size=26, ink=palette.accent, width=start - LEFT - 24)
    for index in range(total):
        x = round(LEFT + (index % columns) * step)
        y = (362 if rows == 1 else 330 + 64 * (index // columns)) - side // 2
        _draw_stamp(letters, (x, y), side, palette=palette, label="" if index < filled else str(index + 1))


def _draw_stamp(letters: Lettering, at: tuple[int, int], side: int, *, palette: Palette, label: str) -> None:
    if not label:
        stain(letters.canvas, palette.accent, ring(side, thick=side), at=at)
        stain(letters.canvas, palette.end, tick(side), at=at)
        return
    stain(letters.canvas, palette.accent, ring(side, thick=2), at=at, strength=0.8)
    size = round(side * 0.4)
    middle = (at[0] + side / 2, at[1] + side / 2 + size * 0.36)
    letters.write(label, middle, size=size, ink=palette.accent, width=side, anchor="middle")


def _draw_panel(letters: Lettering, facts: CardFacts | CouponFacts) -> None:
    """Put the code on the white panel and the digits, the time and the hint below it."""
    code = draw_qr(facts.code, side_max=QR_SIDE)
    top = PANEL[1] + (QR_SIDE - code.height) // 2
    letters.canvas.paste(code.convert("RGB"), (CENTRE - code.width // 2, top))
    width = PANEL[2] - PANEL[0] - 2 * INSET
    below = PANEL[1] + QR_SIDE
    letters.write(facts.digits, (CENTRE, below + 34), size=60, ink=TEXT, width=width, weight="bold", anchor="middle")
    letters.write(facts.valid_until, (CENTRE, below + 82), size=28, ink=TEXT, width=width, anchor="middle")
    size = letters.fitting_size(facts.hint, 24, least=18, width=width)
    letters.write(facts.hint, (CENTRE, below + 124), size=size, ink=QUIET, width=width, anchor="middle")
