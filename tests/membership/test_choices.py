"""What a typed number means where an answer and pushed messages stand on one screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.choices import Meant, Pushed, Screen, Typed, meant, number_of, typed_at
from membership.messages import Button, say

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def pushed(
    words: str, since: float, seen: float | None = None, *, took: float = 0.5, lost: bool = False, marked: bool = False
) -> Pushed:
    """A list of one-letter words that began to leave at this second, and was there after some time."""
    arrived = None if lost else at(since + took if seen is None else seen)
    buttons = tuple(Button(say("x"), word=word) for word in words)
    return Pushed(words, buttons, marked, at(since), arrived)


def told(found: Meant) -> tuple[str, bool]:
    """Return the words a number may mean, and whether it is sure."""
    return "".join(one if isinstance(one, str) else one.word for one in found.choices), found.sure


SCREEN = Screen(("A", "B", "C"), at(0))
ASKED = Screen(("A",), at(0), asks=True, open=True)
DEAL = Screen(("A", "B"), at(0), open=True)
RATING = pushed("vwxyz", 100)


@pytest.mark.parametrize(
    ("typed", "screen", "lists", "expected"),
    [
        pytest.param((2, 200), SCREEN, [], ("B", True), id="no push: the last answer's list"),
        pytest.param((4, 200), SCREEN, [], ("", False), id="no such line"),
        pytest.param((0, 200), SCREEN, [RATING], ("", False), id="nought is no line"),
        pytest.param((2, 200), SCREEN, [RATING], ("w", True), id="read long ago: the push"),
        pytest.param((2, 102), SCREEN, [RATING], ("wB", False), id="just arrived: which?"),
        pytest.param((5, 102), SCREEN, [RATING], ("z", True), id="just arrived, but only it has a five"),
        pytest.param((2, 99), SCREEN, [RATING], ("wB", False), id="typed before it left: clocks differ, so which?"),
        pytest.param(
            (2, 130), SCREEN, [pushed("vw", 100, lost=True)], ("wB", False), id="nobody knows whether it came"
        ),
        pytest.param((3, 200), SCREEN, [pushed("vw", 100)], ("C", False), id="only the list above has a three: sure?"),
        pytest.param((2, 200), SCREEN, [pushed("vB", 100)], ("B", True), id="the push says the same"),
        pytest.param((2, 102), SCREEN, [pushed("vB", 100)], ("B", True), id="both say the same: no matter which"),
        pytest.param((1, 200), SCREEN, [pushed("v", 100), pushed("w", 110)], ("w", True), id="the newest of two"),
        pytest.param((1, 112), SCREEN, [pushed("v", 100), pushed("w", 110)], ("wv", False), id="newest just came"),
        pytest.param(
            (1, 101), SCREEN, [pushed("v", 100), pushed("w", 100.2)], ("wvA", False), id="a burst: which of 3?"
        ),
        pytest.param((2, 200), SCREEN, [pushed("vw", 100), pushed("x", 110)], ("w", False), id="the one before: sure?"),
        pytest.param((2, 300), Screen(("A", "B"), at(250)), [RATING], ("B", True), id="answered since: the answer"),
        pytest.param((5, 300), Screen(("A", "B"), at(250)), [RATING], ("z", False), id="above the answer: sure?"),
        pytest.param((2, 300), Screen(("A", "B"), at(100.8)), [RATING], ("wB", False), id="crossed the answer: which?"),
        pytest.param((1, 300), Screen(), [RATING], ("v", True), id="nothing was ever answered"),
    ],
)
def test_the_list_seen_last_counts_and_doubt_asks(
    typed: tuple[int, float], screen: Screen, lists: list[Pushed], expected: tuple[str, bool]
) -> None:
    number, second = typed
    assert told(meant(Typed(number, hashed=False, at=at(second)), screen, lists)) == expected


@pytest.mark.parametrize(
    ("typed", "screen", "lists", "expected"),
    [
        pytest.param("5", ASKED, [pushed("vwxyz", 100, marked=True)], ("", False), id="the answer to the question"),
        pytest.param("#5", ASKED, [pushed("vwxyz", 100, marked=True)], ("z", True), id="marked: the push"),
        pytest.param("#1", ASKED, [], ("A", True), id="the question's own choice"),
        pytest.param("#1", ASKED, [pushed("v", 199, marked=True)], ("vA", False), id="marked, just arrived: which?"),
        pytest.param("2", DEAL, [pushed("vw", 100, marked=True)], ("B", True), id="a deal keeps its plain numbers"),
        pytest.param("#2", DEAL, [pushed("vw", 100, marked=True)], ("w", True), id="and the push its marked ones"),
        pytest.param("#2", DEAL, [], ("B", True), id="a mark too many does no harm"),
        pytest.param("#2", DEAL, [pushed("vw", -50, marked=True)], ("w", True), id="marked before the deal went on"),
        pytest.param("1", DEAL, [pushed("v", 0.3)], ("vA", False), id="crossed the deal's screen: which?"),
        pytest.param("1", ASKED, [pushed("v", 0.3)], ("v", False), id="crossed the question: a choice or the answer?"),
        pytest.param("9", ASKED, [pushed("v", 0.3)], ("", False), id="crossed it, but has no nine: the answer"),
    ],
)
def test_what_is_open_keeps_the_plain_numbers(
    typed: str, screen: Screen, lists: list[Pushed], expected: tuple[str, bool]
) -> None:
    number = number_of(typed)
    assert number is not None
    assert told(meant(Typed(*number, at=at(200)), screen, lists)) == expected


def test_a_question_left_open_for_long_gives_its_plain_numbers_to_a_later_push() -> None:
    later = pushed("vwxyz", 3600)
    assert told(meant(Typed(5, hashed=False, at=at(3700)), ASKED, [later])) == ("z", True)
    in_doubt = meant(Typed(5, hashed=False, at=at(3601)), ASKED, [later])
    assert (told(in_doubt), in_doubt.else_answer) == (("z", False), True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", (5, False)), (" 12 ", (12, False)), ("#5", (5, True)), ("＃ 5", (5, True)), ("1234", None),
        ("five", None), ("", None), ("#", None), ("-1", None), ("1.5", None), ("٥", None), ("##1", None),
    ],
)  # fmt: skip
def test_a_short_number_is_one_of_ascii_digits(text: str, expected: tuple[int, bool] | None) -> None:
    assert number_of(text) == expected


def test_the_platforms_time_is_believed_as_far_as_it_can_be_true() -> None:
    assert typed_at(at(-5), at(0)) == at(-5)  # came with WeChat's second try
    assert typed_at(at(9), at(0)) == at(0)
    assert typed_at(at(-900), at(0)) == at(-20)  # that clock goes wrong


SECONDS = st.integers(0, 300)
LISTS = st.lists(
    st.builds(
        lambda words, since, took, lost, marked: pushed(words, since, took=took, lost=lost, marked=marked),
        st.sampled_from(["v", "vw", "vwxyz", "A", "pq"]),
        SECONDS,
        st.sampled_from([0.1, 2.0, 30.0]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=3,
)


SCREENS = st.builds(
    lambda words, since, kind: Screen(tuple(words), at(since), asks=kind == "question", open=kind != "nothing"),
    st.sampled_from(["", "A", "ABC", "AB"]),
    SECONDS,
    st.sampled_from(["nothing", "deal", "question"]),
)
TYPED = st.builds(Typed, st.integers(0, 6), st.booleans(), SECONDS.map(at))


@given(typed=TYPED, screen=SCREENS, lists=LISTS)
def test_a_number_never_acts_where_another_list_was_just_arriving(
    typed: Typed, screen: Screen, lists: list[Pushed]
) -> None:
    """Where the number is taken for sure, no other list that came within two seconds has another line of it."""
    found = meant(typed, screen, lists)
    if found.sure:
        [choice] = found.choices
        word = choice if isinstance(choice, str) else choice.word
        assert set(arriving(typed, screen, lists)) <= {word}


def arriving(typed: Typed, screen: Screen, lists: list[Pushed]) -> list[str]:
    """Return the lines of this number in lists of the same marks that arrived, below the answer, while it was typed."""
    assert screen.since is not None
    below = [one for one in lists if one.since > screen.since and one.marked is typed.hashed]
    fresh = [one for one in below if one.seen is not None and abs((typed.at - one.seen).total_seconds()) < 2]
    return [button.word for one in fresh if (button := one.at(typed.number)) is not None]
