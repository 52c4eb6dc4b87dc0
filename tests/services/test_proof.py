"""The proof of the books passes over an honest history and names the first wrong row of every kind of lie."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection, text

from membership.messages import Reply, say
from membership.moment import Moment
from services import (
    Database,
    Tx,
    audit,
    codes,
    coupons,
    members,
    outbox,
    proof,
    purchases,
    refunds,
    reservations,
    rules,
    stored_value,
)
from services.orders import Order
from services.reader import Reader
from tests.proof import assert_clean

CAFE: Final = tomllib.loads((Path(__file__).parents[2] / "membership/presets/cafe.toml").read_text(encoding="utf-8"))
CAFE["stored_value"] = {"gifts": [{"from": "100", "bonus": "20"}]}
TILL: Final = Reader("till", rules.store_id("main"))
START: Final = datetime(2026, 11, 1, 4, tzinfo=UTC)


def day(number: int) -> Moment:
    return Moment(START + timedelta(days=number), number.to_bytes(32))


def buy(tx: Tx, member: str, amount: int, moment: Moment, *, points: int = 0, coupon: tuple[str, ...] = ()) -> str:
    """Record a purchase with a fresh scan, and return its id."""
    shown = codes.show(tx, member, moment=moment)
    scan = codes.scan(tx, shown.text, TILL, moment=moment)
    order = Order(member, amount, coupon_ids=coupon, points=points, scan_id=scan.id)
    return purchases.record(tx, order, TILL, reference=f"r:{scan.id}", channel="pos", moment=moment).id


def buy_stored(tx: Tx, member: str, moment: Moment, *, amount: int, stored: int) -> str:
    """Record a purchase that is paid from stored value for a part, and return its id."""
    order = Order(member, amount, stored_minor=stored, yes="pin")
    return purchases.record(tx, order, TILL, reference=f"stored:{moment.now}", channel="pos", moment=moment).id


def refund(tx: Tx, purchase: str, amount: int | None, moment: Moment) -> None:
    reference = f"refund:{moment.now}"
    refunds.refund(tx, purchase, amount, reason="cold", actor="till", reference=reference, moment=moment)


def agree(tx: Tx, member: str, moment: Moment) -> None:
    """Hold a bill up, and let the member say yes to it."""
    scan = codes.scan(tx, codes.show(tx, member, moment=moment).text, TILL, moment=moment)
    order = Order(member, 3_000, scan_id=scan.id)
    waits = reservations.ask(tx, order, TILL, reference="asked", channel="pos", moment=moment)
    reservations.agree(tx, waits.id, member, how="chat", moment=moment)


def a_month(tx: Tx) -> None:
    """Purchases that earn, one undone, one that spends points and a coupon, refunds, stored value, a greeting."""
    rules.bring(tx, CAFE, actor="test", now=START)
    member = members.enrol(tx, "13800138000", name="Amy", birthday="", offers=True, actor="till", moment=day(0))
    first = buy(tx, member, 100_000, day(1))
    buy(tx, member, 20_000, day(40))
    refunds.undo(tx, buy(tx, member, 4_000, day(41), points=100), TILL, moment=day(41))
    welcome = coupons.claim(tx, member, "welcome", reference="claim", moment=day(42))
    buy(tx, member, 5_000, day(43), points=900, coupon=(welcome.id,))
    refund(tx, first, 1_000, day(44))
    refund(tx, first, 1_000, day(45))
    stored_value.top_up(tx, member, 10_000, TILL, reference="paid in", moment=day(45))
    wrong = stored_value.top_up(tx, member, 10_000, TILL, reference="slip", moment=day(45))
    stored_value.undo(tx, wrong.id, TILL, manager=False, moment=day(45))
    refund(tx, buy_stored(tx, member, day(46), amount=12_000, stored=11_000), 500, day(46))
    stored_value.cash_out(tx, member, 200, TILL, reference="paid out", moment=day(46))
    hello = outbox.Notice("birthday", "offer", "Y2026", Reply((say("points.none"),)))
    outbox.tell_member(tx, member, hello, moment=day(46))
    given = next(offer for offer in rules.current(tx).offers if offer.id == "birthday")
    coupons.give(tx, member, given, reference="birthday", actor="shop", moment=day(46))
    agree(tx, member, day(47))
    audit.seal(tx)


@pytest.fixture
async def books(db: Database) -> Database:
    await db.write(a_month)
    return db


async def test_an_honest_history_is_in_order(books: Database) -> None:
    await assert_clean(books)


async def test_points_given_back_after_their_end_are_in_order(books: Database) -> None:
    def late(tx: Tx) -> None:
        refund(tx, tx.scalar(text("SELECT id FROM purchases WHERE points_spent = 900")), None, day(500))
        buy(tx, tx.scalar(text("SELECT id FROM members")), 4_000, day(501), points=800)

    await books.write(late)
    await assert_clean(books)


def unguarded(connection: Connection, *lies: str) -> None:
    """Do what nobody can do by accident: take the guards off, and change what was written."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
    else:
        for table in ("transfers", "slices", "audit"):
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        checks = (("accounts", "balance_not_negative"), ("lots", "remaining_in_bounds"), ("outbox", "known_state"))
        for table, name in checks:
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    for lie in lies:
        connection.execute(text(lie))


SPEND = "(SELECT min(id) FROM transfers WHERE kind = 'spend')"
USED = "(SELECT min(s.lot_id) FROM slices s JOIN transfers t ON t.id = s.transfer_id WHERE t.amount = 900)"
POINTS = "SELECT id FROM accounts WHERE kind = 'points'"
PURCHASE = "SELECT min(id) FROM purchases"
REDEEMED = "SELECT min(coupon_id) FROM redemptions"
ISSUED = "SELECT id FROM coupons WHERE reference = 'birthday'"
COPY = """INSERT INTO outbox
    (id, recipient, member_id, kind, period_key, class, state, attempts, not_before, created_at)
    SELECT 'zz', 'an account', member_id, kind, period_key, class, state, 0, not_before, created_at
    FROM outbox WHERE kind = 'birthday'"""
LATER = "UPDATE lots SET expires_at = (SELECT max(expires_at) FROM lots) + {year} WHERE id = " + USED


# The rule and the table that are named, the lies told, and where the wrong row's id stands.
LIES: Final[tuple[tuple[str, Sequence[str], str], ...]] = (
    (
        "I1 transfers",
        ["UPDATE accounts SET unit = 'CNY' WHERE kind = 'redeem'"],
        """SELECT min(t.id) FROM transfers t JOIN accounts a ON a.id IN (t.debit, t.credit)
        WHERE a.kind = 'redeem'""",
    ),
    ("I2 accounts", ["UPDATE accounts SET balance = balance + 1 WHERE kind = 'points'"], POINTS),
    ("I2 accounts", [f"UPDATE transfers SET amount = amount - 1 WHERE id = {SPEND}"], POINTS),
    ("I2 accounts", ["UPDATE accounts SET balance = 7 WHERE kind = 'issue'"],
     "SELECT id FROM accounts WHERE kind = 'issue'"),
    ("I2 accounts", ["UPDATE accounts SET sequence = sequence + 1 WHERE kind = 'points'"], POINTS),
    ("I3 accounts", ["UPDATE accounts SET balance = -1 WHERE kind = 'points'"], POINTS),
    ("I4 accounts", [f"UPDATE lots SET remaining = remaining - 1 WHERE id = {USED}"], POINTS),
    ("I5 lots", [f"UPDATE lots SET remaining = remaining - 1 WHERE id = {USED}"], f"SELECT {USED}"),
    ("I5 lots", [f"UPDATE lots SET remaining = earned + 1 WHERE id = {USED}"], f"SELECT {USED}"),
    ("I6 slices", ["UPDATE lots SET expires_at = available_at"],
     "SELECT min(transfer_id) FROM slices WHERE amount > 0"),
    ("I7 slices", [LATER], "SELECT min(id) FROM transfers WHERE kind = 'spend' AND amount = 900"),
    ("I8 coupons", ["UPDATE coupons SET state = 'redeemed' WHERE state = 'issued'"], ISSUED),
    ("I8 coupons", ["UPDATE coupons SET state = 'issued' WHERE state = 'redeemed'"], REDEEMED),
    ("I8 offers", ["UPDATE offers SET issued = issued + 1 WHERE code = 'welcome'"],
     "SELECT id FROM offers WHERE code = 'welcome'"),
    ("I9 scans", ["UPDATE purchases SET scan_id = (SELECT min(id) FROM scans)"], "SELECT min(id) FROM scans"),
    ("I9 scans", ["UPDATE scans SET used_at = NULL"], "SELECT min(id) FROM scans"),
    ("I9 reservations", ["UPDATE reservations SET decided_at = NULL"], "SELECT id FROM reservations"),
    ("I9 reservations", ["UPDATE reservations SET purchase_id = NULL"], "SELECT id FROM reservations"),
    ("I9 reservations", ["UPDATE reservations SET amount_minor = 2999"], "SELECT id FROM reservations"),
    ("I10 transfers", ["UPDATE transfers SET amount = 99999 WHERE kind = 'reverse_earn'"],
     "SELECT min(reverses) FROM transfers WHERE kind = 'reverse_earn'"),
    ("I10 transfers", ["""UPDATE transfers SET amount = 1, reverses = (
        SELECT min(id) FROM transfers WHERE kind = 'reverse_spend') WHERE kind = 'reverse_earn'"""],
     "SELECT min(id) FROM transfers WHERE kind = 'reverse_spend'"),
    ("I10 purchases", ["UPDATE purchases SET refunded_minor = 1 WHERE refunded_minor = 0"],
     f"{PURCHASE} WHERE refunded_minor = 1"),
    ("I10 purchases", ["UPDATE purchases SET stored_bonus_minor = 1 WHERE stored_principal_minor > 0"],
     f"{PURCHASE} WHERE stored_principal_minor > 0"),
    ("I10 purchases", ["UPDATE refunds SET stored_principal_minor = 1 WHERE stored_principal_minor > 0"],
     "SELECT min(purchase_id) FROM refunds WHERE stored_principal_minor > 0"),
    ("I10 top_ups", ["UPDATE top_ups SET bonus_minor = 1 WHERE bonus_minor > 1"],
     "SELECT min(id) FROM top_ups WHERE bonus_minor = 1"),
    ("I10 top_ups", ["UPDATE top_ups SET undone_at = NULL"], "SELECT id FROM top_ups WHERE reference = 'slip'"),
    ("I11 transfers", [f"DELETE FROM audit WHERE subject = {SPEND}"], f"SELECT {SPEND}"),
    ("I11 transfers", [f"UPDATE transfers SET kind = 'adjust' WHERE id = {SPEND}"],
     "SELECT min(id) FROM transfers WHERE kind = 'adjust'"),
    ("I11 audit", ["DELETE FROM slices WHERE amount < 0", "DELETE FROM transfers WHERE kind = 'reverse_spend'"],
     "SELECT id FROM audit WHERE action = 'reverse_spend'"),
    ("I12 purchases", ["DELETE FROM outbox WHERE kind = 'receipt'"], PURCHASE),
    ("I12 refunds", ["DELETE FROM outbox WHERE kind = 'refund'"], "SELECT min(id) FROM refunds"),
    ("I12 top_ups", ["DELETE FROM outbox WHERE kind = 'cash_out'"], "SELECT id FROM top_ups WHERE kind = 'cash_out'"),
    ("I13 outbox", ["UPDATE outbox SET state = 'flying' WHERE kind = 'birthday'"],
     "SELECT id FROM outbox WHERE kind = 'birthday'"),
    ("I13 outbox", ["UPDATE outbox SET state = 'sending' WHERE kind = 'birthday'"],
     "SELECT id FROM outbox WHERE kind = 'birthday'"),
    ("I14 outbox", [COPY], "SELECT min(id) FROM outbox WHERE kind = 'birthday'"),
    )  # fmt: skip

BROKEN_CHAINS: Final = (
    ("UPDATE audit SET actor = 'somebody else' WHERE sequence = 3", "3"),
    ("DELETE FROM audit WHERE sequence = 4", "4"),
    ("UPDATE audit SET sequence = 1000 WHERE sequence = 2", "2"),
    ("UPDATE audit SET hash = (SELECT hash FROM audit WHERE sequence = 1) WHERE sequence = 5", "5"),
)


class Undone(Exception):
    """The lie was looked at and is taken back."""


async def is_named(books: Database, place: str, lies: Sequence[str], wrong: str) -> bool:
    """Tell whether the proof names the row ``wrong`` finds, once these lies are told; they are taken back."""
    year = "31536000000000" if books.dialect == "sqlite" else "interval '1 year'"
    named: list[bool] = []

    def look(connection: Connection) -> None:
        unguarded(connection, *(lie.format(year=year) for lie in lies))
        tx = Tx(connection, cipher=None, dialect=books.dialect)
        expected = tx.scalar(text(wrong))
        found = [(f"{finding.name} {finding.table}", finding.id) for finding in proof.check(tx)]
        named.append(expected is not None and (place, str(expected)) in found)
        raise Undone

    with suppress(Undone):
        await books.run_ddl(look)
    return named == [True]


async def test_every_lie_is_named_by_its_rule_and_row(books: Database) -> None:
    unnamed = [(place, lies) for place, lies, wrong in LIES if not await is_named(books, place, lies, wrong)]
    assert unnamed == []
    assert {place.split(" ")[0] for place, _, _ in LIES} == {step.name for step in proof.STEPS}
    await assert_clean(books)


async def test_a_changed_trail_breaks_at_the_first_changed_row(books: Database) -> None:
    unnamed = [lie for lie, first in BROKEN_CHAINS if not await is_named(books, "I11 audit", [lie], f"SELECT {first}")]
    assert unnamed == []


async def test_findings_are_sentences_a_backup_is_refused_with(books: Database) -> None:
    await books.run_ddl(lambda connection: unguarded(connection, "UPDATE scans SET used_at = NULL"))
    said = await books.read(proof.sentences)
    assert len(said) == 1
    assert said[0].startswith("I9: scans ")
    assert said[0].endswith("A purchase used this scan, but the scan is still open.")
