"""What is arranged with the platform: rights, menus, the staff's tag, scene codes, signing in."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.wechat.calls import Api, Refusal
from bot.wechat.capabilities import BY_KIND, Kind
from bot.wechat.client import stable_token
from bot.wechat.menus import KEYS, TAGS, default_menu, fitting, staff_menu
from bot.wechat.sign_in import WeChatSignIn
from bot.wechat.token import Tokens
from membership.messages import Message
from playground.faults import Fault
from scheduler.messenger import NotSent
from tests.bot.wechat.conftest import SECRET, Town
from tests.bot.wechat.stage import APP_ID, PlainWords
from web.sign_in import SignInRefused

LABELS = {
    "code": "会员码",
    "rewards": "积分好礼",
    "mine": "我的",
    "scan": "扫码",
    "checkin": "每日签到有礼",
    "profile": "个人资料",
}


class MenuWords(PlainWords):
    def text(self, message: Message, language: str) -> str:
        key = message.key.removeprefix("menu.")
        return LABELS.get(key, key) if language == "zh-Hans" else key


def _yes() -> bool:
    return True


EVERYBODY = default_menu(MenuWords(), "zh-Hans")
MENUS = {role: staff_menu(MenuWords(), "zh-Hans", role=role) for role in TAGS}
TAGGED = {tag: MENUS[role] for role, tag in TAGS.items()}


@pytest.mark.parametrize("kind", ["service", "subscription", "unverified"])
async def test_what_an_account_may_do_is_found_by_trying_and_remembered(town: Town, kind: Kind) -> None:
    town.wechat.kind = kind

    assert await town.setup.capabilities() == BY_KIND[kind]
    asked = town.calls("tags/get")
    assert await town.setup.capabilities() == BY_KIND[kind]
    assert town.calls("tags/get") == asked

    town.wechat.kind = "service"
    assert (await town.setup.capabilities(afresh=True)).kind == "service"


async def test_a_kind_from_the_settings_is_believed_without_a_call(town: Town) -> None:
    assert await town.setup.capabilities("unverified") == BY_KIND["unverified"]
    assert town.inspector.calls == type(town.inspector.calls)(maxlen=2000)


def test_the_default_menu_has_every_word_once_within_three_by_five() -> None:
    entries = [entry for button in EVERYBODY for entry in button.get("sub_button", [button])]

    assert sorted(entry["key"] for entry in entries) == sorted(KEYS)
    assert len(EVERYBODY) == 3
    assert all(len(button.get("sub_button", [])) <= 5 for button in EVERYBODY)


@pytest.mark.parametrize("role", ["owner", "manager", "cashier"])
def test_who_serves_members_has_the_scanner_in_front(role: str) -> None:
    assert MENUS[role][0] == {"type": "scancode_waitmsg", "name": "扫码", "key": "scan"}


@pytest.mark.parametrize("role", ["marketer", "auditor"])
def test_who_serves_nobody_has_the_own_code_in_front(role: str) -> None:
    assert MENUS[role][0] == EVERYBODY[0]


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("owner", ["report", "staff", "broadcast", "undo", "help"]),
        ("manager", ["report", "staff", "undo", "store", "help"]),
        ("cashier", ["undo", "store", "profile", "help"]),
        ("marketer", ["report", "broadcast", "profile", "help"]),
        ("auditor", ["report", "profile", "help"]),
    ],
)
def test_the_menu_of_a_role_offers_its_work_and_no_other(role: str, words: list[str]) -> None:
    assert [entry["key"] for entry in MENUS[role][2]["sub_button"]] == words


def test_a_shop_without_check_in_does_not_offer_it() -> None:
    menu = str(default_menu(MenuWords(), "zh-Hans", keys=("code", "points")))

    assert "checkin" not in menu
    assert "profile" not in menu


@pytest.mark.parametrize("menu", [EVERYBODY, *MENUS.values()])
def test_labels_fit_on_a_phone(menu: list[dict[str, object]]) -> None:
    for button in menu:
        assert _hanzi(str(button["name"])) <= 4
        subs = button.get("sub_button", [])
        assert isinstance(subs, list)
        assert all(_hanzi(entry["name"]) <= 7 for entry in subs)


@pytest.mark.parametrize(
    ("label", "hanzi", "expected"),
    [
        ("会员码", 4, "会员码"),
        ("我的会员码", 4, "我的会员"),
        ("Points", 4, "Points"),
        ("Member code", 4, "Member c"),
        ("My 积分", 3, "My 积"),
    ],
)
def test_a_label_too_long_is_cut_where_the_phone_would(label: str, hanzi: int, expected: str) -> None:
    assert fitting(label, hanzi) == expected


def _hanzi(name: str) -> int:
    return sum(unicodedata.east_asian_width(letter) in "WF" for letter in name)


async def test_menus_are_made_once_and_only_what_changed_is_made_again(town: Town) -> None:
    assert await town.setup.set_menus(EVERYBODY, TAGGED) is True
    assert await town.setup.set_menus(EVERYBODY, TAGGED) is False
    assert (town.calls("menu/create"), town.calls("menu/addconditional"), town.calls("tags/create")) == (1, 5, 5)

    assert await town.setup.set_menus(EVERYBODY, {**TAGGED, "员工": MENUS["cashier"][:2]}) is True
    assert (town.calls("menu/create"), town.calls("menu/delconditional")) == (1, 1)
    assert len(town.wechat.account.tag_menus) == 5


async def test_staff_see_the_menu_of_their_role_whatever_tags_they_had_before_and_members_the_usual_one(
    town: Town,
) -> None:
    await town.setup.set_menus(EVERYBODY, TAGGED)
    for user in ("oA", "oB"):
        await town.wechat.start(user)
    await town.setup.show_menu("oA", "cashier")
    town.wechat.account.fans["oA"].tags.append(2)

    await town.setup.show_menu("oA", "cashier")
    assert _work(town, "oA") == ["undo", "store", "profile", "help"]
    await town.setup.show_menu("oA", "manager")
    assert _work(town, "oA") == ["report", "staff", "undo", "store", "help"]
    await town.setup.show_menu("oA", "auditor")
    assert _work(town, "oA") == ["report", "profile", "help"]
    assert town.wechat.account.fans["oA"].tags.count(2) == 1  # the shop's own tag stays

    await town.setup.show_menu("oA", "")
    assert town.wechat.screen("oA").menu == town.wechat.screen("oB").menu
    assert town.wechat.screen("oB").menu[0]["key"] == "code"


def _work(town: Town, user: str) -> list[str]:
    return [entry["key"] for entry in town.wechat.screen(user).menu[2]["sub_button"]]


async def test_a_scene_code_lasts_for_ever_or_for_a_while(town: Town) -> None:
    lasting = await town.setup.scene_ticket("table-7")
    brief = await town.setup.scene_ticket("poster-2", seconds=600)

    codes = town.wechat.account.codes
    assert codes[lasting.ticket].ends_at is None
    assert codes[brief.ticket].ends_at is not None
    assert lasting.url == codes[lasting.ticket].url
    assert "=" not in lasting.picture_url.partition("ticket=")[2]


@pytest.mark.parametrize(("scene", "seconds"), [("", None), ("x" * 65, None), ("ok", 0), ("ok", 2_592_001)])
async def test_a_scene_wechat_does_not_know_is_refused_without_a_call(
    town: Town, scene: str, seconds: int | None
) -> None:
    with pytest.raises(ValueError, match=r"scene|temporary"):
        await town.setup.scene_ticket(scene, seconds=seconds)
    assert town.calls("qrcode/create") == 0


async def test_a_refusal_of_the_platform_keeps_its_number(town: Town) -> None:
    town.wechat.kind = "subscription"

    with pytest.raises(Refusal) as refusal:
        await town.setup.scene_ticket("table-7")
    assert refusal.value.code == 48001


def other_instance(town: Town) -> Tokens:
    fetch = stable_token(town.api, app_id=APP_ID, app_secret=SECRET)
    return Tokens(account=APP_ID, fetch=fetch, notebook=town.notebook, clock=town.clock, alert=town.alerts.append)


async def test_a_token_is_fetched_once_for_all_instances_and_restarts(town: Town) -> None:
    token = await town.tokens.get()

    assert await town.tokens.get() == token
    assert await other_instance(town).get() == token
    assert town.calls("stable_token") == 1


async def test_a_token_is_fetched_anew_before_it_ends(town: Town) -> None:
    token = await town.tokens.get()
    town.clock.step(timedelta(seconds=7200 - 30))

    assert await town.tokens.get() != token


async def test_an_old_tokens_refusal_does_not_throw_the_new_one_away(town: Town) -> None:
    old = await town.tokens.get()
    town.wechat.revoke_tokens()
    await town.tokens.expire(old)
    new = await town.tokens.get()

    await town.tokens.expire(old)

    assert await town.tokens.get() == new != old
    assert await town.notebook.find(APP_ID, "access_token") == new


async def test_a_token_the_platform_refuses_although_it_gave_it_is_replaced_by_force(town: Town) -> None:
    given = await town.tokens.get()
    await town.tokens.expire(given)

    assert await town.tokens.get() != given
    asked = [call.request["body"]["force_refresh"] for call in town.inspector.named("cgi-bin/stable_token")]
    assert asked == [False, False, True]


@pytest.mark.parametrize(
    ("code", "reason"), [(40164, "ip_not_allowed"), (40125, "wrong_secret"), (40013, "wrong_app_id")]
)
async def test_an_account_the_platform_refuses_stops_with_one_alert(town: Town, code: int, reason: str) -> None:
    town.faults.plan(Fault("errcode", count=9, match="stable_token", code=code))

    for _ in range(3):
        with pytest.raises(NotSent, match=reason) as stopped:
            await town.client.ask("tags/get")
        assert stopped.value.scope == "bot"
        assert stopped.value.after == pytest.approx(600, abs=5)

    assert town.alerts == [reason]
    assert town.calls("stable_token") == 1


async def test_whoever_opens_a_page_is_told_by_a_code_that_works_once(town: Town, http: aiohttp.ClientSession) -> None:
    await town.wechat.start("oA")
    sign_in = WeChatSignIn(town.api, app_id=APP_ID, app_secret=SECRET, allowed=_yes)

    address = sign_in.authorize_url("https://shop.example/card", "Abc123")
    async with http.get(address, cookies={"wechat_openid": "oA"}, allow_redirects=False) as got:
        back = parse_qs(urlsplit(got.headers["Location"]).query)

    assert back["state"] == ["Abc123"]
    assert await sign_in.openid(back["code"][0]) == "oA"
    with pytest.raises(SignInRefused, match="errcode_40163"):
        await sign_in.openid(back["code"][0])
    with pytest.raises(SignInRefused, match="errcode_40029"):
        await sign_in.openid("guessed")


@pytest.mark.parametrize("code", ["", "x" * 513])
async def test_a_code_of_impossible_length_is_not_sent_to_the_platform(town: Town, code: str) -> None:
    with pytest.raises(SignInRefused, match="no_code"):
        await WeChatSignIn(town.api, app_id=APP_ID, app_secret=SECRET, allowed=_yes).openid(code)
    assert town.inspector.named("sns/oauth2/access_token") == []


async def test_an_answer_that_is_no_answer_signs_nobody_in_and_tells_no_secret(town: Town) -> None:
    town.faults.plan(Fault("html", match="sns/oauth2"))

    with pytest.raises(SignInRefused) as lost:
        await WeChatSignIn(town.api, app_id=APP_ID, app_secret=SECRET, allowed=_yes).openid("code")
    assert SECRET not in f"{lost.value!r} {lost.value.__cause__!r}"


@pytest.mark.parametrize("state", ["", "a b", "ä", "x" * 129, "a&code=stolen"])
def test_a_state_that_would_not_come_back_whole_is_refused(http_less_api: Api, state: str) -> None:
    with pytest.raises(ValueError, match="128"):
        WeChatSignIn(http_less_api, app_id=APP_ID, app_secret=SECRET, allowed=_yes).authorize_url(
            "https://shop.example", state
        )


def test_the_real_platforms_sign_in_page_is_the_one_for_browsers(http_less_api: Api) -> None:
    address = WeChatSignIn(http_less_api, app_id=APP_ID, app_secret=SECRET, allowed=_yes).authorize_url(
        "https://s.example/c", "A1"
    )

    assert address.startswith("https://open.weixin.qq.com/connect/oauth2/authorize?appid=")
    assert address.endswith("&response_type=code&scope=snsapi_base&state=A1#wechat_redirect")
    assert SECRET not in address


@pytest.fixture
async def http_less_api(http: aiohttp.ClientSession) -> Api:
    return Api(http, "https://api.weixin.qq.com/")
