"""The ways in: tickets and Telegram's notes that open once, WeChat's road there and back, and every forgery refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

import web.app
from bot.telegram.sign_in import TelegramSignIn
from membership.member import Channel, Identity, Who
from services import members, people, staff
from tests.web.screens import ACCOUNT, BOT, Screen, note, person, screen, ticket
from tests.web.tills import Clock, Shop
from web.sign_in import BACK, SignIn, SignInRefused, Vouched

OTHER_BOT = "7000002:AAF-another_bots_token"


class OtherApp:
    """A platform whose codes count once, as WeChat's do."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.allowed = True

    def way(self, back: str, state: str) -> str | None:
        return f"https://open.weixin.example/authorize?redirect_uri={back}&state={state}" if self.allowed else None

    async def vouch(self, proof: str, *, now: datetime, age_max: timedelta) -> Vouched:
        del now, age_max
        if proof not in self.codes:
            raise SignInRefused("errcode_40163")
        return Vouched(Identity("wechat", ACCOUNT, self.codes.pop(proof)))


@pytest.fixture
def wechat() -> OtherApp:
    return OtherApp()


@pytest.fixture
async def shop(door_parts: dict[str, Any], clock: Clock, serve: Any, wechat: OtherApp) -> AsyncIterator[Shop]:
    ways: dict[Channel, SignIn] = {"telegram": TelegramSignIn(BOT, account=ACCOUNT), "wechat": wechat}
    async with serve(web.app.create(**door_parts, sign_ins=ways)) as client:
        yield Shop(door_parts["database"], clock, client)


async def _member(shop: Shop, channel: str = "telegram") -> Who:
    return await person(shop, await shop.member(), channel=channel)


def _in(answer: httpx.Response) -> bool:
    return answer.status_code in (200, 303) and any("mb_card=" in one for one in answer.headers.get_list("set-cookie"))


# ---- a ticket from the chat
async def test_a_ticket_opens_one_browser_and_no_other(shop: Shop) -> None:
    who = await _member(shop)
    shown = await ticket(shop, who)
    async with screen(shop) as mine, screen(shop) as thief:
        assert _in(await mine.sign_in("card", ticket=shown))
        stolen = await thief.sign_in("card", ticket=shown)
        assert (stolen.status_code, stolen.json()["code"]) == (401, "sign_in_expired")
        assert (await mine.code()).status_code == 200


async def test_a_browser_whose_answer_was_lost_may_show_its_ticket_again_and_holds_one_session(shop: Shop) -> None:
    shown = await ticket(shop, await _member(shop))
    async with screen(shop) as browser:
        lost = (await browser.sign_in("card", ticket=shown)).headers.get_list("set-cookie")[0]
        assert _in(await browser.sign_in("card", ticket=shown))
        assert (await browser.code()).status_code == 200
        first = {"Cookie": lost.partition(";")[0]}
        browser.client.cookies.clear()
        assert (await browser.client.get("/card/state", headers=first)).status_code == 401


async def test_a_ticket_counts_for_five_minutes_and_for_its_own_page(shop: Shop) -> None:
    member = await shop.member()
    who = await person(shop, member, role="cashier")
    async with screen(shop) as browser:
        for_staff = await ticket(shop, who, "staff")
        assert (await browser.sign_in("card", ticket=for_staff)).status_code == 401
        late = await ticket(shop, who)
        shop.clock.pass_by(minutes=5)
        assert (await browser.sign_in("card", ticket=late)).status_code == 401


async def test_a_ticket_is_worth_nothing_once_its_owner_is_no_member_any_more(shop: Shop) -> None:
    who = await _member(shop)
    shown = await ticket(shop, who)
    await shop.db.write(members.leave, who, moment=shop.clock.moment())
    async with screen(shop) as browser:
        assert (await browser.sign_in("card", ticket=shown)).json()["code"] == "not_a_member"


# ---- Telegram's note (I07)
async def test_telegrams_note_signs_its_person_in_and_a_reload_keeps_the_session(shop: Shop) -> None:
    who = await _member(shop)
    shown = note(shop, who.identity.external_id)
    async with screen(shop) as browser:
        assert _in(await browser.sign_in("card", init_data=shown))
        cookie = browser.client.cookies["mb_card"]
        assert _in(await browser.sign_in("card", init_data=shown))
        assert browser.client.cookies["mb_card"] == cookie


async def test_a_note_that_was_used_opens_no_other_browser(shop: Shop) -> None:
    shown = note(shop, (await _member(shop)).identity.external_id)
    async with screen(shop) as mine, screen(shop) as thief:
        assert _in(await mine.sign_in("card", init_data=shown))
        assert (await thief.sign_in("card", init_data=shown)).status_code == 401


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("name", "forged"),
    [
        ("another bot's", lambda shop, user: note(shop, user, token=OTHER_BOT)),
        ("two days old", lambda shop, user: note(shop, user, age=2 * 86400)),
        ("from the future", lambda shop, user: note(shop, user, age=-120)),
        ("six minutes old, where a yes may follow", lambda shop, user: note(shop, user, age=360)),
        ("a user put in", lambda shop, user: note(shop, "9").replace("%22%69%64%22%3A%39", f"%22id%22%3A{user}")),
        ("a field twice", lambda shop, user: note(shop, user) + "&auth_date=1"),
        ("a field added", lambda shop, user: note(shop, user) + "&start_param=x"),
        ("no hash", lambda shop, user: note(shop, user).rpartition("&")[0]),
        ("not a query", lambda _shop, _user: "%%%"),
        ("too long", lambda shop, user: note(shop, user, start_param="x" * 9000)),
    ],
)
async def test_a_note_that_is_not_telegrams_own_and_fresh_signs_nobody_in(shop: Shop, name: str, forged: Any) -> None:
    user = (await _member(shop)).identity.external_id
    async with screen(shop) as browser:
        answer = await browser.sign_in("card", init_data=forged(shop, user))
    assert answer.status_code in ((401, 422) if name == "too long" else (401,)), name
    assert not answer.headers.get_list("set-cookie")


async def test_the_staff_page_takes_a_note_up_to_an_hour_old(shop: Shop) -> None:
    who = await person(shop, role="cashier")
    async with screen(shop) as browser:
        fresh = await browser.sign_in("staff", init_data=note(shop, who.identity.external_id, age=3500))
        stale = await browser.sign_in("staff", init_data=note(shop, who.identity.external_id, age=3700))
        nobody = await browser.sign_in("staff", init_data=note(shop, (await person(shop)).identity.external_id))
    assert [answer.status_code for answer in (fresh, stale, nobody)] == [200, 401, 403]


# ---- WeChat's road (I08)
async def _away(browser: Screen, to: str = "card") -> tuple[str, str]:
    """Set out for WeChat; return the state and the address to come back to."""
    left = await browser.client.get("/wechat/sign-in", params={"to": to})
    assert left.status_code == 302, left.text
    query = parse_qs(urlsplit(left.headers["Location"]).query)
    return query["state"][0], query["redirect_uri"][0]


async def _back(browser: Screen, state: str, code: str) -> httpx.Response:
    return await browser.client.get(BACK, params={"state": state, "code": code})


async def test_wechat_sends_the_browser_back_signed_in_to_our_own_page(shop: Shop, wechat: OtherApp) -> None:
    wechat.codes["c1"] = (await _member(shop, "wechat")).identity.external_id
    async with screen(shop) as browser:
        state, redirect = await _away(browser)
        assert (redirect, len(state)) == ("http://shop.example" + BACK, 32)
        back = await _back(browser, state, "c1")
        assert (back.headers["Location"], _in(back)) == ("/card", True)
        assert (await browser.code()).status_code == 200


@pytest.mark.parametrize("state", ["", "0" * 32, "another browser's", "used", "old"])
async def test_a_state_that_is_not_this_browsers_own_and_fresh_is_refused(
    shop: Shop, wechat: OtherApp, state: str
) -> None:
    user = (await _member(shop, "wechat")).identity.external_id
    wechat.codes |= {"c1": user, "c2": user}
    async with screen(shop) as browser, screen(shop) as other:
        shown = state
        if state == "another browser's":
            await _away(browser)
            shown, _ = await _away(other)
        elif state in ("used", "old"):
            shown, _ = await _away(browser)
            if state == "used":
                cookies = dict(browser.client.cookies)
                assert _in(await _back(browser, shown, "c1"))
                browser.client.cookies.clear()
                browser.client.cookies.update(cookies)
            shop.clock.pass_by(minutes=0 if state == "used" else 5)
        refused = await _back(browser, shown, "c2")
    assert (refused.status_code, _in(refused), "c2" in wechat.codes) == (401, False, True)
    assert refused.headers["Content-Type"].startswith("text/html")


async def test_a_code_shown_twice_signs_nobody_in(shop: Shop, wechat: OtherApp) -> None:
    wechat.codes["c1"] = (await _member(shop, "wechat")).identity.external_id
    async with screen(shop) as mine, screen(shop) as thief:
        assert _in(await _back(mine, (await _away(mine))[0], "c1"))
        again = await _back(thief, (await _away(thief))[0], "c1")
    assert (again.status_code, _in(again)) == (401, False)


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("to", ["https://evil.example", "//evil.example", "card/../staff", "", "console", "card#x"])
async def test_the_road_leads_to_our_own_pages_alone(shop: Shop, to: str) -> None:
    async with screen(shop) as browser:
        answer = await browser.client.get("/wechat/sign-in", params={"to": to})
    assert (answer.status_code, answer.headers.get("Location")) == (404, None)


@pytest.mark.parametrize("db_url", ["sqlite"], indirect=True)
async def test_an_account_that_may_not_sign_in_offers_no_road(shop: Shop, wechat: OtherApp) -> None:
    in_wechat = {"User_Agent": "Mozilla/5.0 MicroMessenger/8.0.50"}
    async with screen(shop) as browser:
        assert (await browser.post("/card/session", {}, **in_wechat)).json()["way"] == "/wechat/sign-in?to=card"
        assert not (await browser.post("/card/session", {})).json()["way"]
        wechat.allowed = False
        assert not (await browser.post("/card/session", {}, **in_wechat)).json()["way"]
        assert (await browser.client.get("/wechat/sign-in", params={"to": "card"})).status_code == 404


async def test_somebody_the_shop_never_met_is_told_to_join(shop: Shop, wechat: OtherApp) -> None:
    wechat.codes["c1"] = "a stranger"
    async with screen(shop) as browser:
        back = await _back(browser, (await _away(browser))[0], "c1")
    assert (back.status_code, _in(back)) == (404, False)
    assert await shop.db.read(people.find, Identity("wechat", ACCOUNT, "a stranger")) is None


# ---- what a session is worth
async def test_who_is_removed_from_the_staff_is_signed_out_at_once(shop: Shop) -> None:
    who = await person(shop, role="cashier")
    await person(shop, role="owner")
    async with screen(shop) as browser:
        shown = await ticket(shop, who, "staff")
        assert (await browser.sign_in("staff", ticket=shown)).status_code == 200
        assert (await browser.client.get("/staff/api/me")).status_code == 200
        assert who.staff_id is not None
        await shop.db.write(staff.dismiss, who.staff_id, by=None, moment=shop.clock.moment())
        assert (await browser.client.get("/staff/api/me")).status_code == 401
