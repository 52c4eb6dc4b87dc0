"""A till that still names an account which became part of another one serves the one member."""

from __future__ import annotations

from services import merges
from tests.proof import assert_clean
from tests.web.desks import Team
from tests.web.tills import Shop


async def test_a_member_who_became_part_of_another_one_is_served_as_that_one(shop: Shop) -> None:
    kept = await shop.member(points=100)
    gone = await shop.member(points=50)
    scan = await shop.till.scan((await shop.show(gone)).text)
    how = {"reference": "code", "actor": kept}
    done = await shop.db.write(merges.merge, kept, gone, **how, moment=shop.clock.moment())
    old = done.gone_id
    bought = await shop.till.post("/purchases", {"member_id": old, "amount": 3000})
    assert (bought.status_code, bought.json()["points_earned"]) == (201, 30)
    assert (await shop.till.get(f"/members/{old}")).json()["points"] == 180
    given = await shop.manager.post(f"/members/{old}/adjustments", {"points": 5, "reason": "sorry"})
    assert given.status_code == 201
    assert await shop.points_of(done.kept_id) == 185
    lines = (await shop.manager.get(f"/members/{old}/ledger")).json()["lines"]
    assert sum(line["points"] for line in lines) == 185
    assert (await shop.manager.patch(f"/members/{old}", {"tags": ["tea"]})).json()["tags"] == ["tea"]
    assert (await shop.till.get(f"/members/{old}/passes")).status_code == 200
    late = await shop.till.post("/purchases", {"scan_id": scan, "amount": 3000, "points": 10})
    assert (late.status_code, late.json()["code"]) == (403, "scan_required")  # a code of before the two were one
    await assert_clean(shop.db)


async def test_the_staff_page_serves_the_one_member_also_by_what_it_noted_without_a_line(shop: Shop) -> None:
    team = Team(shop)
    old, young = await shop.member(), await shop.member()
    noted = [
        {"id": one, "code": (await shop.show(one)).text, "amount": 1000, "at": shop.clock.now.isoformat()}
        for one in (old, young)
    ]
    desk = await team.desk("Jay")
    shop.clock.pass_by(minutes=1)
    how = {"reference": "code", "actor": old}
    done = await shop.db.write(merges.merge, old, young, **how, moment=shop.clock.moment())
    results = (await desk.post("/offline", {"earns": noted})).json()["results"]
    assert [one["state"] for one in results] == ["done", "done"], results
    for member_id in (old, young):
        assert (await desk.post("/purchases", {"member_id": member_id, "amount": 1000})).status_code == 201
    assert await shop.points_of(done.kept_id) == 40
    await team.close()
    await assert_clean(shop.db)
