"""Coupons given and taken back by hand, points exchanged, played for and sent to a friend: each with its like."""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby
from math import lcm
from typing import Any, Final

from membership.moment import Moment, id_of
from services import Tx, bonds, grants, lottery, mall, pairing, people
from tests.model.book import Draw, Member, No, Ticket, day_of
from tests.model.deeds import CASHIER, ONCE, How
from tests.model.houses import DAY_GRANTS, LUCK_STOCK, OFFERS
from tests.model.purse import Lot, take
from tests.model.saving import UNDO_SECONDS, Saving

SOLD: Final = "mug"
"""What the mall sells."""


class Giving(Saving):
    """Coupons and points that come and go without a purchase."""

    def exchange(self, member: Member, *, how: How = ONCE) -> None:
        """Have something of the mall for points."""
        if member.frozen:
            return
        nonce, offer = self.name("nonce"), OFFERS[SOLD]

        def deed(tx: Tx, moment: Moment) -> Any:
            return mall.exchange(tx, member.id, offer.id, nonce, moment=moment)

        def expect() -> None:
            if member.left:
                raise No("NotAMember")
            self.check_offer(member, offer)
            slices = member.spend(offer.price, self.now)
            reference = f"claim:{member.id}:{offer.id}:{nonce}"
            paid = {"reference": reference, "slices": slices}
            member.give(id_of(f"coupon:{reference}"), offer.id, self.now, how="claimed", **paid)

        self.do("exchange", member, deed, expect, how=how)

    def undo_exchange(self, member: Member, ticket: Ticket, *, how: How = ONCE) -> None:
        """Take an exchange back: the points return to their own lots."""

        def deed(tx: Tx, moment: Moment) -> Any:
            return mall.undo(tx, ticket.id, member.id, moment=moment)

        def expect() -> None:
            if ticket.how != "claimed":
                raise No("CouponUnknown")
            if ticket.state == "voided":
                return  # a second press gives the first answer
            if (self.now - ticket.at).total_seconds() > UNDO_SECONDS or day_of(self.now) != day_of(ticket.at):
                raise No("ExchangeFinal")
            self._check_unused(member, ticket, "ExchangeFinal")
            ticket.state = "voided"
            undone = f"{ticket.reference}:price:undo"
            member.give_back(ticket.slices, self.house, reference=undone, now=self.now)

        self.do("undo_exchange", member, deed, expect, how=how)

    def grant(self, member: Member, offer_id: str, *, how: How = ONCE) -> None:
        """Give a coupon at the counter."""
        key = self.name("key")

        def deed(tx: Tx, moment: Moment) -> Any:
            return grants.by_hand(tx, member.id, offer_id, CASHIER, key=key, moment=moment)

        def expect() -> None:
            self._check_hand()
            self.check_card(member)
            self.check_offer(member, OFFERS[offer_id])
            member.give(id_of(f"coupon:hand:{CASHIER.actor}:{key}"), offer_id, self.now, how="hand")

        self.do("grant", member, deed, expect, how=how)

    def undo_grant(self, member: Member, ticket: Ticket, *, how: How = ONCE) -> None:
        """Take back a coupon that was given by hand."""

        def deed(tx: Tx, moment: Moment) -> Any:
            return grants.undo_by_hand(tx, ticket.id, CASHIER, moment=moment)

        def expect() -> None:
            if ticket.how != "hand":
                raise No("CouponUnknown")
            if ticket.state == "voided":
                return
            if (self.now - ticket.at).total_seconds() > UNDO_SECONDS:
                raise No("UndoTooLate")
            if day_of(self.now) != day_of(ticket.at):
                raise No("DayOver")
            self._check_unused(member, ticket, "CouponUsed")
            ticket.state = "voided"

        self.do("undo_grant", member, deed, expect, how=how)

    def draw(self, member: Member, *, how: How = ONCE) -> None:
        """Play for points: the ticket is the moment's, what it wins is reckoned here."""
        nonce = self.name("nonce")
        reference = f"draw:{member.id}:{nonce}"

        def deed(tx: Tx, moment: Moment) -> Any:
            drawn = lottery.draw(tx, member.id, nonce, moment=moment)
            return drawn.points, drawn.coupon and drawn.coupon.id

        def expect() -> None:
            self.check_card(member)
            today = day_of(self.now)
            if [one.day for one in member.draws].count(today) >= self.house.draws:
                raise No("DrawLimitReached")
            if self.house.draw_price:
                member.spend(self.house.draw_price, self.now)
            member.draws.append(Draw(today))
            prize = self._prize(self.at, reference)
            if prize == "few":
                member.earn(id_of(f"transfer:{reference}:win"), self.house.won, self.house, self.now)
            elif prize == "luck" and self.lucky < LUCK_STOCK:
                self.lucky += 1
                member.give(id_of(f"coupon:{reference}:win"), "luck", self.now)

        self.do("draw", member, deed, expect, how=how)

    def send(self, giver: Member, taker: Member, points: int, *, how: How = ONCE) -> None:
        """Send points to a friend; they keep their ends. Two who are no friends yet become it first."""
        if giver is taker or not self._befriend(giver, taker, how):
            return
        reference, bond_id = self.name("send"), self.bond_of(frozenset((giver.id, taker.id)))
        assert bond_id is not None, "they have just become friends"

        def deed(tx: Tx, moment: Moment) -> Any:
            who = people.who(tx, giver.identity)
            return bonds.send(tx, who, bond_id, points, reference=reference, moment=moment).points

        def expect() -> None:
            if giver.left or taker.left:
                raise No("NotAMember", "NotLinked")
            if giver.frozen:
                raise No("MemberFrozen")
            if taker.frozen:
                raise No("FriendStopped")
            self._check_sent(giver, points)
            giver.expire(self.now)
            order = giver.live(self.now)
            slices = take(order, points)
            taken = [lot for lot in order if lot in slices]
            for place, (ends, parts) in enumerate(groupby(taken, key=lambda lot: lot.ends_at)):
                total, lot_id = sum(slices[lot] for lot in parts), id_of(f"transfer:send:{reference}:{place}")
                taker.lots[lot_id] = Lot(lot_id, taker, total, total, self.now, ends, self.now)
            giver.sent.append((day_of(self.now), points))

        self.do("send", giver, deed, expect, how=how)
        self.compare(taker)

    def _check_hand(self) -> None:
        today, given = day_of(self.now), 0
        for person in self.people:
            mine = [one for one in person.coupons.values() if one.how == "hand" and one.state != "voided"]
            given += sum(day_of(one.at) == today for one in mine)
        if given >= DAY_GRANTS:
            raise No("LimitReached")

    def _check_sent(self, giver: Member, points: int) -> None:
        today = day_of(self.now)
        ones = (one for person in self.people if person.now_one() is giver for one in person.sent)
        sent = sum(one for day, one in ones if (day.year, day.month) == (today.year, today.month))
        if points < self.house.send_least:
            raise No("TransferTooSmall")
        if points > max(0, self.house.month_cap - sent):
            raise No("TransferOverCap")
        if giver.debt:
            raise No("InDebt")
        if points > giver.spendable(self.now):
            raise No("InsufficientPoints")

    def _befriend(self, one: Member, other: Member, how: How) -> bool:
        """Let the one type the code the other shows, once; False where they cannot."""
        pair = frozenset((one.id, other.id))
        if self.bond_of(pair) is None:
            if one.frozen or other.frozen or one.left or other.left:
                return False
            moment = self.moment()
            self.bonds[self.alone(lambda tx: self._bond(tx, one, other, moment), how)] = (pair, True)
        return True

    def bond_of(self, pair: frozenset[str]) -> str | None:
        """Return the standing bond of two people, or None."""
        return next((bond_id for bond_id, found in self.bonds.items() if found == (pair, True)), None)

    def _bond(self, tx: Tx, one: Member, other: Member, moment: Moment) -> str:
        code = pairing.show(tx, people.who(tx, other.identity), "bond", moment=moment).code
        typed = people.who(tx, one.identity)
        found = pairing.look(tx, typed, code, "bond", now=moment.now)
        return bonds.accept(tx, typed, found.ticket_id, moment=moment).bond_id

    def _check_unused(self, member: Member, ticket: Ticket, used: str) -> None:
        if member.keeps(ticket.id, self.now):
            raise No("CouponReserved")
        if ticket.state != "issued":
            raise No(used)

    def _prize(self, moment: Moment, reference: str) -> str:
        odds = [Fraction(*one) for one in self.house.odds]
        tickets = lcm(*(one.denominator for one in odds))
        ticket = moment.below(reference, tickets)
        if ticket < odds[0] * tickets:
            return "few"
        return "luck" if ticket < sum(odds) * tickets else ""
