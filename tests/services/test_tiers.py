"""Tiers on both databases: the worked examples of docs/rules/tiers.md, and what is told, given, kept and counted."""

from __future__ import annotations

import asyncio
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from membership.errors import InvalidLastDay, SelfCredit, TierUnknown
from membership.messages import say
from services import reminders, rules, switches, tier_gifts, tier_moves, tier_warnings, tiers, tiers_by_hand
from services.orders import Recorded
from storage import coupons as coupon_rows
from storage import members as member_rows
from storage import outbox as outbox_rows
from storage.tables import audit, coupons, offers, outbox, tier_changes
from tests.documents import coded, read, rows, sections
from tests.proof import assert_clean
from tests.services.savings import MAIN, Savings
from tests.services.shopfront import Shop

CAFE: dict[str, Any] = tomllib.loads(Path("membership/presets/cafe.toml").read_text("utf-8"))
EXAMPLES = {title: body for title, body in sections(read("docs/rules/tiers.md"), 2).items() if "|" in body}
ZONE = ZoneInfo("Asia/Shanghai")


class Climb:
    """A member of a café with this ladder, and their days."""

    def __init__(self, shop: Shop, **ladder: Any) -> None:
        self.shop, self.db, self.told = shop, shop.db, ladder
        self.bought: list[Recorded] = []

    async def open(self, **tier: Any) -> Climb:
        """Bring the rules, ``tier`` added to silver, and let the member join."""
        await self.change(**tier)
        [self.member_id] = await self.shop.settle(1, tier="basic")
        self.till = Savings(self.shop, self.member_id)
        return self

    async def change(self, **tier: Any) -> None:
        steps = [self._step(step, tier) for step in CAFE["tiers"]]
        limits = {**CAFE["limits"], "amount_max": "100000"}
        body = {**CAFE, "ladder": self.told, "tiers": steps, "limits": limits}
        await self.db.write(rules.bring, body, actor="test", now=self.shop.now)

    def _step(self, step: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
        """Return a step without its price, which would only make the sums hard to follow."""
        step = {key: value for key, value in step.items() if key != "percent_off"}
        if self.told.get("metric", "spend") != "spend" and "from" in step:
            step["from"] = int(step["from"])
        return step | (more if step["id"] == "silver" else {})

    def noon(self, day: str) -> None:
        self.shop.counter.now = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZONE).astimezone(UTC)

    async def do(self, deed: str) -> None:
        match deed.split():
            case ["pay", yuan]:
                self.bought.append(await self.till.buy(int(yuan) * 100))
            case ["refund", *nth]:
                await self.till.refund(self.bought[int("".join(nth) or -1)])
            case ["set", tier, "to", day]:
                await self.set(tier, date.fromisoformat(day))
            case ["end"]:
                await self.db.write(tiers_by_hand.end, self.member_id, MAIN, moment=self.shop.moment())
            case other:
                assert other == ["–"]

    async def set(self, tier: str, until: date, reference: str = "") -> tiers_by_hand.Set:
        moment = self.shop.moment()
        how: dict[str, Any] = {"until": until, "reason": "goodwill", "reference": reference or moment.new_id("set")}
        return await self.db.write(tiers_by_hand.set_tier, self.member_id, tier, MAIN, **how, moment=moment)

    async def set_reached(self, tier: str) -> None:
        """Put the member into a tier to the end of 2027, as a purchase of 2026 would have."""

        def put(tx: Any) -> None:
            member_rows.change(tx, self.member_id, tier=tier, tier_until=datetime(2028, 1, 1, tzinfo=ZONE))

        await self.db.write(put)

    async def run(self, job: Any) -> int:
        """Run a job until nothing is left."""
        done = 0
        while found := await self.db.write(job, self.shop.moment()):
            done += found
        return done

    async def stands(self) -> tuple[str, str]:
        stands = await self.db.read(tiers.standing, self.member_id, now=self.shop.now)
        assert stands.tier is not None
        return stands.tier.id, str(stands.until or "–")

    async def rows(self, table: Any) -> list[Any]:
        return await self.db.read(lambda tx: list(tx.all(select(table))))

    async def told_of(self, kind: str) -> list[str]:
        """Return the keys and facts of notices of this kind, oldest first."""
        found = [row for row in await self.rows(outbox) if row.kind == kind]
        bodies = [await self.db.read(outbox_rows.payload, row) for row in sorted(found, key=lambda row: row.created_at)]
        return [" ".join([body.messages[0].key, *map(str, body.messages[0].facts.values())]) for body in bodies]


@pytest.mark.parametrize("title", EXAMPLES)
async def test_the_worked_examples_are_true(shop: Shop, title: str) -> None:
    ladder = tomllib.loads("\n".join(code for code in coded(EXAMPLES[title]) if " = " in code))
    climb = await Climb(shop, **ladder).open()
    for day, deed, tier, until in rows(EXAMPLES[title]):
        climb.noon(day)
        await climb.run(tier_moves.review_due)
        await climb.do(deed)
        assert (day, deed, *await climb.stands()) == (day, deed, tier, until)
    await assert_clean(climb.db)


YEARLY = {"window": "calendar_year", "review": "by_metric"}


async def test_a_lift_is_on_the_receipt_with_what_the_tier_brings_and_its_gift_comes_once(shop: Shop) -> None:
    climb = await Climb(shop, **YEARLY).open(gift="welcome", benefits="a seat by the window")
    await climb.do("pay 1000")
    [receipt] = [row for row in await climb.rows(outbox) if row.kind == "receipt"]
    said = [message.key for message in (await climb.db.read(outbox_rows.payload, receipt)).messages]
    assert said[-4:] == ["receipt.tier_up", "tier.benefits", "tier.gift", "tier.ahead"]
    [gift] = await climb.rows(coupons)
    assert gift.reference == f"tier-gift:{climb.member_id}:silver"
    climb.noon("2028-01-02")
    await climb.run(tier_moves.review_due)
    await climb.do("pay 1000")
    assert await climb.stands() == ("silver", "2029-12-31")
    assert len(await climb.rows(coupons)) == 1


async def test_a_receipt_says_how_far_the_next_tier_is_up_to_the_last_one(shop: Shop) -> None:
    climb = await Climb(shop, **YEARLY).open()
    told = []
    for deed in ("pay 400", "pay 700", "pay 1900"):
        await climb.do(deed)
        rows = [row for row in await climb.rows(outbox) if row.kind == "receipt"]
        newest = max(rows, key=lambda row: climb.bought[-1].id == row.period_key)
        said = (await climb.db.read(outbox_rows.payload, newest)).messages
        told.append([message.facts["amount"].minor for message in said if message.key == "tier.ahead"])
    assert told == [[60_000], [190_000], []], "to silver at 1,000, to gold at 3,000, and no further"


async def test_an_unused_gift_goes_with_the_lift_and_comes_again_with_the_next_one(shop: Shop) -> None:
    climb = await Climb(shop, **YEARLY).open(gift="welcome")
    for _ in range(2):
        await climb.do("pay 1000")
        assert [row.state for row in await climb.rows(coupons)].count("issued") == 1
        await climb.do("refund")
        assert {row.state for row in await climb.rows(coupons)} == {"voided"}
    assert await climb.told_of("tier_undone") == [
        f"tier.undone {before} {after}" for before, after in [await _names(climb)] * 2
    ]
    assert {row.issued for row in await climb.rows(offers) if row.code == "welcome"} == {0}
    await assert_clean(climb.db)


async def _names(climb: Climb) -> tuple[str, str]:
    ladder = (await climb.db.read(rules.current)).ladder
    return str(tiers.name_of(ladder, "silver")), str(tiers.name_of(ladder, "basic"))


async def test_a_purchase_taken_back_does_not_take_a_tier_that_the_rest_reaches(shop: Shop) -> None:
    climb = await Climb(shop, **YEARLY).open()
    await climb.do("pay 1000")
    await climb.do("pay 1000")
    await climb.till.refund(climb.bought[0])
    assert await climb.stands() == ("silver", "2027-12-31")


@pytest.mark.parametrize(
    ("deeds", "stands"),
    [
        (("2026-11-22", "pay 1000", "pay 2000", "refund 0"), ("gold", "2027-12-31")),
        (("2026-11-22", "pay 1000", "pay 2000", "refund 0", "refund 1"), ("basic", "–")),
        (("2026-11-22", "pay 1000", "set gold to 2026-12-31", "refund", "2027-01-01"), ("basic", "–")),
        (("2026-11-22", "pay 3000", "set basic to 2026-12-31", "2027-01-01", "pay 1000"), ("gold", "2027-12-31")),
        (("2026-11-22", "pay 3000", "2028-01-01", "pay 1000"), ("silver", "2029-12-31")),
    ],
)
async def test_what_is_over_or_gone_is_so_in_whatever_order_it_comes_and_before_the_clock_has_looked(
    shop: Shop, deeds: tuple[str, ...], stands: tuple[str, str]
) -> None:
    climb = await Climb(shop, **YEARLY).open(gift="welcome")
    for deed in deeds:
        if deed.startswith("20"):
            climb.noon(deed)
            continue
        await climb.do(deed)
        shop.counter.pass_by(seconds=1)
    await climb.run(tier_moves.review_due)
    assert await climb.stands() == stands
    assert stands[0] != "basic" or not await climb.db.read(coupon_rows.held, climb.member_id, shop.now)
    await assert_clean(climb.db)


async def test_each_change_is_written_down_and_audited_with_what_counted(shop: Shop) -> None:
    climb = await Climb(shop, **YEARLY).open()
    await climb.do("pay 1000")
    climb.noon("2028-01-01")
    await climb.run(tier_moves.review_due)
    changes = sorted(await climb.rows(tier_changes), key=lambda row: row.at)
    assert [(row.before, row.after, row.reason, row.counted, row.actor) for row in changes] == [
        ("basic", "silver", "reached", 100_000, "shop"),
        ("silver", "basic", "reviewed", 0, "clock"),
    ]
    assert {row.subject for row in await climb.rows(audit) if row.action == "tier"} == {row.id for row in changes}


async def test_who_falls_is_told_in_the_morning_and_who_stays_by_a_reminder(shop: Shop) -> None:
    climb = await Climb(shop, **YEARLY).open()
    await climb.do("pay 1000")
    climb.noon("2027-06-01")
    await climb.do("pay 1000")
    for year in (2028, 2029):
        shop.counter.now = datetime(year, 1, 1, 0, 1, tzinfo=ZONE).astimezone(UTC)
        await climb.run(tier_moves.review_due)
    found = {row.kind: row for row in await climb.rows(outbox)}
    assert getattr(found["tier_kept"], "class") == "reminder"
    assert getattr(found["tier_lowered"], "class") == "receipt"
    assert found["tier_lowered"].not_before.astimezone(ZONE) == datetime(2029, 1, 1, 10, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("metric", "key", "missing"),
    [("spend", "tier.stay", 40_000), ("visits", "tier.stay_visits", 997), ("points", "tier.stay_points", 280)],
)
async def test_members_are_warned_on_the_shops_days_with_what_is_missing(
    shop: Shop, metric: str, key: str, missing: int
) -> None:
    climb = await Climb(shop, metric=metric, warn_days=[30, 7], grace_days=10, **YEARLY).open()
    await climb.set_reached("silver")
    climb.noon("2027-05-05")
    for _ in range(3):
        await climb.do("pay 200")
        climb.shop.counter.pass_by(hours=1)
    warned = []
    for day in ("2027-12-10", "2027-12-11", "2028-01-01", "2028-01-02", "2028-01-03", "2028-01-04", "2028-01-10"):
        climb.noon(day)
        if await climb.run(tier_warnings.warn_due):
            warned.append(day)
    assert warned == ["2027-12-11", "2028-01-01", "2028-01-03"]
    first = next(row for row in await climb.rows(outbox) if row.kind == "tier_warning")
    told = (await climb.db.read(outbox_rows.payload, first)).messages[0]
    amount = told.facts.get("amount")
    assert (told.key, amount.minor if amount else told.facts["count"]) == (key, missing)
    assert told.facts["on"] == date(2028, 1, 10)


async def test_a_warning_not_sent_yet_says_what_is_true_when_it_goes_or_nothing(shop: Shop) -> None:
    climb = await Climb(shop, warn_days=[30], **YEARLY).open()
    await climb.set_reached("silver")
    climb.noon("2027-12-01")
    await climb.run(tier_warnings.warn_due)
    assert await climb.stands() == ("silver", "2027-12-31")
    [warned] = [row for row in await climb.rows(outbox) if row.kind == "tier_warning"]
    for paid, missing in ((0, 100_000), (400, 60_000), (600, None)):
        if paid:
            await climb.do(f"pay {paid}")
        told = await climb.db.read(reminders.said_now, warned, climb.shop.now)
        assert (None if told is None else told.messages[0].facts["amount"].minor) == missing


async def test_a_shop_that_begins_to_review_gives_everybody_a_whole_window_first(shop: Shop) -> None:
    climb = await Climb(shop).open()
    await climb.do("pay 1000")
    climb.noon("2029-06-01")
    climb.told = YEARLY
    await climb.change()
    assert await climb.run(tier_moves.review_due) == 1
    assert await climb.stands() == ("silver", "2030-12-31")
    climb.told = {}
    climb.noon("2031-01-01")
    await climb.change()
    await climb.run(tier_moves.review_due)
    assert await climb.stands() == ("silver", "–")
    assert await climb.run(tier_moves.review_due) == 0


async def test_who_stood_by_hand_when_the_shop_began_to_review_has_a_whole_window_from_then_on(shop: Shop) -> None:
    climb = await Climb(shop).open()
    await climb.do("pay 3000")
    await climb.do("set silver to 2026-12-31")
    climb.told = YEARLY
    await climb.change()
    await climb.run(tier_moves.review_due)
    climb.noon("2027-01-01")
    await climb.run(tier_moves.review_due)
    assert await climb.stands() == ("gold", "2028-12-31")


async def test_reviews_of_hundreds_come_in_batches_and_each_member_is_looked_at_once(shop: Shop) -> None:
    climb = await Climb(shop, **YEARLY).open()
    await shop.settle(250, tier="silver", tier_until=datetime(2028, 1, 1, tzinfo=ZONE))
    climb.noon("2028-01-01")
    assert await climb.run(tier_moves.review_due) == 250
    assert {(row.before, row.after) for row in await climb.rows(tier_changes)} == {("silver", "basic")}
    assert await climb.run(tier_moves.review_due) == 0


async def test_the_coupon_of_the_month_comes_once_a_month_to_those_who_hold_the_tier(shop: Shop) -> None:
    climb = await Climb(shop).open(monthly="welcome")
    await shop.settle(3, tier="silver")
    given = []
    for day in ("2026-11-22", "2026-11-23", "2026-12-01", "2026-12-31"):
        climb.noon(day)
        given.append(await climb.run(tier_gifts.give_monthly))
        if day == "2026-11-22":
            await climb.do("pay 1000")
    assert given == [3, 1, 4, 0]
    assert len(await climb.rows(coupons)) == 8
    assert {getattr(row, "class") for row in await climb.rows(outbox) if row.kind == "tier_monthly"} == {"offer"}
    await assert_clean(climb.db)


async def test_a_coupon_of_the_month_that_is_switched_off_or_sold_out_stops_nothing(shop: Shop) -> None:
    climb = await Climb(shop).open(monthly="welcome")
    await shop.settle(2, tier="silver")
    await climb.db.write(switches.turn, "offer", "welcome", "off", actor="mo", moment=shop.moment())
    assert await climb.run(tier_gifts.give_monthly) == 0
    assert await climb.rows(coupons) == []


async def test_setting_a_tier_by_hand_twice_under_one_reference_is_once_and_gives_its_gift(shop: Shop) -> None:
    climb = await Climb(shop, **YEARLY).open(gift="welcome")
    done = [await climb.set("silver", date(2026, 12, 31), reference="desk:1") for _ in range(2)]
    assert [one.fresh for one in done] == [True, False]
    assert len(await climb.rows(tier_changes)) == len(await climb.rows(coupons)) == 1
    [change] = await climb.db.read(tiers.history, climb.member_id, limit=5, for_staff=True)
    assert change.words == say("reason.goodwill")
    [shown] = await climb.db.read(tiers.history, climb.member_id, limit=5)
    assert shown.words is None


async def test_nobody_sets_their_own_tier_nor_one_that_is_not_there_nor_for_yesterday(shop: Shop) -> None:
    climb = await Climb(shop).open()
    how: dict[str, Any] = {
        "until": date(2026, 12, 31),
        "reason": "goodwill",
        "reference": "desk:1",
        "moment": shop.moment(),
    }
    me = replace(MAIN, member_id=climb.member_id)
    for tier, reader, changed, refusal in (
        ("gold", me, {}, SelfCredit),
        ("platinum", MAIN, {}, TierUnknown),
        ("gold", MAIN, {"until": date(2026, 11, 21)}, InvalidLastDay),
        ("gold", MAIN, {"until": date(2030, 11, 21)}, InvalidLastDay),
    ):
        with pytest.raises(refusal):
            await climb.db.write(tiers_by_hand.set_tier, climb.member_id, tier, reader, **{**how, **changed})
    assert await climb.rows(tier_changes) == []


async def test_a_lift_from_a_tier_by_hand_that_was_over_goes_with_its_purchase(shop: Shop) -> None:
    climb = await Climb(shop, **YEARLY).open(gift="welcome")
    await climb.do("set silver to 2026-12-31")
    climb.noon("2027-01-01")
    await climb.do("pay 3000")
    assert await climb.stands() == ("gold", "2028-12-31")
    await climb.do("refund")
    assert await climb.stands() == ("basic", "–")


async def test_a_lift_at_two_tills_at_once_is_one(shop: Shop) -> None:
    climb = await Climb(shop, **YEARLY).open(gift="welcome")
    await asyncio.gather(*(climb.do("pay 1000") for _ in range(2)))
    assert len(await climb.rows(tier_changes)) == len(await climb.rows(coupons)) == 1
    await assert_clean(climb.db)
