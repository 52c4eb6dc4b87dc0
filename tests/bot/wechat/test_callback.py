"""What WeChat gets back for each push, however it is delivered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from bot.wechat.callback import Limits
from bot.wechat.capabilities import BY_KIND
from handlers.said import Said
from membership.messages import Button, Picture, Reply, plain
from pictures.decoding import UnreadablePicture
from services.turns import Turn
from tests.bot.wechat.stage import (
    APP_ID,
    NOW,
    OPENID,
    PATH,
    SHOP,
    Counter,
    Speaker,
    event_xml,
    make_post,
    push_xml,
    text_xml,
)

FAST = Limits(answer=0.15, photo=0.1, rescue=0.2, follow=0.0)
CARD = Reply((plain("您的会员码"),), picture=Picture("card"), buttons=((Button(plain("刷新"), word="code"),),))


async def test_the_handshake_echoes_the_platforms_word_as_plain_text() -> None:
    post = make_post(Counter())
    stamp = str(int(NOW.timestamp()))
    query = {"timestamp": stamp, "nonce": "n", "signature": post.sealer.signature(stamp, "n"), "echostr": "5061"}

    got = await post.http.get(PATH, params=query)

    assert (got.status_code, got.text) == (200, "5061")
    assert got.headers["content-type"].startswith("text/plain")


async def test_a_text_is_answered_in_the_same_request_sealed_and_the_row_is_settled() -> None:
    desk = Counter()
    post = make_post(desk)

    got = await post.push(text_xml("积分"))
    inner = post.read(got)
    await post.callback.close()

    assert f"<ToUserName><![CDATA[{OPENID}]]></ToUserName>" in inner
    assert f"<FromUserName><![CDATA[{SHOP}]]></FromUserName>" in inner
    assert "<Content><![CDATA[heard 积分]]></Content>" in inner
    assert [row.id for row in desk.settled] == [f"wechat:{APP_ID}:22211872600753510"]
    assert desk.delivered == []


async def test_a_repeated_push_with_a_new_nonce_gets_the_first_reply_again_and_has_no_second_effect() -> None:
    desk = Counter()
    post = make_post(desk)

    answers = [post.read(await post.push(text_xml("签到"))) for _ in range(3)]
    await post.callback.close()

    assert answers[0] == answers[1] == answers[2]
    assert len(desk.taken) == len(desk.settled) == 1


async def test_another_instance_that_did_not_see_the_first_delivery_gives_the_stored_reply() -> None:
    desk = Counter()
    first, second = make_post(desk), make_post(desk)

    one, two = first.read(await first.push(text_xml("签到"))), second.read(await second.push(text_xml("签到")))
    await first.callback.close()
    await second.callback.close()

    assert one == two
    assert len(desk.taken) == len(desk.settled) == 1


async def test_a_slow_turn_is_put_off_with_503_and_three_deliveries_have_one_effect_and_one_reply() -> None:
    desk = Counter(seconds=0.35)
    post = make_post(desk, limits=FAST)

    started = time.monotonic()
    first = await post.push(text_xml("核销"))
    waited = time.monotonic() - started
    second = await post.push(text_xml("核销"))
    third = await post.push(text_xml("核销"))
    await post.callback.close()

    assert (first.status_code, second.status_code, third.status_code) == (503, 503, 200)
    assert waited < 0.3
    assert "heard 核销" in post.read(third)
    assert len(desk.taken) == len(desk.settled) == 1
    assert desk.delivered == []


async def test_a_turn_too_slow_for_every_delivery_is_answered_through_the_outbox_once() -> None:
    desk = Counter(seconds=0.6)
    post = make_post(desk, limits=FAST)

    statuses = [(await post.push(text_xml("核销"))).status_code for _ in range(3)]
    await post.callback.close()
    late = await post.push(text_xml("核销"))

    assert statuses == [503, 503, 503]
    assert len(desk.delivered) == 1
    assert desk.settled == []
    assert (late.status_code, late.text) == (200, "")


async def test_a_caller_that_hangs_up_leaves_a_whole_effect() -> None:
    desk = Counter(seconds=0.1)
    post = make_post(desk)

    hasty = asyncio.create_task(post.push(text_xml("积分")))
    await asyncio.sleep(0.03)
    hasty.cancel()
    await asyncio.gather(hasty, return_exceptions=True)
    got = await post.push(text_xml("积分"))
    await post.callback.close()

    assert "heard 积分" in post.read(got)
    assert len(desk.taken) == 1


async def test_a_picture_is_the_answer_and_its_words_and_choices_follow_once() -> None:
    desk, speaker = Counter(answer=lambda _: CARD), Speaker()
    post = make_post(desk, speaker)

    inner = post.read(await post.push(event_xml("CLICK", EventKey="code")))
    again = post.read(await post.push(event_xml("CLICK", EventKey="code")))
    await post.callback.close()

    assert "<MediaId><![CDATA[MEDIA-card]]></MediaId>" in inner
    assert inner == again
    assert len(speaker.followed) == len(desk.settled) == 1
    assert "您的会员码" in str(speaker.followed[0][1][0])


async def test_a_picture_that_is_not_ready_in_time_goes_through_the_outbox_and_never_twice() -> None:
    desk, speaker = Counter(answer=lambda _: CARD), Speaker(seconds=0.4)
    post = make_post(desk, speaker, limits=FAST)

    first = await post.push(event_xml("CLICK", EventKey="code"))
    await asyncio.sleep(0.5)
    second = await post.push(event_xml("CLICK", EventKey="code"))
    await post.callback.close()

    assert [(first.status_code, first.text), (second.status_code, second.text)] == [(200, ""), (200, "")]
    assert len(desk.delivered) == 1
    assert (desk.settled, speaker.followed) == ([], [])


async def test_after_a_restart_the_picture_is_answered_again_but_what_followed_it_is_not() -> None:
    desk, speaker = Counter(answer=lambda _: CARD), Speaker()
    before, after = make_post(desk, speaker, limits=FAST), make_post(desk, speaker, limits=FAST)

    first = before.read(await before.push(text_xml("会员码")))
    await before.callback.close()
    second = after.read(await after.push(text_xml("会员码")))
    await after.callback.close()

    assert first == second
    assert len(speaker.followed) == len(desk.settled) == 1


async def test_after_a_restart_a_picture_not_ready_in_time_is_asked_for_once_more() -> None:
    desk, speaker = Counter(answer=lambda _: CARD), Speaker(seconds=0.2)
    before, after = make_post(desk, limits=FAST), make_post(desk, speaker, limits=FAST)
    await before.push(text_xml("会员码"))
    await before.callback.close()

    late, ready = await after.push(text_xml("会员码")), await after.push(text_xml("会员码"))
    await after.callback.close()

    assert late.status_code == 503
    assert "MEDIA-card" in after.read(ready)
    assert desk.delivered == []


async def test_an_unverified_account_answers_with_words_where_others_send_the_picture() -> None:
    desk = Counter(answer=lambda _: CARD)
    post = make_post(desk, Speaker(can=BY_KIND["unverified"]))

    inner = post.read(await post.push(text_xml("会员码")))
    await post.callback.close()

    assert "<MsgType><![CDATA[text]]></MsgType>" in inner
    assert "您的会员码" in inner
    assert "刷新" in inner


@pytest.mark.parametrize(
    "xml",
    [
        event_xml("unsubscribe"),
        event_xml("TEMPLATESENDJOBFINISH", MsgID="200163836", Status="success"),
        event_xml("something_new_from_2031"),
        push_xml({"MsgType": "hologram", "MsgId": "7"}),
    ],
)
async def test_what_nobody_is_answered_for_is_stored_and_acknowledged_with_an_empty_body(xml: str) -> None:
    desk = Counter(answer=lambda _: None)
    post = make_post(desk)

    got = await post.push(xml)

    assert (got.status_code, got.text, len(desk.taken)) == (200, "", 1)


async def test_a_page_opened_from_the_menu_is_no_turn() -> None:
    desk = Counter()

    got = await make_post(desk).push(event_xml("VIEW", EventKey="https://shop.example/card"))

    assert (got.status_code, got.text, desk.taken) == (200, "", [])


async def test_thanks_for_a_grant_go_through_the_outbox_because_wechat_shows_no_answer_to_it() -> None:
    desk = Counter()
    post = make_post(desk)
    each = "<List><TemplateId>T1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString></List>"
    xml = event_xml("subscribe_msg_popup_event").replace(
        "</xml>", f"<SubscribeMsgPopupEvent>{each}{each.replace('T1', 'T2')}</SubscribeMsgPopupEvent></xml>"
    )

    got = await post.push(xml)
    await post.callback.close()

    assert got.text == ""
    assert [(said.kind, said.word) for said in desk.taken] == [("grant", "T1"), ("grant", "T2")]
    assert len(desk.delivered) == 1


async def test_the_codes_of_a_photo_are_read_before_the_turn() -> None:
    desk = Counter(answer=lambda said: Reply((plain(f"{said.codes} {said.refused}"),)))

    async def fetch(media_id: str) -> bytes:
        return f"photo {media_id}".encode()

    async def read_codes(picture: bytes) -> tuple[str, ...]:
        return (picture.decode(),)

    post = make_post(desk, fetch=fetch, read_codes=read_codes)
    got = await post.push(push_xml({"MsgType": "image", "MediaId": "M1", "PicUrl": "http://x/y", "MsgId": "9"}))

    assert "photo M1" in post.read(got)
    assert desk.taken[0].picture == b"photo M1"


async def _refuse(_: bytes) -> tuple[str, ...]:
    raise UnreadablePicture("not_a_picture")


async def _hang(_: bytes) -> tuple[str, ...]:
    await asyncio.sleep(5)
    return ()


@pytest.mark.parametrize(("reader", "reason"), [(_refuse, "not_a_picture"), (_hang, "timeout")])
async def test_a_photo_that_cannot_be_read_becomes_a_turn_with_the_reason(
    reader: Callable[..., object], reason: str
) -> None:
    desk = Counter()

    async def fetch(_: str) -> bytes:
        return b"x"

    post = make_post(desk, fetch=fetch, read_codes=reader, limits=FAST)
    got = await post.push(push_xml({"MsgType": "image", "MediaId": "M1", "MsgId": "9"}))

    assert got.status_code == 200
    assert (desk.taken[0].refused, desk.taken[0].codes) == (reason, ())


async def test_a_turn_that_cannot_be_stored_is_not_acknowledged_and_its_retry_begins_anew() -> None:
    class FullDisk(Counter):
        broken = True

        async def take(self, said: Said) -> Turn:
            if self.broken:
                raise OSError("disk full")
            return await super().take(said)

    desk = FullDisk()
    post = make_post(desk, limits=FAST)

    first = await post.push(text_xml("积分"))
    desk.broken = False
    second = await post.push(text_xml("积分"))
    await post.callback.close()

    assert first.status_code == 503
    assert "heard 积分" in post.read(second)


async def test_pushes_beyond_what_is_remembered_are_put_off_instead_of_piling_up() -> None:
    desk = Counter(seconds=0.3)
    post = make_post(desk, limits=Limits(answer=0.1, rescue=0.0, works=2))

    got = await asyncio.gather(*(post.push(text_xml("积分", number=number)) for number in range(5)))
    await post.callback.close()

    assert [answer.status_code for answer in got] == [503] * 5
    assert len(desk.taken) == 2


def statuses(answers: list[httpx.Response]) -> set[tuple[int, str, str]]:
    return {(answer.status_code, answer.text, answer.headers["content-type"]) for answer in answers}


async def test_nothing_unbelievable_reaches_the_desk_and_all_of_it_is_refused_alike() -> None:
    desk = Counter()
    post = make_post(desk)
    good_query, good_body = post.envelope(text_xml("积分"))

    answers = [await post.http.post(PATH, params=query, content=body) for query, body in _forged(good_query, good_body)]
    answers += [await post.http.get(PATH, params=good_query | {"signature": "0" * 40, "echostr": "x"})]
    answers += [await post.http.get(PATH)]

    assert statuses(answers) == {(403, "refused", "text/plain; charset=utf-8")}
    assert desk.taken == []


async def test_a_body_of_undeclared_length_is_read_no_further_than_wechats_pushes_ever_are() -> None:
    post, read = make_post(Counter()), 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(10_000):
            read += 1024
            yield b" " * 1024

    got = await post.http.post(PATH, params=post.envelope(text_xml("x"))[0], content=endless())

    assert (got.status_code, got.text) == (403, "refused")
    assert read <= 80 * 1024


def _forged(query: dict[str, str], body: str) -> list[tuple[dict[str, str], bytes]]:
    stale = {**query, "timestamp": str(int(query["timestamp"]) - 600)}
    return [
        ({}, body.encode()),
        (query, b""),
        (query, b"\xff\xfe\x00"),
        (query, body.encode() + b" " * 70_000),
        (query, text_xml("plain body in safe mode").encode()),
        ({**query, "msg_signature": "0" * 40}, body.encode()),
        ({**query, "msg_signature": "ü☃"}, body.encode()),
        ({**query, "nonce": "another"}, body.encode()),
        (stale, body.encode()),
        ({**query, "timestamp": "1e9"}, body.encode()),
        (query, body.replace("<Encrypt><![CDATA[", "<Encrypt><![CDATA[AAAA").encode()),
    ]
