"""Words in a picture fit their place, and letters no font has do no harm."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pictures.lettering import MISSING, Lettering, fallback_fonts


def own_font_only() -> Lettering:
    return Lettering(Image.new("RGB", (10, 10)), fallbacks=())


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("林晓雨", "林晓雨"),
        ("臺灣龍鳳", "臺灣龍鳳"),
        ("Jürgen Öztürk Ñandú", "Jürgen Öztürk Ñandú"),
        ("Nguyễn Thị", "Nguyễn Thị"),
        ("Мария Ωmega さくら", "Мария Ωmega さくら"),
        ("¥ € £ ₩ % ★ ▲ ▼ → ·", "¥ € £ ₩ % ★ ▲ ▼ → ·"),
        ("小雨🌸☔️", "小雨"),
        ("👩‍👩‍👧 family 👍🏽", "family"),
        ("🌸", MISSING),
        ("䶮先生", f"{MISSING}先生"),
        ("two\nlines\tand  gaps", "two lines and gaps"),
        ("a\u202eb\x00c", "abc"),
        ("e\u0301", "é"),
        ("", ""),
        ("   ", ""),
        ("It’s “fine”…", 'It\'s "fine"...'),
        ("他说“好”", "他说“好”"),
        ("Lin’s 咖啡", "Lin's 咖啡"),
    ],
)
def test_what_our_font_has_is_kept_and_the_rest_does_no_harm(text: str, drawn: str) -> None:
    assert own_font_only().legible(text) == drawn


@pytest.mark.parametrize("name", ["Łukasz", "Dvořák", "Doğan"])
def test_another_font_lends_the_letters_ours_lacks(name: str) -> None:
    assert MISSING in own_font_only().legible(name)
    assert Lettering(Image.new("RGB", (10, 10))).legible(name) == name


def test_the_fonts_to_fall_back_on_are_there() -> None:
    assert fallback_fonts()
    assert all(Path(path).is_file() for path in fallback_fonts())


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=120), size=st.integers(18, 90), width=st.integers(120, 700))
def test_fitted_words_are_never_wider_than_their_place(text: str, size: int, width: int) -> None:
    letters = own_font_only()
    assert letters.width(letters.fitted(text, size, width=width), size) <= width


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_what_is_legible_stays_as_it_is(text: str) -> None:
    letters = own_font_only()
    assert letters.legible(letters.legible(text)) == letters.legible(text)


def test_a_long_name_ends_in_an_ellipsis_and_a_short_one_does_not() -> None:
    letters = own_font_only()
    assert letters.fitted("非常非常长的名字", 30, width=130) == "非常非…"
    assert letters.fitted("Bartholomew", 30, width=100).endswith("...")
    assert letters.fitted("短名", 30, width=130) == "短名"


def test_a_large_number_is_written_smaller_but_not_below_the_least_size() -> None:
    letters = own_font_only()
    assert letters.fitting_size("12", 90, least=40, width=600) == 90
    assert 40 < letters.fitting_size("1,234,567,890", 90, least=40, width=500) < 90
    assert letters.fitting_size("1" * 200, 90, least=40, width=500) == 40
