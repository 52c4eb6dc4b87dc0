"""The report shows every number it is given, on the bar it belongs to, and never outside its picture."""

from __future__ import annotations

import dataclasses
import functools
import io
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from pictures.chart import CHART, EDGE, GREEN, PAD, WIDTH, Headline, ReportFacts, Series, draw_report

WEEK = ReportFacts(
    shop="东门咖啡",
    title="近 7 天",
    period="11月16日 – 11月22日",
    headlines=(
        Headline(label="销售额", value="¥23,480.50", change="▲ 12% 较上周", trend="up"),
        Headline(label="到店会员", value="312", change="▲ 5%", trend="up"),
        Headline(label="新会员", value="28", change="▼ 9%", trend="down"),
        Headline(label="发放积分", value="23,480"),
    ),
    ticks=("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    bars=Series(
        label="销售额（元）",
        values=(2100, 2450, 1980, 3010, 4220, 5600, 4120),
        texts=("2,100", "2,450", "1,980", "3,010", "4,220", "5,600", "4,120"),
    ),
    second=Series(label="新会员", values=(2, 3, 0, 4, 6, 8, 5), texts=("2", "3", "0", "4", "6", "8", "5")),
)


@functools.cache
def drawn(facts: ReportFacts) -> Image.Image:
    with Image.open(io.BytesIO(draw_report(facts))) as image:
        return image.convert("RGB")


def bar_heights(facts: ReportFacts) -> list[int]:
    """How many pixels of the bars' own green stand in the middle of each bar's slot."""
    image = drawn(facts)
    chart = image.crop((EDGE + PAD, image.height - EDGE - CHART[1] - PAD, WIDTH - EDGE - PAD, image.height - EDGE))
    slot = chart.width / len(facts.ticks)
    columns = [round((index + 0.5) * slot) for index in range(len(facts.ticks))]
    return [sum(chart.getpixel((x, y)) == GREEN for y in range(chart.height)) for x in columns]


def test_the_bars_are_as_high_as_their_values_say() -> None:
    heights = bar_heights(WEEK)
    tallest = max(heights)
    assert tallest > 100
    for height, value in zip(heights, WEEK.bars.values, strict=True):
        assert height / tallest == pytest.approx(value / 5600, abs=0.02)


def test_a_day_without_sales_has_no_bar() -> None:
    closed = dataclasses.replace(WEEK.bars, values=(0, 2450, 1980, 3010, 4220, 5600, 4120))
    assert bar_heights(dataclasses.replace(WEEK, bars=closed))[0] == 0


@pytest.mark.parametrize("field", ["shop", "title", "period"])
def test_shop_title_and_period_stand_at_the_top(field: str) -> None:
    without: dict[str, str] = {field: ""}
    changed = dataclasses.replace(WEEK, **without)  # type: ignore[arg-type]
    box = ImageChops.difference(drawn(WEEK), drawn(changed)).getbbox()
    assert box is not None
    assert box[3] < 178


@pytest.mark.parametrize("field", ["label", "value", "change"])
@pytest.mark.parametrize("index", range(4))
def test_each_headlines_words_stand_in_its_own_tile(index: int, field: str) -> None:
    words = getattr(WEEK.headlines[index], field)
    other: dict[str, str] = {field: "" if words else "+1"}
    tiles = list(WEEK.headlines)
    tiles[index] = dataclasses.replace(tiles[index], **other)  # type: ignore[arg-type]
    box = ImageChops.difference(drawn(WEEK), drawn(dataclasses.replace(WEEK, headlines=tuple(tiles)))).getbbox()
    assert box is not None
    column, row = index % 2, index // 2
    assert EDGE + column * 421 <= box[0] < box[2] <= EDGE + 399 + column * 421
    assert 178 + row * 180 <= box[1] < box[3] <= 178 + 158 + row * 180


def test_each_bars_figure_is_in_the_picture() -> None:
    for index in range(7):
        texts = list(WEEK.bars.texts)
        texts[index] = "9"
        assert drawn(dataclasses.replace(WEEK, bars=dataclasses.replace(WEEK.bars, texts=tuple(texts)))) != drawn(WEEK)


def test_a_dollar_sign_is_a_dollar_sign() -> None:
    """And not the start of a formula, which would fail or swallow the signs."""
    money = Series(label="$ and $", values=(1, 2), texts=(r"$1 \frac{ $", "$2_$"))
    assert drawn(dataclasses.replace(WEEK, ticks=("$a$", "$^$"), bars=money, second=None)).width == WIDTH


def test_a_report_without_any_sale_is_still_a_picture() -> None:
    nothing = Series(label="销售额", values=(0,) * 7, texts=("0",) * 7)
    assert max(bar_heights(dataclasses.replace(WEEK, bars=nothing, second=None))) == 0


@settings(max_examples=8, deadline=None)
@given(
    words=st.text(max_size=60),
    values=st.lists(st.floats(0, 1e12), min_size=1, max_size=31),
    headlines=st.integers(0, 9),
)
def test_any_words_and_any_values_give_a_picture(words: str, values: list[float], headlines: int) -> None:
    facts = ReportFacts(
        shop=words,
        title=words,
        period=words,
        headlines=(Headline(label=words, value=words, change=words),) * headlines,
        ticks=(words,) * len(values),
        bars=Series(label=words, values=tuple(values), texts=(words,) * len(values)),
    )
    assert drawn(facts).width == WIDTH


def test_a_report_is_smaller_than_200_kb() -> None:
    assert len(draw_report(WEEK)) < 200_000


def test_a_series_that_does_not_match_its_days_is_refused() -> None:
    with pytest.raises(ValueError, match="one value and one text per tick"):
        draw_report(dataclasses.replace(WEEK, ticks=("周一",)))


def test_a_report_without_days_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        draw_report(dataclasses.replace(WEEK, ticks=(), bars=Series(label="", values=(), texts=()), second=None))


def test_matplotlib_is_loaded_only_when_a_report_is_drawn() -> None:
    ask = "import sys, pictures.chart, pictures.card; print('matplotlib' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
