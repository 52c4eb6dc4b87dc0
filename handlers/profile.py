"""What a member tells about themselves: name, phone and birthday, one question at a time, each to be skipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from handlers import linking
from handlers.reply import ask, home_row, listed, reply_for, screen, tap
from handlers.said import Said
from membership import days, phones
from membership.errors import InvalidPhone, PhoneTaken
from membership.fields import Field
from membership.member import Who
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment
from services import Tx, doubles, fields, members, profile, referrals, rules

STEPS = ("name", "phone", "birthday")
OWN = "own."
"""What a step begins with that asks for one of the shop's own fields; its code follows."""
CHOOSE = "profile.choose"
"""The question behind a field with a list of answers: it takes no text, it remembers which field was asked."""


def show_profile(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show what is known, or ask for one thing (``name``, ``phone``, ``birthday`` …; ``then`` asks the rest too)."""
    member_id = members.required(who)
    if arguments and arguments[0] in _steps(tx):
        return _ask(tx, member_id, arguments[0], then="then" in arguments[1:])
    if arguments[:1] == ["choose"] and said.open is not None and said.open.name == CHOOSE:
        field = _own(tx, said.open.data["step"])
        return _keep_own(tx, who, fields.choice(field, "".join(arguments[1:])), said.open.data, moment=moment)
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


def take_own(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Keep what was typed for one of the shop's own fields."""
    members.required(who)
    return _keep_own(tx, who, said.text, data, moment=moment)


def _keep_own(tx: Tx, who: Who, text: str, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    member_id = members.required(who)
    fields.answer(tx, member_id, _own(tx, data["step"]), text, actor=member_id, moment=moment)
    return _next(tx, who, data["step"], data, moment=moment)


def _claim(tx: Tx, said: Said, who: Who, moment: Moment) -> Reply:
    """Join the account with a record made at the counter; only a shared own contact proves a phone."""
    claimed = members.claim(tx, who, said.phone, moment=moment) if said.kind == "contact" else None
    if claimed is None:
        return screen(say("profile.phone_unknown"), buttons=[[tap("join", "join")]])
    return screen(say("profile.claimed"), buttons=[[tap("code", "code"), tap("points", "points")], home_row()])


def _steps(tx: Tx) -> tuple[str, ...]:
    """Return what is asked of a member, in its order: what every shop asks, then this one's own fields."""
    return (*STEPS, *(f"{OWN}{field.id}" for field in fields.listed(tx, "member")))


def _own(tx: Tx, step: str) -> Field:
    """Return the field a step asks for. Raises Expired where the shop asks it no more."""
    return fields.get(tx, step.removeprefix(OWN), "member")


def _after(tx: Tx, step: str) -> tuple[str, ...]:
    steps = _steps(tx)
    return steps[steps.index(step) + 1 :] if step in steps else ()


def _ask(tx: Tx, member_id: str, step: str, *, then: bool) -> Reply:
    """Ask for one thing, and say what telling it brings."""
    asked, worth = _asked(tx, step, then=then), profile.brings(tx, member_id, step)
    return replace(asked, messages=(*asked.messages, say("profile.brings", points=worth))) if worth else asked


def _asked(tx: Tx, step: str, *, then: bool) -> Reply:
    after = _after(tx, step)
    skip = f"profile {after[0]} then" if then and after else "profile done"
    rows: list[list[Button]] = [[tap("skip", skip), tap("cancel", "cancel")]]
    if step.startswith(OWN):
        return _ask_own(_own(tx, step), rows[0], skip=skip, then=then)
    if step == "phone":
        rows.insert(0, [Button(say("button.share_phone"), contact=True)])
    return ask(f"profile.{step}", say(f"profile.ask_{step}"), buttons=rows, skip=skip, then=then)


def _ask_own(field: Field, last: list[Button], *, skip: str, then: bool) -> Reply:
    """Ask for one of the shop's own fields; of a list, by a tap."""
    names = [
        Button(choose(name), word=f"profile choose {number}") for number, name in enumerate(field.choices.values())
    ]
    rows = [names[place : place + 2] for place in range(0, len(names), 2)]
    asked = say(f"fields.ask_{field.kind}", field=choose(field.name))
    question = CHOOSE if field.kind == "choice" else "profile.own"
    return ask(question, asked, buttons=[*rows, last], step=f"{OWN}{field.id}", skip=skip, then=then)


def _next(tx: Tx, who: Who, step: str, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    member_id, after = members.required(who), _after(tx, step)
    brought = profile.reward(tx, member_id, step, moment=moment)
    first = (say("profile.brought", points=brought),) if brought else ()
    if data.get("then") and after:
        asked = _ask(tx, member_id, after[0], then=True)
        return replace(asked, messages=(*first, *asked.messages))
    return _shown(tx, member_id, moment, say("profile.kept"), *first)


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
    asked = fields.listed(tx, "member")
    kept = fields.of(tx, member_id)
    lines = [_line(field, kept.get(field.id), unknown) for field in asked]
    mine = [Button(choose(field.name), word=f"profile {OWN}{field.id}") for field in asked]
    buttons = [
        [tap("change_name", "profile name"), tap("change_phone", "profile phone")],
        [tap("change_birthday", "profile birthday"), tap("all_steps", "profile name then")],
        *(mine[place : place + 2] for place in range(0, len(mine), 2)),
        list(home_row()),
    ]
    return screen(*first, told, *listed(lines), buttons=buttons)


def _line(field: Field, kept: str | None, unknown: Message) -> Message:
    value = unknown if kept is None else fields.shown(field, kept)
    return say("fields.line", field=choose(field.name), value=value)


def birthday_words(birthday: Any) -> Message:
    """Return a birthday in words: solar as day and month, lunar as the lunar calendar says it."""
    if birthday.lunar:
        leap = say("birthday.leap") if birthday.leap else say("empty")
        month, day = say(f"lunar.month.{birthday.month}"), say(f"lunar.day.{birthday.day}")
        return say("birthday.lunar", leap=leap, month=month, day=day)
    return say("birthday.solar", month=say(f"month.{birthday.month}"), day=birthday.day)
