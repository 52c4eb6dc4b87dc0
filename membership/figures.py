"""What a purchase or a refund moved, in words: a figure of nothing is left unsaid, and what is free is called so."""

from __future__ import annotations

from membership.messages import Message, say
from membership.money import Money


def price_line(label: Message, amount: Money) -> Message:
    """Return one line of a price; goods that come with it cost nothing, and the line says so instead of a zero."""
    if amount.minor == 0 and label.key == "price.gift":
        return say("receipt.free", label=label)
    return say("receipt.line", label=label, amount=amount)


def points_now(before: int, earned: int, after: int) -> Message:
    """Return how the points stand after a purchase, as the counter reads it."""
    if earned:
        return say("desk.balance", before=before, earned=earned, points=after)
    return points_stand(before, after)


def points_stand(before: int, after: int) -> Message:
    """Return how the points stand after a purchase, as its member reads it."""
    return say("receipt.balance", before=before, points=after) if before != after else say("receipt.same", points=after)


def points_back(taken: int, restored: int, after: int) -> Message:
    """Return what giving money back did to the points: some taken, some given back, both, or neither."""
    if taken and restored:
        return say("refund.points", taken=taken, restored=restored, points=after)
    if taken:
        return say("refund.points_taken", taken=taken, points=after)
    if restored:
        return say("refund.points_restored", restored=restored, points=after)
    return say("refund.points_same", points=after)


def plain(bonus: Money) -> str:
    """Return the end of a text's key where no gift of the shop is moved along with stored value."""
    return "" if bonus.minor else ".plain"
