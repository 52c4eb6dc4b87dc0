"""Joining and leaving, points by hand and by checking in, coupons claimed, and stored value: each with its like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from membership.member import Identity
from membership.moment import Moment, id_of
from services import Tx, adjustments, checkin, coupons, members, people, points, reservations, stored_value, tier_moves
from storage import identities
from tests.model.book import DAY, Day, Member, No, Ticket, ToppedUp, day_of
from tests.model.deeds import CASHIER, MANAGER, ONCE, How
from tests.model.houses import OFFERS, Offered
from tests.model.standing import Standing

UNDO_SECONDS: Final = 600


class Saving(Standing):
    """What members have without a bill."""

    def join(self, *, how: How = ONCE) -> None:
        """Let somebody new become a member."""
        account = Identity("telegram", "shop", self.name("account"))
        moment = self.moment()

        def deed(tx: Tx) -> Member:
            who = people.who(tx, identities.meet(tx, account, self.now))
            return Member(members.join(tx, who, source="", moment=moment), who.identity_id, self.now)

        member = self.alone(deed, how)
        for offer in OFFERS.values():
            if offer.claim == "join":
                member.give(id_of(f"coupon:join:{member.id}:{offer.id}"), offer.id, self.now)
        self.people.append(member)
        self.compare(member)

    def leave(self, member: Member, *, how: How = ONCE) -> None:
        """End a membership; what it held stays in the books."""
        if member.left:
            return
        moment = self.moment()
        self.alone(lambda tx: members.leave(tx, people.who(tx, member.identity), moment=moment), how)
        member.left = True
        self.compare(member)

    def stop_or_release(self, member: Member, *, how: How = ONCE) -> None:
        """Stop somebody's card, or let a stopped one work again."""
        if member.left:
            return
        change, moment = members.release if member.frozen else members.freeze, self.moment()
        self.alone(lambda tx: change(tx, member.id, actor="mo", moment=moment), how)
        member.frozen = not member.frozen

    def adjust(self, member: Member, change: int, *, how: How = ONCE) -> None:
        """Give points, or take them."""
        reference = self.name("adjust")

        def deed(tx: Tx, moment: Moment) -> Any:
            return adjustments.adjust(
                tx, member.id, change, MANAGER, reason="sorry", reference=reference, moment=moment
            )

        def expect() -> None:
            if member.left:
                raise No("NotAMember")
            if change > 0:
                member.earn(id_of(f"transfer:adjust:{reference}"), change, self.house, self.now)
            else:
                member.spend(-change, self.now)

        self.do("adjust", member, deed, expect, how=how)

    def claim(self, member: Member, offer_id: str, *, how: How = ONCE) -> None:
        """Have a coupon, for points where it costs some."""
        if member.frozen:
            return
        reference, offer = self.name("claim"), OFFERS[offer_id]

        def deed(tx: Tx, moment: Moment) -> Any:
            return coupons.claim(tx, member.id, offer_id, reference=reference, moment=moment)

        def expect() -> None:
            if member.left:
                raise No("NotAMember")
            self.check_offer(member, offer)
            slices = member.spend(offer.price, self.now) if offer.price else {}
            paid = {"reference": reference, "slices": slices}
            member.give(id_of(f"coupon:{reference}"), offer_id, self.now, how="claimed", **paid)

        self.do("claim", member, deed, expect, how=how)

    def check_offer(self, member: Member, offer: Offered) -> None:
        """Refuse what is gone, or what somebody has enough of."""
        if offer.stock is not None and sum(person.had(offer.id) for person in self.people) >= offer.stock:
            raise No("OfferSoldOut")
        if offer.per_member is not None and member.had(offer.id) >= offer.per_member:
            raise No("OfferLimitReached")

    def check_in(self, member: Member, *, how: How = ONCE) -> None:
        """Check in for today; a second time brings nothing."""
        today = day_of(self.now)

        def deed(tx: Tx, moment: Moment) -> Any:
            return checkin.check_in(tx, member.id, moment=moment).standing

        def expect() -> None:
            self.check_card(member)
            if today not in member.days:
                streak = self._streak(member, today - DAY) + 1
                member.days[today] = Day(streak, self._worth(streak))
                self._bring(member, f"checkin:{member.id}:{today.isoformat()}", self._worth(streak))

        self.do("checkin", member, deed, expect, how=how)

    def make_up(self, member: Member, *, how: How = ONCE) -> None:
        """Make up yesterday, once a month, so that the days in a row go on."""
        today = day_of(self.now)
        missed, before = today - DAY, today - 2 * DAY

        def deed(tx: Tx, moment: Moment) -> Any:
            return checkin.make_up(tx, member.id, missed, moment=moment).standing

        def expect() -> None:
            self.check_card(member)
            if missed in member.days and member.days[missed].made_up:
                return  # a second press gives the first answer
            if missed in member.days or before not in member.days:
                raise No("NothingToMakeUp")
            months = [(day.year, day.month) for day, one in member.days.items() if one.made_up]
            if (missed.year, missed.month) in months:
                raise No("MakeUpUsed")
            streak = self._streak(member, before) + 1
            member.days[missed] = Day(streak, self._worth(streak), made_up=True)
            self._bring(member, f"checkin:{member.id}:{missed.isoformat()}", self._worth(streak))
            known = member.days.get(today)
            if known is not None:
                worth = max(known.points, self._worth(streak + 1))
                self._bring(member, f"checkin:{member.id}:{today.isoformat()}:mended", worth - known.points)
                member.days[today] = Day(streak + 1, worth)

        self.do("make_up", member, deed, expect, how=how)

    def top_up(self, member: Member, amount: int, *, cashier: bool, how: How = ONCE) -> None:
        """Pay money in, and get the shop's gift with it."""
        reference, reader = self.name("top-up"), CASHIER if cashier else MANAGER

        def deed(tx: Tx, moment: Moment) -> Any:
            return stored_value.top_up(tx, member.id, amount, reader, reference=reference, moment=moment)

        def expect() -> None:
            self.check_card(member)
            gift = max((bonus for least, bonus in self.house.gifts.items() if least <= amount), default=0)
            if member.principal + member.bonus + amount + gift > self.house.cap:
                raise No("StoredValueOverCap")
            member.principal += amount
            member.bonus += gift
            made = ToppedUp(id_of(f"top_up:{reference}"), self.now, reader.actor, amount, gift)
            member.topped.append(made)

        self.do("top_up", member, deed, expect, how=how)

    def undo_top_up(self, member: Member, made: ToppedUp, *, manager: bool, how: How = ONCE) -> None:
        """Take a top-up back as a slip, while none of it is missing."""

        def deed(tx: Tx, moment: Moment) -> Any:
            return stored_value.undo(tx, made.id, MANAGER if manager else CASHIER, manager=manager, moment=moment)

        def expect() -> None:
            if not manager and made.actor != CASHIER.actor:
                raise No("StoredValueUnknown")
            if made.undone:
                return
            if not manager and (self.now - made.at).total_seconds() > UNDO_SECONDS:
                raise No("UndoTooLate")
            if day_of(self.now) != day_of(made.at):
                raise No("DayOver")
            principal, bonus = member.free(self.house, self.now)
            if principal < made.principal or bonus < made.bonus:
                raise No("TopUpSpent")
            made.undone = True
            member.principal -= made.principal
            member.bonus -= made.bonus

        self.do("undo_top_up", member, deed, expect, how=how)

    def cash_out(self, member: Member, amount: int, *, how: How = ONCE) -> None:
        """Pay principal out; the same share of the bonus is void."""
        reference = self.name("payout")

        def deed(tx: Tx, moment: Moment) -> Any:
            return stored_value.cash_out(tx, member.id, amount, MANAGER, reference=reference, moment=moment)

        def expect() -> None:
            self.check_card(member)
            principal, bonus = member.free(self.house, self.now)
            if amount > principal:
                raise No("InsufficientStoredValue")
            member.principal -= amount
            member.bonus -= -(-bonus * amount // principal)

        self.do("cash_out", member, deed, expect, how=how)

    def run_job(self, job: str, *, how: How = ONCE) -> None:
        """Write off what ran out (bills that waited, points, coupons), or look at tiers whose hold ended."""
        moment, likes = self.moment(), {"points": self._expire_points, "coupons": self._expire_coupons}
        likes |= {"bills": self._expire_bills, "tiers": self.review}
        jobs: dict[str, Callable[[Tx], object]] = {
            "bills": lambda tx: reservations.expire_due(tx, moment),
            "points": lambda tx: points.expire_due(tx, moment=moment),
            "coupons": lambda tx: coupons.expire_due(tx, now=self.now),
            "tiers": lambda tx: tier_moves.review_due(tx, moment),
        }
        self.alone(jobs[job], how)
        likes[job]()
        self.count.done += 1

    def _expire_bills(self) -> None:
        for member in self.people:
            member.waits = [one for one in member.waits if one.until > self.now]

    def _expire_points(self) -> None:
        for member in self.people:
            member.expire(self.now)

    def _expire_coupons(self) -> None:
        for ticket in (one for member in self.people for one in member.coupons.values()):
            self._expire_coupon(ticket)

    def _expire_coupon(self, ticket: Ticket) -> None:
        if ticket.state == "issued" and ticket.ends_at <= self.now:
            ticket.state = "expired"

    def check_card(self, member: Member) -> None:
        names = [name for name, holds in (("NotAMember", member.left), ("MemberFrozen", member.frozen)) if holds]
        if names:
            raise No(*names)

    def _streak(self, member: Member, day: Any) -> int:
        return member.days[day].streak if day in member.days else 0

    def _worth(self, streak: int) -> int:
        return self.house.streak[min(streak, len(self.house.streak)) - 1]

    def _bring(self, member: Member, reference: str, brought: int) -> None:
        member.earn(id_of(f"transfer:{reference}"), brought, self.house, self.now)
