"""What a device sold without a line: earning only, codes genuine and alive then, each purchase once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services import members
from tests.proof import assert_clean
from tests.web.desks import Desk, Team
from tests.web.tills import Shop


async def kept(shop: Shop, number: int, *, amount: int = 1000, member: str = "") -> dict[str, Any]:
    """A purchase of a new member (or this one), as a device keeps it."""
    code = await shop.show(member or await shop.member())
    at = shop.clock.now.isoformat().replace("+00:00", "Z")
    return {"id": f"earn-{number}", "code": code.text, "amount": amount, "at": at}


async def sent(desk: Desk, *earns: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await desk.post("/offline", {"earns": list(earns)})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def test_sixty_wait_fifty_count_and_replayed_twice_they_count_once(shop: Shop, desk: Desk) -> None:
    earns = [await kept(shop, number) for number in range(60)]
    shop.clock.pass_by(hours=3)
    first = await sent(desk, *earns[:25])  # the line breaks in the middle, and the device sends all again
    assert {one["state"] for one in first} == {"done"}
    for _ in range(3):
        results = await sent(desk, *earns)
        assert [one["id"] for one in results] == [one["id"] for one in earns]
        assert [one["state"] for one in results] == ["done"] * 50 + ["refused"] * 10
        assert {one["code"] for one in results[50:]} == {"limit_reached"}
        assert [one["purchase"]["purchase_id"] for one in results[:25]] == [
            one["purchase"]["purchase_id"] for one in first
        ]
    whole = 0
    page = (await desk.get("/today")).json()
    whole += len(page["purchases"])
    assert (whole, page["next"]) == (50, page["purchases"][-1]["purchase_id"])
    rest = (await desk.get("/today", after=page["next"])).json()
    assert rest == {"purchases": [], "next": None}
    await assert_clean(shop.db)


async def test_a_device_keeps_so_much_money_a_day_and_no_more(shop: Shop, desk: Desk) -> None:
    large = [await kept(shop, number, amount=400_000) for number in range(2)]
    assert [one["state"] for one in await sent(desk, *large)] == ["done", "refused"]
    assert [one["state"] for one in await sent(desk, await kept(shop, 3, amount=100_000))] == ["done"]


async def test_another_device_has_a_share_of_its_own(shop: Shop, desk: Desk, team: Team) -> None:
    other = await team.desk("Sun")
    for one in (desk, other):
        (done,) = await sent(one, await kept(shop, 1, amount=400_000))
        assert done["state"] == "done"


async def test_a_device_that_forgets_its_name_gives_nobody_a_new_share(shop: Shop, desk: Desk, team: Team) -> None:
    assert (await sent(desk, await kept(shop, 1, amount=400_000)))[0]["state"] == "done"
    renamed = await team.desk("Jay")  # the same person in a browser without a past
    (more,) = await sent(renamed, await kept(shop, 2, amount=400_000))
    assert (more["state"], more["code"]) == ("refused", "limit_reached")
    await assert_clean(shop.db)


async def test_another_purchase_under_a_name_that_was_used_is_refused_not_taken_for_done(
    shop: Shop, desk: Desk
) -> None:
    earn = await kept(shop, 1)
    assert (await sent(desk, earn))[0]["state"] == "done"
    for other in ({**await kept(shop, 1, amount=5000)}, {**earn, "receipt_no": "B8"}):
        assert (await sent(desk, other))[0]["code"] == "id_reused"


async def test_a_code_read_without_a_line_is_used_up_like_any_other(shop: Shop, desk: Desk, team: Team) -> None:
    earn = await kept(shop, 1)
    assert (await sent(desk, earn))[0]["state"] == "done"
    again = (await sent(desk, {**earn, "id": "another name"[:7]}))[0]
    assert (again["state"], again["code"]) == ("refused", "code_used")
    online = await (await team.desk("Sun")).post("/scans", {"code": earn["code"]})
    assert online.json()["code"] == "code_used"


async def test_a_code_scanned_here_before_the_line_broke_still_earns_and_elsewhere_not(
    shop: Shop, desk: Desk, team: Team
) -> None:
    here, there = await kept(shop, 1), await kept(shop, 2)
    await desk.scan(here["code"])
    await (await team.desk("Sun")).scan(there["code"])
    results = await sent(desk, here, there)
    assert [(one["state"], one.get("code")) for one in results] == [("done", None), ("refused", "code_used")]


async def test_a_member_gets_points_and_a_receipt(shop: Shop, desk: Desk) -> None:
    member = await shop.member()
    (done,) = await sent(desk, {**await kept(shop, 1, member=member), "receipt_no": "A7"})
    assert (done["purchase"]["points_earned"], done["purchase"]["receipt_no"]) == (10, "A7")
    assert await shop.points_of(member) == 10


@pytest.mark.parametrize(
    "claim",
    [
        (timedelta(hours=23, minutes=59), timedelta(0), "done", None),
        (timedelta(hours=24, seconds=1), timedelta(0), "refused", "offline_too_late"),
        (timedelta(hours=1), timedelta(seconds=119), "done", None),
        (timedelta(hours=1), timedelta(seconds=121), "refused", "code_expired"),
        (timedelta(hours=1), timedelta(seconds=-6), "refused", "code_expired"),
        (timedelta(seconds=10), timedelta(seconds=60), "refused", "offline_too_late"),
    ],
    ids=["a day", "more than a day", "alive", "run out", "not yet made", "ahead of us"],
)
async def test_a_code_must_have_been_alive_when_it_was_read(
    shop: Shop, desk: Desk, team: Team, claim: tuple[timedelta, timedelta, str, str | None]
) -> None:
    after, claimed, state, code = claim
    earn = await kept(shop, 1)
    at = (shop.clock.now + claimed).isoformat()
    shop.clock.pass_by(seconds=after.total_seconds())
    await desk.sign_in(await team.ticket("Jay"))  # the session may have ended meanwhile
    (result,) = await sent(desk, {**earn, "at": at})
    assert (result["state"], result.get("code")) == (state, code)


async def test_digits_forgeries_and_other_codes_earn_nothing(shop: Shop, desk: Desk) -> None:
    earn = await kept(shop, 1)
    code = earn["code"]
    flipped = code[:20] + ("A" if code[20] != "A" else "B") + code[21:]
    digits = (await shop.show(await shop.member())).digits
    wrong = ({**earn, "code": text} for text in (digits, flipped, "https://example.com"))
    results = await sent(desk, *wrong)
    assert [one["code"] for one in results] == ["not_a_member_code", "unknown_code", "not_a_member_code"]
    assert (await sent(desk, earn))[0]["state"] == "done"


async def test_a_stopped_card_earns_nothing(shop: Shop, desk: Desk) -> None:
    member = await shop.member()
    earn = await kept(shop, 1, member=member)
    await shop.db.write(members.freeze, member, actor=member, moment=shop.clock.moment())
    assert (await sent(desk, earn))[0]["code"] == "member_frozen"


async def test_one_bad_purchase_keeps_no_other_from_counting(shop: Shop, desk: Desk) -> None:
    good, bad = await kept(shop, 1), {**await kept(shop, 2), "amount": 0}
    results = await sent(desk, bad, good)
    assert [one["state"] for one in results] == ["refused", "done"]
    assert results[0]["code"] == "invalid_amount"


async def test_what_no_device_of_ours_sends_is_refused_as_a_whole(shop: Shop, desk: Desk) -> None:
    earn = await kept(shop, 1)
    wrong: tuple[dict[str, Any], ...] = (
        *({"at": at} for at in ("2026-11-22T04:00:00", 1, "now")),
        *({"id": name} for name in ("", "a b", "x" * 65)),
        *({"code": ""}, {"points": 5}),
    )
    for broken in wrong:
        answer = await desk.post("/offline", {"earns": [{**earn, **broken}]})
        assert (broken, answer.status_code, answer.json()["code"]) == (broken, 422, "invalid_request")
    assert (await sent(desk, earn))[0]["state"] == "done"
