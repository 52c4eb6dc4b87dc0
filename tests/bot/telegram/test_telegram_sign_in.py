"""Who may sign in to the shop's pages from inside Telegram."""

from __future__ import annotations

import hmac
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.sign_in import verify
from tests.bot.telegram.house import MEI, START, TOKEN, House
from web.sign_in import CONFIRM_AGE_MAX, SignInRefused

# Signed here step by step as core.telegram.org/bots/webapps tells, independently of the code under test.
FIELDS = {
    "query_id": "AAHdF6IQAAAAAN0XohDhrOrc",
    "user": '{"id":5001,"first_name":"小美","last_name":"","language_code":"zh-hans","allows_write_to_pm":true}',
    "auth_date": str(int(START.timestamp())),
    "signature": "c2lnbmF0dXJl",
}


def signed(fields: dict[str, str], token: str = TOKEN) -> str:
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.digest(b"WebAppData", token.encode(), "sha256")
    return urlencode({**fields, "hash": hmac.digest(key, lines.encode(), "sha256").hex()})


GOOD = signed(FIELDS)


def reason(init_data: str, *, token: str = TOKEN, after: timedelta = timedelta()) -> str:
    with pytest.raises(SignInRefused) as no:
        verify(init_data, token, START + after)
    return no.value.reason


def test_what_telegram_signed_names_the_user() -> None:
    assert verify(GOOD, TOKEN, START) == "5001"


async def test_the_rehearsals_note_is_believed(house: House) -> None:
    assert verify(house.phones.init_data(MEI), TOKEN, house.clock.now()) == MEI


@pytest.mark.parametrize(
    ("init_data", "why"),
    [
        ("", "forged"),
        ("not a query", "malformed"),
        ("a=%ff&hash=00", "malformed"),
        ("a=" + "b" * 9000, "malformed"),
        (urlencode(FIELDS), "forged"),
        (GOOD + "0", "forged"),
        (GOOD.replace("5001", "5002"), "forged"),
        (GOOD + "&start_param=owner", "forged"),
        (GOOD.replace("signature=c2lnbmF0dXJl&", ""), "forged"),
        (GOOD.replace("hash=", "hash=é"), "forged"),
        (GOOD + "&user=%7B%22id%22%3A5002%7D", "repeated_field"),
        (GOOD + "&hash=00", "repeated_field"),
        (signed(FIELDS, "7000002:other"), "forged"),
        (signed({**FIELDS, "user": "{}"}), "no_user"),
        (signed({**FIELDS, "user": "[5001]"}), "no_user"),
        (signed({**FIELDS, "user": '{"id":"5001"}'}), "no_user"),
        (signed({**FIELDS, "user": '{"id":true}'}), "no_user"),
        (signed({**FIELDS, "user": ""}), "no_user"),
        (signed({**FIELDS, "auth_date": ""}), "stale"),
        (signed({**FIELDS, "auth_date": "٣"}), "stale"),
        (signed({**FIELDS, "auth_date": "9" * 12}), "stale"),
        (signed({**FIELDS, "auth_date": "9" * 40}), "stale"),
        (signed({"user": FIELDS["user"]}), "stale"),
    ],
)
def test_what_telegram_did_not_sign_for_this_bot_is_refused(init_data: str, why: str) -> None:
    assert reason(init_data) == why


@pytest.mark.parametrize("after", [timedelta(hours=1, seconds=1), timedelta(days=2), -timedelta(minutes=2)])
def test_a_note_too_old_or_from_the_future_is_refused(after: timedelta) -> None:
    assert reason(GOOD, after=after) == "stale"


def test_confirming_asks_for_a_fresher_note_than_signing_in() -> None:
    at = START + timedelta(minutes=6)
    assert verify(GOOD, TOKEN, at) == "5001"
    with pytest.raises(SignInRefused):
        verify(GOOD, TOKEN, at, CONFIRM_AGE_MAX)


@given(place=st.integers(0, len(GOOD) - 1), character=st.characters(min_codepoint=33, max_codepoint=126))
def test_no_single_character_can_be_changed(place: int, character: str) -> None:
    changed = GOOD[:place] + character + GOOD[place + 1 :]
    if sorted(parse_qsl(changed, keep_blank_values=True)) == sorted(parse_qsl(GOOD)):
        return  # another way to write the same
    reason(changed)
