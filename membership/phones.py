"""Phone numbers: read as people write them, kept in one form, shown only by their tail."""

from __future__ import annotations

import re

import phonenumbers

from membership.errors import InvalidPhone

_WRITTEN = re.compile(r"\+?[0-9()\-./ \u00a0]{4,32}")


def parse(text: str, region: str) -> str:
    """Return the number in E.164 form (``+8613800138000``).

    ``region`` is the shop's country (ISO 3166, two letters) for numbers written without "+".

    Raises:
        InvalidPhone: it is not a number that can exist.

    """
    text = text.strip()
    if not _WRITTEN.fullmatch(text):
        raise InvalidPhone
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise InvalidPhone from None
    if not phonenumbers.is_valid_number(number):
        raise InvalidPhone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def last4(e164: str) -> str:
    return e164[-4:]


def masked(e164: str) -> str:
    """Return what may be shown of a number: ``*** 8000``."""
    return f"*** {last4(e164)}"
