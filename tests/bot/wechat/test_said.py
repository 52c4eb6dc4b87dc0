"""What each kind of push says, and which XML is not believed."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wechat.crypto import Refused
from bot.wechat.said import Push, from_xml
from handlers.said import Said
from membership.member import Identity
from tests.bot.wechat.stage import APP_ID, NOW, OPENID, SHOP, event_xml, push_xml, text_xml


def read(xml: str) -> Push:
    push = from_xml(xml, account=APP_ID, now=NOW)
    assert push is not None
    return push


def heard(xml: str) -> Said:
    (said,) = read(xml).saids
    return said


def photo(**more: str) -> str:
    return push_xml({"MsgType": "image", "PicUrl": "http://p/1", "MediaId": "M1", "MsgId": "5"} | more)


def scanned(event: str, result: str) -> str:
    info = f"<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult><![CDATA[{result}]]></ScanResult></ScanCodeInfo>"
    return event_xml(event, EventKey="scan").replace("</xml>", f"{info}</xml>")


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (text_xml(" 积分 "), {"kind": "text", "text": "积分", "window": "long"}),
        (text_xml("", number=8), {"kind": "text", "text": "", "window": "long"}),
        (
            text_xml("优惠券", bizmsgmenuid="coupons%20claim%204f"),
            {"kind": "press", "word": "coupons claim 4f", "text": "优惠券", "window": "long"},
        ),
        (text_xml("刷新", bizmsgmenuid="code again"), {"kind": "press", "word": "code again"}),
        (photo(), {"kind": "photo", "window": "long"}),
        (push_xml({"MsgType": "voice", "MediaId": "M", "Recognition": "我的积分", "MsgId": "6"}), {"text": "我的积分"}),
        (push_xml({"MsgType": "location", "Location_X": "1", "MsgId": "6"}), {"kind": "text", "text": ""}),
        (event_xml("subscribe", EventKey=""), {"kind": "follow", "source": "", "window": "short"}),
        (event_xml("subscribe", EventKey="qrscene_table-7", Ticket="T"), {"kind": "follow", "source": "table-7"}),
        (
            event_xml("SCAN", EventKey="poster-2", Ticket="T"),
            {"kind": "follow", "source": "poster-2", "window": "short"},
        ),
        (event_xml("unsubscribe", EventKey=""), {"kind": "leave", "window": ""}),
        (event_xml("CLICK", EventKey="points"), {"kind": "press", "word": "points", "window": "short"}),
        (scanned("scancode_waitmsg", "M1-AB"), {"kind": "scan", "codes": ("M1-AB",), "window": "short"}),
        (scanned("scancode_push", "http://evil.example"), {"kind": "scan", "codes": ("http://evil.example",)}),
        (scanned("scancode_waitmsg", ""), {"kind": "scan", "codes": ()}),
        (
            event_xml("TEMPLATESENDJOBFINISH", MsgID="2", Status="failed:user block"),
            {"kind": "note", "word": "template 2 failed:user block", "window": ""},
        ),
        (event_xml("MASSSENDJOBFINISH", MsgID="3", Status="send success"), {"word": "mass 3 send success"}),
        (event_xml("LOCATION", Latitude="1"), {"kind": "note", "word": "unknown location"}),
        (push_xml({"MsgType": "hologram", "MsgId": "7"}), {"kind": "note", "word": "unknown hologram"}),
    ],
)
def test_each_push_says_one_thing_in_the_words_of_the_house(xml: str, expected: dict[str, object]) -> None:
    said = heard(xml)

    assert {name: getattr(said, name) for name in expected} == expected
    assert (said.identity, said.at) == (Identity("wechat", APP_ID, OPENID), NOW)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [(-8, -8), (30, 0), ("", 0), ("soon", 0), ("-5", 0), ("9" * 30, 0), ("٣", 0)],
    ids=str,
)
def test_it_was_said_when_the_platform_says_so_but_never_later_than_now(told: int | str, seconds: int) -> None:
    told = str(int(NOW.timestamp()) + told) if isinstance(told, int) else told
    assert heard(text_xml("1", CreateTime=told)).at == NOW + timedelta(seconds=seconds)


def test_what_only_the_wires_need_stays_out_of_what_was_said() -> None:
    push = read(photo())

    assert (push.shop, push.openid, push.media_id, push.silent) == (SHOP, OPENID, "M1", False)


def test_an_opened_page_is_forgotten() -> None:
    assert from_xml(event_xml("VIEW", EventKey="https://shop.example"), account=APP_ID, now=NOW) is None


def test_each_accepted_template_of_one_popup_is_a_grant_of_its_own() -> None:
    item = "<List><TemplateId>{}</TemplateId><SubscribeStatusString>{}</SubscribeStatusString></List>"
    lists = item.format("T1", "accept") + item.format("T2", "reject") + item.format("T3", "accept")
    body = f"<SubscribeMsgPopupEvent>{lists}</SubscribeMsgPopupEvent>"

    push = read(event_xml("subscribe_msg_popup_event").replace("</xml>", f"{body}</xml>"))

    assert [(said.kind, said.word) for said in push.saids] == [("grant", "T1"), ("grant", "T3")]
    assert len({said.event for said in push.saids}) == 2
    assert push.silent


def test_a_message_is_known_by_its_number_within_its_account() -> None:
    assert heard(text_xml("x", number=42)).event == f"wechat:{APP_ID}:42"
    again = from_xml(text_xml("x", number=42), account="wx-other", now=NOW)
    assert again is not None
    assert again.event == "wechat:wx-other:42"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (event_xml("CLICK", EventKey="points"), event_xml("CLICK", EventKey="code")),
        (event_xml("CLICK", EventKey="points"), event_xml("SCAN", EventKey="points")),
        (event_xml("CLICK", EventKey="points"), event_xml("CLICK", EventKey="points", CreateTime="1790000001")),
        (event_xml("CLICK", EventKey="points"), event_xml("CLICK", EventKey="points", FromUserName="oB")),
        (scanned("scancode_waitmsg", "M1-AB"), scanned("scancode_waitmsg", "M1-CD")),
        (event_xml("TEMPLATESENDJOBFINISH", MsgID="1"), event_xml("TEMPLATESENDJOBFINISH", MsgID="2")),
    ],
)
def test_an_event_without_a_number_is_known_by_who_when_and_what(one: str, other: str) -> None:
    assert heard(one).event == heard(one).event
    assert heard(one).event != heard(other).event
    assert OPENID not in heard(one).event


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "积分",
        "<xml>",
        "<xml></xml>",
        "<html><MsgType>text</MsgType></html>",
        text_xml("x").replace("<MsgType><![CDATA[text]]></MsgType>", ""),
        text_xml("x", FromUserName=""),
        text_xml("x", ToUserName=""),
        text_xml("x", FromUserName="o" * 65),
        event_xml(""),
        '<!DOCTYPE xml [<!ENTITY a "aaaa">]>' + text_xml("x"),
        '<!DOCTYPE xml SYSTEM "http://evil.example/x.dtd">' + text_xml("x"),
        '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Content>&a;</Content></xml>',
        '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><xml><Content>&b;</Content></xml>',
        "<xml><Content>&undefined;</Content></xml>",
        text_xml("x").replace("<xml>", "<xml>" + "<a>" * 8 + "</a>" * 8),
        text_xml("x").replace("<xml>", "<xml>" + "<a/>" * 200),
        text_xml("x").replace("<xml>", "<xml " + " ".join(f'a{n}="1"' for n in range(10_000)) + ">"),
        "<a>" * 20_000,
    ],
)
def test_what_no_platform_sends_is_refused(xml: str) -> None:
    with pytest.raises(Refused):
        from_xml(xml, account=APP_ID, now=NOW)


def test_an_allowed_depth_and_number_of_elements_pass() -> None:
    deep = text_xml("x").replace("<xml>", "<xml>" + "<a>" * 7 + "</a>" * 7)
    wide = text_xml("x").replace("<xml>", "<xml>" + "<a/>" * 190)

    assert heard(deep).text == heard(wide).text == "x"


def test_raw_control_characters_are_taken_out_before_parsing() -> None:
    assert heard(text_xml("积\x00\x08\x1f分\ufffe\x7f")).text == "积分"


@pytest.mark.parametrize(
    ("menu_id", "word"),
    [
        ("code%00", "code"),
        ("%00", ""),
        ("coupons show " + "x" * 52, ""),
        ("%ff%fe", "\ufffd\ufffd"),
        ("%ED%A0%80", "\ufffd" * 3),
    ],
)
def test_a_forged_line_brings_nothing_that_no_database_stores(menu_id: str, word: str) -> None:
    said = heard(text_xml("积分", bizmsgmenuid=menu_id))

    assert (said.kind, said.word) == ("press", word)


@given(st.text(max_size=300))
def test_any_text_at_all_is_understood_or_refused(text: str) -> None:
    inside = text.replace("]]>", "]]]]><![CDATA[>")
    try:
        said = heard(text_xml(inside))
    except Refused:
        return
    assert said.kind == "text"
    assert "\x00" not in said.text


@given(st.text(max_size=200))
def test_any_xml_at_all_is_understood_or_refused(text: str) -> None:
    try:
        push = from_xml(f"<xml>{text}</xml>", account=APP_ID, now=NOW)
    except Refused:
        return
    assert push is None or dataclasses.is_dataclass(push)
