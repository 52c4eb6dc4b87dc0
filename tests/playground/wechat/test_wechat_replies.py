"""The rehearsal's WeChat takes exactly the replies that WeChat takes, and no other."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.wechat_api.crypto import BadSeal, Sealer
from playground.wechat_api.replies import BadReply, Image, News, Nothing, Text, Transfer, read
from tests.playground.wechat.rehearsal import AES, APP, TOKEN, Program, Rehearsal

PROGRAM = Program()
HEAD = (
    "<ToUserName><![CDATA[oA]]></ToUserName><FromUserName><![CDATA[gh_memberbot]]></FromUserName>"
    "<CreateTime>1790000000</CreateTime>"
)
ITEM = "<item><Title>a</Title><Description>b</Description><PicUrl></PicUrl><Url><![CDATA[https://shop.example]]></Url></item>"


def said(content: str) -> str:
    return f"<xml>{HEAD}{content}</xml>"


def news(count: str, items: str) -> str:
    return said(f"<MsgType>news</MsgType><ArticleCount>{count}</ArticleCount><Articles>{items}</Articles>")


def plain(body: str | bytes, *, event: bool = False) -> object:
    content = body.encode() if isinstance(body, str) else body
    return read(content, user="oA", original_id="gh_memberbot", sealer=None, event=event)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", Nothing),
        ("success", Nothing),
        (said("<MsgType>text</MsgType><Content><![CDATA[hi]]></Content>"), Text),
        (said("<MsgType><![CDATA[text]]></MsgType>\n<Content>a &amp; b</Content>\n"), Text),
        (said("<MsgType>image</MsgType><Image><MediaId>m</MediaId></Image>"), Image),
        (news("1", ITEM), News),
        (said("<MsgType>transfer_customer_service</MsgType>"), Transfer),
        (
            said("<MsgType>transfer_customer_service</MsgType><TransInfo><KfAccount>a@b</KfAccount></TransInfo>"),
            Transfer,
        ),
        (PROGRAM.text("oA", "好" * 682), Text),
    ],
)
def test_every_allowed_form_is_taken(body: str, kind: type) -> None:
    assert isinstance(plain(body), kind)


@pytest.mark.parametrize(
    "body",
    [
        "ok",
        "success ",
        '{"errcode":0}',
        b"\xff\xfe",
        "<xml>",
        "<html><body>Internal Server Error</body></html>",
        '<!DOCTYPE xml [<!ENTITY a "b">]>' + PROGRAM.text("oA", "x"),
        PROGRAM.text("oB", "to somebody else"),
        PROGRAM.text("oA", "from another account", FromUserName="gh_other"),
        PROGRAM.text("oA", "no number", CreateTime="now"),
        PROGRAM.text("oA", "unknown kind", MsgType="poster"),
        PROGRAM.text("oA", ""),
        PROGRAM.text("oA", "好" * 683),
        PROGRAM.text("oA", "control \x08 letter"),
        PROGRAM.text("oA", "out]]></Content><Content><![CDATA[twice"),
        PROGRAM.text("oA", "out]]><Image/><![CDATA["),
        PROGRAM.text("oA", "out]]></Content><MsgType>image</MsgType><Content><![CDATA["),
        PROGRAM.text("oA", "out]]></Content></xml><xml><Content><![CDATA["),
        said("<MsgType>text</MsgType><Content>a</Content>loose words"),
        said("<MsgType>text</MsgType><Content>a</Content><FuncFlag>0</FuncFlag>"),
        said('<MsgType>text</MsgType><Content lang="zh">a</Content>'),
        said("<MsgType>text</MsgType>"),
        said("<MsgType>image</MsgType><MediaId>m</MediaId>"),
        news("2", ITEM),
        news("2", ITEM * 2),
        news("0", ""),
        news("1", "<article/>"),
        "<a>" * 50 + "</a>" * 50,
    ],
)
def test_everything_else_is_a_fault(body: str | bytes) -> None:
    with pytest.raises(BadReply):
        plain(body)


WORDS = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=400
)


@given(WORDS)
def test_every_escaped_text_is_taken_as_it_is(content: str) -> None:
    reply = plain(said(f"<MsgType>text</MsgType><Content>{escape(content)}</Content>"))
    assert isinstance(reply, Text)
    assert reply.content == content


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400))
def test_whatever_is_sealed_is_read_again(content: str) -> None:
    sealer = Sealer(token=TOKEN, aes_key=AES, app_id=APP)
    assert sealer.unseal(sealer.seal(content)) == content


@given(st.binary(min_size=1, max_size=300).filter(lambda body: body != b"success"))
def test_junk_is_a_fault_and_never_a_crash(body: bytes) -> None:
    with pytest.raises(BadReply):
        plain(body)


def test_eight_articles_may_answer_an_event_but_not_nine() -> None:
    assert isinstance(plain(news("8", ITEM * 8), event=True), News)
    with pytest.raises(BadReply):
        plain(news("9", ITEM * 9), event=True)


@pytest.mark.parametrize(
    "body",
    [
        PROGRAM.text("oA", "plain in safe mode"),
        PROGRAM.seal(PROGRAM.text("oA", "x"), token="another token"),
        PROGRAM.seal(PROGRAM.text("oA", "x"), app="wxanother"),
        PROGRAM.seal(PROGRAM.text("oA", "x")).replace("1790000000", "1790000001"),
        PROGRAM.seal(PROGRAM.text("oA", "x")).replace("<Nonce><![CDATA[n]]></Nonce>", ""),
        PROGRAM.seal("junk"),
    ],
)
async def test_a_badly_sealed_reply_breaks_the_chat_at_once(shop: Rehearsal, fan: str, body: str) -> None:
    shop.program.answers = [body]
    await shop.wechat.say(fan, "积分")
    assert "出现故障" in shop.texts()[-1]
    assert len(shop.program.inner) == 1
    assert shop.inspector.named("push/text")[-1].fault


async def test_a_picture_can_be_answered_only_after_it_was_uploaded(shop: Rehearsal, fan: str) -> None:
    known = (await shop.upload(b"\x89PNG\r\n\x1a\n picture"))["media_id"]
    for media_id, seen in ((known, "image"), ("invented", "text")):
        inner = said(f"<MsgType>image</MsgType><Image><MediaId>{media_id}</MediaId></Image>")
        shop.program.answers = [shop.program.seal(inner)]
        await shop.wechat.say(fan, "会员码")
        assert shop.wechat.screen(fan).bubbles[-1].kind == seen
    assert "出现故障" in shop.texts()[-1]


def test_a_seal_opens_only_with_its_own_keys() -> None:
    ours = Sealer(token=TOKEN, aes_key=AES, app_id=APP)
    assert ours.unseal(ours.seal("<xml>积分</xml>")) == "<xml>积分</xml>"
    assert ours.seal("a") != ours.seal("a")
    for other in (Sealer(token=TOKEN, aes_key=AES[::-1], app_id=APP), Sealer(token=TOKEN, aes_key=AES, app_id="wx2")):
        with pytest.raises(BadSeal):
            other.unseal(ours.seal("<xml>积分</xml>"))


@pytest.mark.parametrize("junk", ["", "not base64!", "YWJj", "A" * 44, "AAAA" * 16])
def test_a_broken_seal_is_refused_in_one_way(junk: str) -> None:
    with pytest.raises(BadSeal):
        Sealer(token=TOKEN, aes_key=AES, app_id=APP).unseal(junk)
