"""Whole ways over real HTTP: a phone of the rehearsal's WeChat, the callback, the messenger, the platform's API."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.wechat.capabilities import BY_KIND
from bot.wechat.menus import default_menu, staff_menu
from handlers.said import Said
from membership.messages import Button, Picture, Reply, plain
from playground.faults import Fault
from playground.wechat_api.bubbles import BROKEN
from tests.bot.wechat.conftest import Town
from tests.bot.wechat.stage import PlainWords

CARD = Reply(
    (plain("您的会员码"),),
    picture=Picture("card", {"digits": "1234567890"}),
    buttons=((Button(plain("刷新"), word="code again"), Button(plain("优惠券"), word="coupons")),),
)


def speak(said: Said) -> Reply | None:
    """A tiny shop: the card for the word code, else an echo."""
    if said.kind in {"leave", "note", "grant"}:
        return None
    if said.word.startswith("code") or said.text == "会员码":
        return CARD
    return Reply((plain(f"{said.kind} {said.text or said.word} {said.source} {' '.join(said.codes)}".strip()),))


@pytest.fixture
def shop(pushing: Town) -> Town:
    pushing.desk.answer = speak
    return pushing


async def test_the_platform_accepts_the_callbacks_address(shop: Town) -> None:
    assert await shop.wechat.handshake()


async def test_following_by_a_scene_code_is_answered_and_keeps_the_source(shop: Town) -> None:
    scene = await shop.setup.scene_ticket("table-7")

    await shop.wechat.start("oA", "table-7")
    await shop.wechat.scan("oA", scene.url)

    assert [bubble.text for bubble in shop.bubbles()] == ["follow  table-7", "follow  table-7"]
    assert {said.window for said in shop.desk.taken} == {"short"}


async def test_the_card_comes_as_a_picture_and_its_choices_after_it_can_be_tapped(shop: Town) -> None:
    await shop.wechat.start("oA")
    await shop.wechat.say("oA", "会员码")
    await shop.callback.close()

    _, picture, choices = shop.bubbles()
    assert picture.kind == "image"
    assert choices.text == "您的会员码\n\n1 刷新\n2 优惠券"
    content, kind = shop.wechat.image(picture.image)
    assert kind == "image/png"
    assert b"1234567890" in content

    await shop.wechat.press("oA", choices.id, "coupons")
    assert (shop.desk.taken[-1].kind, shop.desk.taken[-1].word) == ("press", "coupons")
    await shop.wechat.press("oA", choices.id, "code again")
    assert shop.desk.taken[-1].word == "code again"


async def test_the_same_picture_is_uploaded_once_and_again_when_the_platform_has_forgotten_it(shop: Town) -> None:
    await shop.wechat.start("oA")
    for _ in range(3):
        await shop.wechat.say("oA", "会员码")
    assert shop.calls("media/upload") == 1

    shop.clock.step(timedelta(days=3))
    await shop.wechat.say("oA", "会员码")
    await shop.callback.close()

    assert shop.calls("media/upload") == 2
    assert BROKEN not in [bubble.text for bubble in shop.bubbles()]


async def test_a_staff_menu_scan_is_answered_in_the_same_request(shop: Town) -> None:
    words = PlainWords()
    await shop.wechat.start("oA")
    await shop.setup.set_menus(default_menu(words, "zh"), {"员工": staff_menu(words, "zh", role="cashier")})
    await shop.setup.show_menu("oA", "cashier")
    await shop.wechat.scan("oA", "M1-ABCDEF", key="scan")

    assert shop.bubbles()[-1].text == "scan scan  M1-ABCDEF"


async def test_a_photo_is_fetched_from_the_platform_and_read_before_the_turn(shop: Town) -> None:
    await shop.wechat.start("oA")
    await shop.wechat.photo("oA", b"\x89PNG\r\n\x1a\n" + b"x" * 92)

    assert shop.desk.taken[-1].codes == ("100 bytes",)
    assert len(shop.desk.taken[-1].picture) == 100


async def test_a_handler_slower_than_wechats_patience_gives_one_effect_and_one_reply(shop: Town) -> None:
    await shop.wechat.start("oA")
    shop.desk.seconds = 1.0  # with an answer limit of 0.4 s: as 8 s is to 4.5 s
    shop.wechat.pusher.retry_pause_seconds = 0.05

    await shop.wechat.say("oA", "核销")
    await shop.callback.close()

    deliveries = shop.inspector.named("push/text")
    assert [call.status for call in deliveries] == [503, 503, 200]
    assert [bubble.text for bubble in shop.bubbles()][1:] == ["text 核销"]
    assert [said.text for said in shop.desk.taken] == ["", "核销"]


async def test_a_picture_drawn_too_slowly_arrives_by_customer_service_message(shop: Town) -> None:
    await shop.wechat.start("oA")
    shop.brush.seconds = 0.7

    await shop.wechat.say("oA", "会员码")
    await shop.callback.close()

    assert [bubble.kind for bubble in shop.bubbles()][1:] == ["image", "text"]
    assert shop.calls("message/custom/send") == 2


async def test_an_answer_lost_on_its_way_is_given_again_and_nothing_follows_twice(shop: Town) -> None:
    await shop.wechat.start("oA")
    shop.faults.plan(Fault("duplicate"))

    await shop.wechat.say("oA", "会员码")
    await shop.callback.close()

    assert [bubble.kind for bubble in shop.bubbles()][1:] == ["image", "text"]
    assert shop.calls("message/custom/send") == 1
    assert len(shop.desk.settled) == 2


@pytest.mark.parametrize("kind", ["service", "subscription", "unverified"])
async def test_each_kind_of_account_has_a_usable_path_to_the_card(shop: Town, kind: str) -> None:
    shop.wechat.kind = kind  # type: ignore[assignment] # one of the three
    shop.messenger.capabilities = await shop.setup.capabilities("auto")
    await shop.wechat.start("oA")

    await shop.wechat.say("oA", "会员码")
    await shop.callback.close()

    assert shop.messenger.capabilities == BY_KIND[kind]  # type: ignore[index] # one of the three
    text = next(bubble for bubble in shop.bubbles()[1:] if bubble.kind == "text")
    assert text.text == "您的会员码\n\n1 刷新\n2 优惠券"
    assert BROKEN not in [bubble.text for bubble in shop.bubbles()]


async def test_an_account_not_yet_known_to_be_unverified_answers_with_words_at_once(shop: Town) -> None:
    shop.wechat.kind = "unverified"
    await shop.wechat.start("oA")

    await shop.wechat.say("oA", "会员码")

    assert shop.bubbles()[-1].text == "您的会员码\n\n1 刷新\n2 优惠券"


@pytest.mark.parametrize(
    "text",
    [
        "]]></Content><MsgType><![CDATA[image]]>",
        "]]]]><![CDATA[>",
        '<a href="https://evil.example">tap</a>',
        "bell \x07 and \x00 nul, \x1b[31m escape",
        "& < > \" ' &amp; <![CDATA[",
    ],
)
async def test_nothing_typed_breaks_the_answer_that_repeats_it(shop: Town, text: str) -> None:
    await shop.wechat.start("oA")

    await shop.wechat.say("oA", text)

    answer = shop.bubbles()[-1]
    assert answer.author == "shop"
    assert answer.spans == []
    assert answer.text.startswith("text ")
    assert not any(letter < " " for letter in answer.text)


async def test_leaving_and_finished_jobs_are_acknowledged_without_an_answer(shop: Town) -> None:
    await shop.wechat.start("oA")
    await shop.wechat.happen("oA", "TEMPLATESENDJOBFINISH", {"MsgID": 5, "Status": "failed:user block"})
    await shop.wechat.stop("oA")

    assert [(said.kind, said.word) for said in shop.desk.taken[1:]] == [
        ("note", "template 5 failed:user block"),
        ("leave", ""),
    ]
    assert {call.status for call in shop.inspector.named("push/event/unsubscribe")} == {200}
