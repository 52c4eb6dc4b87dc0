"""What a member tells about themselves: name, phone and birthday, one question at a time, each to be skipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from handlers import linking
from handlers.reply import ask, home_row, reply_for, screen, tap
from handlers.said import Said
from membership import days, phones
from membership.errors import InvalidPhone, PhoneTaken
from membership.member import Who
from membership.messages import Button, Message, Reply, say
from membership.moment import Moment
from services import Tx, doubles, members, referrals, rules

STEPS = ("name", "phone", "birthday")


def show_profile(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show what is known, or ask for one thing (``name``, ``phone``, ``birthday``; ``then`` asks the rest too)."""
    del said
    member_id = members.required(who)
    if arguments and arguments[0] in STEPS:
        return _ask(arguments[0], then="then" in arguments[1:])
    if arguments and arguments[0] == "done":
        return _shown(tx, member_id, moment, say("profile.thanks"))
    return _shown(tx, member_id, moment)


def take_name(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Keep the name that was typed."""
    members.set_name(tx, members.required(who), said.text)
    members.note_changed(tx, members.required(who), "name", moment=moment)
    return _next(tx, who, "name", data, moment=moment)


def take_phone(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Keep the phone that was shared (the sender's own) or typed; a record made at the counter is joined by it."""
    if said.kind == "contact" and not said.own:
        raise InvalidPhone
    if who.member_id is None:
        return _claim(tx, said, who, moment)
    try:
        members.set_phone(tx, who.member_id, said.phone or said.text)
    except PhoneTaken as no:
        return _phone_taken(tx, said, who, no, moment=moment)
    members.note_changed(tx, who.member_id, "phone", moment=moment)
    return _next(tx, who, "phone", data, moment=moment)


def _phone_taken(tx: Tx, said: Said, who: Who, no: PhoneTaken, *, moment: Moment) -> Reply:
    """Meet a phone somebody else has: perhaps it is the same person. Answered, not raised: what was noted stays."""
    phone, proved = said.phone or said.text, said.kind == "contact"
    referrals.note_same_phone(tx, members.required(who), phone, moment=moment)
    found = doubles.note(tx, who, phone, proved=proved, moment=moment)
    if found is None:
        return reply_for(no, said.open)
    if doubles.has_chat(tx, found.held_id):
        told = reply_for(no, said.open)
        return replace(told, messages=(*told.messages, say("double.noted")))
    return linking.ask_same(tx, found, moment=moment) if proved else reply_for(no, said.open)


def take_birthday(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Keep the birthday that was typed, solar or lunar."""
    members.set_birthday(tx, members.required(who), said.text, moment=moment)
    members.note_changed(tx, members.required(who), "birthday", moment=moment)
    return _next(tx, who, "birthday", data, moment=moment)


def _claim(tx: Tx, said: Said, who: Who, moment: Moment) -> Reply:
    """Join the account with a record made at the counter; only a shared own contact proves a phone."""
    claimed = members.claim(tx, who, said.phone, moment=moment) if said.kind == "contact" else None
    if claimed is None:
        return screen(say("profile.phone_unknown"), buttons=[[tap("join", "join")]])
    return screen(say("profile.claimed"), buttons=[[tap("code", "code"), tap("points", "points")], home_row()])


def _ask(step: str, *, then: bool) -> Reply:
    after = STEPS[STEPS.index(step) + 1 :]
    skip = f"profile {after[0]} then" if then and after else "profile done"
    rows: list[list[Button]] = [[tap("skip", skip), tap("cancel", "cancel")]]
    if step == "phone":
        rows.insert(0, [Button(say("button.share_phone"), contact=True)])
    return ask(f"profile.{step}", say(f"profile.ask_{step}"), buttons=rows, then=then)


def _next(tx: Tx, who: Who, step: str, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    after = STEPS[STEPS.index(step) + 1 :]
    if data.get("then") and after:
        return _ask(after[0], then=True)
    return _shown(tx, members.required(who), moment, say("profile.kept"))


def _shown(tx: Tx, member_id: str, moment: Moment, *first: Message) -> Reply:
    member = members.get(tx, member_id)
    today = days.day_of(moment.now, rules.current(tx).zone)
    birthday = members.birthday_of(member, today)
    unknown = say("profile.unknown")
    told = say(
        "profile.shown",
        name=member.name or unknown,
        phone=phones.masked(member.phone) if member.phone else unknown,
        birthday=unknown if birthday is None else birthday_words(birthday),
        tier=members.tier_name(tx, member),
        since=member.joined_on,
    )
    buttons = [
        [tap("change_name", "profile name"), tap("change_phone", "profile phone")],
        [tap("change_birthday", "profile birthday"), tap("all_steps", "profile name then")],
        list(home_row()),
    ]
    return screen(*first, told, buttons=buttons)


def birthday_words(birthday: Any) -> Message:
    """Return a birthday in words: solar as day and month, lunar as the lunar calendar says it."""
    if birthday.lunar:
        leap = say("birthday.leap") if birthday.leap else say("empty")
        month, day = say(f"lunar.month.{birthday.month}"), say(f"lunar.day.{birthday.day}")
        return say("birthday.lunar", leap=leap, month=month, day=day)
    return say("birthday.solar", month=say(f"month.{birthday.month}"), day=birthday.day)
