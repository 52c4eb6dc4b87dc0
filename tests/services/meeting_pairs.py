"""Two deeds about one thing, for tests in which they meet: the same coupon, pass, bill, points, places or reward."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from membership.moment import Moment
from services import (
    bonds,
    coupons,
    greetings,
    mall,
    merges,
    passes,
    points,
    purchases,
    redemptions,
    referrals,
    refunds,
    reservations,
    sign_ups,
    tier_moves,
    visits,
)
from services.orders import Order
from services.visits import Wanted
from storage import bonds as bond_rows
from storage import members
from storage import referrals as friend_rows
from storage.tables import coupons as coupon_rows
from tests.services import meeting_people as deeds
from tests.services.crossing import Deed
from tests.services.meeting_people import MAIN, Three, Town, at

Pair = tuple[Deed, Deed]


async def coupon(town: Town, three: Three) -> Pair:
    """The goods are handed out while the exchange is taken back."""
    held = await town.do(mall.exchange, three.young, "latte", town.name("n"))
    out = at(town, redemptions.hand_out, held.id, await town.scan(three.young), MAIN)
    return out, at(town, mall.undo, held.id, three.young)


async def ended_coupon(town: Town, three: Three) -> Pair:
    """Goods are handed out in the last second of their coupon, which is written off in the next."""
    held = await town.do(mall.exchange, three.young, "latte", town.name("n"))
    over = town.shop.now + timedelta(seconds=1)
    await town.db.write(lambda tx: tx.execute(update(coupon_rows).values(expires_at=over)))
    out = at(town, redemptions.hand_out, held.id, await town.scan(three.young), MAIN)
    return out, lambda tx: coupons.expire_due(tx, now=over)


async def counted_pass(town: Town, three: Three) -> Pair:
    """A visit is taken while the pass is given back."""
    sold = await town.do(passes.sell, three.young, "ten", MAIN, reference=town.name("pass"))
    wanted = Wanted(sold.id, None, yes="manager", reason="no phone")
    used = at(town, visits.use, wanted, MAIN, reference=town.name("visit"))
    return used, at(town, passes.refund, sold.id, MAIN, reason="back")


async def bill(town: Town, three: Three) -> Pair:
    """The member says yes in one chat and no in the other."""
    waits = await town.db.write(await deeds.bill(town, three))
    yes = at(town, reservations.agree, waits.id, three.young, how="chat")
    return yes, at(town, reservations.refuse, waits.id, three.young)


async def last_points(town: Town, three: Three) -> Pair:
    """All points are sent away while most of them are spent."""
    bond = (await town.db.read(bond_rows.of_member, three.young))[0]
    sent = at(town, bonds.send, await town.who(three.young), bond.id, 100, reference=town.name("send"))
    order = Order(three.young, 5_000, points=60, yes="pin")
    return sent, at(town, purchases.record, order, MAIN, reference=town.name("buy"), channel="pos")


async def both_ways(town: Town, three: Three) -> Pair:
    """Two send each other all they have."""
    bond = (await town.db.read(bond_rows.of_member, three.young))[0]
    one, other = [
        at(town, bonds.send, await town.who(who), bond.id, 100, reference=town.name("send"))
        for who in (three.young, three.friend)
    ]
    return one, other


async def places(town: Town, three: Three) -> Pair:
    """One of two gives the last place up while another one wants it."""
    chosen = await deeds.activity(town, capacity=1)
    for one in (three.old, three.young):
        await town.do(sign_ups.sign_up, chosen, one)
    gone = at(town, sign_ups.withdraw, chosen, three.old)
    return gone, at(town, sign_ups.sign_up, chosen, three.friend)


async def tier(town: Town, three: Three) -> Pair:
    """A purchase that saves a tier is recorded while the tier is looked at."""
    held = {"tier_until": town.shop.now - timedelta(days=1)}
    await town.db.write(lambda tx: members.change(tx, three.young, **held))
    order = Order(three.young, 400_000)
    bought = at(town, purchases.record, order, MAIN, reference=town.name("buy"), channel="pos")
    return bought, at(town, tier_moves.review_due)


async def ended_points(town: Town, three: Three) -> Pair:
    """Points that have ended come back by a refund while their lots are written off."""
    done = await town.bought(three.young, points=50)
    late = Moment(town.shop.now + timedelta(days=2000), town.moment().seed)
    how: dict[str, Any] = {"reason": "cold", "actor": "mo", "reference": town.name("refund")}
    back: Deed = lambda tx: refunds.refund(tx, done.id, None, **how, moment=late)  # noqa: E731 -- a deed is a function
    return back, lambda tx: points.expire_due(tx, moment=late)


async def erasure(town: Town, three: Three) -> Pair:
    """Two are parted in the last second of their week while the data of whoever left is erased."""
    done = await town.db.write(await deeds.merge(town, three))
    last, over = (Moment(done.undo_until + timedelta(seconds=by), town.moment().seed) for by in (-1, 1))
    parted: Deed = lambda tx: merges.undo(tx, done.id, actor=three.old, moment=last)  # noqa: E731 -- as above
    return parted, lambda tx: greetings.erase_left(tx, over)


async def reward(town: Town, three: Three) -> Pair:
    """A friend's first purchase is refunded at the moment at which it is paid for."""
    add = {"inviter_id": three.old, "state": "joined", "reason": "", "at": town.shop.now}
    await town.db.write(lambda tx: friend_rows.add(tx, three.young, **add))
    done = await town.bought(three.young)
    await town.do(referrals.pay_due)
    late = Moment(town.shop.now + timedelta(days=9), town.moment().seed)
    how: dict[str, Any] = {"reason": "cold", "actor": "mo", "reference": town.name("refund")}
    return lambda tx: referrals.pay_due(tx, late), lambda tx: refunds.refund(tx, done.id, None, **how, moment=late)


async def reward_of_one(town: Town, three: Three) -> Pair:
    """The inviter becomes one with somebody at the moment at which they are paid for a friend."""
    add = {"inviter_id": three.young, "state": "joined", "reason": "", "at": town.shop.now}
    await town.db.write(lambda tx: friend_rows.add(tx, three.friend, **add))
    await town.bought(three.friend)
    await town.do(referrals.pay_due)
    late = Moment(town.shop.now + timedelta(days=9), town.moment().seed)
    return lambda tx: referrals.pay_due(tx, late), await deeds.merge(town, three)
