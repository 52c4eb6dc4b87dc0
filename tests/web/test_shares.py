"""The counting itself: never more than a share in a minute, whoever asks and however unevenly."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from web.limits import Shares, TooOften, address_of


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 8))
def test_an_exact_share_is_never_exceeded_in_any_minute(pauses: list[float], share: int) -> None:
    now, taken = 0.0, list[float]()
    shares = Shares(share, exact=True, clock=lambda: now)
    for pause in pauses:
        now += pause
        try:
            shares.take("till")
        except TooOften:
            continue
        taken.append(int(now * 1000))
        assert sum(1 for at in taken if at > int(now * 1000) - 60_000) <= share


@given(st.integers(1, 50), st.booleans())
def test_whoever_waits_as_long_as_told_gets_through(share: int, exact: bool) -> None:  # noqa: FBT001 -- drawn
    now = 0.0
    shares = Shares(share, exact=exact, clock=lambda: now)
    for _ in range(share):
        shares.take("till")
    with pytest.raises(TooOften) as often:
        shares.take("till")
    shares.take("another")
    now += often.value.seconds
    shares.take("till")


@pytest.mark.parametrize(
    ("peer", "told", "address"),
    [
        ("10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("2001:db8:1:2:3::4", "", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "", "203.0.113.9"),
        ("testing", "", "-"),
    ],
)
async def test_only_a_trusted_proxy_is_believed_whose_address_it_is(peer: str, told: str, address: str) -> None:
    async def say(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(address_of(scope))(scope, receive, send)

    behind = ProxyHeadersMiddleware(say, trusted_hosts="10.0.0.2")  # type: ignore[arg-type]
    transport = httpx.ASGITransport(behind, client=(peer, 1234))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
        answer = await client.get("/", headers={"X-Forwarded-For": told} if told else {})
    assert answer.text == address
