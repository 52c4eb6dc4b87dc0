"""The code on the card: small, with its white border, and read back as it was written."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pictures.qr import draw_qr, qr_modules
from pictures.reader import Limits, read_codes


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_a_member_code_is_a_version_3_code_of_29_modules(code: str) -> None:
    assert len(qr_modules(code)) == 29


def test_four_white_modules_surround_the_code(code: str) -> None:
    image = draw_qr(code, side_max=37 * 5)
    assert image.size == (185, 185)
    inked = image.point(lambda level: 255 - level).getbbox()
    assert inked == (20, 20, 165, 165)


def test_the_code_is_as_large_as_whole_pixels_allow(code: str) -> None:
    assert draw_qr(code, side_max=490).width == 37 * 13


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=200))
def test_any_text_is_read_back_as_written(text: str) -> None:
    assert read_codes(png(draw_qr(text, side_max=900)), limits=Limits()) == (text,)


@pytest.mark.parametrize("text", ["1234567890", "HTTPS://EXAMPLE.COM/A", "https://example.com/#M1", "会员码"])
def test_digits_capitals_addresses_and_hanzi_are_read_back(text: str) -> None:
    assert read_codes(png(draw_qr(text, side_max=400)), limits=Limits()) == (text,)


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a text"):
        draw_qr("", side_max=400)


def test_a_picture_too_small_for_the_code_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="too few pixels"):
        draw_qr(code, side_max=36)
