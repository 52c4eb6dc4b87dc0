"""Counted passes: sold, visited with, taken back and given back, each with its like in the book."""

from __future__ import annotations

from typing import Any

from membership.moment import Moment, id_of
from services import Tx, passes, visits
from services.visits import Wanted
from tests.model.book import DAY, NEVER, Member, No, Pass, Visit, after, day_of
from tests.model.deeds import CASHIER, MANAGER, ONCE, How
from tests.model.saving import UNDO_SECONDS, Saving


class Visiting(Saving):
    """What becomes of passes."""

    def sell(self, member: Member, nth: int, *, cashier: bool, how: How = ONCE) -> None:
        """Sell a pass, with the points that come with it."""
        reference, reader, card = self.name("sell"), CASHIER if cashier else MANAGER, self.house.cards[nth]

        def deed(tx: Tx, moment: Moment) -> Any:
            return passes.sell(tx, member.id, card.id, reader, reference=reference, moment=moment)

        def expect() -> None:
            self.check_card(member)
            if not card.on_sale:
                raise No("PassUnknown")
            ends = NEVER if card.days is None else after(day_of(self.now) + (card.days - 1) * DAY)
            pass_id, lot_id = id_of(f"pass:{reference}"), id_of(f"transfer:{reference}:points")
            earned = member.earn(lot_id, card.points, self.house, self.now)
            member.passes.append(Pass(pass_id, reference, card, self.now, reader.actor, card.visits, ends, earned))

        self.do("sell", member, deed, expect, how=how)

    def visit(self, member: Member, sold: Pass, count: int, *, cashier: bool, how: How = ONCE) -> None:
        """Take visits off a pass."""
        reference, reader = self.name("visit"), CASHIER if cashier else MANAGER
        wanted = Wanted(sold.id, None, count, yes="manager", reason="no phone")

        def deed(tx: Tx, moment: Moment) -> Any:
            return visits.use(tx, wanted, reader, reference=reference, moment=moment)

        def expect() -> None:
            self.check_card(member)
            self._check_live(sold)
            if sold.left < count:
                raise No("PassUsedUp")
            sold.left -= count
            member.visits.append(Visit(id_of(f"visit:{reference}"), sold, count, self.now, reader.actor))

        self.do("visit", member, deed, expect, how=how)

    def undo_visit(self, member: Member, made: Visit, *, manager: bool, how: How = ONCE) -> None:
        """Put visits back that were taken by mistake."""

        def deed(tx: Tx, moment: Moment) -> Any:
            return visits.undo(tx, made.id, MANAGER if manager else CASHIER, manager=manager, moment=moment)

        def expect() -> None:
            self._check_own(made.actor, manager=manager)
            if made.undone:
                return  # a second press gives the first answer
            self._check_time(made, manager=manager)
            if made.of.state != "live":
                raise No("PassOver")
            made.undone = True
            made.of.left += made.count

        self.do("undo_visit", member, deed, expect, how=how)

    def undo_sale(self, member: Member, sold: Pass, *, manager: bool, how: How = ONCE) -> None:
        """Take a sale back, while nothing of it is used."""

        def deed(tx: Tx, moment: Moment) -> Any:
            return passes.undo_sale(tx, sold.id, MANAGER if manager else CASHIER, manager=manager, moment=moment)

        def expect() -> None:
            self._check_own(sold.actor, manager=manager)
            if sold.state == "voided":
                return
            self._check_time(sold, manager=manager)
            if sold.left < sold.card.visits:
                raise No("PassBegun")
            if sold.state != "live":
                raise No("PassOver")
            if sold.card.points > member.held(self.now):
                raise No("PointsSpent")
            sold.state = "voided"
            self._claw_back(member, sold, sold.card.points)

        self.do("undo_sale", member, deed, expect, how=how)

    def give_back(self, member: Member, sold: Pass, *, how: How = ONCE) -> None:
        """Give back what the visits left are worth, and the same share of the points."""

        def deed(tx: Tx, moment: Moment) -> Any:
            return passes.refund(tx, sold.id, MANAGER, reason="moved away", moment=moment)

        def expect() -> None:
            if sold.state == "refunded":
                return
            self._check_live(sold)
            card, used = sold.card, sold.card.visits - sold.left
            worth = card.price - used * card.single
            if not sold.left:
                raise No("PassUsedUp")
            if worth <= 0:
                raise No("PassWorthNothing")
            sold.state = "refunded"
            self._claw_back(member, sold, card.points * worth // card.price)

        self.do("give_back", member, deed, expect, how=how)

    def _check_live(self, sold: Pass) -> None:
        if sold.state != "live":
            raise No("PassOver")
        if sold.ends_at <= self.now:
            raise No("PassExpired")

    def _check_own(self, actor: str, *, manager: bool) -> None:
        if not manager and actor != CASHIER.actor:
            raise No("PassUnknown")

    def _check_time(self, made: Visit | Pass, *, manager: bool) -> None:
        if not manager and (self.now - made.at).total_seconds() > UNDO_SECONDS:
            raise No("UndoTooLate")
        if day_of(self.now) != day_of(made.at):
            raise No("DayOver")

    def _claw_back(self, member: Member, sold: Pass, points: int) -> None:
        if points:
            member.claw_back(points, sold.earned, self.now)
