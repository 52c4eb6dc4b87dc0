"""Amounts of money: whole numbers of the smallest coin, read from what people type and never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from membership.errors import AmountTooLarge, InvalidAmount, InvalidPoints

AMOUNT_MAX = 10**12
"""The largest amount any row may hold, in minor units or points."""

# ISO 4217; a currency that is not listed here is refused when the shop's rules are read
EXPONENTS: dict[str, int] = {
    **dict.fromkeys(("BIF", "CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "OMR", "TND"), 3),
    **dict.fromkeys(("AED", "ARS", "AUD", "BGN", "BRL", "CAD", "CHF", "CNY", "COP", "CZK", "DKK", "EGP", "EUR"), 2),
    **dict.fromkeys(("GBP", "GEL", "HKD", "HUF", "IDR", "ILS", "INR", "KES", "KGS", "KHR", "KZT", "LAK", "LKR"), 2),
    **dict.fromkeys(("MAD", "MMK", "MNT", "MOP", "MXN", "MYR", "NGN", "NOK", "NPR", "NZD", "PEN", "PHP", "PKR"), 2),
    **dict.fromkeys(("PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD"), 2),
    **dict.fromkeys(("UZS", "ZAR"), 2),
}

_SIGNS: dict[str, tuple[str, ...]] = {
    "CNY": ("¥", "￥", "元"),
    "EUR": ("€",),
    "GBP": ("£",),
    "HKD": ("HK$", "$"),
    "JPY": ("¥", "￥", "円"),
    "TWD": ("NT$", "$", "元"),
    "USD": ("$",),
}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (fen, cents) of one currency."""

    minor: int
    currency: str

    @property
    def plain(self) -> str:
        """The amount as digits with a decimal point: what ``parse_amount`` reads back."""
        return plain(self.minor, self.currency)


def plain(minor: int, currency: str) -> str:
    digits = EXPONENTS[currency]
    whole, part = divmod(abs(minor), 10**digits)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole}.{part:0{digits}}" if digits else f"{sign}{whole}"


def parse_amount(text: str, currency: str, *, limit_minor: int = AMOUNT_MAX) -> Money:
    """Read a typed amount above zero: ASCII digits and a point, at most one currency sign before or behind.

    Nothing is normalised: full-width digits, exponents, group separators and signs are refused, because a guess
    about money is worse than a question.

    Raises:
        InvalidAmount: it is not an amount, or it is zero.
        AmountTooLarge: it is above ``limit_minor``.

    """
    return checked(_minor(_without_sign(text.strip(), currency), currency), currency, limit_minor=limit_minor)


def checked(minor: int, currency: str, *, limit_minor: int = AMOUNT_MAX) -> Money:
    """Accept an amount given in minor units, as a till sends it, within the same limits.

    Raises:
        InvalidAmount: it is zero or below, or not a whole number.
        AmountTooLarge: it is above ``limit_minor``.

    """
    if type(minor) is not int or minor <= 0:
        raise InvalidAmount
    if minor > limit_minor:
        raise AmountTooLarge(limit=Money(limit_minor, currency))
    return Money(minor, currency)


def parse_minor(text: str, currency: str) -> int:
    """Read an amount as the shop's rules write it ("100.00"; zero is allowed), in minor units.

    Raises:
        InvalidAmount: it is not an amount of this currency.

    """
    return _minor(text.strip(), currency)


def parse_points(text: str) -> int:
    """Read a typed whole number of points above zero.

    Raises:
        InvalidPoints: it is anything else.

    """
    from_typing = text.strip()
    if not re.fullmatch(r"[0-9]{1,9}", from_typing) or int(from_typing) == 0:
        raise InvalidPoints
    return int(from_typing)


def _without_sign(text: str, currency: str) -> str:
    for sign in _SIGNS.get(currency, ()):
        if text.startswith(sign):
            return text.removeprefix(sign).lstrip()
        if text.endswith(sign):
            return text.removesuffix(sign).rstrip()
    return text


def _minor(text: str, currency: str) -> int:
    digits = EXPONENTS[currency]
    found = re.fullmatch(rf"([0-9]{{1,9}})(?:\.([0-9]{{1,{digits}}}))?" if digits else r"([0-9]{1,9})()", text)
    if found is None:
        raise InvalidAmount
    minor: int = int(found[1]) * 10**digits + int((found[2] or "").ljust(digits, "0") or "0")
    return minor
