"""How replies look where there are no buttons."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wechat.answers import Uploaded, answer_xml
from bot.wechat.capabilities import BY_KIND
from bot.wechat.planning import TEXT_BYTES_MAX, Plan, Planner, safe, split
from bot.wechat.said import from_xml, parse
from membership.messages import Button, Picture, Question, Reply, plain, say, words
from tests.bot.wechat.stage import APP_ID, NOW, OPENID, SHOP, PlainWords, text_xml

SERVICE, UNVERIFIED = BY_KIND["service"], BY_KIND["unverified"]
PLANNER = Planner(PlainWords(), public_url="https://shop.example/")


def button(label: str, word: str = "", **given: str | bool) -> Button:
    return Button(plain(label), word=word, **given)  # type: ignore[arg-type] # the tests name real fields


def plan(reply: Reply, can: object = SERVICE) -> Plan:
    planned = PLANNER.plan(reply, "zh-Hans", can)  # type: ignore[arg-type] # one of the kinds
    assert planned is not None
    return planned


def text(reply: Reply) -> str:
    said = plan(reply).passive
    assert isinstance(said, str)
    return said


def test_messages_are_paragraphs() -> None:
    assert (
        text(Reply((plain("一"), plain("二"), say("points.balance", points=5))))
        == "一\n\n二\n\npoints.balance points=5 zh-Hans"
    )


def test_buttons_become_numbers_and_words_to_tap_in_the_order_the_numbers_are_understood() -> None:
    reply = Reply(
        (plain("选一个"),),
        buttons=((button("领取", "coupons claim 4f"), button("积分", "points")), (button("帮助", "help"),)),
    )

    lines = text(reply).split("\n")

    assert lines[2] == '1 <a href="weixin://bizmsgmenu?msgmenucontent=领取&msgmenuid=coupons%20claim%204f">领取</a>'
    assert [line[:1] for line in lines[2:]] == ["1", "2", "3"]
    assert tuple(unquote(word) for word in re.findall(r"msgmenuid=([^\"]*)", text(reply))) == words(reply)


def test_links_and_pages_are_links_without_a_number_and_a_contact_is_left_to_typing() -> None:
    reply = Reply(
        (plain("电话？"),),
        buttons=(
            (button("分享", contact=True), button("条款", url='https://shop.example/terms?a=1&b="2"')),
            (button("会员卡", page="/card"), button("跳过", "skip")),
        ),
    )

    assert text(reply).split("\n")[2:] == [
        '<a href="https://shop.example/terms?a=1&b=%222%22">条款</a>',
        '<a href="https://shop.example/card">会员卡</a>',
        '1 <a href="weixin://bizmsgmenu?msgmenucontent=跳过&msgmenuid=skip">跳过</a>',
    ]


def test_a_page_is_not_offered_where_the_shop_has_no_address() -> None:
    said = Planner(PlainWords()).plan(Reply((plain("x"),), buttons=((button("会员卡", page="/card"),),)), "zh", SERVICE)

    assert said == Plan("x")


@pytest.mark.parametrize("label", ['"><a href="https://evil.example">', "a&msgmenuid=owner", "50%", "a\nb", "#1 + <2>"])
def test_a_label_stays_within_its_own_link(label: str) -> None:
    said = text(Reply(buttons=((button(label, "points"),),)))

    assert re.fullmatch(
        r'1 <a href="weixin://bizmsgmenu\?msgmenucontent=[^"&<>\n]*&msgmenuid=points">[^<>"\n]*</a>', said
    )


def test_clickable_words_fall_back_to_plain_numbers_where_they_do_not_fit() -> None:
    rows = tuple((button(f"选项{number}", f"choose {number}"),) for number in range(1, 25))

    said = text(Reply((plain("请选择"),), buttons=rows))

    assert "<a" not in said
    assert said.startswith("请选择\n\n1 选项1\n2 选项2\n")
    assert len(said.encode()) <= TEXT_BYTES_MAX


def test_what_is_too_long_for_one_message_follows_by_customer_service() -> None:
    planned = plan(Reply((plain("积分明细\n" * 400),), buttons=((button("更多", "points more"),),)))

    assert len(planned.follow_ups) >= 2
    assert "更多" in str(planned.follow_ups[-1])
    assert all(len(str(part).encode()) <= TEXT_BYTES_MAX for part in planned.parts)


def test_an_account_with_one_answer_only_keeps_the_choices_and_shows_that_the_words_go_on() -> None:
    planned = plan(Reply((plain("积分明细\n" * 400),), buttons=((button("更多", "points more"),),)), UNVERIFIED)

    assert planned.follow_ups == ()
    assert str(planned.passive).endswith("…\n\n1 更多")
    assert len(str(planned.passive).encode()) <= TEXT_BYTES_MAX


def test_a_picture_goes_first_and_its_words_and_choices_follow() -> None:
    picture = Picture("card", {"digits": "1234567890"})
    reply = Reply((plain("您的会员码"),), picture=picture, buttons=((button("刷新", "code"),),))

    planned = plan(reply)

    assert planned.passive == picture
    assert [str(part).split("\n")[0] for part in planned.follow_ups] == ["您的会员码"]


def test_an_account_that_may_not_send_pictures_says_the_words_with_the_link_to_the_live_card() -> None:
    buttons = ((button("打开会员卡", page="/card?once=abc"),),)

    planned = plan(Reply((plain("1234567890"),), picture=Picture("card"), buttons=buttons), UNVERIFIED)

    assert planned == Plan('1234567890\n\n<a href="https://shop.example/card?once=abc">打开会员卡</a>')


def test_a_short_answer_to_a_tap_is_said_only_where_nothing_else_is() -> None:
    assert text(Reply(toast=plain("已领取"))) == "已领取"
    assert text(Reply((plain("一"),), toast=plain("已领取"))) == "一"
    assert PLANNER.plan(Reply(), "zh", SERVICE) is None


def test_a_document_is_told_in_the_chat_and_shows_where_it_was_cut() -> None:
    short = plan(Reply((plain("您的数据"),), document=("data.json", '{"points": 5}')))
    long = plan(Reply((plain("您的数据"),), document=("data.json", "行\n" * 9000)))

    assert short.follow_ups == ('data.json\n{"points": 5}',)
    assert long.follow_ups[-1] == "…"
    assert len(long.parts) == 6


@pytest.mark.parametrize(
    "given",
    ['<a href="tg://x">hi</a>', "<A HREF=x>", "</a>", "<!-- x -->", "<?xml?>", "a\x00b\x1fc\x7f", "\ud800", "a\ufffeb"],
)
def test_nothing_in_a_fact_is_taken_for_markup_or_breaks_the_message(given: str) -> None:
    said = text(Reply((plain(f"你好 {given}"),)))

    assert not re.search(r"<[/!?a-zA-Z]", said)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe]", said)


def test_a_sign_that_is_no_markup_is_shown_as_it_is() -> None:
    assert safe("3 < 5 & 5 > 3 *_[`") == "3 < 5 & 5 > 3 *_[`"


@given(st.text(st.sampled_from("a积<\n]>🎂 "), max_size=3000), st.integers(4, 3000))
def test_splitting_loses_nothing_but_line_ends_and_never_exceeds_the_limit(given: str, limit: int) -> None:
    pieces = list(split(given, bytes_max=limit))

    assert "".join(pieces).replace("\n", "") == given.replace("\n", "")
    assert all(len(piece.encode()) <= limit for piece in pieces)
    assert all(pieces)


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_no_text_breaks_out_of_the_answers_xml(given: str) -> None:
    push = from_xml(text_xml("x"), account=APP_ID, now=NOW)
    assert push is not None
    tree = parse(answer_xml(push, safe(given), now=NOW))

    assert {child.tag for child in tree} == {"MsgType", "FromUserName", "ToUserName", "CreateTime", "Content"}
    assert tree.findtext("Content") == safe(given).replace("\r\n", "\n").replace("\r", "\n")
    assert (tree.findtext("FromUserName"), tree.findtext("ToUserName")) == (SHOP, OPENID)


def test_a_picture_is_answered_by_its_media_id() -> None:
    push = from_xml(text_xml("x"), account=APP_ID, now=NOW)
    assert push is not None

    assert parse(answer_xml(push, Uploaded("M]]>1"), now=NOW)).findtext("Image/MediaId") == "M]]>1"


@pytest.mark.parametrize(("question", "first"), [("staff.amount", "#1"), ("broadcast.aim", "1")])
def test_beside_a_question_that_takes_text_the_choices_numbers_are_marked(question: str, first: str) -> None:
    said = text(Reply((plain("多少？"),), buttons=((button("取消", "cancel"),),), question=Question(question)))

    assert said.split("\n")[2].split(" ")[0] == first


def test_what_is_pushed_beside_something_open_has_marked_numbers() -> None:
    told = Reply((plain("怎么样？"),), buttons=((button("5 分", "rate x 5"),),))
    said = PLANNER.plan(told, "zh", SERVICE, marked=True)
    assert said is not None
    assert str(said.passive).split("\n")[2].split(" ")[0] == "#1"
    assert text(told).split("\n")[2].split(" ")[0] == "1"
