"""Groups of members as the database finds them: each condition one set of ids; and the groups made in chat."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    exists,
    extract,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)

from membership import days
from membership.lifecycle import STAGES
from membership.moment import id_of
from membership.segments import ANY, Conditions, Joined
from storage.database import Tx
from storage.habits import OVERLAP, SOLD, STANDS, USED
from storage.tables import (
    accounts,
    activities,
    audiences,
    coupons,
    fields,
    habits,
    identities,
    lots,
    members,
    passes,
    purchases,
    sign_ups,
    tags,
    visits,
)
from storage.tables import segments as t
from storage.types import EPOCH

Clause = ColumnElement[bool]
HERE: Final = and_(members.c.state != "left", members.c.merged_into == "")
"""Whoever is in any group at all."""


@dataclass(frozen=True, slots=True)
class When:
    """The moment a group is counted at, and the shop's zone, in whose days conditions speak."""

    now: datetime
    zone: ZoneInfo
    counted: datetime | None = None
    """The last night whose count was finished; None: nobody was ever counted."""

    @property
    def today(self) -> date:
        return days.day_of(self.now, self.zone)

    def ago(self, number: int) -> datetime:
        """Return when the day of the shop began that lies so many days back."""
        return days.start_of(self.today - timedelta(days=number), self.zone)


@dataclass(frozen=True, slots=True)
class Part:
    """Members in order of id, behind one up to another ("": to the end); each condition is asked of these alone."""

    behind: str = ""
    last: str = ""

    def of(self, column: Any) -> tuple[Clause, ...]:
        """Return what keeps ids of members within this part; nothing where it is everybody."""
        return (*((column > self.behind,) if self.behind else ()), *((column <= self.last,) if self.last else ()))


EVERYBODY: Final = Part()


def clauses(asked: Conditions, when: When, part: Part = EVERYBODY) -> tuple[Clause, ...]:
    """Return what must hold of a row of ``members``, all of it; at least that the member is still here."""
    return (
        HERE,
        *part.of(members.c.id),
        *_who(asked, when, part),
        *_came(asked.joined, when),
        *_bought(asked, when, part),
        *_counted(asked, part),
        *_holds(asked, when, part),
    )


def next_part(tx: Tx, behind: str, *, size: int) -> Part:
    """Return the next so many members behind this id, whoever they are; without an end where they are the last."""
    last = tx.scalar(select(members.c.id).where(members.c.id > behind).order_by(members.c.id).offset(size - 1).limit(1))
    return Part(behind, str(last or ""))


def freeze(tx: Tx, broadcast_id: str, found: Sequence[Clause]) -> int:
    """Write down who is in a group at this moment, for this broadcast; return how many, in one statement.

    Who stands there already, in place of somebody who became them, is not written down again.
    """
    there = exists().where(audiences.c.broadcast_id == broadcast_id, audiences.c.member_id == members.c.id)
    mine = select(literal(broadcast_id), members.c.id).where(*found, ~there).order_by(members.c.id)
    frozen = insert(audiences).from_select(["broadcast_id", "member_id"], mine)
    return tx.execute(frozen.execution_options(preserve_rowcount=True)).rowcount


def sources(tx: Tx, *, limit: int) -> list[str]:
    """Return where members came from, the most frequent first."""
    total = func.count()
    found = select(members.c.source).where(members.c.source != "").group_by(members.c.source)
    return [row.source for row in tx.all(found.order_by(total.desc(), members.c.source).limit(limit))]


def open_activities(tx: Tx, *, limit: int) -> dict[str, str]:
    """Return the titles of activities that are open, by their ids, the next one first."""
    found = select(activities.c.id, activities.c.title).where(activities.c.state == "open")
    return {row.id: row.title for row in tx.all(found.order_by(activities.c.starts_at, activities.c.id).limit(limit))}


def made(tx: Tx) -> list[Row[Any]]:
    """Return the groups made in chat that stand, oldest first."""
    return tx.all(select(t).where(t.c.removed_at.is_(None)).order_by(t.c.created_at, t.c.id))


def find(tx: Tx, code: str) -> Row[Any] | None:
    """Return a group made in chat, removed ones too, or None."""
    return tx.one(select(t).where(t.c.code == code))


def add(tx: Tx, row_id: str, *, code: str, name: str, conditions: Mapping[str, Any], by: str, at: datetime) -> bool:
    """Write a group down; False where this row or code stands already."""
    told = {"code": code, "name": name, "conditions": dict(conditions), "created_by": by, "created_at": at}
    return tx.insert_once(t, {"id": row_id, **told})


def remove(tx: Tx, code: str, now: datetime) -> bool:
    """Take a group away; False where it is gone already. Broadcasts that were sent to it keep their audience."""
    found = update(t).where(t.c.code == code, t.c.removed_at.is_(None))
    return tx.execute(found.values(removed_at=now)).rowcount == 1


def _who(asked: Conditions, when: When, part: Part) -> Iterator[Clause]:
    if asked.tiers:
        yield members.c.tier.in_(asked.tiers)
    if asked.tags:
        yield _among(select(tags.c.member_id).where(tags.c.tag.in_(asked.tags)), part)
    if asked.without_tags:
        yield not_(_among(select(tags.c.member_id).where(tags.c.tag.in_(asked.without_tags)), part))
    if asked.sources:
        yield members.c.source.in_(asked.sources)
    if asked.channels:
        yield _reached(asked.channels, part)
    if asked.birthday_months:
        yield or_(*(_born_in(told, when.today) for told in asked.birthday_months))
    for name, answers in asked.fields.items():
        yield _among(select(fields.c.member_id).where(fields.c.field == name, fields.c.choice.in_(answers)), part)


def _came(asked: Joined, when: When) -> Iterator[Clause]:
    if asked.first is not None:
        yield members.c.joined_at >= days.start_of(asked.first, when.zone)
    if asked.last is not None:
        yield members.c.joined_at < days.end_of(asked.last, when.zone)
    if asked.within_days is not None:
        yield members.c.joined_at >= when.ago(asked.within_days)


def _bought(asked: Conditions, when: When, part: Part) -> Iterator[Clause]:
    if asked.stores:
        here = [id_of(f"store:{code}") for code in asked.stores]
        mine = (purchases.c.member_id == members.c.id, purchases.c.at >= EPOCH)  # a moment: by the index of both
        yield exists().where(*mine, purchases.c.store_id.in_(here), STANDS)
    if asked.visited_within is not None:
        yield _visited(when.ago(asked.visited_within), when, part)
    if asked.away_for is not None:
        since = when.ago(asked.away_for - 1)
        yield members.c.joined_at < since
        yield not_(_visited(since, when, part))


def _visited(since: datetime, when: When, part: Part) -> Clause:
    """Return who was here since then: by the nightly count, by what was bought or used after it, or uncounted.

    Asked of the purchases alone it would take all of them of that time, far more than there are members.
    """
    if when.counted is None:
        return _was_here(since)
    known = _among(select(habits.c.member_id).where(habits.c.last_at >= since), part)
    lately = _here(max(since, when.counted - OVERLAP), part)
    return or_(known, lately, and_(_uncounted(part), _was_here(since)))


def _was_here(since: datetime) -> Clause:
    """Return who bought something or used a pass since then, asked of each member alone."""
    bought = exists().where(purchases.c.member_id == members.c.id, purchases.c.at >= since, STANDS)
    held = passes.c.member_id == members.c.id
    sold = exists().where(held, passes.c.at >= since, SOLD)
    used = exists().where(held, visits.c.pass_id == passes.c.id, visits.c.at >= since, USED)
    return or_(bought, sold, used)


def _here(since: datetime, part: Part) -> Clause:
    """Return who bought something or used a pass since then, asked of all that was."""
    bought = select(purchases.c.member_id).where(STANDS, purchases.c.at >= since)
    sold = select(passes.c.member_id).where(SOLD, passes.c.at >= since)
    used = select(visits.c.member_id).where(USED, visits.c.at >= since)
    return or_(*(_among(found, part) for found in (bought, sold, used)))


def _counted(asked: Conditions, part: Part) -> Iterator[Clause]:
    """Yield what is asked of the nightly count; whom nobody has counted yet is new and was never here."""
    scores = [(habits.c[name], getattr(asked, name)) for name in ("recency", "frequency", "money")]
    spans = ((habits.c.visits, asked.visits), (habits.c.spent_minor, asked.spent))
    clauses: list[Clause] = [column.in_(told) for column, told in scores if told]
    clauses += [column >= span.low for column, span in spans if span.low]
    newcomers = not clauses and STAGES[0] in (asked.stages or STAGES)
    clauses += [column <= span.high for column, span in spans if span.high is not None]
    clauses += [habits.c.stage.in_(asked.stages)] if asked.stages else []
    if clauses:
        found = _among(select(habits.c.member_id).where(*clauses), part)
        yield or_(found, _uncounted(part)) if newcomers else found


def _uncounted(part: Part) -> Clause:
    return not_(_among(select(habits.c.member_id), part))


def _holds(asked: Conditions, when: When, part: Part) -> Iterator[Clause]:
    if asked.coupons:
        offers = [id_of(f"offer:{code}") for code in asked.coupons]
        living = and_(coupons.c.state == "issued", coupons.c.expires_at > when.now)
        yield _among(select(coupons.c.member_id).where(coupons.c.offer_id.in_(offers), living), part)
    if asked.points_ending is not None:
        last = days.end_of(when.today + timedelta(days=asked.points_ending), when.zone)
        ending = and_(lots.c.remaining > 0, lots.c.expires_at > when.now, lots.c.expires_at <= last)
        yield _among(select(accounts.c.member_id).join(lots, lots.c.account_id == accounts.c.id).where(ending), part)
    if asked.activities:
        signed = select(sign_ups.c.member_id).where(sign_ups.c.state.in_(("signed", "attended")))
        yield _among(
            signed if ANY in asked.activities else signed.where(sign_ups.c.activity_id.in_(asked.activities)), part
        )


def _reached(channels: Collection[str], part: Part) -> Clause:
    """Return who can be reached by one of these apps now; "none" means by no app at all."""
    open_ = and_(identities.c.member_id.is_not(None), identities.c.following, identities.c.unreachable == "")
    reachable = select(identities.c.member_id).where(open_)
    by_app = _among(reachable.where(identities.c.channel.in_(channels)), part)
    return or_(by_app, not_(_among(reachable, part))) if "none" in channels else by_app


def _born_in(told: str, today: date) -> Clause:
    """Return whose birthday lies in a month; of the next one it is still to come, so that the year counts as well."""
    next_on = members.c.birthday_next_on
    if told == "next":
        return and_(next_on > days.month_end(today, 0), next_on <= days.month_end(today, 1))
    return extract("month", next_on) == (today.month if told == "this" else int(told))


def _among(found: Select[Any], part: Part) -> Clause:
    return members.c.id.in_(found.where(*part.of(found.selected_columns[0])))
