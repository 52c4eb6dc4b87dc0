"""Purchases, bills that wait for a yes, and giving back: each with its like in the book."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any, Final

from membership.moment import Moment, id_of
from services import Tx, codes, counter, refunds, reservations
from services import orders as shop_orders
from services.reservations import Less
from tests.model.book import Bought, Member, No, Order, Price, Waiting, day_of, priced
from tests.model.deeds import CASHIER, MANAGER, ONCE, Deeds, How, Wrong
from tests.model.houses import OFFERS
from tests.model.standing import Standing

LIFE: Final = timedelta(seconds=120)
"""So long a bill waits for its yes."""


class Buying(Standing):
    """Whatever begins with a bill."""

    def buy(self, member: Member, order: Order, *, cashier: bool = False, how: How = ONCE) -> None:
        """Buy by a manager's word, which needs no code and no yes."""
        reference = self.name("buy")
        reader = CASHIER if cashier else MANAGER
        asked = self._asked(member, order, yes="manager", reason="no phone")

        def deed(tx: Tx, moment: Moment) -> Any:
            return counter.settle(tx, asked, reader, reference=reference, channel="pos", moment=moment)

        def expect() -> None:
            price = priced_or_status(self, member, order)
            self._book(member, reference, reader.actor, order=order, price=price)

        self.do("buy", member, deed, expect, how=how)

    def hold_up(self, member: Member, order: Order, *, how: How = ONCE) -> None:
        """Ask the member for their yes to what a bill takes, after a scan."""
        if member.frozen or member.left:
            return
        reference = self.name("hold")
        scan_id = self.scope.unit(lambda tx: self._scan(tx, member))
        asked = self._asked(member, order, scan_id=scan_id)

        def deed(tx: Tx, moment: Moment) -> Any:
            return counter.settle(tx, asked, CASHIER, reference=reference, channel="pos", moment=moment)

        def expect() -> None:
            price = priced(member, self.house, order=order, now=self.now)
            if not price.worth and not order.stored:
                self._book(member, reference, CASHIER.actor, order=order, price=price)
                return
            if member.waiting(self.now):
                raise No("AnswerAwaited")
            row_id = id_of(f"reservation:{reference}")
            member.waits.append(Waiting(row_id, reference, order, self.now + LIFE))

        self.do("hold", member, deed, expect, how=how)

    def agree(self, member: Member, less: Less | None, *, how: How = ONCE) -> None:
        """Say yes to the newest bill that waits or waited, or post less of it at the till."""
        if not member.waits:
            return
        waits = member.waits[-1]

        def deed(tx: Tx, moment: Moment) -> Any:
            if less is None:
                return reservations.agree(tx, waits.id, member.id, how="chat", moment=moment)
            return reservations.post(tx, waits.id, CASHIER, how="card", less=less, moment=moment)

        def expect() -> None:
            order = lessened(waits.order, less)
            if waits.until <= self.now:
                raise No("AnswerTooLate")
            if member.frozen:
                raise No("MemberFrozen")
            if member.left:
                raise No("NotAMember")
            without = copy.copy(member)
            without.waits = []
            price = priced(without, self.house, order=order, now=self.now)
            member.waits.remove(waits)
            self._book(member, waits.reference, CASHIER.actor, order=order, price=price)

        self.do("agree", member, deed, expect, how=how)

    def end_waiting(self, member: Member, *, refuse: bool, how: How = ONCE) -> None:
        """Say no to the newest bill that waits, or take it back at the counter."""
        if not member.waits:
            return
        waits = member.waits[-1]

        def deed(tx: Tx, moment: Moment) -> Any:
            if refuse:
                return reservations.refuse(tx, waits.id, member.id, moment=moment)
            return reservations.withdraw(tx, waits.id, CASHIER, moment=moment)

        def expect() -> None:
            if waits.until <= self.now:
                raise No("AnswerTooLate")
            member.waits.remove(waits)

        self.do("end", member, deed, expect, how=how)

    def refund(self, member: Member, bought: Bought, percent: int, *, how: How = ONCE) -> None:
        """Give back this part of what is left, all of it at a hundred, too much above."""
        reference = self.name("refund")
        amount = bought.left + 1 if percent > 100 else None if percent == 100 else max(1, bought.left * percent // 100)

        def deed(tx: Tx, moment: Moment) -> Any:
            return refunds.refund(tx, bought.id, amount, reason="cold", actor="mo", reference=reference, moment=moment)

        def expect() -> None:
            if bought.undone or (bought.left == 0 and bought.price.paid > 0):
                raise No("AlreadyRefunded")
            if amount is not None and amount > bought.left:
                raise No("RefundTooLarge")
            self._give_back(member, bought, bought.left if amount is None else amount, reference)

        self.do("refund", member, deed, expect, how=how)

    def undo(self, member: Member, bought: Bought, *, manager: bool, how: How = ONCE) -> None:
        """Take a purchase back as a slip: a cashier only their own, soon, and while its points are there."""

        def deed(tx: Tx, moment: Moment) -> Any:
            return refunds.undo(tx, bought.id, MANAGER if manager else CASHIER, moment=moment, manager=manager)

        def expect() -> None:
            if not manager and bought.actor != CASHIER.actor:
                raise No("PurchaseUnknown")
            if not manager and (self.now - bought.at).total_seconds() > 600:
                raise No("UndoTooLate")
            if day_of(self.now) != day_of(bought.at):
                raise No("DayOver")
            if bought.reference in self.undone:
                return  # a second press gives the first answer
            if bought.undone or (bought.left == 0 and bought.price.paid > 0):
                raise No("AlreadyRefunded")
            there = member.held(self.now) + sum(bought.slices.values())
            if self._shares(bought, bought.left)[0] > there and not manager:
                raise No("PointsSpent")
            self._give_back(member, bought, bought.left, f"undo:{bought.id}")
            self.undone.add(bought.reference)

        self.do("undo", member, deed, expect, how=how)

    def _scan(self, tx: Tx, member: Member) -> str:
        moment = self.moment()
        return codes.scan(tx, codes.show(tx, member.id, moment=moment).text, CASHIER, moment=moment).id

    def _asked(self, member: Member, order: Order, **more: Any) -> shop_orders.Order:
        takes: dict[str, Any] = {"points": order.points, "stored_minor": order.stored, "coupon_ids": order.coupons}
        return shop_orders.Order(member.id, order.amount, **takes, **more)

    def _book(self, member: Member, reference: str, actor: str, *, order: Order, price: Price) -> None:
        self.bring_up(member)
        slices = member.spend(order.points, self.now) if order.points else {}
        for coupon_id in order.coupons:
            member.coupons[coupon_id].state = "redeemed"
        member.principal -= price.principal
        member.bonus -= price.bonus
        lot = member.earn(id_of(f"transfer:{reference}:earn"), price.earned, self.house, self.now)
        bought = Bought(id_of(f"purchase:{reference}"), reference, self.now, actor, order, price, slices, lot)
        member.bought.append(bought)
        self.lift(member, bought)
        if price.paid >= self.house.thanks_over and member.had("thanks") < (OFFERS["thanks"].per_member or 0):
            why = {"bought": bought, "least": self.house.thanks_over}
            member.give(id_of(f"coupon:grant:{bought.id}:thanks"), "thanks", self.now, **why)

    def _shares(self, bought: Bought, amount: int) -> tuple[int, int, int]:
        """How many points, how much principal and bonus go with so much of the money."""
        price, before = bought.price, bought.refunded
        total = price.principal + price.bonus
        was, is_now = (total * minor // price.paid if total else 0 for minor in (before, before + amount))
        bonus_was, bonus_now = (price.bonus * minor // total if total else 0 for minor in (was, is_now))
        base = price.to_pay + price.principal
        claw = price.points_for(base - before + bonus_was) - price.points_for(base - before - amount + bonus_now)
        return claw, is_now - was - (bonus_now - bonus_was), bonus_now - bonus_was

    def _give_back(self, member: Member, bought: Bought, amount: int, reference: str) -> None:
        """Give money back, and what of points and stored value belongs to it."""
        price, (claw, principal, bonus) = bought.price, self._shares(bought, amount)
        whole = bought.refunded + amount == price.paid
        if whole:
            member.give_back(bought.slices, self.house, reference=f"{reference}:back", now=self.now)
            bought.undone_at, bought.points_back = self.now, sum(bought.slices.values())
        missing = member.claw_back(claw, bought.earned, self.now) if claw else 0
        if whole and bought.slices:
            member.repay(bought.owed, self.now)
        bought.owed += missing
        member.bonus += bonus
        member.principal += principal
        bought.refunded += amount
        self._settle_coupons(bought, whole=whole)
        bought.clawed += claw
        bought.bonus_back += bonus
        bought.principal_back += principal
        if whole:
            self.unlift(member, bought)
        back = (bought.clawed, bought.principal_back, bought.bonus_back)
        if whole and back != (price.earned, price.principal, price.bonus):
            raise Wrong(f"refunds of {bought.reference} add up to {back}")

    def _settle_coupons(self, bought: Bought, *, whole: bool) -> None:
        """Give back the coupons a purchase had used, and take back those nothing is left to thank for."""
        tickets = [ticket for person in self.people for ticket in person.coupons.values()]
        used = [ticket for ticket in tickets if whole and ticket.id in bought.order.coupons]
        for ticket in used:
            ticket.state = "issued"
            if ticket.ends_at <= self.now:
                ticket.ends_at = self.grace_end()
        for ticket in tickets:
            settled = ticket.bought is bought or ticket in used
            if settled and ticket.state == "issued" and not ticket.is_earned:
                ticket.state = "voided"


def priced_or_status(desk: Deeds, member: Member, order: Order) -> Price:
    """Reckon a bill of somebody whose card may be stopped, or who left: either no may come first."""
    status = [name for name, holds in (("MemberFrozen", member.frozen), ("NotAMember", member.left)) if holds]
    try:
        price = priced(member, desk.house, order=order, now=desk.now)
    except No as no:
        raise No(*no.names, *status) from None
    if status:
        raise No(*status)
    return price


def lessened(order: Order, less: Less | None) -> Order:
    """What of a bill is recorded. No where it is more than was agreed."""
    if less is None:
        return order
    amount = order.amount if less.amount_minor is None else less.amount_minor
    points = order.points if less.points is None else less.points
    if amount > order.amount or points > order.points:
        raise No("MoreThanAgreed")
    return Order(amount, points, min(order.stored, amount), order.coupons)
