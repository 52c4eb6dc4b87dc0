"""What must always be true of the books, each as one question to the database that names the first wrong row."""

# ruff: noqa: S608 - every question is put together from the words of this page alone

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from storage.database import Tx


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that breaks a rule: the rule's name (I1 …), the table, the row's id, and what is wrong, as a sentence."""

    name: str
    table: str
    id: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.name}: {self.table} {self.id}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Invariant:
    """One rule: ``sql`` returns the ids (column ``id``) of the rows that break it; both databases understand it."""

    name: str
    table: str
    sentence: str
    sql: str

    def first_wrong(self, tx: Tx) -> Wrong | None:
        """Return the first wrong row in the order of ids, or None where the rule holds."""
        found = tx.scalar(text(f"SELECT id FROM ({self.sql}) AS wrong ORDER BY id LIMIT 1"))
        return None if found is None else Wrong(self.name, self.table, str(found), self.sentence)


KINDS: Final = (
    "'earn', 'spend', 'expire', 'adjust', 'repay', 'settle', 'owe', 'reverse_earn', 'reverse_spend', "
    "'top_up', 'top_up_bonus', 'undo_top_up', 'cash_out', 'void_bonus', 'pay_stored', 'return_stored', "
    "'merge', 'unmerge', 'transfer'"
)
"""The kinds of transfers, which are also the names of their rows in the audit trail."""

MOVES: Final = """
    SELECT credit AS account, amount, credit_sequence AS number FROM transfers
    UNION ALL SELECT debit, -amount, debit_sequence FROM transfers"""

# Which number a slice's transfer has in the account of its lot: the order in which the commits came.
NUMBER: Final = "CASE WHEN {t}.debit = {l}.account_id THEN {t}.debit_sequence ELSE {t}.credit_sequence END"

LEFT_BEFORE: Final = f"""early.earned > (
    SELECT coalesce(sum(s.amount), 0) FROM slices s JOIN transfers x ON x.id = s.transfer_id
    WHERE s.lot_id = early.id AND {NUMBER.format(t="x", l="early")} <= t.debit_sequence)"""

# When the last point of each account that ends at one moment was taken, for ever where some are left: whoever looks for
# points that were left at some spending need not look at those that were gone before. There are few ends, many lots.
EMPTIED: Final = f"""
    SELECT l.account_id, l.expires_at, max(CASE WHEN l.remaining > 0 THEN {2**62} ELSE g.last END) AS emptied
    FROM lots l LEFT JOIN (
        SELECT s.lot_id, max({NUMBER.format(t="x", l="own")}) AS last FROM slices s
        JOIN transfers x ON x.id = s.transfer_id JOIN lots own ON own.id = s.lot_id WHERE s.amount > 0 GROUP BY s.lot_id
    ) AS g ON g.lot_id = l.id GROUP BY l.account_id, l.expires_at"""

# Points given back may have got a later end (the grace): what that lot's end was before, nobody can tell.
GIVEN_BACK_LATER: Final = f"""EXISTS (
    SELECT 1 FROM slices s JOIN transfers x ON x.id = s.transfer_id JOIN lots own ON own.id = s.lot_id
    WHERE s.lot_id IN (late.id, early.id) AND s.amount < 0
    AND {NUMBER.format(t="x", l="own")} > t.debit_sequence)"""

# What left or came back to one purse of a member for a purchase.
MOVED: Final = """
    coalesce((SELECT sum(t.amount) FROM transfers t JOIN accounts a ON a.id = t.{side}
    WHERE t.purchase_id = p.id AND t.kind = '{kind}' AND a.kind = 'stored_{purse}'), 0)"""

GIVEN_BACK: Final = "coalesce((SELECT sum(r.stored_{purse}_minor) FROM refunds r WHERE r.purchase_id = p.id), 0)"

# What a top-up or payout moved in one purse, and what was undone of it; a colon stands for itself behind a backslash.
MADE: Final = r"""
    coalesce((SELECT sum(t.amount) FROM transfers t JOIN accounts a ON a.id IN (t.debit, t.credit)
    WHERE t.reference = u.reference || '\:stored_{purse}' AND a.kind = 'stored_{purse}'), 0)"""
UNMADE: Final = MADE.replace(r"\:", r"\:undo\:")

INVARIANTS: Final = (
    Invariant(
        "I1",
        "transfers",
        "It moves value between accounts of different units, so debits and credits differ.",
        """SELECT t.id FROM transfers t JOIN accounts d ON d.id = t.debit JOIN accounts c ON c.id = t.credit
        WHERE t.unit <> d.unit OR t.unit <> c.unit""",
    ),
    Invariant(
        "I2",
        "accounts",
        "Its balance is not the sum of its transfers.",
        f"""SELECT a.id FROM accounts a
        LEFT JOIN (SELECT account, sum(amount) AS total FROM ({MOVES}) AS moves GROUP BY account) AS m
        ON m.account = a.id
        WHERE a.balance <> CASE WHEN a.kept THEN coalesce(m.total, 0) ELSE 0 END""",
    ),
    Invariant(
        "I2",
        "accounts",
        "Its transfers are not numbered from one without a gap.",
        f"""SELECT a.id FROM accounts a
        LEFT JOIN (SELECT account, count(*) AS total, max(number) AS last FROM ({MOVES}) AS moves GROUP BY account) AS m
        ON m.account = a.id
        WHERE a.kept AND (a.sequence <> coalesce(m.total, 0) OR a.sequence <> coalesce(m.last, 0))""",
    ),
    Invariant("I3", "accounts", "Its balance is below zero.", "SELECT id FROM accounts WHERE balance < 0"),
    Invariant(
        "I4",
        "accounts",
        "The lots hold another number of points than the balance.",
        """SELECT a.id FROM accounts a
        LEFT JOIN (SELECT account_id, sum(remaining) AS total FROM lots GROUP BY account_id) AS l ON l.account_id = a.id
        WHERE a.kind = 'points' AND a.balance <> coalesce(l.total, 0)""",
    ),
    Invariant(
        "I4",
        "accounts",
        "It belongs to a member who became part of another one, and still holds something that has not run out.",
        """SELECT a.id FROM accounts a JOIN members m ON m.id = a.member_id
        WHERE m.merged_into <> '' AND a.kind <> 'points' AND a.balance <> 0
        UNION SELECT l.account_id FROM lots l JOIN accounts a ON a.id = l.account_id
        JOIN members m ON m.id = a.member_id JOIN merges g ON g.gone_id = m.id AND g.state = 'done'
        WHERE m.merged_into <> '' AND l.remaining > 0 AND l.expires_at > g.at""",
    ),
    Invariant(
        "I5",
        "lots",
        "What remains is not between zero and what was earned.",
        "SELECT id FROM lots WHERE remaining < 0 OR remaining > earned",
    ),
    Invariant(
        "I5",
        "lots",
        "What remains is not what was earned less what was taken.",
        """SELECT l.id FROM lots l JOIN transfers t ON t.id = l.id
        LEFT JOIN (SELECT lot_id, sum(amount) AS total FROM slices GROUP BY lot_id) AS s ON s.lot_id = l.id
        WHERE l.earned <> t.amount OR l.remaining <> l.earned - coalesce(s.total, 0)""",
    ),
    Invariant(
        "I6",
        "slices",
        "This transfer took points from a lot that had run out.",
        """SELECT s.transfer_id AS id FROM slices s
        JOIN transfers t ON t.id = s.transfer_id JOIN lots l ON l.id = s.lot_id
        WHERE s.amount > 0 AND t.kind <> 'expire' AND l.expires_at <= t.at""",
    ),
    Invariant(
        "I7",
        "slices",
        "This transfer took points that end later while points that end earlier were left.",
        # In this order: the first two steps leave next to nothing for the others where the rule holds.
        f"""SELECT t.id FROM slices used CROSS JOIN transfers t CROSS JOIN lots late CROSS JOIN ({EMPTIED}) AS e
        CROSS JOIN transfers born CROSS JOIN lots early
        WHERE t.id = used.transfer_id AND t.kind IN ('spend', 'transfer') AND used.amount > 0 AND late.id = used.lot_id
        AND e.account_id = late.account_id AND e.expires_at < late.expires_at AND e.expires_at > t.at
        AND e.emptied > t.debit_sequence
        AND born.credit = e.account_id AND born.credit_sequence < t.debit_sequence
        AND early.id = born.id AND early.expires_at = e.expires_at AND early.available_at <= t.at
        AND {LEFT_BEFORE} AND NOT {GIVEN_BACK_LATER}""",
    ),
    Invariant(
        "I8",
        "coupons",
        "It is used without exactly one standing redemption, or has one without being used.",
        """SELECT c.id FROM coupons c
        LEFT JOIN (SELECT coupon_id, count(*) AS total FROM redemptions WHERE reversed_at IS NULL GROUP BY coupon_id)
        AS r ON r.coupon_id = c.id
        WHERE coalesce(r.total, 0) <> CASE WHEN c.state = 'redeemed' THEN 1 ELSE 0 END""",
    ),
    Invariant(
        "I8",
        "offers",
        "More or fewer of it are counted as given than members were given and did not lose again.",
        """SELECT o.id FROM offers o
        LEFT JOIN (SELECT offer_id, count(*) AS total FROM coupons WHERE state <> 'voided' GROUP BY offer_id) AS c
        ON c.offer_id = o.id
        WHERE o.issued <> coalesce(c.total, 0)""",
    ),
    Invariant(
        "I9",
        "scans",
        "One scan led to more than one purchase.",
        "SELECT scan_id AS id FROM purchases WHERE scan_id IS NOT NULL GROUP BY scan_id HAVING count(*) > 1",
    ),
    Invariant(
        "I9",
        "scans",
        "A purchase used this scan, but the scan is still open.",
        "SELECT s.id FROM scans s JOIN purchases p ON p.scan_id = s.id WHERE s.used_at IS NULL",
    ),
    Invariant(
        "I9",
        "reservations",
        "It is decided without a moment, waits with one, or has a purchase without being posted.",
        """SELECT id FROM reservations
        WHERE (state = 'pending') <> (decided_at IS NULL) OR (state = 'posted') <> (purchase_id IS NOT NULL)""",
    ),
    Invariant(
        "I9",
        "reservations",
        "More was recorded than the member was asked for.",
        """SELECT r.id FROM reservations r JOIN purchases p ON p.id = r.purchase_id
        WHERE p.member_id <> r.member_id OR p.amount_minor > r.amount_minor OR p.points_spent > r.points
        OR p.stored_principal_minor + p.stored_bonus_minor > r.stored_minor""",
    ),
    Invariant(
        "I10",
        "transfers",
        "More of it was reversed than it moved, or it is a reversal that was itself reversed.",
        """SELECT x.id FROM transfers x
        JOIN (SELECT reverses, sum(amount) AS total FROM transfers WHERE reverses IS NOT NULL GROUP BY reverses) AS r
        ON r.reverses = x.id
        WHERE r.total > x.amount OR x.reverses IS NOT NULL""",
    ),
    Invariant(
        "I10",
        "purchases",
        "What was given back is not the sum of its refunds.",
        """SELECT p.id FROM purchases p
        LEFT JOIN (SELECT purchase_id, sum(amount_minor) AS total FROM refunds GROUP BY purchase_id) AS r
        ON r.purchase_id = p.id
        WHERE p.refunded_minor <> coalesce(r.total, 0)""",
    ),
    Invariant(
        "I10",
        "purchases",
        "What it took from stored value is not what left the member's accounts, or more than was paid.",
        "SELECT p.id FROM purchases p WHERE p.stored_principal_minor + p.stored_bonus_minor > p.paid_minor"
        + "".join(
            f" OR p.stored_{purse}_minor <> {MOVED.format(side='debit', kind='pay_stored', purse=purse)}"
            for purse in ("principal", "bonus")
        ),
    ),
    Invariant(
        "I10",
        "purchases",
        "What its refunds returned to stored value is not what came back to the member's accounts.",
        "SELECT p.id FROM purchases p WHERE "
        + " OR ".join(
            f"{GIVEN_BACK.format(purse=purse)} <> {MOVED.format(side='credit', kind='return_stored', purse=purse)}"
            for purse in ("principal", "bonus")
        ),
    ),
    Invariant(
        "I10",
        "top_ups",
        "What it moved, or what was undone of it, is not what was written down.",
        "SELECT u.id FROM top_ups u WHERE "
        + " OR ".join(
            f"u.{purse}_minor <> {MADE.format(purse=purse)} OR "
            f"CASE WHEN u.undone_at IS NULL THEN 0 ELSE u.{purse}_minor END <> "
            f"{UNMADE.format(purse=purse)}"
            for purse in ("principal", "bonus")
        ),
    ),
    Invariant(
        "I5",
        "prizes",
        "How often it was won is not how many draws won it.",
        """SELECT p.id FROM prizes p
        LEFT JOIN (SELECT prize, count(*) AS total FROM draws GROUP BY prize) AS d ON d.prize = p.code
        WHERE p.given <> coalesce(d.total, 0)""",
    ),
    Invariant(
        "I8",
        "draws",
        "Its price was not paid, or what it won was not handed over, in the books.",
        """SELECT d.id FROM draws d
        LEFT JOIN transfers paid ON paid.reference = d.reference || ':' || 'price' AND paid.amount = d.price_points
        LEFT JOIN transfers won ON won.reference = d.reference || ':' || 'win' AND won.amount = d.points
        WHERE (d.price_points > 0 AND paid.id IS NULL) OR (d.points > 0 AND won.id IS NULL)
        OR (d.prize <> '' AND d.points = 0 AND d.coupon_id IS NULL)""",
    ),
    Invariant(
        "I5",
        "activities",
        "The places taken are not those of the people who have one.",
        """SELECT a.id FROM activities a LEFT JOIN (SELECT activity_id, count(*) AS total FROM sign_ups
        WHERE state IN ('signed', 'attended', 'missed') GROUP BY activity_id) AS s ON s.activity_id = a.id
        WHERE a.taken <> coalesce(s.total, 0)""",
    ),
    Invariant(
        "I10",
        "passes",
        "What is left on it is not what it held less the visits that stand.",
        """SELECT p.id FROM passes p
        LEFT JOIN (SELECT pass_id, sum(count) AS total FROM visits WHERE undone_at IS NULL GROUP BY pass_id) AS v
        ON v.pass_id = p.id
        WHERE p.remaining <> p.visits - coalesce(v.total, 0)""",
    ),
    Invariant(
        "I10",
        "passes",
        "It is over without a moment, or gave money back without being given back.",
        """SELECT id FROM passes
        WHERE (state <> 'live' AND ended_at IS NULL) OR (refunded_minor > 0 AND state <> 'refunded')
        OR (state = 'voided' AND remaining <> visits)""",
    ),
    Invariant(
        "I9",
        "scans",
        "A visit used this scan, but the scan is still open, or it led to another visit, too.",
        """SELECT s.id FROM scans s JOIN visits v ON v.scan_id = s.id AND v.yes NOT IN ('asked', 'refused')
        GROUP BY s.id, s.used_at HAVING s.used_at IS NULL OR count(*) > 1""",
    ),
    Invariant(
        "I11",
        "visits",
        "It has no row of its own in the audit trail.",
        """SELECT v.id FROM visits v LEFT JOIN audit a ON a.subject = v.id AND a.action = 'pass.visit'
        WHERE a.id IS NULL AND v.yes NOT IN ('asked', 'refused')""",
    ),
    Invariant(
        "I12",
        "visits",
        "The member was never to be told of it: its receipt is missing from the outbox.",
        """SELECT v.id FROM visits v JOIN members m ON m.id = v.member_id
        LEFT JOIN outbox o ON o.kind = 'pass_visit' AND o.period_key = v.id
        WHERE m.erased_at IS NULL AND o.id IS NULL AND v.yes NOT IN ('asked', 'refused')""",
    ),
    Invariant(
        "I12",
        "passes",
        "The member was never to be told of it: its receipt is missing from the outbox.",
        """SELECT p.id FROM passes p JOIN members m ON m.id = p.member_id
        LEFT JOIN outbox o ON o.kind = 'pass_sold' AND o.period_key = p.id
        WHERE m.erased_at IS NULL AND o.id IS NULL""",
    ),
    Invariant(
        "I11",
        "transfers",
        "It has no row of its own in the audit trail.",
        """SELECT t.id FROM transfers t LEFT JOIN audit a ON a.subject = t.id AND a.action = t.kind
        GROUP BY t.id HAVING count(a.id) <> 1""",
    ),
    Invariant(
        "I11",
        "audit",
        "It tells of a transfer that is not there.",
        f"""SELECT a.id FROM audit a LEFT JOIN transfers t ON t.id = a.subject AND t.kind = a.action
        WHERE a.action IN ({KINDS}) AND t.id IS NULL""",
    ),
    Invariant(
        "I12",
        "purchases",
        "The member was never to be told of it: its receipt is missing from the outbox.",
        """SELECT p.id FROM purchases p JOIN members m ON m.id = p.member_id
        LEFT JOIN outbox o ON o.recipient = p.member_id AND o.kind = 'receipt' AND o.period_key = p.id
        WHERE p.channel <> 'seed' AND m.erased_at IS NULL AND o.id IS NULL""",
    ),
    Invariant(
        "I12",
        "refunds",
        "The member was never to be told of it: its notice is missing from the outbox.",
        """SELECT r.id FROM refunds r JOIN purchases p ON p.id = r.purchase_id JOIN members m ON m.id = p.member_id
        LEFT JOIN outbox o ON o.recipient = p.member_id AND o.kind = 'refund' AND o.period_key = r.id
        WHERE p.channel <> 'seed' AND m.erased_at IS NULL AND o.id IS NULL""",
    ),
    Invariant(
        "I12",
        "top_ups",
        "The member was never to be told of it: its receipt is missing from the outbox.",
        """SELECT u.id FROM top_ups u JOIN members m ON m.id = u.member_id
        LEFT JOIN outbox o ON o.recipient = u.member_id AND o.kind = u.kind AND o.period_key = u.id
        WHERE m.erased_at IS NULL AND o.id IS NULL""",
    ),
    Invariant(
        "I13",
        "outbox",
        "It is in no known state, or on its way without a lease.",
        """SELECT id FROM outbox
        WHERE state NOT IN ('pending', 'waiting', 'sending', 'sent', 'dead', 'uncertain', 'cancelled')
        OR (state = 'sending' AND lease_until IS NULL)""",
    ),
    Invariant(
        "I14",
        "outbox",
        "This greeting, reminder or offer is there twice for one member.",
        """SELECT min(id) AS id FROM outbox WHERE member_id IS NOT NULL AND class IN ('reminder', 'offer')
        GROUP BY member_id, kind, period_key HAVING count(*) > 1""",
    ),
)
