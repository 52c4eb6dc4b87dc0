"""What the bot shows of itself, on the rehearsal's phones."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs
from telegram.error import InvalidToken

from bot.telegram.connection import make_bot
from bot.telegram.keyboards import Place
from bot.telegram.setup import MEMBER, Front, commands_for, introduce
from bot.telegram.updates import Account
from membership.member import Role
from playground.faults import Fault
from playground.phones import Person
from tests.bot.telegram.house import ACCOUNT, MEI, TOM, USERNAME, House


@pytest.fixture
def front(house: House) -> Front:
    return Front(house.bot, house.words, Place(USERNAME, "https://cafe.example"), "zh-hant")


def commands(house: House, user: str) -> dict[str, str]:
    return {entry["command"]: entry["description"] for entry in house.phones.screen(user).commands}


async def test_telegram_says_which_account_the_token_is(house: House) -> None:
    assert await introduce(house.bot) == Account(ACCOUNT, USERNAME)


async def test_a_wrong_token_is_named_without_being_shown(house: House) -> None:
    session = house.bot.request._session  # type: ignore[attr-defined]
    api_url = house.bot.base_url.partition("/bot7")[0]
    with pytest.raises(InvalidToken) as no:
        await introduce(make_bot(session, "7000001:WRONGWRONG", api_url=api_url, clock=house.clock))
    assert "WRONGWRONG" not in str(no.value)


async def test_each_phone_shows_the_commands_in_its_language(house: House, front: Front) -> None:
    house.phones.add(Person("ana", "telegram", "5003", "Ana", "+34600000000", "es"))
    await front.arrange()
    for user in (MEI, TOM, "5003"):
        await house.phones.start(user)
        assert tuple(commands(house, user)) == MEMBER
    assert commands(house, TOM)["points"] == "command.points/en"
    assert commands(house, MEI)["points"] == "command.points/zh-hans"
    assert commands(house, "5003")["points"] == "command.points/zh-hant"  # the shop's own language


async def test_the_menu_button_opens_the_card(house: House, front: Front) -> None:
    await front.arrange()
    await house.phones.start(MEI)
    button = house.phones.screen(MEI).menu_button
    assert (button["type"], button["url"]) == ("web_app", "https://cafe.example/card")


async def test_without_https_the_menu_button_shows_the_commands(house: House) -> None:
    await Front(house.bot, house.words, Place(USERNAME, "http://127.0.0.1:8080"), "en").arrange()
    await house.phones.start(MEI)
    assert house.phones.screen(MEI).menu_button["type"] == "commands"


async def test_a_persons_own_menu_follows_roles_and_chosen_language(house: House, front: Front) -> None:
    await front.arrange()
    await house.phones.start(TOM)
    await front.menus_for(TOM, [Role("cashier", "store-1")], language="zh-hant")
    assert tuple(commands(house, TOM)) == (*COUNTER, *MEMBER)
    assert commands(house, TOM)["scan"] == "command.scan/zh-hant"
    await front.menus_for(TOM, [], language="en")
    assert tuple(commands(house, TOM)) == MEMBER


async def test_the_menu_button_speaks_each_chats_language(house: House, front: Front) -> None:
    await front.arrange()
    for user in (MEI, TOM):
        await house.phones.start(user)
    await front.menus_for(TOM, [], language="en")
    shown = {user: house.phones.screen(user).menu_button for user in (MEI, TOM)}
    assert shown[MEI]["text"] == "bot.menu_button/zh-hant", "the shop's own, for whoever has not spoken yet"
    assert (shown[TOM]["text"], shown[TOM]["url"]) == ("bot.menu_button/en", "https://cafe.example/card")


async def test_a_menu_button_that_cannot_be_set_leaves_the_commands(house: House, front: Front) -> None:
    await house.phones.start(TOM)
    house.faults.plan(Fault("502", match="setChatMenuButton"))
    with capture_logs() as logs:
        await front.menus_for(TOM, [], language="en")
    assert [(line["event"], line["what"]) for line in logs] == [("telegram_front_not_set", "chat_menu_button")]
    assert commands(house, TOM)["points"] == "command.points/en"


async def test_a_shop_without_check_in_lists_no_command_for_it(house: House) -> None:
    place = Place(USERNAME, "https://cafe.example")
    front = Front(house.bot, house.words, place, "en", lacking=frozenset({"checkin"}))
    await front.arrange()
    await house.phones.start(MEI)
    assert tuple(commands(house, MEI)) == tuple(word for word in MEMBER if word != "checkin")


COUNTER = ("scan", "counter", "undo", "store")


@pytest.mark.parametrize(
    ("roles", "shown"),
    [
        ([], MEMBER),
        (["cashier"], (*COUNTER, *MEMBER)),
        (["marketer"], ("manage", "report", "broadcast", *MEMBER)),
        (["auditor"], ("manage", "report", "watch", *MEMBER)),
        (["manager"], (*COUNTER, "manage", "staff", "report", "refund", "adjust", "approve", *MEMBER)),
        (
            ["owner"],
            (*COUNTER, "manage", "staff", "report", "broadcast", "refund", "adjust", "approve", "watch", *MEMBER),
        ),
    ],
)
def test_each_role_is_shown_what_it_can_use(roles: list[str], shown: tuple[str, ...]) -> None:
    assert commands_for([Role(name) for name in roles]) == shown


async def test_a_call_that_fails_stops_neither_the_start_nor_the_other_calls(house: House, front: Front) -> None:
    house.faults.plan(Fault("502", match="setMyCommands"))
    with capture_logs() as logs:
        await front.arrange()
    assert [(line["event"], line["what"]) for line in logs] == [("telegram_front_not_set", "commands")]
    await house.phones.start(TOM)
    assert commands(house, TOM)["points"] == "command.points/en"
