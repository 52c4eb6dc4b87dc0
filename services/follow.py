"""What follows a purchase or a refund: each feature the shop has turned on adds its one line here."""

from __future__ import annotations

from typing import Any

from membership.messages import Message
from membership.moment import Moment
from services import Tx, grants, ratings, tier_moves
from services.orders import Order, Recorded
from services.points import Cause
from services.reader import Reader


def after_purchase(tx: Tx, done: Recorded, order: Order, reader: Reader, *, moment: Moment) -> tuple[Message, ...]:
    """Do what a purchase just recorded brings with it, in its transaction; return what its receipt says of it.

    Runs once for each purchase: a repeated call with the same reference never comes this far.
    """
    lines: list[Message] = []
    lines += grants.after_purchase(tx, done, order, reader, moment=moment)
    if done.tier_up:
        lines += tier_moves.welcome(tx, order.member_id, moment=moment)
    worth, at = order.amount_minor, order.made_at or moment.now
    ratings.note(tx, order.member_id, reader.store_id, worth, purchase_id=done.id, at=at)
    return tuple(lines)


def after_refund(tx: Tx, row: Any, *, whole: bool, cause: Cause, moment: Moment) -> tuple[Message, ...]:
    """Take back what a purchase had brought with it, in the refund's transaction; return what the member is told.

    ``row`` is the purchase as it stood before this refund; ``whole`` tells that nothing of it is left.
    """
    lines: list[Message] = []
    lines += grants.after_refund(tx, row, whole=whole, cause=cause, moment=moment)
    if whole:
        ratings.drop(tx, row.id)
    tier_moves.take_back(tx, row, whole=whole, moment=moment)
    return tuple(lines)
