"""How replies are cut to Telegram's limits, which count what is seen, in UTF-16 units."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.layout import (
    CAPTION_UNITS_MAX,
    TEXT_UNITS_MAX,
    Part,
    lay_out,
    shorten,
    units,
    visible,
)

LONG = "x" * 3000


@pytest.mark.parametrize(("text", "length"), [("", 0), ("abc", 3), ("积分", 2), ("🎂", 2), ("👨‍👩‍👧", 8)])
def test_length_is_counted_in_utf16_units(text: str, length: int) -> None:
    assert units(text) == length


def test_what_is_seen_is_the_text_without_marks() -> None:
    assert (
        visible('<b>5 &lt; 6 &amp; more</b> <a href="https://x.example/?a=1&amp;b=2">here</a>') == "5 < 6 & more here"
    )


@pytest.mark.parametrize(
    ("paragraphs", "picture", "document", "parts"),
    [
        ([], False, False, ()),
        (["", " ", "<b></b>"], False, False, ()),
        (["a", "b"], False, False, (Part("text", "a\n\nb"),)),
        ([], True, False, (Part("photo"),)),
        (["a", "b"], True, False, (Part("photo", "a\n\nb"),)),
        (["a", LONG], True, False, (Part("photo", "a"), Part("text", LONG))),
        ([LONG, "a"], True, False, (Part("photo"), Part("text", LONG + "\n\na"))),
        ([LONG, LONG], False, False, (Part("text", LONG), Part("text", LONG))),
        (["a"], False, True, (Part("document", "a"),)),
        ([LONG], False, True, (Part("text", LONG), Part("document"))),
        (["a"], True, True, (Part("photo", "a"), Part("document"))),
        ([], False, True, (Part("document"),)),
    ],
)  # fmt: skip
def test_each_reply_has_its_parts(
    paragraphs: list[str],
    picture: bool,  # noqa: FBT001
    document: bool,  # noqa: FBT001
    parts: tuple[Part, ...],
) -> None:
    assert lay_out(paragraphs, picture=picture, document=document) == parts


def test_a_paragraph_too_long_is_cut_between_lines_and_keeps_its_marks() -> None:
    lines = "\n".join(f"<b>{n}</b> {'y' * 500}" for n in range(12))
    parts = lay_out([lines], picture=False, document=False)
    assert len(parts) == 2
    assert "\n".join(part.words for part in parts) == lines


def test_marks_that_span_lines_are_dropped_when_they_must_be_cut() -> None:
    text = "\n".join(["y < z " * 100] * 10)
    parts = lay_out([f"<i>{html.escape(text)}</i>"], picture=False, document=False)
    assert len(parts) == 2
    assert all("<i>" not in part.words for part in parts)
    assert "\n".join(visible(part.words) for part in parts) == text


def test_a_toast_too_long_ends_with_an_ellipsis() -> None:
    assert shorten("a" * 200, 200) == "a" * 200
    assert shorten("🎂" * 150, 200) == "🎂" * 99 + "…"


WORDS = st.text(st.sampled_from("ab <&\n🎂积"), max_size=3000).map(lambda text: html.escape(text * 3, quote=False))


@given(paragraphs=st.lists(WORDS, max_size=4), picture=st.booleans(), document=st.booleans())
def test_no_part_is_too_long_or_empty_and_no_word_is_lost(
    paragraphs: list[str],
    picture: bool,  # noqa: FBT001
    document: bool,  # noqa: FBT001
) -> None:
    parts = lay_out(paragraphs, picture=picture, document=document)
    for part in parts:
        most = TEXT_UNITS_MAX if part.kind == "text" else CAPTION_UNITS_MAX
        assert units(visible(part.words)) <= most
        assert part.kind != "text" or part.words
    said = "".join("".join(visible(part.words).split()) for part in parts)
    assert said == "".join("".join(visible(paragraph).split()) for paragraph in paragraphs)
