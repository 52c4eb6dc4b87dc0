"""Two members who are one become one, and are parted again within a week: lot by lot, row by row, as it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from membership.moment import Moment, id_of
from services import Tx, merges
from tests.model.book import DAY, Member, No
from tests.model.deeds import ONCE, How
from tests.model.giving import Giving
from tests.model.purse import return_swept, sweep

WEEK: Final = timedelta(days=7)
SECOND: Final = timedelta(seconds=1)
LISTS: Final = ("bought", "topped", "waits", "passes", "visits", "draws", "changes")
"""What of a member's page goes over whole, in the order in which it came about."""


@dataclass(eq=False)
class Joined:
    """Two who became one: what came over, and which bonds ended and began by it."""

    id: str
    kept: Member
    gone: Member
    at: datetime
    debt: int
    principal: int
    bonus: int
    rows: dict[str, list[Any]]
    coupons: list[str]
    days: list[date]
    tiers: tuple[str, datetime | None, str]
    ended: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    undone: bool = False

    @property
    def until(self) -> datetime:
        return self.at + WEEK


class Joining(Giving):
    """Merging and parting."""

    def merge(self, one: Member, other: Member, *, how: How = ONCE) -> None:
        """Make one member of two: whoever has been one longer is kept."""
        reference = self.name("merge")

        def deed(tx: Tx, moment: Moment) -> Any:
            return merges.merge(tx, one.id, other.id, reference=reference, actor="mo", moment=moment)

        def expect() -> None:
            if one is other:
                raise No("LinkOwn")
            for person in (one, other):
                self.check_card(person)
                if person.waiting(self.now):
                    raise No("AnswerAwaited")
            kept, gone = sorted((one, other), key=lambda person: (person.joined_at, person.id))
            self.joined.append(self._bring_over(kept, gone, id_of(f"merge:{reference}")))

        if self.do("merge", one, deed, expect, how=how) is not None:
            self._compare_both(one, other)

    def part(self, joined: Joined, *, how: How = ONCE) -> None:
        """Part two again: what came goes back as it stands."""

        def deed(tx: Tx, moment: Moment) -> Any:
            return merges.undo(tx, joined.id, actor="mo", moment=moment)

        def expect() -> None:
            if joined.undone:
                raise No("MergeUnknown")
            if joined.kept.left or self.now >= joined.until:
                raise No("MergeFinal")
            if joined.kept.frozen:
                raise No("MemberFrozen")
            if joined.kept.waiting(self.now):
                raise No("AnswerAwaited")
            self._bring_back(joined)

        if self.do("part", joined.kept, deed, expect, how=how) is not None:
            self._compare_both(joined.kept, joined.gone)
        self.now += SECOND  # a bond that ends and begins at one instant is the same one

    def _compare_both(self, one: Member, other: Member) -> None:
        for person in (one, other):
            self.compare(person)
            self.compare_goods(person)

    def _bring_over(self, kept: Member, gone: Member, merge_id: str) -> Joined:
        gone.expire(self.now)
        sweep(gone, kept, f"merge:{merge_id}:points", self.now)
        rows = {name: list(getattr(gone, name)) for name in LISTS}
        days = [day for day in gone.days if day not in kept.days]
        worth: dict[str, Any] = {"debt": gone.debt, "principal": gone.principal, "bonus": gone.bonus}
        more: dict[str, Any] = {"rows": rows, "coupons": list(gone.coupons), "days": days}
        done = Joined(merge_id, kept, gone, self.now, **worth, **more, tiers=(kept.tier, kept.tier_until, gone.tier))
        if self._higher(kept.tier, gone.tier) != kept.tier:
            self.move(kept, gone.tier, f"merge:{merge_id}", gone.tier_until)
        self._carry(gone, kept, done)
        count_anew(kept)
        self._bring_bonds(done)
        gone.left, gone.heir = True, kept
        return done

    def _bring_back(self, done: Joined) -> None:
        kept, gone = done.kept, done.gone
        kept.expire(self.now)
        return_swept(kept, gone, done.at, self.now)
        self._carry(kept, gone, done)
        count_anew(kept)
        count_anew(gone)
        tier, until, theirs = done.tiers
        if kept.tier != tier and kept.tier == theirs:
            self.move(kept, tier, f"unmerge:{kept.id}:{gone.id}:{self.now.isoformat()}", until)
        gone.left, gone.heir, done.undone = False, None, True
        self._part_bonds(done)

    def _carry(self, giver: Member, taker: Member, done: Joined) -> None:
        """Let what had come over, as far as it is there, change its owner; all of it is there at first."""
        for purse in ("debt", "principal", "bonus"):
            left = min(getattr(done, purse), getattr(giver, purse))
            setattr(giver, purse, getattr(giver, purse) - left)
            setattr(taker, purse, getattr(taker, purse) + left)
        for name, came in done.rows.items():
            there = [one for one in came if one in getattr(giver, name)]
            setattr(giver, name, [one for one in getattr(giver, name) if one not in there])
            getattr(taker, name).extend(there)
        for coupon_id in done.coupons:
            taker.coupons[coupon_id] = giver.coupons.pop(coupon_id)
        for day in done.days:
            taker.days[day] = giver.days.pop(day)

    def _bring_bonds(self, done: Joined) -> None:
        for bond_id, (pair, standing) in list(self.bonds.items()):
            if done.gone.id not in pair or not standing:
                continue
            self.bonds[bond_id] = (pair, False)
            done.ended.append(bond_id)
            both = frozenset((done.kept.id, *(pair - {done.gone.id})))
            if len(both) == 2 and self.bond_of(both) is None:
                first, second = sorted(both)
                made = id_of(f"bond:{first}:{second}:{self.now.isoformat()}")
                self.bonds[made] = (both, True)
                done.made.append(made)

    def _part_bonds(self, done: Joined) -> None:
        over = set[str]()
        for bond_id in done.made:
            pair, standing = self.bonds[bond_id]
            self.bonds[bond_id] = (pair, False)
            over |= set() if standing else pair
        for bond_id in done.ended:
            pair, _ = self.bonds[bond_id]
            if not over & pair:
                self.bonds[bond_id] = (pair, True)


def count_anew(member: Member) -> None:
    """Count the days in a row of somebody's check-ins anew."""
    for day in sorted(member.days):
        before = member.days.get(day - DAY)
        member.days[day].streak = 1 if before is None else before.streak + 1
