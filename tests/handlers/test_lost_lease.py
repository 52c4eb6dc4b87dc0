"""Numbers typed below a message that was sent once more, because who sent it first was not heard of in time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services import dispatch
from storage.outbox import LEASE
from tests.handlers.counter import Counter, Person, keys
from tests.handlers.postman import bring, take
from tests.handlers.test_choices import push


@pytest.mark.parametrize("refused", [True, False])
async def test_a_late_word_of_the_first_sender_leaves_the_choices_that_the_second_one_showed(
    counter: Counter, *, refused: bool
) -> None:
    amy = Person(counter, "telegram", "Amy")
    await amy.press("join")
    await amy.press("points")
    await push(amy, "tier", "coupons")
    first = (await take(counter))[-1]
    counter.pass_by(seconds=LEASE.total_seconds() + 1)
    assert await counter.db.write(dispatch.lose, now=counter.now)
    second = await take(counter)
    assert [(one.id, one.epoch) for one in second] == [(first.id, first.epoch + 1)]
    await bring(counter, *second)
    now, later = counter.now, counter.now + timedelta(minutes=1)
    if refused:
        assert not await counter.db.write(dispatch.refused, first, "blocked", person=False, now=now)
    else:
        assert not await counter.db.write(dispatch.put_back, first, "busy", until=later, tried=True, now=now)
    counter.pass_by(seconds=10)
    assert keys(await amy.say("2")) == keys(await amy.press("coupons"))
