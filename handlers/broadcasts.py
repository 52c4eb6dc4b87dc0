"""Broadcasts in chat: the owner writes, sees who gets it and who not, looks at it, sends it, and can stop it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from handlers.reply import ask, home_row, screen, tap
from handlers.said import Said
from membership.errors import BroadcastEmpty, BroadcastOver, Expired
from membership.member import Who
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment
from services import Tx, broadcasts, rules, segments, staff
from services.broadcasts import Audience, Broadcast

RECENT = timedelta(days=7)
QUESTION = "broadcast.text"


def broadcast(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Ask for a new text or show what runs; every step after that is a word with the broadcast's id."""
    staff.check(tx, who, "broadcast")
    match list(arguments):
        case [] | ["new"] as new:
            return _ask_text() if new else _open(tx, moment)
        case ["send", broadcast_id, nonce]:
            return _send(tx, who, broadcast_id, nonce, moment=moment)
        case ["cancel", broadcast_id]:
            return _cancel(tx, who, broadcast_id, moment=moment)
        case ["show", broadcast_id]:
            return _show(tx, who, broadcast_id, moment)
        case ["draft" | "preview" | "change" | "plain" | "to" as step, broadcast_id]:
            return _draft_step(tx, who, step, broadcast_id, moment=moment)
        case ["aim" | "for" as step, *code]:
            return _aim(tx, said, who, [step, *code], moment=moment)
        case _:
            raise Expired


def take_text(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take the text, the picture, or both, and show the draft; a picture alone is asked for its text."""
    staff.check(tx, who, "broadcast")
    known = {name: data[name] for name in ("draft", "segment") if name in data}
    if said.refused:
        return _ask_again(say("broadcast.picture_refused"), known)
    wrong = broadcasts.fault(said.text)
    if wrong == "too_long":
        long = say("broadcast.too_long", count=len(broadcasts.tidy(said.text)), limit=broadcasts.TEXT_MAX)
        return _ask_again(long, known)
    if wrong and not said.picture:
        raise BroadcastEmpty
    if "draft" in known:
        draft = broadcasts.rewrite(tx, who, known["draft"], text=said.text, picture=said.picture, moment=moment)
    else:
        draft = broadcasts.compose(tx, who, said.text, picture=said.picture, moment=moment)
    if "segment" in known:
        draft = broadcasts.aim(tx, who, draft.id, known["segment"], moment=moment)
    return _draft(tx, who, draft, moment)


def _show(tx: Tx, who: Who, broadcast_id: str, moment: Moment) -> Reply:
    found = broadcasts.get(tx, broadcast_id)
    return _draft(tx, who, found, moment) if found.state == "draft" else _progress(tx, broadcast_id)


def _open(tx: Tx, moment: Moment) -> Reply:
    last = broadcasts.latest(tx, since=moment.now - RECENT)
    if last is not None and last.state == "running":
        return _progress(tx, last.id)
    return _ask_text(last)


def _ask_text(last: Broadcast | None = None) -> Reply:
    earlier = [] if last is None else [tap("last_broadcast", f"broadcast show {last.id}")]
    return ask(QUESTION, say("broadcast.ask"), say("broadcast.ask_name"), buttons=[earlier, [tap("cancel", "cancel")]])


def _ask_again(why: Message, known: Mapping[str, Any]) -> Reply:
    return ask(QUESTION, why, say("broadcast.ask"), buttons=[[tap("cancel", "cancel")]], **known)


def _draft_step(tx: Tx, who: Who, step: str, broadcast_id: str, *, moment: Moment) -> Reply:
    draft = broadcasts.get(tx, broadcast_id)
    if draft.state != "draft":
        raise BroadcastOver
    if step == "plain":
        draft = broadcasts.drop_picture(tx, who, broadcast_id, moment=moment)
    elif step == "change":
        back = [tap("back", f"broadcast draft {draft.id}"), tap("cancel", f"broadcast cancel {draft.id}")]
        return ask(QUESTION, say("broadcast.ask_change"), buttons=[back], draft=draft.id)
    elif step == "preview":
        return _preview(tx, who, draft, moment)
    elif step == "to":
        return _ask_group(tx, draft)
    return _draft(tx, who, draft, moment)


def _draft(tx: Tx, who: Who, draft: Broadcast, moment: Moment) -> Reply:
    """Show the draft and who gets it; a picture that has no text yet is asked for it."""
    if broadcasts.fault(draft.text):
        return ask(QUESTION, say("broadcast.ask_text"), buttons=[[tap("cancel", "cancel")]], draft=draft.id)
    text = broadcasts.with_name(draft.text, broadcasts.own_name(tx, who))
    if draft.segment and segments.find(tx, draft.segment) is None:
        return _ask_group(tx, draft, say("refusal.segment_unknown"))
    goes_to = broadcasts.goes_to(tx, draft, now=moment.now)
    picture = [say("broadcast.with_picture")] if draft.blob_id else []
    group = [say("broadcast.group", name=choose(segments.get(tx, draft.segment).name))] if draft.segment else []
    lines = [say("broadcast.draft"), text, *picture, *group, *audience_lines(tx, goes_to, moment)]
    without = [tap("without_picture", f"broadcast plain {draft.id}")] if draft.blob_id else []
    preview = [tap("preview", f"broadcast preview {draft.id}"), tap("broadcast_to", f"broadcast to {draft.id}")]
    return screen(*lines, buttons=[_send_button(draft, goes_to), preview + without, _change_row(draft)])


def _ask_group(tx: Tx, draft: Broadcast, *first: Message) -> Reply:
    """Ask whom a draft is for: everybody, or one of the groups; with how many can be reached now."""
    groups = [Button(choose(one.name), word=f"broadcast aim {one.code}") for one in segments.listed(tx)]
    rows = [groups[place : place + 2] for place in range(0, len(groups), 2)]
    last = [tap("back", f"broadcast draft {draft.id}"), tap("segment_new", "segments new")]
    buttons = [[tap("broadcast_all", "broadcast aim")], *rows, last]
    return ask("broadcast.aim", *first, say("broadcast.ask_group"), buttons=buttons, draft=draft.id)


def _aim(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Choose the group of the draft that is open, or begin a text for a group."""
    match list(arguments):
        case ["for", code]:
            first = say("broadcast.group", name=choose(segments.get(tx, code).name))
            told = [first, say("broadcast.ask"), say("broadcast.ask_name")]
            return ask(QUESTION, *told, buttons=[[tap("cancel", "cancel")]], segment=code)
        case ["aim"] | ["aim", _] if said.open is not None and said.open.name == "broadcast.aim":
            code, draft_id = "".join(arguments[1:]), str(said.open.data["draft"])
            draft = broadcasts.aim(tx, who, draft_id, code, moment=moment)
            return _draft(tx, who, draft, moment)
    raise Expired


def _preview(tx: Tx, who: Who, draft: Broadcast, moment: Moment) -> Reply:
    """Show exactly what a member gets, with the owner's own buttons under the member's."""
    seen = broadcasts.letter(draft, broadcasts.own_name(tx, who))
    goes_to = broadcasts.goes_to(tx, draft, now=moment.now)
    mine = (tuple(_send_button(draft, goes_to)), tuple(_change_row(draft)))
    return replace(seen, buttons=(*seen.buttons, *(row for row in mine if row)))


def roads_and_reasons(goes_to: Audience) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """Return a line for each road with how many it reaches, and one for each reason with how many it leaves out."""
    roads = tuple(say(f"broadcast.road.{road}", count=count) for road, count in goes_to.roads.items())
    reasons = tuple(say(f"broadcast.left_out.{reason}", count=count) for reason, count in goes_to.left_out.items())
    return roads, reasons


def audience_lines(tx: Tx, goes_to: Audience, moment: Moment) -> Iterator[Message]:
    """Yield who would be reached by which road, and who not and why."""
    roads, reasons = roads_and_reasons(goes_to)
    yield say("broadcast.goes_to", count=goes_to.total, lines=roads) if roads else say("broadcast.nobody")
    if "wechat_mass" in goes_to.roads:
        yield say("broadcast.mass")
    if reasons:
        yield say("broadcast.left_out", count=sum(goes_to.left_out.values()), lines=reasons)
    shop = rules.current(tx)
    morning = shop.quiet.over_at(moment.now, shop.zone)
    if morning > moment.now:
        yield say("broadcast.quiet", at=morning)


def _send_button(draft: Broadcast, goes_to: Audience) -> list[Button]:
    if not goes_to.total:
        return []
    return [tap("send_to", f"broadcast send {draft.id} {draft.nonce}", count=goes_to.total)]


def _change_row(draft: Broadcast) -> list[Button]:
    return [tap("change", f"broadcast change {draft.id}"), tap("cancel", f"broadcast cancel {draft.id}")]


def _send(tx: Tx, who: Who, broadcast_id: str, nonce: str, *, moment: Moment) -> Reply:
    """Start it, or show how far it is where it was started before; where a message is edited, that one tells more."""
    started = broadcasts.send(tx, who, broadcast_id, nonce, moment=moment)
    if started and who.identity.channel == "telegram":
        total = broadcasts.standing(tx, broadcast_id).total
        return screen(say("broadcast.started", count=total), buttons=[home_row()], toast=say("toast.broadcast_started"))
    toast = "toast.broadcast_started" if started else "toast.broadcast_running"
    return replace(_progress(tx, broadcast_id), toast=say(toast))


def _cancel(tx: Tx, who: Who, broadcast_id: str, *, moment: Moment) -> Reply:
    was_draft = broadcasts.get(tx, broadcast_id).state == "draft"
    stopped = broadcasts.cancel(tx, who, broadcast_id, moment=moment)
    if was_draft:
        return screen(say("broadcast.dropped"), buttons=[[tap("new_broadcast", "broadcast new")], home_row()])
    return replace(_progress(tx, broadcast_id), toast=say("toast.broadcast_stopped", count=stopped))


def _progress(tx: Tx, broadcast_id: str) -> Reply:
    shown = broadcasts.progress(tx, broadcast_id)
    return replace(shown, buttons=(*shown.buttons, (tap("new_broadcast", "broadcast new"), *home_row())))


__all__ = ["broadcast", "roads_and_reasons", "take_text"]
