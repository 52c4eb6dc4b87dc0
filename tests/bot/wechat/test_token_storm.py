"""Many callers whose token is refused at the same moment: one fetches a new one, and nobody turns in circles."""

from __future__ import annotations

import asyncio

import pytest

from bot.wechat.calls import Refusal
from playground.faults import Fault
from tests.bot.wechat.conftest import Town


async def test_ten_callers_whose_token_is_refused_fetch_one_and_repeat_once_each(town: Town) -> None:
    await town.tokens.get()
    town.wechat.revoke_tokens()

    answers = await asyncio.gather(*(town.client.ask("tags/get") for _ in range(10)))

    assert len(answers) == 10
    assert all("tags" in answer for answer in answers)
    assert (town.calls("stable_token"), town.calls("tags/get")) == (2, 20)


async def test_a_platform_that_refuses_every_token_is_asked_twice_and_no_more(town: Town) -> None:
    town.faults.plan(Fault("errcode", count=99, match="tags/get", code=40001))

    with pytest.raises(Refusal):
        await town.client.ask("tags/get")

    assert town.calls("tags/get") == 2
    assert town.calls("stable_token") <= 3
