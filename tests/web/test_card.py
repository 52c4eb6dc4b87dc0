"""The live card over HTTP: opened once, shown on one screen, asked for a yes, and left when the member leaves."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image

from membership.member import Who
from services import counter, members, pins
from services.orders import Order
from services.reader import Reader
from services.reservations import Waiting
from services.rules import store_id
from tests.proof import assert_clean
from tests.web.screens import Screen, person, screen, ticket
from tests.web.tills import Shop

FOREIGN = "https://elsewhere.example"


async def _opened(shop: Shop, browser: Screen, **member: Any) -> tuple[str, Who]:
    member_id = await shop.member(**member)
    who = await person(shop, member_id)
    assert (await browser.sign_in("card", ticket=await ticket(shop, who))).status_code == 200
    return member_id, who


async def _waiting(shop: Shop, member_id: str, code: str, *, points: int = 6000) -> str:
    """Let a till read the code and ask for more than goes without a yes; return the id of what waits."""
    reader = Reader("till", store_id("main"))
    seen = await shop.db.write(counter.read, code, reader, moment=shop.clock.moment())
    assert seen.scan is not None
    order = Order(member_id, 50000, points=points, scan_id=seen.scan.id)
    found = await shop.db.write(
        counter.settle, order, reader, reference=f"bill:{code}", channel="pos", moment=shop.clock.moment()
    )
    assert isinstance(found, Waiting)
    return found.id


async def test_the_card_signs_in_with_its_ticket_and_gets_a_code_a_till_can_read(shop: Shop) -> None:
    async with screen(shop) as browser:
        member, _ = await _opened(shop, browser, points=120, name="王小美")
        card = (await browser.code()).json()
    assert (card["renew"], card["lang"], card["name"], card["seconds"]) == (30, "en", "王小美", 60)
    assert re.fullmatch(r"[0-9]{5} [0-9]{5}", card["digits"])
    read = zxingcpp.read_barcodes(_picture(card["modules"]))
    assert [found.text for found in read] == [card["text"]]
    scanned = await shop.till.post("/scans", {"code": read[0].text})
    assert scanned.json()["member"]["id"] == member


async def test_each_asking_makes_another_code_and_the_words_come_with_the_first(shop: Shop) -> None:
    async with screen(shop) as browser:
        await _opened(shop, browser)
        cards = [(await browser.code(take=first)).json() for first in (True, False, False)]
    assert len({card["text"] for card in cards}) == 3
    assert [bool(card["texts"]) for card in cards] == [True, False, False]


async def test_the_session_goes_on_where_the_ticket_has_long_run_out(shop: Shop) -> None:
    async with screen(shop) as browser:
        await _opened(shop, browser)
        shop.clock.pass_by(hours=11, minutes=59)
        assert (await browser.code(take=False)).status_code == 200
        shop.clock.pass_by(minutes=2)
        assert (await browser.code(take=False)).json()["code"] == "signed_out"


async def test_a_second_screen_kills_the_code_of_the_first_which_says_so_and_may_take_it_back(shop: Shop) -> None:
    async with screen(shop) as first, screen(shop) as second:
        _, who = await _opened(shop, first)
        old = (await first.code()).json()["text"]
        assert not (await first.state())["elsewhere"]
        shop.clock.pass_by(seconds=3)
        await second.sign_in("card", ticket=await ticket(shop, who))
        new = (await second.code()).json()["text"]
        assert (await first.state())["elsewhere"]
        renewed = await first.code(take=False)
        assert (renewed.status_code, renewed.json()["code"]) == (409, "shown_elsewhere")
        assert (await shop.till.post("/scans", {"code": old})).json()["code"] == "code_revoked"
        assert (await shop.till.post("/scans", {"code": new})).status_code == 200
        shop.clock.pass_by(seconds=3)
        assert (await first.code(take=True)).status_code == 200
        assert (await second.state())["elsewhere"]


@pytest.mark.parametrize("yes", [True, False])
async def test_a_bill_that_waits_is_shown_and_the_answer_given_on_the_card_counts(shop: Shop, *, yes: bool) -> None:
    async with screen(shop) as browser:
        member, _ = await _opened(shop, browser, points=8000)
        waiting = await _waiting(shop, member, (await browser.code()).json()["text"])
        shown = (await browser.state())["waiting"]
        assert (shown["id"], shown["seconds"]) == (waiting, 120)
        assert "¥500" in shown["text"]
        answer = (await browser.post("/card/answer", {"id": waiting, "yes": yes})).json()
        assert answer["state"] == ("posted" if yes else "refused")
        assert (await browser.state())["waiting"] is None
        again = (await browser.post("/card/answer", {"id": waiting, "yes": yes})).json()
        assert again == answer
    assert (await shop.points_of(member) < 8000) is yes
    await assert_clean(shop.db)


async def test_nobody_answers_for_another_member(shop: Shop) -> None:
    async with screen(shop) as mine, screen(shop) as theirs:
        member, _ = await _opened(shop, mine, points=8000)
        await _opened(shop, theirs)
        waiting = await _waiting(shop, member, (await mine.code()).json()["text"])
        assert (await theirs.state())["waiting"] is None
        refused = await theirs.post("/card/answer", {"id": waiting, "yes": True})
        assert refused.status_code == 404
        assert (await mine.state())["waiting"]["id"] == waiting


async def test_the_pay_code_is_read_as_one_and_says_up_to_what_it_is_a_yes(shop: Shop) -> None:
    async with screen(shop) as browser:
        await _opened(shop, browser)
        card = (await browser.code(pay=True)).json()
    assert card["pay"]
    assert "¥200" in card["hint"]
    seen = await shop.db.write(counter.read, card["text"], Reader("till", store_id("main")), moment=shop.clock.moment())
    assert seen.scan is not None
    assert seen.scan.kind == "pay"


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("pin", ["12345", "1234567", "abcdef", "１２３４５６", "111111", "123456", ""])
async def test_a_pin_everybody_would_guess_is_refused(shop: Shop, pin: str) -> None:
    async with screen(shop) as browser:
        member, _ = await _opened(shop, browser)
        answer = await browser.post("/card/pin", {"pin": pin})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_pin")
    assert not await shop.db.read(pins.has_member, member)


async def test_a_pin_is_set_and_only_its_slow_hash_is_kept(shop: Shop) -> None:
    async with screen(shop) as browser:
        member, _ = await _opened(shop, browser)
        assert (await browser.post("/card/pin", {"pin": "837261"})).status_code == 200
        assert (await browser.code()).json()["has_pin"]
    reader = Reader("till", store_id("main"))
    kept = await shop.db.write(pins.begin_member, member, reader, moment=shop.clock.moment())
    assert kept.startswith("$argon2id$")
    assert pins.matches(kept, "837261")


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "headers",
    [{"Origin": FOREIGN}, {"Origin": "null"}, {"X_Memberbot": "0"}, {"Origin": "http://shop.example.evil.example"}],
)
async def test_what_another_site_makes_the_browser_send_is_refused(shop: Shop, headers: Any) -> None:
    async with screen(shop) as browser:
        await _opened(shop, browser)
        answer = await browser.code(**headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        ours = await browser.code(Origin=str(browser.client.base_url).rstrip("/"))
        assert ours.status_code == (await browser.code(Origin="http://shop.example")).status_code == 200


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "call",
    [
        ("POST", "/card/code", {"take": True}),
        ("POST", "/card/answer", {"id": "x", "yes": True}),
        ("POST", "/card/pin", {"pin": "837261"}),
        ("GET", "/card/state", None),
    ],
)
@pytest.mark.parametrize("cookie", ["", "x" * 43, "é", "mb_card=1; mb_card=2"])
async def test_without_a_session_there_is_nothing_on_the_card(shop: Shop, call: Any, cookie: str) -> None:
    method, path, sent = call
    async with screen(shop) as browser:
        shown = {"X-Memberbot": "1", **({"Cookie": f"mb_card={cookie}".encode()} if cookie else {})}
        answer: httpx.Response = await browser.client.request(method, path, json=sent, headers=shown)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


async def test_a_card_that_was_stopped_shows_no_code_and_one_of_somebody_who_left_is_signed_out(shop: Shop) -> None:
    async with screen(shop) as browser:
        member, who = await _opened(shop, browser)
        await shop.db.write(members.freeze, member, actor="test", moment=shop.clock.moment())
        assert (await browser.code()).json()["code"] == "member_frozen"
        await shop.db.write(members.leave, who, moment=shop.clock.moment())
        assert (await browser.code()).json()["code"] == "signed_out"


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
async def test_the_secret_is_kept_from_scripts_and_other_pages(shop: Shop) -> None:
    async with screen(shop) as browser:
        member = await shop.member()
        answer = await browser.sign_in("card", ticket=await ticket(shop, await person(shop, member)))
    (cookie,) = answer.headers.get_list("set-cookie")
    assert re.fullmatch(r"mb_card=[\w-]{43}; Path=/card; Max-Age=43200; HttpOnly; SameSite=Lax", cookie)


def _picture(modules: list[str]) -> Image.Image:
    side, quiet, scale = len(modules), 4, 8
    small = Image.new("L", (side + 2 * quiet,) * 2, 255)
    for y, row in enumerate(modules, quiet):
        for x, module in enumerate(row, quiet):
            small.putpixel((x, y), 0 if module == "1" else 255)
    return small.resize((small.width * scale,) * 2, Image.Resampling.NEAREST)
