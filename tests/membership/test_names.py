"""Names: everybody's real name passes, tricks do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership import names, phones
from membership.errors import InvalidName, InvalidPhone

FAMILY = "👨\u200d👩\u200d👧\u200d👦"


@pytest.mark.parametrize(
    "name",
    [
        "王小明",
        "Zoë",
        "Nguyễn Văn Ánh",
        "O'Brien-Smith",
        "محمد علي",
        "Ольга",
        "प्रिया",
        "ณัฐพล",
        "辻\U000e0100",
        "𠮷野家",
        "小美🌸",
        FAMILY,
        "👍🏽",
        "🇨🇳",
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        "<a href=tg://user?id=1>",
        '=HYPERLINK("http://x")',
        "*_[`&lt;</b>",
    ],
)
def test_a_name_stays_as_it_is_written(name: str) -> None:
    assert names.clean(name) == name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  小 \t\n 明  ", "小 明"),
        ("e\u0301", "é"),
        ("abc\u202egnp.exe", "abcgnp.exe"),
        ("\u2066x\u2069\u200e\u200f\u061c", "x"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("a\u200db", "ab"),
        ("a\ufe0f", "a"),
        ("tag\U000e0041\U000e0042", "tag"),
        ("nul\x00esc\x1b[31m", "nulesc[31m"),
        ("half\ud83d", "half"),
        ("\ufffe\ufdd0x", "x"),
        ("z" + "\u0334" * 40, "z" + "\u0334" * 3),
        ("\u0301x", "x"),
        ("👍🏽🏽🏽", "👍🏽"),
        ("👍\u200d", "👍"),
        ("\u3164\u2800\u115f", ""),
        ("\u200d\u200d", ""),
        (" \u00a0\u3000", ""),
        ("a" * 40, "a" * 32),
    ],
)
def test_what_deceives_or_breaks_a_list_is_dropped(typed: str, kept: str) -> None:
    assert names.clean(typed) == kept


def test_an_emoji_family_of_500_people_is_bounded() -> None:
    assert names.clean("\u200d".join("👨" * 500)) == "\u200d".join("👨" * 5)


def test_a_cut_never_splits_a_character() -> None:
    assert names.clean(FAMILY * 40) == FAMILY * 10


@given(st.text(st.characters(), max_size=80))
def test_a_cleaned_name_is_bounded_clean_and_stays_the_same(typed: str) -> None:
    name = names.clean(typed)
    assert len(list(names.graphemes(name))) <= 32
    assert len(name.encode()) <= 256
    assert name == name.strip()
    assert names.clean(name) == name


def test_a_typed_name_is_taken_cleaned() -> None:
    assert names.parse(" 王 小明\u200b") == "王 小明"


@pytest.mark.parametrize("typed", ["", " ", "\u200b", "\x00"])
def test_a_name_with_nothing_readable_is_refused(typed: str) -> None:
    with pytest.raises(InvalidName):
        names.parse(typed)


@pytest.mark.parametrize(
    ("name", "shown"), [("王小明", "王**"), ("Ann", "A**"), (FAMILY + "x", FAMILY + "**"), ("", "")]
)
def test_a_cashier_sees_only_the_first_character(name: str, shown: str) -> None:
    assert names.masked(name) == shown


@pytest.mark.parametrize(
    ("typed", "region", "number"),
    [
        ("13800138000", "CN", "+8613800138000"),
        (" +86 138-0013-8000 ", "CN", "+8613800138000"),
        ("(030) 123456-7", "DE", "+49301234567"),
        ("+852 5123 4567", "CN", "+85251234567"),
    ],
)
def test_a_phone_number_is_kept_in_one_form(typed: str, region: str, number: str) -> None:
    assert phones.parse(typed, region) == number


@pytest.mark.parametrize(
    "typed", ["", "123", "00000000000", "+999123456789", "１３８００１３８０００", "call me", "1" * 40]
)
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    with pytest.raises(InvalidPhone):
        phones.parse(typed, "CN")


def test_only_the_tail_of_a_number_is_shown() -> None:
    assert phones.masked("+8613800138000") == "*** 8000"
