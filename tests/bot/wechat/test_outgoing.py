"""Each road out to WeChat, and what each of its errors means."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone

import aiohttp
import pytest

from bot.wechat.calls import Api, Refusal
from bot.wechat.capabilities import BY_KIND
from bot.wechat.client import ShopClient
from bot.wechat.notices import Form, Template
from bot.wechat.troubles import trouble, until_midnight
from membership.member import Identity
from membership.messages import Button, Message, Picture, Reply, plain, say
from membership.money import Money
from playground.faults import Fault
from playground.faults import Kind as FaultKind
from scheduler.messenger import NotSent, Sent, Trouble, Uncertain, Undeliverable
from services.outgoing import Outgoing
from tests.bot.wechat.conftest import PURCHASE, SECRET, Town
from tests.bot.wechat.stage import APP_ID, NOW, PlainWords

RECEIPT = Reply((say("receipt", store="东门店", paid=Money(5800, "CNY"), points=580),))
HELLO = Reply((plain("您好"),))
CARD = Reply((plain("您的会员码"),), picture=Picture("card"), buttons=((Button(plain("刷新"), word="code"),),))


def row(reply: Reply = HELLO, *, to: str = "oA", **given: object) -> Outgoing:
    identity = Identity("wechat", APP_ID, to)
    return Outgoing("row-1", "receipt", "receipt", "i1", identity, "zh-Hans", reply, **given)  # type: ignore[arg-type]


@pytest.fixture
async def shop(town: Town) -> Town:
    town.desk.answer = lambda _: None
    await town.wechat.start("oA")
    await town.wechat.start("oB")
    town.clock.step(timedelta(minutes=2))  # the short window of following is over
    await town.wechat.say("oA", "在吗")
    return town


async def test_within_the_window_words_pictures_and_choices_go_by_customer_service(shop: Town) -> None:
    assert await shop.messenger.send(row(CARD)) == Sent()

    assert [bubble.kind for bubble in shop.bubbles()] == ["image", "text"]
    assert shop.bubbles()[1].text == "您的会员码\n\n1 刷新"


async def test_a_service_notice_fills_its_template_and_is_sent_once_for_one_row(shop: Town) -> None:
    first = await shop.messenger.send(row(RECEIPT, road="template:receipt"))
    again = await shop.messenger.send(row(RECEIPT, road="template:receipt"))

    assert first == again
    assert first.platform_id.isdigit()
    (notice,) = shop.bubbles()
    assert notice.text == "消费门店：东门店\n消费金额：58.00\n获得积分：580"
    assert notice.url == "https://shop.example/card"


async def test_a_one_time_notice_uses_up_one_grant(shop: Town) -> None:
    await shop.wechat.grant("oA", PURCHASE)

    assert await shop.messenger.send(row(RECEIPT, road="subscribe:receipt")) == Sent()
    with pytest.raises(Undeliverable, match="no_grant") as refusal:
        await shop.messenger.send(row(RECEIPT, road="subscribe:receipt"))
    assert not refusal.value.person


async def test_a_mass_message_reaches_a_tag_or_a_list_and_the_same_one_only_once(shop: Town) -> None:
    await shop.setup.show_menu("oB", "cashier")
    tag = (await shop.setup.tags(["员工"]))["员工"]

    first = await shop.messenger.mass("周末双倍积分", client_id="bc-1", language="zh-Hans", openids=("oA", "oB"))
    await shop.messenger.mass("周末双倍积分", client_id="bc-1", language="zh-Hans", openids=("oA", "oB"))
    await shop.messenger.mass(Picture("poster"), client_id="bc-2", language="zh-Hans", tag=tag)

    assert first.platform_id.isdigit()
    assert [bubble.kind for bubble in shop.bubbles("oA")] == ["text"]
    assert [bubble.kind for bubble in shop.bubbles("oB")] == ["text", "image"]


async def test_a_mass_message_to_one_person_is_refused_by_the_platform(shop: Town) -> None:
    with pytest.raises(Undeliverable, match="errcode_40130"):
        await shop.messenger.mass("x", client_id="bc-3", language="zh-Hans", openids=("oA",))


async def test_outside_every_window_the_message_waits_for_another_road(shop: Town) -> None:
    shop.clock.step(timedelta(hours=49))

    with pytest.raises(Undeliverable, match="window_closed") as refusal:
        await shop.messenger.send(row())
    assert not refusal.value.person


async def test_the_sixth_message_after_one_contact_finds_the_window_used_up(shop: Town) -> None:
    for number in range(5):
        await shop.messenger.send(row(Reply((plain(f"{number}"),))))

    with pytest.raises(Undeliverable, match="window_used_up"):
        await shop.messenger.send(row())


async def test_who_left_is_not_to_be_reached_by_anything(shop: Town) -> None:
    await shop.wechat.stop("oA")

    with pytest.raises(Undeliverable, match="not_following") as refusal:
        await shop.messenger.send(row(RECEIPT, road="template:receipt"))
    assert refusal.value.person


async def test_an_account_without_customer_service_does_not_even_try(shop: Town) -> None:
    shop.messenger.capabilities = BY_KIND["unverified"]

    with pytest.raises(Undeliverable, match="feature_off"):
        await shop.messenger.send(row())
    assert shop.calls("message/custom/send") == 0


async def test_a_message_without_a_template_in_the_settings_alerts_the_owner(shop: Town) -> None:
    with pytest.raises(Undeliverable, match="no_template"):
        await shop.messenger.send(row(RECEIPT, road="template:tier.up"))
    assert shop.alerts == ["no_template tier.up"]


async def test_a_medium_the_platform_forgot_is_uploaded_again_once(shop: Town) -> None:
    await shop.messenger.send(row(CARD))
    shop.wechat.account.media.clear()

    assert await shop.messenger.send(row(CARD)) == Sent()
    assert shop.calls("media/upload") == 2

    shop.faults.plan(Fault("errcode", count=2, match="custom/send", code=40007))
    with pytest.raises(Undeliverable, match="medium_gone"):
        await shop.messenger.send(row(CARD))


async def test_a_text_the_platform_finds_too_long_is_split(shop: Town) -> None:
    shop.faults.plan(Fault("errcode", match="custom/send", code=45002))

    await shop.messenger.send(row(Reply((plain("第一行\n第二行"),))))

    assert [bubble.text for bubble in shop.bubbles()] == ["第一行", "第二行"]


async def test_a_later_attempt_goes_on_where_the_last_one_stopped(shop: Town) -> None:
    for number in range(4):
        await shop.messenger.send(row(Reply((plain(f"{number}"),))))
    with pytest.raises(Undeliverable, match="window_used_up"):
        await shop.messenger.send(row(CARD))  # the picture was the fifth
    await shop.wechat.say("oA", "在吗")

    await shop.messenger.send(row(CARD))

    assert [bubble.kind for bubble in shop.bubbles()[4:]] == ["image", "text"]


MIDNIGHT = until_midnight(NOW)


@pytest.mark.parametrize(
    ("code", "attempts", "expected"),
    [
        (-1, 0, NotSent("busy", after=1.0)),
        (-1, 1, NotSent("busy", after=2.0)),
        (-1, 9, NotSent("busy", after=4.0)),
        (40001, 0, NotSent("token", after=60.0, scope="bot")),
        (40014, 0, NotSent("token", after=60.0, scope="bot")),
        (42001, 0, NotSent("token", after=60.0, scope="bot")),
        (45009, 0, NotSent("quota", after=MIDNIGHT, scope="bot")),
        (45011, 0, NotSent("too_fast", after=60.0, scope="bot")),
        (40003, 0, Undeliverable("unknown_person", person=True)),
        (43004, 0, Undeliverable("not_following", person=True)),
        (50005, 0, Undeliverable("not_following", person=True)),
        (43019, 0, Undeliverable("on_blacklist", person=True)),
        (48002, 0, Undeliverable("declines_messages", person=True)),
        (43101, 0, Undeliverable("no_grant")),
        (45015, 0, Undeliverable("window_closed")),
        (45047, 0, Undeliverable("window_used_up")),
        (40007, 0, Undeliverable("medium_gone")),
        (45002, 0, Undeliverable("text_too_long")),
        (40037, 0, Undeliverable("unknown_template")),
        (47003, 0, Undeliverable("template_fields")),
        (40036, 0, Undeliverable("template_size")),
        (48001, 0, Undeliverable("feature_off")),
        (48004, 0, Undeliverable("feature_taken_away")),
        (50002, 0, Undeliverable("account_limited")),
        (99999, 0, Undeliverable("errcode_99999")),
    ],
)
def test_each_error_number_has_one_meaning(code: int, attempts: int, expected: Trouble) -> None:
    found = trouble(Refusal(code, "text rid: 1"), attempts=attempts, now=NOW)

    assert (type(found), vars(found)) == (type(expected), vars(expected))


def test_quotas_wait_for_midnight_in_beijing() -> None:
    assert until_midnight(datetime(2026, 11, 22, 4, 0, tzinfo=UTC)) == 12 * 3600
    assert until_midnight(datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC)) == 1


@pytest.mark.parametrize("code", [40037, 47003, 40036, 48001, 48004, 50002])
async def test_what_somebody_must_mend_alerts_the_owner(shop: Town, code: int) -> None:
    shop.faults.plan(Fault("errcode", match="template/send", code=code))

    with pytest.raises(Undeliverable):
        await shop.messenger.send(row(RECEIPT, road="template:receipt"))
    assert [alert.split()[1] for alert in shop.alerts] == [str(code)]


@pytest.mark.parametrize("kind", ["502", "html", "cut", "reset"])
@pytest.mark.parametrize(
    ("road", "expected"), [("reply", Uncertain), ("subscribe:receipt", Uncertain), ("template:receipt", NotSent)]
)
async def test_a_lost_answer_is_uncertain_unless_the_same_id_may_be_sent_again(
    shop: Town, kind: FaultKind, road: str, expected: type[Trouble]
) -> None:
    await shop.wechat.grant("oA", PURCHASE)
    shop.faults.plan(Fault(kind, match="/send" if road != "subscribe:receipt" else "bizsend"))

    with pytest.raises(expected) as lost:
        await shop.messenger.send(row(RECEIPT, road=road))
    assert type(lost.value) is expected


async def test_a_notice_whose_answer_was_lost_is_not_shown_twice(shop: Town) -> None:
    shop.faults.plan(Fault("reset", match="template/send"))
    with pytest.raises(NotSent):
        await shop.messenger.send(row(RECEIPT, road="template:receipt"))

    await shop.messenger.send(row(RECEIPT, road="template:receipt"))

    assert len(shop.bubbles()) == 1


async def test_a_mass_message_whose_answer_was_lost_is_not_shown_twice(shop: Town) -> None:
    async def send() -> Sent:
        return await shop.messenger.mass("双倍积分", client_id="bc-9", language="zh-Hans", openids=("oA", "oB"))

    shop.faults.plan(Fault("cut", match="mass/send"))
    with pytest.raises(Uncertain):
        await send()

    assert await send() == Sent()
    assert len(shop.bubbles()) == 1


async def test_a_platform_nobody_listens_at_means_not_sent(shop: Town, http: aiohttp.ClientSession) -> None:
    nowhere = ShopClient(APP_ID, api=Api(http, "http://127.0.0.1:1"), tokens=shop.tokens)
    await shop.tokens.get()

    with pytest.raises(NotSent):
        await nowhere.ask("message/custom/send", {"touser": "oA"})


@pytest.mark.parametrize("kind", ["502", "html", "cut", "reset"])
async def test_no_trouble_tells_the_token_or_the_secret(shop: Town, kind: FaultKind) -> None:
    token = await shop.tokens.get()
    shop.faults.plan(Fault(kind, match="custom/send"))

    with pytest.raises(Trouble) as lost:
        await shop.messenger.send(row())

    seen: BaseException | None = lost.value
    while seen is not None:
        assert token not in f"{seen!r} {seen}"
        assert SECRET not in f"{seen!r} {seen}"
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    assert token not in repr(vars(shop.client).get("secret")) + repr(shop.client) + repr(shop.tokens)


async def test_ten_workers_refused_for_the_same_token_fetch_one_new_one_and_retry_once_each(shop: Town) -> None:
    await shop.tokens.get()
    before, sent = shop.calls("stable_token"), shop.calls("message/template/send")
    shop.wechat.revoke_tokens()

    rows = [row(RECEIPT, road="template:receipt") for _ in range(10)]
    await asyncio.gather(*(shop.messenger.send(each) for each in rows))

    assert shop.calls("stable_token") - before == 1
    assert shop.calls("message/template/send") - sent == 20


async def test_a_token_refused_for_ever_ends_after_one_retry(shop: Town) -> None:
    before = shop.calls("message/custom/send")
    shop.faults.plan(Fault("errcode", count=100, match="custom/send", code=40001))

    with pytest.raises(NotSent, match="token"):
        await shop.messenger.send(row())
    assert shop.calls("message/custom/send") - before == 2


ZONE = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("name", "fact", "expected"),
    [
        ("thing1", "东门店", "东门店"),
        ("thing1", "一" * 25, "一" * 19 + "…"),
        ("thing1", " two\nlines\r\nand\ttabs ", "two lines and tabs"),
        ("thing1", "\u2068李雷\u2069", "李雷"),
        ("thing1", "", "-"),
        ("thing1", None, "-"),
        ("phrase2", "等待店员确认", "等待店员…"),
        ("name3", "一" * 12, "一" * 9 + "…"),
        ("number3", 12_800, "12800"),
        ("amount2", Money(128_050, "CNY"), "1280.50"),
        ("time4", datetime(2026, 11, 22, 4, 5, tzinfo=UTC), "2026-11-22 12:05"),
        ("time4", date(2026, 12, 31), "2026-12-31"),
        ("thing1", Message("tier.gold"), "tier.gold zh-Hans"),
    ],
)
def test_a_fact_fits_its_field(name: str, fact: object, expected: str) -> None:
    form = Form(PlainWords(), language="zh-Hans", zone=ZONE)

    assert form.fill(Template("T", {name: "fact"}), Message("k", {"fact": fact})) == {name: {"value": expected}}
