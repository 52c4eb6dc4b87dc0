"""Who is new, loyal or on the way out as a picture: a bar for each stage, and the map of last visit and frequency."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from pictures.chart import EDGE, GREEN, PAD, PAGE, QUIET, TEXT, TOP, WHITE, WIDTH, lay_plate, write_head
from pictures.lettering import Lettering
from pictures.shapes import Colour, as_png, plate, stain

ROW = 62
NAMES = 170  # pixels for the names left of the bars and of the map
BAR = 30
FIFTHS = 5
CELL = (107, 84)
GAP = 8
ROOM = 56  # above the map, and below it for its names
LABEL_SIZE, VALUE_SIZE = 23, 23
PALE: Colour = (226, 239, 233)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One stage: its name, how many members are in it, and that as words."""

    label: str
    count: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LifeFacts:
    """What the picture says, as words ready to be drawn.

    ``grid`` are five rows of five numbers: of rising frequency from below, each of rising recency from the left.
    ``across`` and ``up`` name the two ends of each: (lowest, highest).
    """

    shop: str
    title: str
    period: str
    stages: tuple[Stage, ...]
    grid: tuple[tuple[int, ...], ...]
    across: tuple[str, str]
    up: tuple[str, str]


def draw_life(facts: LifeFacts) -> bytes:
    """Draw stages and map; give a PNG. Raises ValueError if there are no stages or the map is not five by five."""
    if not facts.stages or [len(row) for row in facts.grid] != [FIFTHS] * FIFTHS:
        raise ValueError("it takes stages, and a map of five by five")
    stages = (WIDTH - 2 * EDGE, len(facts.stages) * ROW + 2 * PAD - 20)
    grid = (WIDTH - 2 * EDGE, FIFTHS * (CELL[1] + GAP) + ROOM + 2 * PAD - 20)
    second = TOP + stages[1] + PAD - 10
    letters = Lettering(Image.new("RGB", (WIDTH, second + grid[1] + EDGE), PAGE))
    write_head(letters, shop=facts.shop, title=facts.title, period=facts.period)
    lay_plate(letters.canvas, stages, (EDGE, TOP))
    _draw_stages(letters, facts.stages, TOP + PAD - 10)
    lay_plate(letters.canvas, grid, (EDGE, second))
    _draw_grid(letters, facts, second + PAD - 10)
    return as_png(letters.canvas)


def _draw_stages(letters: Lettering, stages: tuple[Stage, ...], top: int) -> None:
    left, most = EDGE + PAD + NAMES, max(stage.count for stage in stages) or 1
    room = WIDTH - EDGE - PAD - left - 130
    for number, stage in enumerate(stages):
        y = top + number * ROW
        base = y + BAR - 6
        letters.write(stage.label, (EDGE + PAD, base), size=LABEL_SIZE, ink=TEXT, width=NAMES - 20)
        length = max(6, room * stage.count // most) if stage.count else 0
        if length:
            stain(letters.canvas, GREEN, plate((length, BAR), radius=3), at=(left, y))
        letters.write(stage.text, (left + length + 14, base), size=VALUE_SIZE, ink=TEXT, width=116)


def _draw_grid(letters: Lettering, facts: LifeFacts, top: int) -> None:
    left, most = EDGE + PAD + NAMES, max(count for row in facts.grid for count in row) or 1
    for number, row in enumerate(reversed(facts.grid)):
        for place, count in enumerate(row):
            at = (left + place * (CELL[0] + GAP), top + number * (CELL[1] + GAP))
            share = count / most
            stain(letters.canvas, _mixed(share), plate(CELL, radius=10), at=at)
            middle = (at[0] + CELL[0] / 2, at[1] + CELL[1] / 2 + 9)
            ink = WHITE if share > 0.65 else TEXT if count else QUIET  # noqa: PLR2004 -- pale letters on a pale ground are not read
            letters.write(str(count), middle, size=26, ink=ink, width=CELL[0] - 16, anchor="middle")
    bottom = top + FIFTHS * (CELL[1] + GAP)
    for name, y in ((facts.up[1], top + 50), (facts.up[0], bottom - 42)):
        letters.write(name, (EDGE + PAD, y), size=LABEL_SIZE, ink=QUIET, width=NAMES - 20)
    right = left + FIFTHS * (CELL[0] + GAP) - GAP
    letters.write(facts.across[0], (left, bottom + 32), size=LABEL_SIZE, ink=QUIET, width=280)
    letters.write(facts.across[1], (right, bottom + 32), size=LABEL_SIZE, ink=QUIET, width=280, anchor="right")


def _mixed(share: float) -> Colour:
    """Return the colour of a cell: pale where nobody is, green where most are."""
    red, green, blue = (round(low + (high - low) * share) for low, high in zip(PALE, GREEN, strict=True))
    return red, green, blue
