"""Points in the ledger: earned, spent, expired, reversed; each movement once, under its reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from membership import points as rules_of_points
from membership.days import NEVER
from membership.earning import repay
from membership.errors import InsufficientPoints
from membership.messages import Message, choose, unpack
from membership.moment import Moment, id_of
from membership.money import Money
from membership.points import Lot
from services import Tx, ledger, lots, rules
from services.ledger import Cause
from storage import lots as lot_rows
from storage import points as rows

PAGE = 50


@dataclass(frozen=True, slots=True)
class Balance:
    """What a member has: points to spend now, their worth, what expires next (points, last day), and the debt."""

    points: int
    worth: Money
    expiring: tuple[int, date] | None
    debt: int
    pending: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history: when, how many points (with sign), what kind, why, and in which store, if in one."""

    number: int
    at: datetime
    points: int
    kind: str
    why: tuple[Message, ...]
    store: Message | None = None


def balance(tx: Tx, member_id: str, *, now: datetime) -> Balance:
    """Return what the member can spend at this moment, whether or not an expiry job has run."""
    shop = rules.current(tx)
    row = rows.standing(tx, member_id, now)
    points, expiring = max(0, int(row.spendable)), None  # below zero: what a bill keeps was taken back meanwhile
    if row.ends_at is not None and row.ends_at < NEVER:
        expiring = (int(row.ending), rules_of_points.last_day(row.ends_at, shop.zone))
    worth = Money(shop.points.worth.minor_of(points), shop.currency)
    return Balance(points, worth, expiring, int(row.debt), pending=int(row.pending))


def spendable(tx: Tx, member_id: str, *, now: datetime) -> int:
    """Return only how many points the member can spend at this moment."""
    return rows.spendable(tx, member_id, now)


def history(tx: Tx, member_id: str, *, before: int | None = None, limit: int = 10) -> list[Line]:
    """Return movements, newest first, those before a line's number."""
    mine = rows.account_id(member_id, "points")
    found = rows.history(tx, member_id, before=before, limit=limit)
    return [
        Line(
            number=row.number,
            at=row.at,
            points=row.amount if row.credit == mine else -row.amount,
            kind=row.kind,
            why=unpack(row.why),
            store=choose(rules.store_name(tx, row.store_id)) if row.store_id else None,
        )
        for row in found
    ]


def earn(tx: Tx, member_id: str, points: int, cause: Cause, *, moment: Moment, kind: str = "earn") -> int:
    """Give points in a new lot, repaying debt first; return what stayed. A repeated reference gives nothing new.

    ``kind`` is "adjust" where somebody gives them by hand.
    """
    account, source = rows.account(tx, member_id, "points"), "issue" if kind == "earn" else kind
    transfer = ledger.transfer(
        tx, kind, points, cause, debit=rows.account(tx, None, source), credit=account, moment=moment
    )
    if points <= 0 or ledger.made_before(tx, transfer):
        return points
    ledger.post(tx, transfer, member_id, moment=moment)
    shop = rules.current(tx)
    expires_at = shop.points.expiry.expires_at(moment.now, shop.zone) or NEVER
    available_at = moment.now + timedelta(days=shop.points.pending_days)
    lot_rows.open_lot(tx, transfer.id, account, points, available_at=available_at, expires_at=expires_at)
    repaid, kept = repay(points, rows.balance(tx, member_id, "debt"))
    if repaid:
        _repay(tx, member_id, [(transfer.id, repaid)], cause, moment=moment)
    return kept


def come_at_once(tx: Tx, earned: str) -> int:
    """Return how many points of an earning (a reference) could be spent at once: none pending, none owed before."""
    lot = lot_rows.find(tx, id_of(f"transfer:{earned}"))
    came = rows.by_reference(tx, earned)
    if lot is None or came is None or lot.available_at > came.at:
        return 0
    repaid = rows.by_reference(tx, f"{earned}:repay")
    return int(lot.earned) - (0 if repaid is None else int(repaid.amount))


def spend(tx: Tx, member_id: str, points: int, cause: Cause, *, moment: Moment, kind: str = "spend") -> None:
    """Spend points, what expires first at the front; ``kind`` "adjust": by hand. Raises InsufficientPoints."""
    account, sink = rows.account(tx, member_id, "points"), "redeem" if kind == "spend" else kind
    transfer = ledger.transfer(
        tx, kind, points, cause, debit=account, credit=rows.account(tx, None, sink), moment=moment
    )
    if ledger.made_before(tx, transfer):
        return
    rows.lock(tx, account)
    expire_account(tx, account, moment=moment)
    available = rows.spendable(tx, member_id, moment.now)
    if available < points or not ledger.post(tx, transfer, member_id, moment=moment):
        raise InsufficientPoints(balance=available, needed=points)
    _slice(tx, transfer.id, lots_for(tx, account, points, moment.now), points, now=moment.now)


def claw_back(tx: Tx, member_id: str, points: int, cause: Cause, *, earned: str, moment: Moment) -> int:
    """Take earned points back, the purchase's own lot (``earned``, a reference) first; return what became debt."""
    account = rows.account(tx, member_id, "points")
    rows.lock(tx, account)
    expire_account(tx, account, moment=moment)
    own = id_of(f"transfer:{earned}")
    first, held = _held(tx, account, own, points=points, now=moment.now)
    slices = rules_of_points.take_at_most(held, points, now=moment.now, first=first)
    taken = sum(part.points for part in slices)
    if taken:
        issue = rows.account(tx, None, "issue")
        back = ledger.transfer(
            tx, "reverse_earn", taken, cause, debit=account, credit=issue, moment=moment, reverses=own
        )
        assert ledger.post(tx, back, member_id, moment=moment), "lots and balance disagree"
        taken_from = [(part.lot_id, part.points) for part in slices]
        assert lot_rows.take_all(tx, back.id, taken_from), "a lot changed under its account's lock"
    if points > taken:
        _owe(tx, member_id, points - taken, cause, moment=moment)
    return points - taken


def repay_owed(tx: Tx, member_id: str, most: int, cause: Cause, *, moment: Moment) -> None:
    """Repay at most so many owed points out of those that are there, what ends first at the front."""
    account = rows.account(tx, member_id, "points")
    rows.lock(tx, account)
    expire_account(tx, account, moment=moment)
    owed = min(most, rows.balance(tx, member_id, "debt"))
    held = lots_for(tx, account, owed, moment.now, pending=True)
    parts = [(part.lot_id, part.points) for part in rules_of_points.take_at_most(held, owed, now=moment.now)]
    if parts:
        _repay(tx, member_id, parts, cause, moment=moment)


def give_back(tx: Tx, member_id: str, cause: Cause, *, spent: str, moment: Moment) -> int:
    """Put spent points (``spent``, a reference) back into their own lots, ended ones with grace; return how many."""
    transfer_id = id_of(f"transfer:{spent}")
    original = rows.find(tx, transfer_id)
    if original is None or rows.reversed_amount(tx, transfer_id):
        return 0
    redeem, account = rows.account(tx, None, "redeem"), str(original.debit)
    rows.lock(tx, account)
    _close(tx, transfer_id, moment)
    back = ledger.transfer(
        tx, "reverse_spend", original.amount, cause, debit=redeem, credit=account, moment=moment, reverses=transfer_id
    )
    ledger.post(tx, back, member_id, moment=moment)
    shop = rules.current(tx)
    grace = shop.points.grace_ends(moment.now, shop.zone)
    for part in lot_rows.taken(tx, transfer_id):
        later = grace if part.expires_at <= moment.now else None
        assert lot_rows.take(tx, back.id, part.lot_id, -part.amount, expires_at=later), (
            "a lot cannot hold its own points"
        )
    mine = rows.account(tx, member_id, "points")
    if mine != account:  # spent before two members became one: back from their own lots the points come over, too
        before = rows.owner(tx, account, "points")
        assert before is not None, "points are spent from a member's account"
        lots.follow(tx, before, member_id, cause.part("over"), moment=moment)
    return int(original.amount)


def expire_account(tx: Tx, account: str, *, moment: Moment) -> int:
    """Write off what has run out in one account; return how many points. The caller keeps its other writers waiting."""
    points = 0
    while due := lot_rows.due(tx, moment.now, of=[account]):
        points += _expire(tx, due, moment)
    return points


def expire_due(tx: Tx, *, moment: Moment, limit: int = 200) -> int:
    """Write off what has run out in any account, at most ``limit`` lots; return how many lots."""
    accounts = sorted({lot.account_id for lot in lot_rows.due(tx, moment.now, limit=limit)})
    for account in accounts:
        rows.lock(tx, account)
    fresh = lot_rows.due(tx, moment.now, of=accounts, limit=limit) if accounts else []
    _expire(tx, fresh, moment)
    return len(fresh)


def _expire(tx: Tx, due: Sequence[Any], moment: Moment) -> int:
    """Write off these lots, each by a movement of its own, those of an account together; return how many points."""
    of: dict[str, list[Any]] = {}
    for lot in due:
        of.setdefault(lot.account_id, []).append(lot)
    expired = rows.account(tx, None, "expire") if due else ""
    gone: list[tuple[str, str, int]] = []
    for account, ended in of.items():
        between: dict[str, Any] = {"debit": account, "credit": expired, "moment": moment}
        # by the very moment it ended: without days of grace a lot may end twice in a second
        causes = [Cause(f"expire:{lot.id}:{lot.expires_at.isoformat()}", "clock") for lot in ended]
        pairs = list(zip(ended, causes, strict=True))
        made = [ledger.transfer(tx, "expire", int(lot.remaining), cause, **between) for lot, cause in pairs]
        assert ledger.post_all(tx, made, account, moment=moment) is not None, "lots and balance disagree"
        gone += [(one.id, lot.id, one.amount) for one, lot in zip(made, ended, strict=True)]
    assert lot_rows.take_each(tx, gone), "a lot changed under its account's lock"
    return sum(amount for _, _, amount in gone)


def _close(tx: Tx, transfer_id: str, moment: Moment) -> None:
    """Write off what is left in the ended lots a spend took from: what comes back to them must not revive it."""
    for part in lot_rows.taken(tx, transfer_id):
        lot = lot_rows.find(tx, part.lot_id) if part.remaining and part.expires_at <= moment.now else None
        if lot is not None:
            _expire(tx, [lot], moment)


def _repay(tx: Tx, member_id: str, parts: Sequence[tuple[str, int]], cause: Cause, *, moment: Moment) -> None:
    """Use points (lot, amount) against the debt: they leave their lots, and the debt shrinks by as much."""
    account, debt = rows.account(tx, member_id, "points"), rows.account(tx, member_id, "debt")
    leave, points = cause.part("repay"), sum(amount for _, amount in parts)
    gone = ledger.transfer(
        tx, "repay", points, leave, debit=account, credit=rows.account(tx, None, "issue"), moment=moment
    )
    assert ledger.post(tx, gone, member_id, moment=moment), "points that are there cannot be missing"
    assert lot_rows.take_all(tx, gone.id, parts), "a lot changed under its account's lock"
    shrink = replace(cause.part("settle"), why=())
    less = ledger.transfer(
        tx, "settle", points, shrink, debit=debt, credit=rows.account(tx, None, "owed"), moment=moment
    )
    assert ledger.post(tx, less, member_id, moment=moment), "no more is repaid than is owed"


def _owe(tx: Tx, member_id: str, points: int, cause: Cause, *, moment: Moment) -> None:
    owed, debt = rows.account(tx, None, "owed"), rows.account(tx, member_id, "debt")
    transfer = ledger.transfer(tx, "owe", points, cause.part("owe"), debit=owed, credit=debt, moment=moment)
    ledger.post(tx, transfer, member_id, moment=moment)


def _slice(tx: Tx, transfer_id: str, live: Sequence[Lot], points: int, *, now: datetime) -> None:
    parts = [(part.lot_id, part.points) for part in rules_of_points.take(live, points, now=now)]
    assert lot_rows.take_all(tx, transfer_id, parts), "a lot changed under its account's lock"


def lots_for(tx: Tx, account: str, points: int, now: datetime, *, pending: bool = False) -> list[Lot]:
    """Return as many live lots (``pending``: and pending ones), first to expire first, as these points need."""
    found: list[Lot] = []
    held = 0
    while held < points:
        batch = lot_rows.live(tx, account, now, limit=PAGE, offset=len(found), pending=pending)
        if not batch:
            break
        found += [_lot(row) for row in batch]
        held += sum(row.remaining for row in batch)
    return found


def _held(tx: Tx, account: str, own: str, *, points: int, now: datetime) -> tuple[str, list[Lot]]:
    """Return which lot is the purchase's own (where its points lie now), and the lots to take from."""
    found = lots_for(tx, account, points, now, pending=True)
    row = lot_rows.find(tx, own)
    if row is not None and row.account_id != account:  # two members have become one since
        own = lot_rows.heir(tx, own, account)
        row = lot_rows.find(tx, own)
    here = row is not None and row.account_id == account and row.remaining and row.expires_at > now
    if here and all(lot.id != own for lot in found):
        found.append(_lot(row))
    return own, found


def _lot(row: Any) -> Lot:
    return Lot(row.id, row.remaining, row.available_at, None if row.expires_at >= NEVER else row.expires_at)


__all__ = [
    "Balance",
    "Cause",
    "Line",
    "balance",
    "claw_back",
    "come_at_once",
    "earn",
    "expire_due",
    "give_back",
    "history",
    "lots_for",
    "repay_owed",
    "spend",
    "spendable",
]
