"""The picture of stages and map shows every number it is given, greener where more members are."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import pytest
from PIL import Image

from pictures.chart import EDGE, GREEN, PAD, TOP, WIDTH
from pictures.lifecycle import CELL, GAP, NAMES, PALE, ROW, LifeFacts, Stage, draw_life

COUNTS = (40, 25, 60, 12, 30, 0)
FACTS = LifeFacts(
    shop="东门咖啡",
    title="会员活跃",
    period="统计于 11月22日 04:00",
    stages=tuple(Stage(label=f"阶段{number}", count=count, text=str(count)) for number, count in enumerate(COUNTS)),
    grid=tuple(tuple(10 * up + across for across in range(5)) for up in range(5)),
    across=("很久没来", "最近来过"),
    up=("来得少", "来得勤"),
)


def drawn(facts: LifeFacts) -> Image.Image:
    with Image.open(io.BytesIO(draw_life(facts))) as image:
        return image.convert("RGB")


def length_of(image: Image.Image, number: int) -> int:
    y = TOP + PAD - 10 + number * ROW + 3
    return sum(image.getpixel((x, y)) == GREEN for x in range(EDGE + PAD + NAMES, WIDTH - EDGE))


def test_bars_are_as_long_as_the_stages_are_large() -> None:
    image = drawn(FACTS)
    lengths = [length_of(image, number) for number in range(len(COUNTS))]
    for length, count in zip(lengths, COUNTS, strict=True):
        assert length / max(lengths) == pytest.approx(count / 60, abs=0.02)


def test_the_map_is_greenest_up_and_to_the_right_where_most_are() -> None:
    image = drawn(FACTS)
    top = TOP + len(COUNTS) * ROW + 2 * PAD - 20 + PAD - 10 + PAD - 10
    left = EDGE + PAD + NAMES

    def ground(across: int, up: int) -> Any:
        return image.getpixel((left + across * (CELL[0] + GAP) + 14, top + (4 - up) * (CELL[1] + GAP) + 14))

    assert (ground(4, 4), ground(0, 0)) == (GREEN, PALE)
    greens = [ground(across, up) for up in range(5) for across in range(5)]
    assert greens == sorted(greens, reverse=True)  # less red, the greener


def test_a_shop_without_members_is_drawn_too() -> None:
    nobody = tuple(dataclasses.replace(stage, count=0, text="0") for stage in FACTS.stages)
    image = drawn(dataclasses.replace(FACTS, stages=nobody, grid=((0,) * 5,) * 5))
    assert [length_of(image, number) for number in range(len(COUNTS))] == [0] * len(COUNTS)


@pytest.mark.parametrize("wrong", [{"stages": ()}, {"grid": ((0,) * 5,) * 4}, {"grid": ((0,) * 4,) * 5}])
def test_what_is_no_map_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="five by five"):
        draw_life(dataclasses.replace(FACTS, **wrong))  # type: ignore[arg-type]
