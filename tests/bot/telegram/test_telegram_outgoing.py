"""What leaves the shop, seen on the rehearsal's phones."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.telegram.keyboards import Place
from membership.messages import Button, Message, Picture, Reply, plain, say
from playground.faults import Fault, Kind
from scheduler.messenger import NotSent, Uncertain, Undeliverable
from tests.bot.telegram.house import ACCOUNT, MEI, TOM, House, png

CARD = Picture("card")
POSTER = Picture("poster")
POINTS = Button(say("menu.points"), word="points")


@pytest.fixture(autouse=True)
async def mei_has_started(house: House) -> None:
    await house.phones.start(MEI)


async def test_paragraphs_are_one_message_and_buttons_stand_under_it(house: House) -> None:
    rows = (
        (POINTS, Button(plain("Help"), word="help")),
        (Button(plain("Card"), page="/card"), Button(plain("Site"), url="https://cafe.example/menu")),
        (Button(plain("Invite"), url="start:REF123"),),
    )
    sent = await house.send(Reply((say("points.balance", points=120), plain("Enjoy!")), buttons=rows))
    bubble = house.shop_bubbles()[0]
    assert sent.platform_id == bubble.id
    assert bubble.text == "points.balance/en 120\n\nEnjoy!"
    assert bubble.buttons == [
        [{"text": "menu.points/en", "data": "points"}, {"text": "Help", "data": "help"}],
        [
            {"text": "Card", "web_app": "https://cafe.example/card"},
            {"text": "Site", "url": "https://cafe.example/menu"},
        ],
        [{"text": "Invite", "url": "https://t.me/memberbot_cafe_bot?start=REF123"}],
    ]


@pytest.mark.parametrize("name", ["<a href=tg://user?id=1>x</a>", "*_[", "&lt;", "</b>", "`code`", "<b", "a & b"])
async def test_a_name_full_of_marks_is_shown_as_it_is(house: House, name: str) -> None:
    await house.send(Reply((say("hello", name=name),)))
    bubble = house.shop_bubbles()[0]
    assert bubble.text == f"hello/en {name}"
    assert not [span for span in bubble.spans if span[2] in {"bold", "italic", "code", "link"}]


async def test_marks_telegram_refuses_are_dropped_once_and_loudly(house: House) -> None:
    with capture_logs() as logs:
        await house.send(Reply((Message("marked", {"text": "<b>5 < 6 & <x>y</b>"}),)))
    assert len(house.shop_bubbles()) == 1
    assert "5 < 6 &" in house.shop_bubbles()[0].text
    assert [(line["event"], line["log_level"]) for line in logs] == [("telegram_marks_refused", "critical")]


async def test_marks_refused_twice_end_as_undeliverable(house: House) -> None:
    house.faults.plan(Fault("400", count=2))
    with capture_logs(), pytest.raises(Undeliverable) as no:
        await house.send(Reply((plain("x"),)))
    assert no.value.person is False
    assert house.calls("sendMessage") == 2


async def test_a_picture_carries_its_words_and_buttons(house: House) -> None:
    await house.send(Reply((plain("Your card"),), picture=CARD, buttons=((POINTS,),)))
    bubble = house.shop_bubbles()[0]
    assert (bubble.kind, bubble.text) == ("image", "Your card")
    assert house.phones.image(bubble.image)[0] == png(120)
    assert bubble.buttons == [[{"text": "menu.points/en", "data": "points"}]]


async def test_words_too_long_for_a_picture_follow_it_and_keep_the_buttons(house: House) -> None:
    await house.send(Reply((plain("Terms"), plain("x" * 2000)), picture=CARD, buttons=((POINTS,),)))
    photo, text = house.shop_bubbles()
    assert (photo.text, photo.buttons) == ("Terms", [])
    assert (text.text, bool(text.buttons)) == ("x" * 2000, True)


async def test_a_picture_sent_before_is_sent_by_the_id_telegram_gave(house: House) -> None:
    await house.send(Reply(picture=POSTER))
    await house.send(Reply(picture=POSTER))
    photos = [call.request["photo"] for call in house.inspector.named("sendPhoto")]
    assert photos[0].startswith("attach://")
    assert photos[1].startswith("AgAC")
    assert [house.phones.image(bubble.image)[0] for bubble in house.shop_bubbles()] == [png(), png()]


async def test_an_id_telegram_forgot_is_replaced_by_one_upload(house: House) -> None:
    await house.send(Reply(picture=POSTER))
    house.phones.reset()
    await house.phones.start(MEI)
    await house.send(Reply(picture=POSTER))
    await house.send(Reply(picture=POSTER))
    kinds = ["upload" if c.request["photo"].startswith("attach") else "id" for c in house.inspector.named("sendPhoto")]
    assert kinds == ["upload", "id", "upload", "id"]
    assert len(house.shop_bubbles()) == 2


async def test_a_card_is_new_each_time_and_not_remembered(house: House) -> None:
    await house.send(Reply(picture=CARD))
    await house.send(Reply(picture=CARD))
    sent = [call.request["photo"].startswith("attach://") for call in house.inspector.named("sendPhoto")]
    assert sent == [True, True]


async def test_a_document_arrives_under_its_name(house: House) -> None:
    await house.send(Reply((plain("Your data"),), document=("me.json", '{"点": 1}')))
    bubble = house.shop_bubbles()[0]
    assert (bubble.kind, bubble.text, bubble.title) == ("document", "Your data", "me.json")
    assert house.phones.image(bubble.document)[0] == '{"点": 1}'.encode()


async def test_a_contact_is_asked_for_with_the_phones_own_keys(house: House) -> None:
    await house.send(Reply((plain("Your phone?"),), buttons=((Button(plain("Share"), contact=True),),)))
    assert [bubble.text for bubble in house.shop_bubbles()] == ["Your phone?"]
    assert house.phones.screen(MEI).keyboard == [[{"text": "Share", "request_contact": True}]]
    await house.phones.contact(MEI)
    assert house.phones.screen(MEI).keyboard == []


async def test_a_contact_and_other_buttons_need_a_message_each(house: House) -> None:
    rows = ((Button(plain("Share"), contact=True),), (Button(plain("Skip"), word="skip"),))
    await house.send(Reply((plain("Your phone?"),), buttons=rows))
    assert [(bubble.text, len(bubble.buttons)) for bubble in house.shop_bubbles()] == [("Your phone?", 1), ("Share", 0)]
    assert house.phones.screen(MEI).keyboard == [[{"text": "Share", "request_contact": True}]]


async def test_a_reply_with_nothing_to_see_calls_nobody(house: House) -> None:
    assert (await house.send(Reply(toast=plain("done")))).platform_id == ""
    assert not house.inspector.named("sendMessage")


async def test_an_edit_changes_the_message_in_place(house: House) -> None:
    first = await house.send(Reply((plain("one"),), buttons=((POINTS,),)))
    second = await house.send(Reply((plain("two"),)), edits=first.platform_id)
    assert second == first
    assert [(bubble.text, bubble.buttons) for bubble in house.shop_bubbles()] == [("two", [])]


async def test_an_edit_to_the_same_is_no_error(house: House) -> None:
    first = await house.send(Reply((plain("one"),)))
    assert await house.send(Reply((plain("one"),)), edits=first.platform_id) == first


async def test_a_picture_takes_the_place_of_a_picture(house: House) -> None:
    first = await house.send(Reply((plain("old"),), picture=CARD, buttons=((POINTS,),)))
    await house.send(Reply((plain("new"),), picture=Picture("card", {"width": 200})), edits=first.platform_id)
    (bubble,) = house.shop_bubbles()
    assert (bubble.text, house.phones.image(bubble.image)[0]) == ("new", png(200))


async def test_a_text_cannot_take_the_place_of_a_picture_so_it_comes_new(house: House) -> None:
    first = await house.send(Reply((plain("card"),), picture=CARD, buttons=((POINTS,),)))
    second = await house.send(Reply((plain("text"),), buttons=((POINTS,),)), edits=first.platform_id)
    old, new = house.shop_bubbles()
    assert (old.buttons, new.text, new.id) == ([], "text", second.platform_id)


async def test_a_message_gone_from_the_chat_is_sent_anew(house: House) -> None:
    await house.send(Reply((plain("here again"),)), edits="999")
    assert [bubble.text for bubble in house.shop_bubbles()] == ["here again"]


async def test_a_long_edit_changes_the_first_message_and_adds_the_rest(house: House) -> None:
    first = await house.send(Reply((plain("short"),)))
    await house.send(Reply((plain("a" * 3000), plain("b" * 3000)), buttons=((POINTS,),)), edits=first.platform_id)
    assert [(bubble.text[0], bool(bubble.buttons)) for bubble in house.shop_bubbles()] == [("a", False), ("b", True)]


async def test_asking_for_a_contact_never_needs_an_edited_message(house: House) -> None:
    first = await house.send(Reply((plain("Profile"),), buttons=((POINTS,),)))
    asks = Reply((plain("Your phone?"),), buttons=((Button(plain("Share"), contact=True),),))
    await house.send(asks, edits=first.platform_id)
    assert [bubble.text for bubble in house.shop_bubbles()] == ["Your phone?", "Share"]
    assert house.phones.screen(MEI).keyboard


async def test_an_edit_whose_answer_was_lost_is_made_again(house: House) -> None:
    first = await house.send(Reply((plain("one"),)))
    house.faults.plan(Fault("reset", match="edit"))
    assert await house.send(Reply((plain("two"),)), edits=first.platform_id) == first
    assert [bubble.text for bubble in house.shop_bubbles()] == ["two"]


@pytest.mark.parametrize("kind", ["502", "html", "cut", "reset"])
async def test_a_message_whose_answer_was_lost_is_uncertain_and_sent_once(house: House, kind: Kind) -> None:
    house.faults.plan(Fault(kind))
    with pytest.raises(Uncertain):
        await house.send(Reply((plain("receipt"),)))
    assert house.calls("sendMessage") == 1


async def test_too_many_requests_are_not_sent_and_tell_how_long_to_wait(house: House) -> None:
    house.faults.plan(Fault("429", retry_after=35))
    with pytest.raises(NotSent) as no:
        await house.send(Reply((plain("offer"),)))
    assert (no.value.after, no.value.scope) == (35, "bot")
    assert house.shop_bubbles() == []


async def test_no_call_goes_out_before_telegrams_silence_is_over(house: House) -> None:
    house.faults.plan(Fault("429", retry_after=35))
    with pytest.raises(NotSent):
        await house.send(Reply((plain("offer"),)))
    for seconds, left in ((0, 35), (30, 5)):
        house.clock.step(timedelta(seconds=seconds))
        with pytest.raises(NotSent) as no:
            await house.send(Reply((plain("reply"),)))
        assert left - 3 <= no.value.after <= left
        assert no.value.scope == "bot"
    assert house.calls("sendMessage") == 1
    assert len(await house.bot.updates_since(None, seconds=0)) == 1  # hearing goes on
    house.clock.step(timedelta(seconds=5))
    await house.send(Reply((plain("reply"),)))
    assert [bubble.text for bubble in house.shop_bubbles()] == ["reply"]


@pytest.mark.parametrize("user", [MEI, "5999", TOM], ids=["blocked us", "unknown", "never started"])
async def test_who_is_not_there_is_tried_once_and_the_person_is_named(house: House, user: str) -> None:
    await house.phones.stop(MEI)
    with pytest.raises(Undeliverable) as no:
        await house.send(Reply((plain("offer"),)), user=user)
    assert no.value.person is True
    assert house.calls("sendMessage") == 1


async def test_trouble_after_the_first_part_is_uncertain_lest_it_be_said_twice(house: House) -> None:
    house.faults.plan(Fault("429", match="sendMessage"))
    with pytest.raises(Uncertain):
        await house.send(Reply((plain("Terms"), plain("x" * 2000)), picture=CARD))
    assert [bubble.kind for bubble in house.shop_bubbles()] == ["image"]


async def test_without_a_public_address_pages_are_left_out(house: House) -> None:
    place = Place("memberbot_cafe_bot")
    house.messenger = type(house.messenger)(house.bot, house.words, house.painter, house.notebook, place=place)
    await house.send(Reply((plain("x"),), buttons=((Button(plain("Card"), page="/card"),),)))
    assert house.shop_bubbles()[0].buttons == []


@pytest.mark.parametrize(("http_pages", "opened"), [(False, "url"), (True, "web_app")])
async def test_pages_without_https_open_in_the_browser_but_on_a_test_server(
    house: House, *, http_pages: bool, opened: str
) -> None:
    place = Place("memberbot_cafe_bot", "http://127.0.0.1:8080/", http_pages)
    house.messenger = type(house.messenger)(house.bot, house.words, house.painter, house.notebook, place=place)
    await house.send(Reply((plain("x"),), buttons=((Button(plain("Card"), page="/card"),),)))
    assert house.shop_bubbles()[0].buttons == [[{"text": "Card", opened: "http://127.0.0.1:8080/card"}]]


async def test_uploaded_media_are_kept_by_account(house: House) -> None:
    await house.send(Reply(picture=POSTER))
    digest = hashlib.sha256(png()).hexdigest()
    assert await house.notebook.find_media(ACCOUNT, digest)
    assert await house.notebook.find_media("7000002", digest) is None
