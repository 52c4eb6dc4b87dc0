"""A member's accounts: joined by a one-time code, shown in the settings, and taken off again."""

from __future__ import annotations

from dataclasses import dataclass

from membership.errors import LinkUnknown
from membership.member import Who, check_standing
from membership.messages import Reply, say
from membership.moment import Moment, id_of
from services import Tx, audit, members, merges, pairing
from services.merges import Merged
from services.outbox import Notice, tell_account
from storage import doubles, identities
from storage import members as member_rows


@dataclass(frozen=True, slots=True)
class Account:
    """One of a member's accounts: its row, its app, and the name the platform tells ("" for none)."""

    id: str
    channel: str
    name: str


@dataclass(frozen=True, slots=True)
class Linked:
    """What a confirmed code did: two members became one (``merged``), or an account came to a member (None)."""

    member_id: str
    merged: Merged | None


def accounts(tx: Tx, member_id: str) -> list[Account]:
    """Return the member's accounts, the one that spoke last first."""
    return [Account(row.id, row.channel, identities.name(tx, row)) for row in identities.of_member(tx, member_id)]


def link(tx: Tx, who: Who, ticket_id: str, *, moment: Moment) -> Linked:
    """Let the account that speaks and the one that showed the code be one member.

    Pressed again, the first answer comes again. Raises LinkUnknown, LinkOwn, and what ``merges.merge`` raises.
    """
    found, fresh = pairing.take(tx, who, ticket_id, "link", moment=moment)
    reference = f"link:{ticket_id}"
    if not fresh:
        before = _merged(tx, reference)
        if before is not None and before.parted:
            raise LinkUnknown  # what came of it is no more
        return Linked(members.required(who), before)
    if who.member_id is None:
        return Linked(_attach(tx, who, found.member_id, moment=moment), None)
    done = join(tx, who.member_id, found.member_id, reference=reference, who=who, moment=moment)
    return Linked(done.kept_id, done)


def join(tx: Tx, one_id: str, other_id: str, *, reference: str, who: Who, moment: Moment) -> Merged:
    """Make one of two members whom the person who speaks has proved to be; every other account is told."""
    actor = members.required(who)
    done = merges.merge(tx, one_id, other_id, reference=reference, actor=actor, moment=moment)
    doubles.settle(tx, one_id, other_id, by=actor)
    merges.tell(tx, done, "link.told", [done.kept_id], but=who.identity_id, moment=moment)
    return done


def part(tx: Tx, who: Who, merge_id: str, *, moment: Moment) -> Merged:
    """Part two that had become one, on the member's own wish. Raises what ``merges.undo`` raises, and MergeUnknown."""
    member_id = members.required(who)
    done = merges.own(tx, merge_id, member_id)
    return parted(tx, merges.undo(tx, done.id, actor=member_id, moment=moment), but=who.identity_id, moment=moment)


def parted(tx: Tx, done: Merged, *, but: str, moment: Moment) -> Merged:
    """Tell both sides that they are two again, and never offer the pair as doubles any more."""
    doubles.part(tx, done.kept_id, done.gone_id, by=done.kept_id)
    merges.tell(tx, done, "link.told_parted", [done.kept_id, done.gone_id], but=but, moment=moment)
    return done


def take_off(tx: Tx, who: Who, identity_id: str, *, moment: Moment) -> Account:
    """Take another account off the membership of the person who speaks. Raises NotAMember and LinkUnknown."""
    member_id = members.required(who)
    mine = {one.id: one for one in accounts(tx, member_id)}
    if identity_id not in mine or identity_id == who.identity_id:
        raise LinkUnknown
    identities.change(tx, identity_id, member_id=None, source="left")  # nobody's friend when they come back
    deed = f"{identity_id}:{moment.now.isoformat()}"
    audit.note(tx, moment, "member.unlink", deed, actor=member_id, member=member_id)
    told = Notice("unlinked", "receipt", moment.now.isoformat(), Reply((say("link.told_off"),)))
    tell_account(tx, identity_id, told, moment=moment)
    return mine[identity_id]


def _attach(tx: Tx, who: Who, member_id: str, *, moment: Moment) -> str:
    """Let an account that is nobody's be the member's, with its own yes to the terms; return whose it is.

    Raises NotAMember and MemberFrozen.
    """
    member = member_rows.lock(tx, member_id)
    if member.merged_into:  # while this one waited, the member became one with another
        return _attach(tx, who, merges.now_one(tx, member_id), moment=moment)
    check_standing(member.state, member.frozen_at)
    member_rows.change(tx, member_id, state="joined")
    identities.change(tx, who.identity_id, member_id=member_id)
    channel, version = who.identity.channel, members.TERMS_VERSION
    consent_id = id_of(f"consent:{member_id}:terms:{who.identity_id}:{moment.now.isoformat()}")
    said = {"member_id": member_id, "identity_id": who.identity_id, "kind": "terms", "given": True}
    member_rows.consent(tx, consent_id, **said, text_version=version, channel=channel, at=moment.now)
    deed = f"{who.identity_id}:{moment.now.isoformat()}"
    audit.note(tx, moment, "member.link", deed, actor=member_id, member=member_id, channel=channel)
    for row in identities.of_member(tx, member_id):
        if row.id != who.identity_id:
            told = Reply((say("link.told_attached", app=say(f"app.{channel}")),))
            tell_account(tx, row.id, Notice("linked", "receipt", deed, told), moment=moment, member_id=member_id)
    return member_id


def _merged(tx: Tx, reference: str) -> Merged | None:
    return merges.find(tx, id_of(f"merge:{reference}"))
