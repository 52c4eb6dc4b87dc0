"""Updates as the Bot API documents them, and what each says to the shop."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.said import Photo, Unreadable, hear
from handlers.said import Said
from membership.member import Identity

HERE = Path(__file__).parent / "payloads"
NOW = datetime(2026, 3, 2, 9, 31, tzinfo=UTC)
SAID_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def payload(name: str) -> Any:
    return json.loads((HERE / f"{name}.json").read_text())


def said(body: Any) -> Said | None:
    return hear(body, account="7000001", now=NOW).said


def photo(body: Any) -> Photo | None:
    return hear(body, account="7000001", now=NOW).photo


def heard(name: str) -> Said:
    result = said(payload(name))
    assert result is not None
    return result


def test_a_text_says_who_when_and_what() -> None:
    assert heard("text") == Said(
        event="telegram:7000001:871460001",
        identity=Identity("telegram", "7000001", "5001"),
        kind="text",
        at=SAID_AT,
        text="积分",
        name="小美 Wang",
        language="zh-hans",
    )


def test_start_carries_the_deep_links_payload_as_source() -> None:
    start = heard("start")
    assert (start.kind, start.text, start.source) == ("text", "/start M1-AEBQ_poster", "M1-AEBQ_poster")


def test_a_command_named_for_this_bot_is_the_plain_command() -> None:
    assert (heard("command_named").text, heard("command_named").source) == ("/Code now", "")


def test_a_press_says_the_buttons_word_and_names_the_pressed_message() -> None:
    press = heard("press")
    assert (press.kind, press.word, press.pressed, press.at) == ("press", "coupons claim 4f", "40", NOW)


def test_a_press_under_a_message_too_old_to_be_shown_still_counts() -> None:
    assert (heard("press_old").word, heard("press_old").pressed) == ("points", "2")


@pytest.mark.parametrize("data", ["x" * 65, "点" * 22, None])
def test_a_forged_press_that_no_button_can_bring_says_nothing(data: str | None) -> None:
    body = payload("press")
    body["callback_query"]["data"] = data
    forged = said(body)
    assert forged is not None
    assert (forged.kind, forged.word) == ("press", "")


def test_a_photo_is_asked_for_in_its_largest_size() -> None:
    assert (heard("photo").kind, heard("photo").text) == ("photo", "her code")
    assert photo(payload("photo")) == Photo("AgACAgIAAxkBAAIx", 90411)


def test_a_picture_sent_as_a_file_is_a_photo_too() -> None:
    assert heard("picture_as_file").kind == "photo"
    assert photo(payload("picture_as_file")) == Photo("BQACAgIAAxkBAAIy", 20480)


def test_a_file_that_is_no_picture_is_not_fetched() -> None:
    body = payload("picture_as_file")
    body["message"]["document"]["mime_type"] = "application/pdf"
    assert photo(body) is None
    result = said(body)
    assert result is not None
    assert (result.kind, result.text) == ("text", "")


@pytest.mark.parametrize(
    ("name", "phone", "own"),
    [
        ("contact_own", "+8613800000001", True),
        ("contact_other", "+447700900123", False),
        ("contact_unknown", "+4915112345678", False),
    ],
)
def test_a_contact_is_own_only_when_it_is_the_senders(name: str, phone: str, own: bool) -> None:  # noqa: FBT001
    contact = heard(name)
    assert (contact.kind, contact.phone, contact.own) == ("contact", phone, own)


@pytest.mark.parametrize(("name", "kind"), [("blocked", "leave"), ("unblocked", "return")])
def test_blocking_is_leaving_and_unblocking_is_following(name: str, kind: str) -> None:
    assert heard(name).kind == kind


def test_a_sticker_is_met_like_words_nobody_understands() -> None:
    assert (heard("sticker").kind, heard("sticker").text) == ("text", "")


@pytest.mark.parametrize(
    "name",
    ["edited", "group_text", "group_command", "group_joined", "group_press", "channel_post", "pinned", "by_a_bot",
     "unheard_of"],
)  # fmt: skip
def test_what_nobody_tells_the_shop_is_passed_over(name: str) -> None:
    assert said(payload(name)) is None


@pytest.mark.parametrize(("name", "group"), [("group_command", -1001700000001), ("group_text", None), ("start", None)])
def test_only_a_command_in_a_group_is_shown_the_way(name: str, group: int | None) -> None:
    assert hear(payload(name), account="7000001", now=NOW).group == group


def test_the_same_update_has_the_same_event_and_another_account_another() -> None:
    body = payload("text")
    assert said(body) == said(json.loads(json.dumps(body)))
    other = hear(body, account="7000002", now=NOW).said
    assert other is not None
    assert other.event == "telegram:7000002:871460001"


def test_what_no_database_stores_is_taken_out_of_texts_and_names() -> None:
    body = payload("text")
    body["message"]["text"] = "a\x00b\ud83dc\ufeffd\U0001f600"
    body["message"]["from"]["first_name"] = "Mei\udc00\x00"
    result = said(body)
    assert result is not None
    assert (result.text, result.name) == ("abcd\U0001f600", "Mei Wang")


def test_nothing_is_said_later_than_now() -> None:
    body = payload("text")
    body["message"]["date"] += 86_400
    result = said(body)
    assert result is not None
    assert result.at == NOW


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"update_id": "871460001"},
        {"update_id": True},
        {"update_id": 1, "message": "text"},
        {"update_id": 1, "message": {"message_id": 1}},
        {"update_id": 1, "message": {"message_id": 1, "date": "now", "chat": {"id": 1, "type": "private"}}},
        {"update_id": 1, "message": {"message_id": 1, "date": 10**20, "chat": {"id": 1, "type": "private"}}},
        {"update_id": 1, "callback_query": []},
        {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": [], "from": 5}},
    ],
)
def test_json_that_is_no_update_is_unreadable(body: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        said(body)


LEAVES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just({}) | st.just([])
)


@given(
    name=st.sampled_from(sorted(path.stem for path in HERE.glob("*.json"))),
    where=st.integers(min_value=0),
    leaf=LEAVES,
)
def test_an_update_with_any_one_part_replaced_is_heard_or_unreadable(name: str, where: int, leaf: Any) -> None:
    body = payload(name)
    places = list(_places(body))
    holder, key = places[where % len(places)]
    holder[key] = leaf
    try:
        result = said(body)
    except Unreadable:
        return
    if result is not None:
        assert all(isinstance(text, str) for text in (result.text, result.word, result.name, result.language))
        assert result.at.tzinfo is not None


def _places(value: Any) -> Any:
    if isinstance(value, dict):
        for key, inner in list(value.items()):
            yield value, key
            yield from _places(inner)
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield value, number
            yield from _places(inner)
