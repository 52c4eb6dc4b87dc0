"""What is said survives being stored: every message comes back exactly as it was put in."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.messages import Button, Message, Picture, Question, Reply, pack, say, unpack, words
from membership.money import Money

plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(10**12), max_value=10**12),
    st.text(max_size=20),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.builds(Money, st.integers(min_value=-(10**12), max_value=10**12), st.sampled_from(["CNY", "JPY"])),
)
names = st.text("abcdefg_", min_size=1, max_size=8)
messages = st.recursive(
    st.builds(Message, names, st.dictionaries(names, plain, max_size=3)),
    lambda inner: st.builds(Message, names, st.dictionaries(names, st.lists(inner, max_size=2).map(tuple), max_size=2)),
    max_leaves=5,
)


@given(message=messages)
def test_a_message_comes_back_as_it_was(message: Message) -> None:
    assert unpack(json.loads(json.dumps(pack(message)))) == message


def test_a_whole_reply_comes_back_as_it_was() -> None:
    reply = Reply(
        messages=(say("points.balance", points=5, worth=Money(50, "CNY")),),
        picture=Picture("card", {"until": datetime(2026, 11, 22, tzinfo=UTC), "on": date(2026, 11, 22)}),
        buttons=((Button(say("button.points"), word="points"), Button(say("button.live"), page="/card")),),
        toast=say("toast.claimed"),
        question=Question("staff.amount", {"member": "m", "coupons": ("a", "b")}),
        document=("my-data.json", "{}"),
    )
    assert unpack(json.loads(json.dumps(pack(reply)))) == reply


def test_numbers_stand_for_words_in_order() -> None:
    row = (Button(say("a"), word="one"), Button(say("b"), url="https://example.com"), Button(say("c"), word="two"))
    assert words(Reply(buttons=(row,))) == ("one", "two")


def test_what_no_message_carries_is_refused() -> None:
    with pytest.raises(TypeError):
        pack(1.5)
