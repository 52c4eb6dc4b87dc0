"""Where calls to other systems may go, how they are signed, and how long they are tried."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given
from hypothesis import strategies as st

from membership.webhooks import PAUSES, AddressRefused, check_address, is_inside, pause_after, secret_of, sign

AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def test_the_example_of_the_standard_has_the_signature_it_shows() -> None:
    at = datetime.fromtimestamp(1614265330, UTC)
    signed = sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(min_size=24, max_size=64), st.uuids(), st.binary(max_size=200))
def test_anybody_with_the_secret_computes_the_same_signature(drawn: bytes, call: object, body: bytes) -> None:
    mac = HMAC(drawn, hashes.SHA256())
    mac.update(f"{call}.{int(AT.timestamp())}.".encode() + body)
    version, _, signature = sign(secret_of(drawn), str(call), AT, body).partition(",")
    assert (version, base64.b64decode(signature)) == ("v1", mac.finalize())


@pytest.mark.parametrize(
    "url",
    ["https://till.example/hooks", "https://till.example:8443/?shop=1", "https://8.8.8.8/", "https://[2a00::1]/x"],
)
def test_calls_may_go_to_https_outside(url: str) -> None:
    assert check_address(url, inside=False) == url


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks", "ftp://till.example/", "http://till.example/", "https://", "https://:443/", "javascript:alert(1)",
        "https://user:pass@till.example/", "https://till.example/#x", "https://till.example/ x", "https://t.example:99999/",
        "https://127.0.0.1/", "https://localhost/", "https://10.0.0.8/", "https://192.168.1.1/", "https://169.254.169.254/",
        "https://[::1]/", "https://[fd00::1]/", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/", "https://0.0.0.0/", "https://224.0.0.1/", "http://127.0.0.1:9/", "https://t.example\n/",
        "https://t.example/" + "x" * 2000, "https://tíll.example/", "https://[broken/",
    ],
)  # fmt: skip
def test_calls_go_nowhere_else(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(url, inside=False)


@pytest.mark.parametrize(
    "url", ["https://10.0.0.8/", "http://127.0.0.1:9000/hooks", "http://localhost/", "http://[::1]/"]
)
def test_inside_is_allowed_where_it_was_meant_and_plain_only_on_this_machine(url: str) -> None:
    assert check_address(url, inside=True) == url
    with pytest.raises(AddressRefused):
        check_address("http://10.0.0.8/", inside=True)


@pytest.mark.parametrize("host", ["till.example", "0x7f000001", "127.1"])
def test_what_is_no_numeric_address_is_decided_where_it_is_looked_up(host: str) -> None:
    assert not is_inside(host)


def test_pauses_grow_to_a_day_in_all_and_then_the_call_is_given_up() -> None:
    pauses = [pause_after(attempt) for attempt in range(1, 13)]
    told = [pause for pause in pauses if pause is not None]
    assert told == sorted(told)
    assert len(told) == len(PAUSES) == pauses.index(None)
    assert timedelta(hours=23) < sum(told, timedelta()) < timedelta(hours=25)


@given(st.integers(1, len(PAUSES)), st.floats(0, 1))
def test_chance_moves_a_pause_by_a_tenth_at_most(attempts: int, share: float) -> None:
    pause = pause_after(attempts, share=share)
    assert pause is not None
    assert abs(pause / PAUSES[attempts - 1] - 1) < 0.11


def test_a_receiver_is_left_alone_as_long_as_it_asks_but_not_for_ever() -> None:
    assert pause_after(1, asked=timedelta(minutes=7)) == timedelta(minutes=7)
    assert pause_after(1, asked=timedelta(days=400)) == PAUSES[-1]
