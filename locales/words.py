"""Every text the shop says, from one catalogue a language, with its facts written as that language writes them."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal, get_currency_symbol

from locales.catalogue import Catalogue, Template, load
from membership.languages import fitting
from membership.messages import Message
from membership.money import EXPONENTS, Money

FALLBACK = "en"
MINUS = "\u2212"
NAMES = "button.language."
"""Keys of the names of languages; a language that no catalogue names is called as it calls itself."""

_UNITS: Mapping[str, str] = {"CNY": "元", "TWD": "元", "HKD": "元", "MOP": "元"}

# A shop has one currency, so its plain sign is clear where a locale would write CN¥ or JP¥.
SIGNS: Mapping[str, str] = {"CNY": "¥", "JPY": "¥", "TWD": "NT$", "HKD": "HK$"}


class Words:
    """Renders messages. It never changes after it was made and may be used from any thread.

    ``zone`` is the shop's; ``overrides`` are the shop's own texts, by language and key.
    """

    def __init__(
        self, catalogues: Mapping[str, Catalogue], *, zone: ZoneInfo, overrides: Mapping[str, Mapping[str, str]]
    ) -> None:
        self._catalogues = catalogues
        self._locales = {language: Locale.parse(language, sep="-") for language in catalogues}
        self._zone = zone
        self._overrides = {
            language: {key: (Template(text),) for key, text in texts.items()} for language, texts in overrides.items()
        }

    @classmethod
    def open(cls, *, zone: ZoneInfo, overrides: Mapping[str, Mapping[str, str]] | None = None) -> Words:
        """Read every catalogue beside this file."""
        return cls(load(), zone=zone, overrides=overrides or {})

    @property
    def languages(self) -> tuple[str, ...]:
        """Every language there is a catalogue for."""
        return tuple(self._catalogues)

    def completeness(self, language: str) -> int:
        """Return how many per cent of the texts this language has; the others are said in English."""
        keys = self._catalogues[FALLBACK].keys
        return 100 * len(keys & self._catalogues[language].keys) // len(keys)

    def text(self, message: Message, language: str) -> str:
        """Return the message as plain text."""
        return self._render(message, language, markup=False)

    def html(self, message: Message, language: str) -> str:
        """Return the message with its catalogue's ``<b>`` and ``<i>`` kept and every fact escaped for HTML."""
        return self._render(message, language, markup=True)

    def sign(self, currency: str, language: str) -> str:
        """Return the sign that stands for the currency in this language."""
        return _sign(currency, self._locales[self._known(language)])

    def templates(self, prefix: str, language: str) -> dict[str, str]:
        """Return texts as they are written, places of facts left open, for a page that fills them itself.

        What the language lacks is said in English.
        """
        found = dict(self._catalogues[FALLBACK].texts(prefix))
        for tried in dict.fromkeys((self._known(language), language)):
            if tried in self._catalogues:
                found |= dict(self._catalogues[tried].texts(prefix))
            own = self._overrides.get(tried, {})
            found |= {key: forms[0].text for key, forms in own.items() if key.startswith(prefix)}
        return found

    def keywords(self) -> dict[str, str]:
        """Return every keyword of every language, folded for comparison, with the word it stands for."""
        found: dict[str, str] = {}
        for catalogue in self._catalogues.values():
            for key, text in catalogue.texts("keyword."):
                found |= {fold(word): key.removeprefix("keyword.") for word in text.split("|") if word.strip()}
        return found

    def labels(self) -> dict[str, frozenset[str]]:
        """Return what buttons without facts say in every language, folded for comparison, with the keys that say it."""
        found: dict[str, set[str]] = {}
        for catalogue in self._catalogues.values():
            for key, text in catalogue.texts("button."):
                found.setdefault(fold(text), set()).update({key} if "{" not in text else ())
        return {text: frozenset(keys) for text, keys in found.items() if keys}

    def keyword_languages(self) -> dict[str, str]:
        """Return the language of every keyword that stands in one catalogue alone: who types it speaks it."""
        spoken: dict[str, list[str]] = {}
        for language, catalogue in self._catalogues.items():
            for word in {fold(one) for _, text in catalogue.texts("keyword.") for one in text.split("|")}:
                spoken.setdefault(word, []).append(language)
        return {word: languages[0] for word, languages in spoken.items() if len(languages) == 1}

    def _render(self, message: Message, language: str, *, markup: bool) -> str:
        if message.key == "plain":
            return _safe(str(message.facts["text"]), markup=markup)
        if message.key == "own":
            return _safe(_own(message.facts["texts"], language), markup=markup)
        if message.key == "empty":
            return ""
        said, before = "", ""
        for part in self._template(message, language).parts:
            text = part.text if markup else part.plain
            if part.name:
                text = self._fact(message, part.name, part.style, language=language, markup=markup)
            beside = "" if before and part.name else before or part.name  # a fact beside a text; two facts stay as put
            apart = isinstance(message.facts.get(beside), str | Money | Message) and _meet(said, text)
            said, before = said + (f" {text}" if apart else text), part.name
        return said

    def _template(self, message: Message, language: str) -> Template:
        count = message.facts.get("count", message.facts.get("points"))
        for tried in dict.fromkeys((language, self._known(language), FALLBACK)):
            own = self._overrides.get(tried, {}).get(message.key)
            if own is not None:
                return own[0]
            catalogue = self._catalogues.get(tried)
            found = None if catalogue is None else catalogue.find(message.key, count)
            if found is not None:
                return found
        if message.key.startswith(NAMES):
            return Template(_own_name(message.key.removeprefix(NAMES)))
        raise KeyError(message.key)

    def _known(self, language: str) -> str:
        """Return the language there is a catalogue for: for zh-Hant-HK that is zh-Hant, for de-AT it is de."""
        return language if language in self._catalogues else fitting(language, self._catalogues) or FALLBACK

    def _fact(self, message: Message, name: str, style: str, *, language: str, markup: bool) -> str:
        value = message.facts[name]
        if isinstance(value, Message):
            return self._render(value, language, markup=markup)
        if isinstance(value, tuple | list):
            between = self._between(language) if style == "inline" else "\n"
            return between.join(self._render(item, language, markup=markup) for item in value)
        return _safe(self._written(value, style, language), markup=markup)

    def _between(self, language: str) -> str:
        return "，" if self._known(language).startswith(("zh", "ja")) else ", "

    def _written(self, value: Any, style: str, language: str) -> str:
        locale = self._locales[self._known(language)]
        if isinstance(value, bool) or value is None:
            raise TypeError("a text has no words for yes, no and nothing")
        if isinstance(value, int):
            return _number(value, style, locale)
        if isinstance(value, Money):
            return spoken(value, locale) if style == "spoken" else money(value, locale)
        if isinstance(value, datetime):
            return _moment(value.astimezone(self._zone), style, locale)
        if isinstance(value, date):
            return _short(value, locale) if style == "short" else _long(value, locale)
        return _isolated(str(value))


def money(value: Money, locale: Locale) -> str:
    """Return an amount as people of this language write it, without decimals that are all zero."""
    sign = _sign(value.currency, locale)
    pattern = locale.currency_formats["standard"].pattern.partition(";")[0]
    number = _digits(Money(abs(value.minor), value.currency), locale)
    blank = "\u00a0" if pattern.startswith("¤") and sign[-1].isalpha() else ""
    amount = _CURRENCY_NUMBER.sub(number, pattern).replace("¤", sign + blank)
    return f"{MINUS}{amount}" if value.minor < 0 else amount


def _sign(currency: str, locale: Locale) -> str:
    return SIGNS.get(currency) or str(get_currency_symbol(currency, locale=locale))


def _digits(value: Money, locale: Locale) -> str:
    digits = EXPONENTS[value.currency]
    whole = value.minor % 10**digits == 0
    exact = Decimal(abs(value.minor)).scaleb(-digits)
    number = format_decimal(exact, format="#,##0" if whole else "#,##0." + "0" * digits, locale=locale)
    return f"{MINUS}{number}" if value.minor < 0 else number


def spoken(value: Money, locale: Locale) -> str:
    """Return an amount as it is said within a sentence: Chinese says 66 元 where a column writes ¥66."""
    unit = _UNITS.get(value.currency) if locale.language == "zh" else None
    return f"{_digits(value, locale)} {unit}" if unit else money(value, locale)


def fold(word: str) -> str:
    """Return a typed word as keywords are compared: NFKC, lower case, no space around, no slash before."""
    return unicodedata.normalize("NFKC", word).strip().removeprefix("/").casefold()


def _number(value: int, style: str, locale: Locale) -> str:
    """Return a whole number; ``signed`` shows its plus, ``zhe`` writes 15 (percent off) as 8.5, as in 8.5 折."""
    if style == "zhe":
        tens, ones = divmod(100 - value, 10)
        return f"{tens}.{ones}" if ones else str(tens)
    sign = MINUS if value < 0 else "+" if style == "signed" else ""
    return sign + format_decimal(abs(value), locale=locale)


def _short(day: date, locale: Locale) -> str:
    return format_date(day, "M月d日" if locale.language == "zh" else "d MMM", locale=locale)


def _long(day: date, locale: Locale) -> str:
    return format_date(day, "d MMMM y" if locale.language == "en" else "long", locale=locale)


def _moment(local: datetime, style: str, locale: Locale) -> str:
    if style == "time":
        return format_time(local, "HH:mm", locale=locale)
    if style == "day":
        return _short(local.date(), locale)
    return format_datetime(local, "M月d日 HH:mm" if locale.language == "zh" else "d MMM HH:mm", locale=locale)


def _meet(before: str, after: str) -> bool:
    """Tell whether a Chinese word would stand tight at a name or amount in Latin letters, as 满 ¥20 可用 must not."""
    return bool((_LATIN_END.search(before) and _HAN.match(after)) or (_HAN_END.search(before) and _LATIN.match(after)))


def _own_name(tag: str) -> str:
    name = Locale.parse(tag, sep="-").display_name or tag
    return html.escape(name[0].upper() + name[1:], quote=False)


def _own(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get(FALLBACK) or next(iter(texts.values()), "")


_CURRENCY_NUMBER = re.compile("[#0][#,.0]*")
_LATIN, _HAN = re.compile("(?:</?[bi]>)?[0-9A-Za-z¥$€£₩]"), re.compile("(?:</?[bi]>)?[\u4e00-\u9fff]")
_LATIN_END = re.compile("[0-9A-Za-z]\\**(?:</?[bi]>)?\\Z")
_HAN_END = re.compile("[\u4e00-\u9fff](?:</?[bi]>)?\\Z")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


def _isolated(text: str) -> str:
    """Keep right-to-left words from turning the sentence around them."""
    return f"\u2068{text}\u2069" if _RIGHT_TO_LEFT.search(text) else text


def _safe(text: str, *, markup: bool) -> str:
    return html.escape(text, quote=False) if markup else text
