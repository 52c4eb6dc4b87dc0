"""Which tier somebody stands in after each purchase, refund, review, merge and parting, reckoned a second time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from membership.moment import id_of
from tests.model.book import DAY, Bought, Change, Member, after, begin_of, day_of
from tests.model.deeds import Deeds

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Standing(Deeds):
    """Tiers: reached at once, taken back with their purchase, looked at when a hold ends."""

    def bring_up(self, member: Member) -> None:
        """Let the member stand where they stand by now, before a purchase is written."""
        while self._is_over(member):
            self._review(member)

    def lift(self, member: Member, bought: Bought) -> None:
        """Let a purchase reach a tier; nobody falls by one."""
        tier = self._higher(member.tier, self._earned(self.counted(member, day_of(self.now))))
        if tier != member.tier:
            self.move(member, tier, f"tier-reached:{bought.id}", self._held_until(tier, day_of(self.now)))

    def unlift(self, member: Member, bought: Bought) -> None:
        """Take a tier back with the purchase that reached it, gone on the same day; not where more has happened."""
        reached = next((one for one in member.changes if one.id == change_id(f"tier-reached:{bought.id}")), None)
        today = day_of(self.now)
        if reached is None or day_of(bought.at) != today:
            return
        if (member.tier, member.tier_until) != (reached.after, reached.until) or self._joined_since(member, reached.at):
            return
        before, earlier = reached.before, self._led(member, reached)
        while earlier is not None and self._went(member, earlier):  # it went with its own purchase on its own day
            before, earlier = earlier.before, self._led(member, earlier)
        tier = self._higher(before, self._earned(self.counted(member, today)))
        if tier == member.tier:
            return
        until = None if earlier is None else earlier.until
        if tier != before:
            until = self._held_until(tier, today)
        self.move(member, tier, f"tier-undone:{bought.id}", until)

    def review(self) -> None:
        """Look at everybody whose hold is over; if there are none, begin holds where a shop has begun to review."""
        due = [one for one in self.people if not one.left and self._is_over(one)]
        for member in due:
            self._review(member)
        if not due and self.house.window and self.version not in self.held:
            self._begin_holds()

    def move(self, member: Member, tier: str, reference: str, until: datetime | None) -> None:
        member.changes.append(Change(change_id(reference), member.tier, tier, until, self.now))
        member.tier, member.tier_until = tier, until

    def counted(self, member: Member, last: date, *, until: datetime | None = None) -> int:
        """What the purchases of the window that ends with this day come to: what the shop had added is none of it."""
        since = BEGINNING
        if self.house.window:
            since = begin_of(last - (self.house.window - 1) * DAY)
        standing = [one for one in member.bought if not one.undone and since <= one.at]
        return sum(one.own for one in standing if until is None or one.at < until)

    def _is_over(self, member: Member) -> bool:
        closed = begin_of(day_of(self.now) - self.house.tier_grace * DAY)
        return member.tier_until is not None and member.tier_until <= min(self.now, closed)

    def _led(self, member: Member, change: Change) -> Change | None:
        """Return the change that had led to where this one began."""
        led = [one for one in member.changes if one.after == change.before and one.at <= change.at]
        return min((one for one in led if one is not change), key=Change.latest, default=None)

    def _went(self, member: Member, change: Change) -> bool:
        """Tell whether a purchase had reached it that was gone on the day it was made."""
        reached = {change_id(f"tier-reached:{one.id}"): one for one in member.bought}
        bought = reached.get(change.id)
        return bought is not None and bought.undone_at is not None and day_of(bought.undone_at) == day_of(bought.at)

    def _review(self, member: Member) -> None:
        if not self.house.window:
            member.tier_until = None
            return
        assert member.tier_until is not None, "whoever is due has a hold"
        last = day_of(member.tier_until - timedelta(microseconds=1))
        earned = self._earned(self.counted(member, last, until=after(last + self.house.tier_grace * DAY)))
        steps, tier = list(self.house.tiers), member.tier
        if steps.index(earned) < steps.index(tier):
            tier = steps[steps.index(tier) - 1] if self.house.one_down else earned
        self.move(member, tier, f"tier-review:{member.id}:{last}:{self.now.isoformat()}", self._held_until(tier, last))

    def _begin_holds(self) -> None:
        steps = list(self.house.tiers)
        found = [one for one in self.people if not one.left and one.tier != steps[0] and one.tier_until is None]
        for member in found:
            until = self._held_until(member.tier, day_of(self.now))
            self.move(member, member.tier, f"tier-held:{member.id}:{self.version}", until)
        if not found:
            self.held.add(self.version)

    def _held_until(self, tier: str, day: date) -> datetime | None:
        if not self.house.window or tier == next(iter(self.house.tiers)):
            return None
        return after(day + self.house.window * DAY)

    def _earned(self, counted: int) -> str:
        return [name for name, (least, *_) in self.house.tiers.items() if least <= counted][-1]

    def _higher(self, one: str, other: str) -> str:
        return max(one, other, key=list(self.house.tiers).index)

    def _joined_since(self, member: Member, at: datetime) -> bool:
        mine = [one for one in self.joined if one.kept is member and not one.undone]
        return any(one.at >= at and self.now < one.until for one in mine)


def change_id(reference: str) -> str:
    return id_of(f"tier:{reference}")
