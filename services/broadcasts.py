"""Broadcasts: written by the owner, counted, confirmed once, planned in batches, and stopped at any moment."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from membership.errors import BroadcastEmpty, BroadcastOver, BroadcastUnknown, Expired
from membership.member import Who
from membership.messages import Button, Message, Picture, Reply, plain, say
from membership.moment import Moment
from services import Tx, audit, members, outbox, quota, rules, segments, staff
from services.outbox import Notice
from services.progress import Standing, progress, progress_due, standing, tell
from services.segments import Found
from storage import broadcasts as rows
from storage import mass
from storage import members as member_rows
from storage import outbox as outbox_rows

TEXT_MAX = 900
"""Characters of a text; with a picture, Telegram puts at most 1,024 units under it."""
BATCH = 500
LIFE = timedelta(days=7)
"""How long an offer waits for a member's next contact before it is too late."""
NAME = "{name}"
"""The one place for a fact; everything else in braces is the owner's own text."""

REASONS = ("no_consent", "no_account", "blocked", "frozen", "left")
ROADS = ("telegram", "wechat", "wechat_mass", "wechat_later")

Fault = Literal["", "empty", "too_long"]


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A broadcast as it stands.

    ``nonce`` belongs to this text and picture: a button made for earlier ones does nothing. ``state`` is draft,
    running, done or cancelled. ``segment`` is the code of the group it is for; "" is everybody.
    """

    id: str
    state: str
    text: str
    blob_id: str | None
    nonce: str
    segment: str = ""


@dataclass(frozen=True, slots=True)
class Audience:
    """How many members get it by each road (``ROADS``), and how many not, by reason (``REASONS``)."""

    roads: Mapping[str, int]
    left_out: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.roads.values())


def tidy(text: str) -> str:
    """Return the text as it is kept: no space around it, and no control characters but line breaks."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return "".join(char for char in lines if char == "\n" or unicodedata.category(char) not in {"Cc", "Cs"})


def fault(text: str) -> Fault:
    """Return what is wrong with a text: nothing, nothing to see in it, or more than TEXT_MAX characters."""
    if not any(unicodedata.category(char)[0] not in "ZC" for char in text):
        return "empty"
    return "too_long" if len(tidy(text)) > TEXT_MAX else ""


def get(tx: Tx, broadcast_id: str) -> Broadcast:
    """Return a broadcast. Raises BroadcastUnknown."""
    return _opened(tx, _row(tx, broadcast_id))


def latest(tx: Tx, *, since: datetime) -> Broadcast | None:
    """Return the broadcast that runs, or the last one that was started since this moment."""
    row = rows.latest(tx)
    if row is None or (row.state != "running" and row.started_at < since):
        return None
    return _opened(tx, row)


def compose(tx: Tx, who: Who, text: str, *, picture: bytes = b"", moment: Moment) -> Broadcast:
    """Write a draft in place of this person's earlier ones. Raises NotStaff and NotAllowed."""
    actor = staff.check(tx, who, "broadcast").actor
    rows.drop_drafts(tx, actor)
    row_id = moment.new_id("broadcast")
    values = {"staff_id": actor, "identity_id": who.identity_id, "left_out": {}, "created_at": moment.now}
    blob_id = _keep(tx, picture, moment)
    rows.add(tx, row_id, _body(tidy(text), moment), blob_id=blob_id, **values)
    return get(tx, row_id)


def rewrite(tx: Tx, who: Who, broadcast_id: str, *, text: str = "", picture: bytes = b"", moment: Moment) -> Broadcast:
    """Give a draft another text, another picture, or both; what is not given stays. Raises BroadcastOver."""
    staff.check(tx, who, "broadcast")
    now = get(tx, broadcast_id)
    blob_id = _keep(tx, picture, moment) or now.blob_id
    if not rows.rewrite(tx, broadcast_id, _body(tidy(text) or now.text, moment), blob_id=blob_id):
        raise BroadcastOver
    return get(tx, broadcast_id)


def drop_picture(tx: Tx, who: Who, broadcast_id: str, *, moment: Moment) -> Broadcast:
    """Take the picture out of a draft. Raises BroadcastOver."""
    staff.check(tx, who, "broadcast")
    if not rows.rewrite(tx, broadcast_id, _body(get(tx, broadcast_id).text, moment), blob_id=None):
        raise BroadcastOver
    return get(tx, broadcast_id)


def audience(tx: Tx, *, now: datetime, text: str = "", only: Found = ()) -> Audience:
    """Count who would get a broadcast with this text at this moment, and who would not and why.

    ``only`` is the group it is for (``segments.found``); without one it is everybody. A mass message needs two people
    at least; one alone waits for the next contact.
    """
    room = quota.room_now(tx, now=now) if quota.fits(text) else None
    by_mass = () if room is None else (mass.got(since=room.since), room.each)
    counted = rows.audience(tx, now, *by_mass, only=only)
    if counted.get("wechat_mass") == 1:
        counted["wechat_later"] = counted.get("wechat_later", 0) + counted.pop("wechat_mass")
    roads = {road: counted[road] for road in ROADS if counted.get(road)}
    return Audience(roads, {reason: counted[reason] for reason in REASONS if counted.get(reason)})


def goes_to(tx: Tx, draft: Broadcast, *, now: datetime) -> Audience:
    """Count who would get this draft at this moment. Raises SegmentUnknown where its group is gone."""
    return audience(tx, now=now, text=draft.text, only=_only(tx, draft, now))


def aim(tx: Tx, who: Who, broadcast_id: str, code: str, *, moment: Moment) -> Broadcast:
    """Choose the group a draft is for ("": everybody). Raises SegmentUnknown and BroadcastOver.

    Its buttons made before do nothing any more: they were seen with other people in mind.
    """
    staff.check(tx, who, "broadcast")
    if code:
        segments.get(tx, code)
    now = get(tx, broadcast_id)
    told = _body(now.text, moment)
    if not rows.rewrite(tx, broadcast_id, told, blob_id=now.blob_id):
        raise BroadcastOver
    rows.move(tx, broadcast_id, states=("draft",), segment=code)
    return get(tx, broadcast_id)


def letter(draft: Broadcast, name: Message) -> Reply:
    """Return what one member gets: the text with the name in it, why it came, and the way out of offers."""
    picture = Picture("blob", {"id": draft.blob_id}) if draft.blob_id else None
    unsubscribe = Button(say("button.unsubscribe"), word="unsubscribe")
    return Reply((with_name(draft.text, name), say("broadcast.why_you")), picture, ((unsubscribe,),), edit=False)


def with_name(text: str, name: Message) -> Message:
    """Return the text with the name put in by cutting it, never by formatting: any other braces mean themselves."""
    return _joined(text.split(NAME), name)


def own_name(tx: Tx, who: Who) -> Message:
    """Return the name that stands in a preview: the owner's own."""
    if who.member_id:
        return members.addressed(members.get(tx, who.member_id).name)
    return say("member.name", name=who.name) if who.name else say("broadcast.sample_name")


def send(tx: Tx, who: Who, broadcast_id: str, nonce: str, *, moment: Moment) -> bool:
    """Start a broadcast; False (and nothing done) where it was started before, by whomever.

    Raises NotStaff, NotAllowed, BroadcastUnknown, BroadcastOver (given up), Expired (the text was changed since),
    SegmentUnknown (its group is gone) and BroadcastEmpty (no text, or nobody to send it to).
    """
    actor = staff.check(tx, who, "broadcast").actor
    draft = get(tx, broadcast_id)
    if draft.state == "cancelled":
        raise BroadcastOver
    if draft.state != "draft":
        return False
    if draft.nonce != nonce:
        raise Expired
    reached = goes_to(tx, draft, now=moment.now)
    if fault(draft.text) or not reached.total:
        raise BroadcastEmpty
    facts = {"total": reached.total, "left_out": dict(reached.left_out), "started_at": moment.now}
    by = {"staff_id": actor, "identity_id": who.identity_id}
    if not rows.move(tx, broadcast_id, states=("draft",), state="running", **facts, **by):
        return False
    if draft.segment:
        _freeze(tx, _row(tx, broadcast_id), f"{rows.FREEZING}{rules.version(tx)}:")
    audit.note(tx, moment, "broadcast.send", broadcast_id, actor=actor, total=reached.total, segment=draft.segment)
    tell(tx, who, broadcast_id, moment=moment)
    return True


def cancel(tx: Tx, who: Who, broadcast_id: str, *, moment: Moment) -> int:
    """Give a draft up, or stop what of a broadcast has not left; return how many messages that kept back.

    At most one batch of delivery (30 messages) is on its way already. Raises BroadcastUnknown and BroadcastOver.
    """
    actor = staff.check(tx, who, "broadcast").actor
    _row(tx, broadcast_id)
    if rows.move(tx, broadcast_id, states=("draft",), state="cancelled"):
        return 0
    was_running = rows.move(tx, broadcast_id, states=("running",), state="cancelled", ended_at=moment.now)
    stopped = outbox_rows.cancel_broadcast(tx, broadcast_id, now=moment.now)
    if not was_running and not stopped:
        raise BroadcastOver
    audit.note(tx, moment, "broadcast.cancel", broadcast_id, actor=actor, stopped=stopped)
    return stopped


def plan_batch(tx: Tx, moment: Moment) -> int:
    """Put the next messages of a running broadcast in, at most BATCH; return how many (0: nothing left to plan).

    Before that, who is in its group is written down to the end; each part of it counts as one. The cursor moves in
    the same transaction, so a restart goes on behind the last member that was written down, or planned.
    """
    while (row := rows.lock_unplanned(tx)) is not None:
        if row.cursor.startswith(rows.FREEZING):
            _freeze(tx, row, row.cursor)
            return 1
        found = rows.wanting(tx, row, limit=BATCH)
        _plan(tx, row, found, moment)
        if len(found) == BATCH:
            rows.advance(tx, row.id, found[-1].id)
        else:
            _end_planning(tx, row.id)
        if found:
            return len(found)
    return 0


def bring_over(tx: Tx, kept_id: str, gone_id: str, *, moment: Moment) -> None:
    """Let running broadcasts that were still to come to a member come to whom they became part of, once."""
    for row in rows.bring_over(tx, gone_id, kept_id):
        _plan(tx, row, rows.wanting(tx, row, only=kept_id), moment)


def still_wanted(tx: Tx, row: Any) -> bool:
    """Tell, just before an outbox row is sent, whether it is still to be: other kinds of message always are."""
    if row.broadcast_id is None:
        return True
    return rows.is_wanted(tx, row.broadcast_id, row.member_id)


def photo(tx: Tx, blob_id: str) -> bytes:
    """Return the bytes of a broadcast's picture. Raises LookupError where there is none."""
    content = rows.picture(tx, blob_id)
    if content is None:
        raise LookupError(blob_id)
    return content


def _only(tx: Tx, draft: Broadcast, now: datetime) -> Found:
    return segments.found(tx, segments.get(tx, draft.segment).conditions, now=now) if draft.segment else ()


def _freeze(tx: Tx, row: Any, cursor: str) -> None:
    """Write down who of the next members is in the broadcast's group, as it was when it was sent."""
    version, _, behind = cursor.removeprefix(rows.FREEZING).partition(":")
    how = {"version": int(version), "behind": behind, "now": row.started_at}
    last = segments.freeze(tx, row.segment, row.id, **how)
    rows.advance(tx, row.id, f"{rows.FREEZING}{version}:{last}" if last else "")


def _plan(tx: Tx, row: Any, found: list[Any], moment: Moment) -> None:
    draft = _opened(tx, row)
    for member in found:
        name = _called(tx, member) if NAME in draft.text else say("broadcast.sample_name")
        until = {"expires_at": row.started_at + LIFE, "broadcast_id": row.id}
        notice = Notice("broadcast", "offer", f"bc:{row.id}", letter(draft, name), **until)
        outbox.tell_member(tx, member.id, notice, moment=moment)


def _end_planning(tx: Tx, broadcast_id: str) -> None:
    """Note that everybody is planned; from now on the total is what was really put in."""
    rows.advance(tx, broadcast_id, rows.PLANNED)
    total = sum(outbox_rows.counts(tx, broadcast_id).values())
    rows.move(tx, broadcast_id, states=("running",), total=total)


def _joined(pieces: list[str], name: Message) -> Message:
    """Return the pieces with the name between them; halved, so that many names make no deep message."""
    half = len(pieces) // 2
    if not half:
        return plain(pieces[0])
    return say("broadcast.body", start=_joined(pieces[:half], name), name=name, rest=_joined(pieces[half:], name))


def _called(tx: Tx, row: Any) -> Message:
    return members.addressed(member_rows.opened(tx, row, "name") or "")


def _row(tx: Tx, broadcast_id: str) -> Any:
    row = rows.find(tx, broadcast_id)
    if row is None:
        raise BroadcastUnknown
    return row


def _opened(tx: Tx, row: Any) -> Broadcast:
    said = rows.body(tx, row)
    return Broadcast(row.id, row.state, said["text"], row.blob_id, said["nonce"], row.segment)


def _body(text: str, moment: Moment) -> dict[str, str]:
    return {"text": text, "nonce": moment.draw("broadcast", 4).hex()}


def _keep(tx: Tx, content: bytes, moment: Moment) -> str | None:
    if not content:
        return None
    content_type = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
    return rows.put_picture(tx, content, content_type=content_type, now=moment.now)


__all__ = [
    "Audience",
    "Broadcast",
    "Standing",
    "aim",
    "audience",
    "bring_over",
    "cancel",
    "compose",
    "drop_picture",
    "fault",
    "get",
    "goes_to",
    "latest",
    "letter",
    "own_name",
    "photo",
    "plan_batch",
    "progress",
    "progress_due",
    "rewrite",
    "send",
    "standing",
    "still_wanted",
    "tidy",
    "with_name",
]
