"""HTML as Telegram reads it: strict about tags, counting in UTF-16 units."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.telegram_api import ApiError
from playground.telegram_api.markup import in_characters, marked, parse_html, units


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("plain", "plain", []),
        ("<b>a</b>b", "ab", [(0, 1, "bold")]),
        ("<strong>a<em>b</em></strong>", "ab", [(0, 2, "bold"), (1, 1, "italic")]),
        ("😀<i>x</i>", "😀x", [(2, 1, "italic")]),
        ("<code>&lt;b&gt; &amp;amp;</code>", "<b> &amp;", [(0, 9, "code")]),
        (
            "<u>a</u><s>b</s><ins>c</ins><del>d</del>",
            "abcd",
            [(0, 1, "underline"), (1, 1, "strikethrough"), (2, 1, "underline"), (3, 1, "strikethrough")],
        ),
        ('<span class="tg-spoiler">x</span>', "x", [(0, 1, "spoiler")]),
        ("<blockquote expandable>x</blockquote>", "x", [(0, 1, "expandable_blockquote")]),
        ("&#65;&#x4e2d;&copy;", "A中&copy;", []),
        ("a > b & c", "a > b & c", []),
        ("<b></b>x", "x", []),
        ('<a href="nonsense">x</a>', "x", []),
        ("<B>x</>", "x", [(0, 1, "bold")]),
    ],
)
def test_a_text_becomes_plain_with_entities(source: str, text: str, entities: list[tuple[int, int, str]]) -> None:
    plain, found = parse_html(source)
    assert plain == text
    assert [(entity["offset"], entity["length"], entity["type"]) for entity in found] == entities


def test_a_link_keeps_its_address() -> None:
    _, (link,) = parse_html("<a href='https://shop.example/?a=1&amp;b=2'>shop</a>")
    assert link == {"offset": 0, "length": 4, "type": "text_link", "url": "https://shop.example/?a=1&b=2"}


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("中<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 3'),
        ("I <3 you > me", 'Unsupported start tag "3" at byte offset 2'),
        ("1 <", "Unclosed start tag at byte offset 2"),
        ("<b", "Unclosed start tag at byte offset 0"),
        ('<a href="x', 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<a href>x</a>", 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'),
        ('<a ="x">x</a>', 'Empty attribute name in the tag "a" at byte offset 0'),
    ],
)
def test_a_text_that_is_no_html_is_refused(source: str, why: str) -> None:
    with pytest.raises(ApiError) as no:
        parse_html(source)
    assert no.value.description == f"Bad Request: can't parse entities: {why}"


@given(st.text())
def test_what_was_escaped_is_shown_as_it_was(text: str) -> None:
    assert parse_html(html.escape(text, quote=False)) == (text, [])


@given(st.text(), st.text(min_size=1), st.text())
def test_an_entity_covers_its_words_wherever_it_stands(before: str, words: str, after: str) -> None:
    source = f"{html.escape(before)}<b>{html.escape(words)}</b>{html.escape(after)}"
    text, (bold,) = parse_html(source.replace("&#x27;", "'"))
    start, length = in_characters(text, bold["offset"], bold["length"])
    assert text[start : start + length] == words


@given(st.text(), st.text(min_size=1), st.text())
def test_trimming_keeps_every_entity_inside_the_text(before: str, words: str, after: str) -> None:
    bold = {"offset": units(before), "length": units(words), "type": "bold"}
    text, entities = marked(before + words + after, [bold])
    assert text == (before + words + after).strip()
    for entity in entities:
        assert entity["length"] > 0
        assert 0 <= entity["offset"] <= entity["offset"] + entity["length"] <= units(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/start abc", [(0, 6, "bot_command")]),
        ("say /help@memberbot_cafe_bot now", [(4, 24, "bot_command")]),
        ("and/or", []),
        ("看 https://shop.example/a。", [(2, 22, "url")]),
        ("@memberbot_cafe_bot #spring", [(0, 19, "mention"), (20, 7, "hashtag")]),
        ("  /join ", [(0, 5, "bot_command")]),
    ],
)
def test_telegram_marks_some_words_by_itself(text: str, found: list[tuple[int, int, str]]) -> None:
    _, entities = marked(text, [])
    assert [(entity["offset"], entity["length"], entity["type"]) for entity in entities] == found
