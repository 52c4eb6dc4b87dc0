"""A card shows every fact, nothing leaves its place, and a till reads its code from a bad photo."""

from __future__ import annotations

import dataclasses
import functools
import io
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFilter

from pictures.card import (
    CARD,
    LEFT,
    PALETTES,
    PANEL,
    RIGHT,
    SIZE,
    TEXT,
    CardFacts,
    CouponFacts,
    draw_card,
    draw_code_card,
)
from pictures.lettering import Lettering, Weight
from pictures.reader import Limits, read_codes

WORDS = ("shop", "name", "tier", "points_label", "points", "digits", "valid_until", "hint")
COUPON_WORDS = ("shop", "title", "condition", "window", "digits", "valid_until", "hint")
SOFT = 4  # the width of a letter's overhang, in pixels
Box = tuple[int, int, int, int]
Facts = TypeVar("Facts", bound=CardFacts | CouponFacts)


def opened(png: bytes) -> Image.Image:
    with Image.open(io.BytesIO(png)) as image:
        return image.convert("RGB")


@functools.cache
def drawn(facts: CardFacts | CouponFacts) -> Image.Image:
    return opened(draw_card(facts) if isinstance(facts, CardFacts) else draw_code_card(facts))


def with_words(facts: Facts, words: dict[str, str]) -> Facts:
    changes: dict[str, Any] = {**words}
    return dataclasses.replace(facts, **changes)


def place(facts: CardFacts | CouponFacts, field: str) -> Box:
    """Where in the picture a fact stands: what changes when it is taken away."""
    box = ImageChops.difference(drawn(facts), drawn(with_words(facts, {field: ""}))).getbbox()
    assert box is not None, f"{field} is not in the picture"
    return box


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def photographed(png: bytes) -> bytes:
    """The card as a phone sees it: tilted on a table, out of focus, grainy, and squeezed to a poor JPEG."""
    card = opened(png)
    table = Image.new("RGB", (1300, 1700), (120, 96, 70))
    table.paste(card, (230, 240))
    tilted = table.transform(
        table.size, Image.Transform.PERSPECTIVE, (1.05, 0.16, -90, -0.11, 1.02, 60, 0.00011, 0.00007)
    )
    turned = tilted.rotate(17, resample=Image.Resampling.BICUBIC, fillcolor=(120, 96, 70))
    dim = turned.filter(ImageFilter.GaussianBlur(2.2)).point(lambda level: level * 0.6 + 30)
    grain = Image.effect_noise(dim.size, 60).convert("RGB")
    out = io.BytesIO()
    Image.blend(dim, grain, 0.18).save(out, "JPEG", quality=35)
    return out.getvalue()


@pytest.mark.parametrize("colour", [*PALETTES, "no such tier"])
def test_a_tills_camera_reads_the_code_of_a_card_of_any_tier(card: CardFacts, colour: str) -> None:
    png = draw_card(dataclasses.replace(card, tier_colour=colour))
    assert read_codes(photographed(png), limits=Limits()) == (card.code,)


def test_a_tills_camera_reads_the_code_of_a_coupon(coupon: CouponFacts) -> None:
    assert read_codes(photographed(draw_code_card(coupon)), limits=Limits()) == (coupon.code,)


@pytest.mark.parametrize("field", WORDS)
def test_every_fact_of_the_card_stands_inside_its_margins(card: CardFacts, field: str) -> None:
    left, _, right, bottom = place(card, field)
    assert left >= LEFT - SOFT
    assert right <= RIGHT + SOFT
    assert bottom < (CARD[3] if field in WORDS[:5] else PANEL[3])


def test_no_fact_of_the_card_covers_another(card: CardFacts) -> None:
    places = {field: place(card, field) for field in WORDS}
    crossed = [(a, b) for a in places for b in places if a < b and overlap(places[a], places[b])]
    assert crossed == []


def test_no_fact_of_the_coupon_covers_another(coupon: CouponFacts) -> None:
    places = {field: place(coupon, field) for field in COUPON_WORDS}
    crossed = [(a, b) for a in places for b in places if a < b and overlap(places[a], places[b])]
    assert crossed == []


@pytest.mark.parametrize(("field", "size", "weight"), [("digits", 60, "bold"), ("valid_until", 28, "regular")])
def test_the_digits_and_the_time_are_written_letter_for_letter(
    card: CardFacts, field: str, size: int, weight: Weight
) -> None:
    slip = Image.new("RGB", SIZE, "white")
    Lettering(slip).write(
        getattr(card, field), (400, 100), size=size, ink=TEXT, width=700, weight=weight, anchor="middle"
    )
    expected = slip.crop(ImageChops.invert(slip).getbbox())
    assert opened(draw_card(card)).crop(place(card, field)).tobytes() == expected.tobytes()


def test_a_stamp_card_looks_different_with_every_stamp(card: CardFacts) -> None:
    seen = {draw_card(dataclasses.replace(card, stamps=(filled, 10))) for filled in range(11)}
    assert len(seen) == 11


@pytest.mark.parametrize("total", [1, 5, 10, 11, 20])
def test_all_stamps_lie_on_the_card(card: CardFacts, total: int) -> None:
    full, empty = (opened(draw_card(dataclasses.replace(card, stamps=(filled, total)))) for filled in (total, 0))
    box = ImageChops.difference(full, empty).getbbox()
    assert box is not None
    assert box[0] >= LEFT
    assert box[2] <= RIGHT + 1
    assert box[3] < CARD[3] - 20


def test_more_stamps_than_a_card_can_show_become_the_number_alone(card: CardFacts) -> None:
    assert draw_card(dataclasses.replace(card, stamps=(3, 21))) == draw_card(card)


@settings(max_examples=12, deadline=None)
@given(words=st.text(min_size=1, max_size=300))
def test_no_text_however_long_or_strange_leaves_the_cards_margins(words: str) -> None:
    blank = CardFacts(
        shop="",
        name="",
        tier="",
        tier_colour="gold",
        points_label="",
        points="",
        code="A",
        digits="",
        valid_until="",
        hint="",
    )
    full = with_words(blank, dict.fromkeys(WORDS, words))
    box = ImageChops.difference(opened(draw_card(full)), opened(draw_card(blank))).getbbox()
    if box is not None:
        assert box[0] >= LEFT - 12
        assert box[2] <= RIGHT + 12
        assert box[3] <= PANEL[3]


def test_a_card_is_a_small_portrait_png(card: CardFacts, coupon: CouponFacts) -> None:
    for png in (draw_card(card), draw_card(dataclasses.replace(card, stamps=(7, 10))), draw_code_card(coupon)):
        assert png.startswith(b"\x89PNG")
        assert len(png) < 200_000
        assert opened(png).size == SIZE


def test_a_code_too_long_for_any_qr_code_is_refused(card: CardFacts) -> None:
    with pytest.raises(ValueError, match=r"Invalid version|too few"):
        draw_card(dataclasses.replace(card, code="x" * 3000))
