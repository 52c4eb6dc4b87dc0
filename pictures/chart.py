"""The shop's day or week as a picture: the headline numbers, sales as bars, and new members below them."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image

from pictures.lettering import FONTS, Lettering
from pictures.shapes import Colour, as_png, cast_shadow, plate, stain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 900
EDGE = 40
PAD = 40
HEADLINES_MAX = 6
TILE_HEIGHT = 158
TILE_GAP = 22
TOP = 178  # where the first row of tiles begins
CHART = (WIDTH - 2 * EDGE - 2 * PAD, 530)
LABEL_SIZE, VALUE_SIZE, TICK_SIZE = 22, 19, 19
GAP = 8  # between one bar's figure or name and the next
DPI = 100

WHITE: Colour = (255, 255, 255)
PAGE: Colour = (245, 240, 229)
TEXT: Colour = (34, 36, 38)
QUIET: Colour = (116, 118, 122)
GREEN: Colour = (31, 102, 78)
GOLD: Colour = (205, 158, 76)
TRENDS: dict[str, Colour] = {"up": GREEN, "down": (184, 66, 50), "same": QUIET}

Trend = Literal["up", "down", "same"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Headline:
    """One number of the report: "Sales", "¥3,280", "+12 % on last week"; the trend only colours the change."""

    label: str
    value: str
    change: str = ""
    trend: Trend = "same"


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """One value per bar, never negative, and each as words ("¥820") to stand on its bar."""

    label: str
    values: tuple[float, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportFacts:
    """What a report says, as words ready to be drawn; `ticks` names the bars (days or hours), one word each."""

    shop: str
    title: str
    period: str
    headlines: tuple[Headline, ...]
    ticks: tuple[str, ...]
    bars: Series
    second: Series | None = None


def draw_report(facts: ReportFacts) -> bytes:
    """Draw the report; give a PNG. At most six headlines are shown.

    Raises ValueError if a series does not have one value and one text per tick, or if there are no ticks. It takes
    some 200 ms, and seconds the first time on a machine, while matplotlib looks through the fonts: call it in a thread.
    """
    _check(facts)
    headlines = facts.headlines[:HEADLINES_MAX]
    columns = 2 if len(headlines) in {2, 4} else 3
    chart_top = TOP + math.ceil(len(headlines) / columns) * (TILE_HEIGHT + TILE_GAP)
    panel = (WIDTH - 2 * EDGE, CHART[1] + 2 * PAD - 10)
    letters = Lettering(Image.new("RGB", (WIDTH, chart_top + panel[1] + EDGE), PAGE))
    write_head(letters, shop=facts.shop, title=facts.title, period=facts.period)
    across = (WIDTH - 2 * EDGE + TILE_GAP) // columns
    for index, headline in enumerate(headlines):
        at = (EDGE + index % columns * across, TOP + index // columns * (TILE_HEIGHT + TILE_GAP))
        _draw_tile(letters, headline, at, width=across - TILE_GAP)
    lay_plate(letters.canvas, panel, (EDGE, chart_top))
    letters.canvas.paste(_draw_bars(facts), (EDGE + PAD, chart_top + PAD - 10))
    return as_png(letters.canvas)


def _check(facts: ReportFacts) -> None:
    if not facts.ticks:
        raise ValueError("a report needs at least one day or hour")
    for series in (facts.bars, facts.second):
        if series and not len(series.values) == len(series.texts) == len(facts.ticks):
            raise ValueError("a series needs one value and one text per tick")


def write_head(letters: Lettering, *, shop: str, title: str, period: str) -> None:
    """Write what the picture is about, above all else."""
    width = WIDTH - 2 * EDGE
    start, _ = letters.write(shop, (WIDTH - EDGE, 90), size=26, ink=QUIET, width=width * 0.4, anchor="right")
    letters.write(title, (EDGE, 94), size=46, ink=TEXT, width=start - EDGE - 24, weight="bold")
    letters.write(period, (EDGE, 142), size=26, ink=QUIET, width=width)


def lay_plate(canvas: Image.Image, size: tuple[int, int], at: tuple[int, int]) -> None:
    """Lay the white ground of one part of the picture."""
    mask = plate(size, radius=24)
    cast_shadow(canvas, mask, at=at, blur=12, strength=0.12)
    stain(canvas, WHITE, mask, at=at)


def _draw_tile(letters: Lettering, headline: Headline, at: tuple[int, int], *, width: int) -> None:
    lay_plate(letters.canvas, (width, TILE_HEIGHT), at)
    x, width = at[0] + 26, width - 52
    letters.write(headline.label, (x, at[1] + 42), size=23, ink=QUIET, width=width)
    size = letters.fitting_size(headline.value, 44, least=26, width=width, weight="bold")
    letters.write(headline.value, (x, at[1] + 94), size=size, ink=TEXT, width=width, weight="bold")
    size = letters.fitting_size(headline.change, 22, least=18, width=width)
    letters.write(headline.change, (x, at[1] + 134), size=size, ink=TRENDS[headline.trend], width=width)


def _draw_bars(facts: ReportFacts) -> Image.Image:
    """Draw the two rows of bars, each on its own scale: two scales on one axis mislead."""
    # Here and not above: it takes half a second to import, and a bot that draws no reports need not.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(CHART[0] / DPI, CHART[1] / DPI), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    shown = [(facts.bars, GREEN)] + ([(facts.second, GOLD)] if facts.second else [])
    heights = [5, 2][: len(shown)]
    grid = figure.subplots(len(shown), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights})
    figure.subplots_adjust(left=0, right=1, top=0.915, bottom=0.08, hspace=0.44)
    letters = Lettering(Image.new("RGB", (1, 1)), fallbacks=())  # matplotlib gets our own font alone
    for (axes,), (series, colour) in zip(grid, shown, strict=True):
        _draw_series(axes, _legible(series, letters), colour)
        _write_values(axes, _legible(series, letters), letters)
    _name_ticks(grid[-1][0], tuple(map(letters.legible, facts.ticks)), letters)
    out = io.BytesIO()
    figure.savefig(out, format="png")
    with Image.open(out) as image:
        return image.convert("RGB")


def _legible(series: Series, letters: Lettering) -> Series:
    label = letters.fitted(series.label, LABEL_SIZE, width=CHART[0])
    return replace(series, label=label, texts=tuple(map(letters.legible, series.texts)))


def _draw_series(axes: Axes, series: Series, colour: Colour) -> None:
    axes.bar(range(len(series.values)), series.values, width=0.62, color=_hex(colour))
    axes.set_xlim(-0.5, len(series.values) - 0.5)
    axes.set_ylim(0, max(series.values) * 1.16 or 1)
    axes.set_yticks([])
    axes.tick_params(axis="x", length=0, pad=9)
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#d9d6cf")
    axes.set_title(series.label, loc="left", pad=14, **_type(LABEL_SIZE, QUIET))


def _write_values(axes: Axes, series: Series, letters: Lettering) -> None:
    """Write the figures on their bars; where they would touch each other, only the highest bar keeps its own."""
    slot = CHART[0] / len(series.values)
    widths = [letters.width(text, VALUE_SIZE) for text in series.texts]
    roomy = max(widths) + GAP <= slot
    peak = series.values.index(max(series.values))
    for index, (value, text, width) in enumerate(zip(series.values, series.texts, widths, strict=True)):
        if value > 0 and (roomy or index == peak):
            centre = (index + 0.5) * slot
            inward = min(max(centre, width / 2), CHART[0] - width / 2) - centre
            at, by = (index, value), (inward * 72 / DPI, 5)
            axes.annotate(text, at, by, textcoords="offset points", ha="center", **_type(VALUE_SIZE, TEXT))


def _name_ticks(axes: Axes, ticks: tuple[str, ...], letters: Lettering) -> None:
    """Name every bar, or every second, third … where the names would touch each other."""
    widest = max(letters.width(tick, TICK_SIZE) for tick in ticks)
    every = math.ceil((widest + GAP) * len(ticks) / CHART[0])
    named = range(every // 2, len(ticks), every)
    axes.set_xticks(named)
    axes.set_xticklabels([ticks[index] for index in named], **_type(TICK_SIZE, QUIET))


def _type(size: int, colour: Colour) -> dict[str, Any]:
    """Give the words' properties; a dollar sign in them starts no formula."""
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415

    font = FontProperties(fname=str(FONTS / "regular.ttf"), size=size * 72 / DPI)
    return {"fontproperties": font, "color": _hex(colour), "parse_math": False}


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
