"""The engine: facts are written as the language writes them, by their type."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locales.catalogue import Template, read
from locales.words import MINUS, Words, fold
from membership.messages import Message, choose, plain, say
from membership.money import EXPONENTS, Money

SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 22, 16, 2, tzinfo=UTC)  # already the 23rd in Shanghai
WORDS = Words.open(zone=SHANGHAI)
NO_OVERRIDES: dict[str, dict[str, str]] = {}


def words_of(folder: Path, texts: dict[str, str], *, overrides: dict[str, dict[str, str]] = NO_OVERRIDES) -> Words:
    """Return words with these catalogues: the text of each file without its head."""
    for language, text in texts.items():
        plural = "nplurals=1; plural=0;" if language.startswith("zh") else "nplurals=2; plural=(n != 1);"
        head = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: {plural}\\n"\n\n'
        (folder / f"{language}.po").write_text(head + text, "utf-8")
    catalogues = {language: read(folder / f"{language}.po") for language in texts}
    return Words(catalogues, zone=SHANGHAI, overrides=overrides)


def written(folder: Path, template: str, language: str, **facts: Any) -> str:
    words = words_of(folder, {"en": 'msgid "other"\nmsgstr "other"\n', language: f'msgid "k"\nmsgstr "{template}"\n'})
    return words.text(say("k", **facts), language)


@pytest.mark.parametrize(
    ("amount", "language", "text"),
    [
        (Money(6600, "CNY"), "zh-Hans", "¥66"),
        (Money(6650, "CNY"), "zh-Hans", "¥66.50"),
        (Money(-500, "CNY"), "zh-Hans", "−¥5"),
        (Money(-1320, "CNY"), "en", "−¥13.20"),
        (Money(123456789, "CNY"), "en", "¥1,234,567.89"),
        (Money(6600, "CNY"), "zh-Hant", "¥66"),
        (Money(6600, "TWD"), "zh-Hant", "NT$66"),
        (Money(6600, "HKD"), "zh-Hant", "HK$66"),
        (Money(6600, "USD"), "en", "$66"),
        (Money(500, "JPY"), "en", "¥500"),
        (Money(-500, "JPY"), "zh-Hans", "−¥500"),
        (Money(1500, "KWD"), "en", "KWD\u00a01.500"),
        (Money(1250, "EUR"), "de", "12,50\u00a0€"),
        (Money(-120000, "EUR"), "de", "−1.200\u00a0€"),
        (Money(0, "CNY"), "en", "¥0"),
    ],
)
def test_amounts_are_written_as_a_shop_writes_them(tmp_path: Path, amount: Money, language: str, text: str) -> None:
    assert written(tmp_path, "{m}", language, m=amount) == text


@pytest.mark.parametrize(
    ("amount", "language", "text"),
    [
        (Money(6600, "CNY"), "zh-Hans", "66 元"),
        (Money(6650, "TWD"), "zh-Hant", "66.50 元"),
        (Money(-500, "CNY"), "zh-Hans", "−5 元"),
        (Money(6600, "USD"), "zh-Hans", "US$66"),
        (Money(6600, "CNY"), "en", "¥66"),
    ],
)
def test_chinese_says_yuan_within_a_sentence(tmp_path: Path, amount: Money, language: str, text: str) -> None:
    assert written(tmp_path, "{m:spoken}", language, m=amount) == text


@pytest.mark.parametrize(
    ("template", "value", "text"),
    [
        ("满 {f:spoken}可用", Money(2000, "CNY"), "满 20 元可用"),
        ("满 {f:spoken}可用", Money(2000, "JPY"), "满 ¥2,000 可用"),
        ("在{f}付款", "Riverside", "在 Riverside 付款"),
        ("在{f}付款", "滨江店", "在滨江店付款"),
        ("给{f}贴标签", "M**", "给 M** 贴标签"),
        ("给{f}：", plain("Tom"), "给 Tom："),
        ("{f}日", 3, "3日"),
        ("由店长批准\\n{f}", "Mia", "由店长批准\nMia"),
        ("Mia\\n{f}", "滨江店", "Mia\n滨江店"),
    ],
)
def test_latin_letters_stand_apart_from_chinese_words(tmp_path: Path, template: str, value: Any, text: str) -> None:
    assert written(tmp_path, template, "zh-Hans", f=value) == text


@given(minor=st.integers(-(10**12), 10**12), currency=st.sampled_from(sorted(EXPONENTS)))
def test_no_digit_of_an_amount_is_lost(minor: int, currency: str) -> None:
    text = WORDS.text(say("report.amount", amount=Money(minor, currency)), "en")
    digits = "".join(char for char in text if char.isdigit())
    places = EXPONENTS[currency]
    exact = str(abs(minor)) if minor % 10**places else str(abs(minor) // 10**places)
    assert digits.lstrip("0") == exact.lstrip("0")
    assert text.startswith(MINUS) == (minor < 0)


@pytest.mark.parametrize(
    ("template", "value", "text"),
    [
        ("{n}", 1288, "1,288"),
        ("{n}", -20, "−20"),
        ("{n:signed}", 1288, "+1,288"),
        ("{n:signed}", -100, "−100"),
        ("{n:zhe}", 10, "9"),
        ("{n:zhe}", 15, "8.5"),
        ("{n:zhe}", 5, "9.5"),
        ("{n}", "0017", "0017"),
        ("{n} of it", plain("a <b> c"), "a <b> c of it"),
        ("{{n}}", 5, "{n}"),
        ("{n", 5, "{n"),
        ("{N} {1}", 5, "{N} {1}"),
    ],
)
def test_facts_are_written_by_their_type(tmp_path: Path, template: str, value: Any, text: str) -> None:
    assert written(tmp_path, template, "en", n=value) == text


@pytest.mark.parametrize(
    ("template", "day", "spoken"),
    [
        ("{d}", date(2026, 11, 22), ("en", "22 November 2026")),
        ("{d}", date(2026, 11, 22), ("zh-Hans", "2026年11月22日")),
        ("{d:short}", date(2026, 11, 22), ("en", "22 Nov")),
        ("{d:short}", date(2026, 11, 22), ("zh-Hant", "11月22日")),
        ("{d}", AT, ("en", "23 Nov 00:02")),
        ("{d}", AT, ("zh-Hans", "11月23日 00:02")),
        ("{d:time}", AT, ("zh-Hans", "00:02")),
        ("{d:day}", AT, ("en", "23 Nov")),
    ],
)
def test_moments_are_told_in_the_shops_zone(tmp_path: Path, template: str, day: date, spoken: tuple[str, str]) -> None:
    language, text = spoken
    assert written(tmp_path, template, language, d=day) == text


@pytest.mark.parametrize(
    ("template", "language", "text"),
    [("{l}", "en", "1\n2"), ("{l:inline}", "en", "1, 2"), ("{l:inline}", "zh-Hant", "1，2")],
)
def test_a_list_is_told_in_lines_or_in_one(tmp_path: Path, template: str, language: str, text: str) -> None:
    assert written(tmp_path, template, language, l=(plain("1"), plain("2"))) == text


@pytest.mark.parametrize("value", [True, None])
def test_yes_no_and_nothing_are_no_facts(tmp_path: Path, value: object) -> None:
    with pytest.raises(TypeError):
        written(tmp_path, "{v}", "en", v=value)


PLURAL = 'msgid "k"\nmsgid_plural "k"\nmsgstr[0] "{count} visit"\nmsgstr[1] "{count} visits"\n'


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 visits"), (1, "1 visit"), (2, "2 visits"), (1000, "1,000 visits"), (-1, "−1 visit")]
)
def test_a_count_chooses_the_plural_form(tmp_path: Path, count: int, text: str) -> None:
    assert words_of(tmp_path, {"en": PLURAL}).text(say("k", count=count), "en") == text


def test_points_choose_the_plural_form_where_nothing_else_is_counted() -> None:
    told = [WORDS.text(say("live.points", points=number), "en") for number in (1, 2)]
    assert told == ["1 point", "2 points"]


ENGLISH = 'msgid "a"\nmsgstr "A"\n\nmsgid "b"\nmsgstr "B {n}"\n'


def test_a_language_that_is_not_complete_falls_back_to_english_text_by_text(tmp_path: Path) -> None:
    words = words_of(tmp_path, {"en": ENGLISH, "de": 'msgid "a"\nmsgstr "Ä"\n\nmsgid "b"\nmsgstr ""\n'})
    assert [words.text(say("a"), "de"), words.text(say("b", n=1000), "de")] == ["Ä", "B 1.000"]
    assert words.completeness("de") == 50


def test_an_unknown_language_is_spoken_to_in_english(tmp_path: Path) -> None:
    assert words_of(tmp_path, {"en": ENGLISH}).text(say("a"), "tlh") == "A"


@pytest.mark.parametrize(
    ("language", "text"),
    [("zh-Hant-HK", "再消費 66 元升級為 X"), ("zh-TW", "再消費 66 元升級為 X"), ("en-GB", "Spend ¥66 more to reach X")],
)
def test_a_country_of_a_language_speaks_the_language(language: str, text: str) -> None:
    assert WORDS.text(say("tier.ahead", amount=Money(6600, "CNY"), tier="X"), language) == text


@pytest.mark.parametrize(("tag", "name"), [("de", "Deutsch"), ("ja", "日本語"), ("fr-CA", "Français (Canada)")])
def test_a_language_that_no_catalogue_names_is_called_as_it_calls_itself(tag: str, name: str) -> None:
    assert WORDS.text(say(f"button.language.{tag}"), "zh-Hans") == name


def test_a_key_that_no_language_has_is_a_bug(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="nowhere"):
        words_of(tmp_path, {"en": ENGLISH}).text(say("nowhere"), "en")


def test_the_shops_own_text_stands_before_the_catalogues(tmp_path: Path) -> None:
    words = words_of(tmp_path, {"en": ENGLISH}, overrides={"en": {"a": "Our own {n}"}})
    assert words.text(say("a", n=1), "en") == "Our own 1"


def test_an_own_text_in_english_serves_a_language_that_lacks_one_only_if_its_catalogue_lacks_it_too(
    tmp_path: Path,
) -> None:
    texts = {"en": ENGLISH, "de": 'msgid "a"\nmsgstr "Ä"\n'}
    words = words_of(tmp_path, texts, overrides={"en": {"a": "Own", "b": "Own too"}})
    assert [words.text(say(key), "de") for key in ("a", "b")] == ["Ä", "Own too"]


@pytest.mark.parametrize(
    ("texts", "language", "text"),
    [
        ({"en": "Shop", "zh-Hans": "店"}, "zh-Hans", "店"),
        ({"en": "Shop", "zh-Hans": "店"}, "de", "Shop"),
        ({"zh-Hans": "店"}, "en", "店"),
        ({}, "en", ""),
    ],
)
def test_the_shops_names_come_in_the_best_language_there_is(texts: dict[str, str], language: str, text: str) -> None:
    assert WORDS.text(choose(texts), language) == text


def test_facts_are_escaped_in_html_and_marks_are_kept(tmp_path: Path) -> None:
    words = words_of(tmp_path, {"en": 'msgid "a"\nmsgstr "<b>{n}</b> &amp; {m}"\n'})
    told = say("a", n="<i>x</i>", m=plain("1 < 2 & 3"))
    assert words.html(told, "en") == "<b>&lt;i&gt;x&lt;/i&gt;</b> &amp; 1 &lt; 2 &amp; 3"
    assert words.text(told, "en") == "<i>x</i> & 1 < 2 & 3"


def test_a_fact_that_looks_like_a_place_is_left_alone(tmp_path: Path) -> None:
    assert written(tmp_path, "{n} {m}", "en", n="{m}", m="x") == "{m} x"


def test_a_name_in_arabic_does_not_turn_the_sentence_around(tmp_path: Path) -> None:
    assert written(tmp_path, "{n}: 5", "en", n="ليلى") == "\u2068ليلى\u2069: 5"


@pytest.mark.parametrize("message", [say("empty"), plain(""), Message("own", {"texts": {}})])
def test_nothing_is_said_in_no_words(message: Message) -> None:
    assert WORDS.text(message, "en") == ""


@pytest.mark.parametrize("typed", ["Points", " points ", "/points", "ＰＯＩＮＴＳ", "POINTS"])
def test_typed_words_are_compared_folded(typed: str) -> None:
    assert fold(typed) == "points"


@given(st.text(st.characters(exclude_characters="{}<&")))
def test_a_text_without_places_means_itself(text: str) -> None:
    assert "".join(part.plain for part in Template(text).parts) == text
