"""Reading the shop's own rules: every mistake is found at once, each with its place and its cure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from fractions import Fraction
from typing import Any

from membership import money
from membership.days import Hours
from membership.errors import InvalidAmount

CODE = r"[a-z][a-z0-9_-]{0,31}"
_ALL_DAY = Hours(time(), time())
_YEARS = range(1900, 3000)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it stands (``points.expiry``, and the line where it is known), what is wrong, and the cure."""

    path: str
    what: str
    cure: str
    line: int | None = None

    def __str__(self) -> str:
        place = self.path if self.line is None else f"line {self.line}, {self.path}"
        return f"{place}: {self.what} ({self.cure})"


class RulesError(Exception):
    """The shop's rules cannot be used as they are written; ``problems`` lists all of it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(slots=True)
class Findings:
    """What a whole reading shares: the mistakes so far, the currency and the languages of the shop."""

    problems: list[Problem] = field(default_factory=list)
    currency: str = "CNY"
    languages: tuple[str, ...] = ("en",)


class Reader:
    """One table of the rules: every method takes a key, checks its value and notes what is wrong with it.

    A wrong or missing value yields the default (or an empty value), so that reading goes on to the next mistake.
    ``done`` names the keys nobody asked for.
    """

    def __init__(self, body: object, findings: Findings, path: str = "") -> None:
        self.findings = findings
        self.path = path
        self._asked: set[str] = set()
        self._body: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
        if not isinstance(body, Mapping):
            self.note("", "is not a table", "write it as [section] or { key = value }")

    def note(self, key: str, what: str, cure: str) -> None:
        place = ".".join(part for part in (self.path, key) if part)
        self.findings.problems.append(Problem(place or "the file", what, cure))

    def has(self, key: str) -> bool:
        self._asked.add(key)
        return key in self._body

    def table(self, key: str) -> Reader:
        """Return the table under this key; an absent one reads as empty."""
        return Reader(self._get(key, {}), self.findings, self._place(key))

    def tables(self, key: str) -> list[Reader]:
        """Return the tables of a list ([[key]])."""
        listed = self._get(key, [])
        if not isinstance(listed, Sequence) or isinstance(listed, str):
            self.note(key, "is not a list of tables", f"write [[{self._place(key)}]] before each")
            return []
        return [Reader(body, self.findings, f"{self._place(key)}[{i}]") for i, body in enumerate(listed, start=1)]

    def text(self, key: str, default: str | None = None, *, shape: str = r"[\s\S]{1,2000}", cure: str = "") -> str:
        value = self._get(key, default)
        if value is None:
            self.note(key, "is missing", cure or "add it")
            return ""
        if not isinstance(value, str) or (key in self._body and not re.fullmatch(shape, value)):
            self.note(key, f"{_seen(value)} will not do", cure or "write a short text in quotes")
            return default or ""
        return value

    def code(self, key: str = "id", default: str | None = None) -> str:
        """Return a short name of our own, such as an offer's id."""
        return self.text(key, default, shape=CODE, cure="write up to 32 small letters, digits, - and _, a letter first")

    def texts(self, key: str, *, required: bool = True) -> dict[str, str]:
        """Return a text in every language of the shop; one plain text stands for all of them."""
        value = self._get(key, None if required else "")
        cure = 'write one text, or { "zh-Hans" = "…", en = "…" }'
        if value is None:
            self.note(key, "is missing", cure)
            return {}
        if value == "" and not required:
            return {}
        if isinstance(value, str) and value.strip():
            return dict.fromkeys(self.findings.languages, value)
        if not isinstance(value, Mapping) or not value or not all(map(_is_text, value.values())):
            self.note(key, f"{_seen(value)} will not do", cure)
            return {}
        first = next((value[tag] for tag in self.findings.languages if tag in value), next(iter(value.values())))
        return {**dict.fromkeys(self.findings.languages, first), **value}

    def whole(self, key: str, default: int | None = None, *, low: int = 0, high: int = money.AMOUNT_MAX) -> int:
        """Return a whole number within its limits."""
        value = self._get(key, default)
        if type(value) is not int or not low <= value <= high:
            self._wrong(key, value, f"write a whole number from {low} to {high}")
            return low if default is None else default
        return value

    def whole_or_none(self, key: str, *, low: int = 0, high: int = money.AMOUNT_MAX) -> int | None:
        return self.whole(key, low=low, high=high) if self.has(key) else None

    def amount(self, key: str, default: int | None = None, *, low: int = 0) -> int:
        """Return an amount of money in minor units, written "12.50" or as a whole number of units."""
        value = self._get(key, None)
        if value is None and default is not None:
            return default
        cure = f'write an amount in {self.findings.currency} in quotes, such as "100"'
        try:
            minor = money.parse_minor(_written(value), self.findings.currency)
        except InvalidAmount:
            self._wrong(key, value, cure)
            return default or low
        if minor < low:
            self._wrong(key, value, "write an amount above zero")
        return max(minor, low)

    def amount_or_none(self, key: str) -> int | None:
        return self.amount(key, low=1) if self.has(key) else None

    def ratio(self, key: str, default: Fraction) -> Fraction:
        """Return a multiplier from 0 to 100 with at most four decimals, exactly as written."""
        value = _written(self._get(key, None)) if key in self._body else None
        self._asked.add(key)
        if value is None:
            return default
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,4})?", value) or Fraction(value) > 100:  # noqa: PLR2004 -- said above
            self._wrong(key, self._body[key], 'write a multiplier such as "1.5"')
            return default
        return Fraction(value)

    def choice(self, key: str, options: Sequence[str], default: str | None = None) -> str:
        value = self._get(key, default)
        if value not in options:
            near = difflib.get_close_matches(str(value), options, n=1)
            hint = f'did you mean "{near[0]}"?' if near else "write one of " + ", ".join(options)
            self._wrong(key, value, hint)
            return default or options[0]
        return str(value)

    def words(self, key: str, default: Sequence[str] = ()) -> tuple[str, ...]:
        """Return a list of short texts."""
        value = self._get(key, default)
        if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(w, str) for w in value):
            self._wrong(key, value, 'write a list, such as ["a", "b"]')
            return tuple(default)
        return tuple(value)

    def days_ahead(self, key: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """Return numbers of days, each once, the most distant first."""
        value = self._get(key, default)
        if not isinstance(value, list | tuple) or not all(type(day) is int and 0 < day < 366 for day in value):  # noqa: PLR2004 -- within a year
            self._wrong(key, value, "write days, such as [30, 7, 1]")
            return default
        return tuple(sorted(set(value), reverse=True))

    def wholes(self, key: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """Return a list of at most a year's whole numbers, at least one."""
        value = self._get(key, default)
        good = isinstance(value, list | tuple) and 0 < len(value) < 366  # noqa: PLR2004 -- within a year
        if not good or not all(type(one) is int and 0 <= one <= money.AMOUNT_MAX for one in value):
            self._wrong(key, value, "write whole numbers, such as [5, 5, 10]")
            return default
        return tuple(value)

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._get(key, default)
        if not isinstance(value, bool):
            self._wrong(key, value, "write true or false")
            return default
        return value

    def clock(self, key: str, default: time) -> time:
        """Return a local time of the day, written "21:00"."""
        value = self._get(key, None)
        if value is None:
            return default
        if isinstance(value, time) and not value.second and not value.microsecond:
            return value
        if not isinstance(value, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9](:00)?", value):
            self._wrong(key, value, 'write a time such as "21:00"')
            return default
        return time.fromisoformat(value)

    def hours(self, key: str = "hours", default: Hours = _ALL_DAY) -> Hours:
        """Return the hours of a table of their own, ``{ from = "11:00", until = "14:00" }``."""
        table = self.table(key)
        hours = Hours(table.clock("from", default.start), table.clock("until", default.end))
        table.done()
        return hours

    def hours_or_none(self, key: str = "hours") -> Hours | None:
        return self.hours(key) if self.has(key) else None

    def day(self, key: str) -> date | None:
        """Return a date, written 2026-12-31."""
        value = self._get(key, None)
        return None if value is None else self._date(key, value)

    def dates(self, key: str) -> frozenset[date]:
        listed = self._get(key, [])
        if not isinstance(listed, list | tuple):
            self._wrong(key, listed, "write a list, such as [2026-12-25]")
            return frozenset()
        days = [self._date(key, value) for value in listed]
        return frozenset(day for day in days if day is not None)

    def once(self, key: str, named: Sequence[str], cure: str = "give each its own id") -> None:
        """Note what is named twice, at its second place in the list."""
        for number, name in enumerate(named, start=1):
            if name in named[: number - 1]:
                self.note(f"{key}[{number}]", f'"{name}" is there twice', cure)

    def known(self, key: str, named: Iterable[str], there: Collection[str], cure: str = "") -> None:
        """Note what is named and not there; without a cure, what is there is told."""
        told = "write one of " + ", ".join(there) if there else "take it out"
        for name in sorted({*named} - {*there}):
            self.note(key, f'there is no "{name}"', cure or told)

    def meant(self, only: Mapping[str, Collection[str]], chosen: str, key: str = "kind") -> None:
        """Note keys that mean nothing with what was chosen under ``key``; ``only``: with what each goes."""
        for name, choices in only.items():
            if self.has(name) and chosen not in choices:
                with_what = " or ".join(f'"{choice}"' for choice in choices)
                self.note(name, f'means nothing with {key} = "{chosen}"', f"it goes with {with_what}: take it out")

    def done(self) -> None:
        """Note every key that nothing asked for: a slip of the pen must not pass as a rule."""
        for key in self._body:
            if key not in self._asked:
                near = difflib.get_close_matches(key, sorted(self._asked), n=1)
                self.note(key, "is not a rule", f'did you mean "{near[0]}"?' if near else "take it out")

    def _get(self, key: str, default: Any) -> Any:
        self._asked.add(key)
        return self._body.get(key, default)

    def _place(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _wrong(self, key: str, value: object, cure: str) -> None:
        self.note(key, "is missing" if value is None else f"{_seen(value)} will not do", cure)

    def _date(self, key: str, value: object) -> date | None:
        try:
            found = value if type(value) is date else date.fromisoformat(str(value))
        except ValueError:
            found = None
        if found is None or found.year not in _YEARS:  # 9999-12-31 has no day after it on which it would be over
            self._wrong(key, value, "write a date such as 2026-12-31, or leave it out where there is none")
            return None
        return found


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _seen(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) < 60 else text[:57] + "…"  # noqa: PLR2004 -- one line on a terminal


def _written(value: object) -> str:
    # a number written without quotes arrives as a float; its shortest form is what was written
    return "" if value is None or isinstance(value, bool) else str(value)
