"""Becoming a member, telling about oneself, saying yes and no, leaving."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from membership import birthdays, days, names, phones
from membership.errors import AlreadyMember, NotAMember, PhoneTaken
from membership.member import Who
from membership.messages import Message, Reply, choose, say
from membership.moment import Moment, id_of
from membership.money import Money
from services import Tx, audit, coupons, outbox, rules, webhooks
from services.outbox import Notice
from storage import codes, identities
from storage import members as rows

TERMS_VERSION = "1"
NEAR = timedelta(days=7)
CORRECTED: Final = ("name", "phone", "birthday")


@dataclass(frozen=True, slots=True)
class Member:
    """What the shop knows of a member, opened for a screen: dates of the shop, texts cleaned."""

    id: str
    name: str
    phone: str
    birthday: str
    tier: str
    language: str
    state: str
    offers_on: bool
    reminders_on: bool
    birthday_on: bool
    frozen: bool
    joined_on: date


def join(tx: Tx, who: Who, *, source: str, moment: Moment) -> str:
    """Make a member of this account (its yes to the terms is recorded) and return the id. Raises AlreadyMember."""
    row = identities.get(tx, who.identity_id)
    if row.member_id:
        raise AlreadyMember
    member_id = _new(tx, moment, name=names.clean(who.name), state="joined", source=source or row.source)
    identities.change(tx, who.identity_id, member_id=member_id)
    _consent(tx, member_id, "terms", given=True, channel=who.identity.channel, identity=who.identity_id, moment=moment)
    coupons.give_all(tx, member_id, "join", moment=moment)
    audit.note(tx, moment, "member.join", member_id, actor=member_id, channel=who.identity.channel)
    webhooks.emit(tx, "member.joined", member_id, {"member_id": member_id, "how": "chat"}, moment=moment)
    return member_id


def enrol(tx: Tx, phone: str, *, name: str, birthday: str, offers: bool, actor: str, moment: Moment) -> str:
    """Make a member at the counter who may come to chat later; return the id. Raises PhoneTaken and what is invalid."""
    number = phones.parse(phone, rules.current(tx).region)
    if rows.by_phone(tx, number) is not None:
        raise PhoneTaken
    member_id = _new(tx, moment, name=names.clean(name), state="enrolled", source="counter", **_phone(tx, number))
    for kind, given in (("terms", True), ("offers", offers)):
        _consent(tx, member_id, kind, given=given, channel="counter", identity=None, moment=moment)
    rows.change(tx, member_id, offers_on=offers)
    if birthday:
        set_birthday(tx, member_id, birthday, moment=moment)
    coupons.give_all(tx, member_id, "join", moment=moment)
    audit.note(tx, moment, "member.enrol", member_id, actor=actor)
    webhooks.emit(tx, "member.joined", member_id, {"member_id": member_id, "how": "counter"}, moment=moment)
    return member_id


def claim(tx: Tx, who: Who, phone: str, *, moment: Moment) -> str | None:
    """Join a record made at the counter with the account that proves this phone is its own; None if there is none."""
    row = rows.by_phone(tx, phones.parse(phone, rules.current(tx).region))
    if row is None or rows.lock(tx, row.id).state != "enrolled" or identities.of_member(tx, row.id):
        return None
    rows.change(tx, row.id, state="joined")
    identities.change(tx, who.identity_id, member_id=row.id)
    _consent(tx, row.id, "terms", given=True, channel=who.identity.channel, identity=who.identity_id, moment=moment)
    audit.note(tx, moment, "member.claim", row.id, actor=row.id, channel=who.identity.channel)
    return str(row.id)


def get(tx: Tx, member_id: str) -> Member:
    """Return the member opened. Raises NotAMember for an unknown id."""
    row = rows.find(tx, member_id)
    if row is None or row.state == "left":
        raise NotAMember
    return Member(
        id=row.id,
        name=rows.opened(tx, row, "name"),
        phone=rows.opened(tx, row, "phone"),
        birthday=rows.opened(tx, row, "birthday"),
        tier=row.tier,
        language=row.language,
        state=row.state,
        offers_on=row.offers_on,
        reminders_on=row.reminders_on,
        birthday_on=row.birthday_on,
        frozen=row.frozen_at is not None,
        joined_on=days.day_of(row.joined_at, rules.current(tx).zone),
    )


def find(tx: Tx, member_id: str) -> Member | None:
    """Return the member opened, or None for an unknown id and for who left."""
    try:
        return get(tx, member_id)
    except NotAMember:
        return None


def by_phone(tx: Tx, phone: str) -> Member:
    """Return the member with this phone. Raises InvalidPhone and NotAMember."""
    row = rows.by_phone(tx, phones.parse(phone, rules.current(tx).region))
    if row is None:
        raise NotAMember
    return get(tx, row.id)


def find_by_phone(tx: Tx, phone: str) -> str | None:
    """Return the id of the member with this phone, or None. Raises InvalidPhone."""
    row = rows.by_phone(tx, phones.parse(phone, rules.current(tx).region))
    return None if row is None or row.state == "left" else str(row.id)


def birthday_is_near(tx: Tx, member: Member, *, now: datetime) -> bool:
    """Tell whether the member's birthday is today or within the week."""
    shop = rules.current(tx)
    today = days.day_of(now, shop.zone)
    birthday = birthday_of(member, today)
    if birthday is None:
        return False
    return birthdays.next_on(birthday, today - timedelta(days=1), feb29=shop.birthday.feb29) - today <= NEAR


def greeted_at(tx: Tx, member_id: str, *, now: datetime) -> datetime | None:
    """Return when the member's next birthday is greeted (UTC), or None where it is not known."""
    shop, row = rules.current(tx), rows.get(tx, member_id)
    if row.birthday_next_on is None:
        return None
    at = days.at(row.birthday_next_on, shop.birthday.greet_at, shop.zone)
    return at if at > now else None


def shown_name(member: Member) -> Message:
    """Return how the member is called: by name, or as member and the last digits of a number."""
    if member.name:
        return say("member.name", name=member.name)
    return say("member.nameless", number=member.id.replace("-", "")[-4:].upper())


def addressed(name: str) -> Message:
    """Return how the shop speaks to a member: by name, or kindly without one; never by a number."""
    return say("member.name", name=name) if name else say("member.dear")


def tier_name(tx: Tx, member: Member) -> Message:
    """Return the name of the member's tier in the shop's words."""
    return tier_called(tx, member.tier)


def tier_called(tx: Tx, tier_id: str) -> Message:
    """Return the name of a tier in the shop's words, and what is said of who has none."""
    tier = rules.current(tx).ladder.find(tier_id)
    return choose(tier.name) if tier is not None else say("tier.none")


def set_name(tx: Tx, member_id: str, text: str) -> str:
    """Change the name and return it cleaned. Raises InvalidName."""
    name = names.parse(text)
    rows.change(tx, member_id, name=name)
    return name


def set_phone(tx: Tx, member_id: str, text: str) -> str:
    """Change the phone and return it as E.164. Raises InvalidPhone and PhoneTaken."""
    phone = phones.parse(text, rules.current(tx).region)
    other = rows.by_phone(tx, phone)
    if other is not None and other.id != member_id:
        raise PhoneTaken
    if not rows.give_phone(tx, member_id, **_phone(tx, phone)):
        raise PhoneTaken  # somebody else gave it at this very moment
    return phone


def set_birthday(tx: Tx, member_id: str, text: str, *, moment: Moment, corrected: bool = False) -> birthdays.Birthday:
    """Change the birthday, at most once a year unless a manager corrects it.

    Raises InvalidBirthday and BirthdayChangedRecently.
    """
    shop, row = rules.current(tx), rows.get(tx, member_id)
    today = days.day_of(moment.now, shop.zone)
    birthday = birthdays.parse(text, today)
    if not corrected:
        birthdays.check_change(row.birthday_changed_on, today)
    next_on = birthdays.next_on(birthday, today - timedelta(days=1), feb29=shop.birthday.feb29)
    changed = {"birthday": birthday.text, "birthday_next_on": next_on, "birthday_changed_on": today}
    rows.change(tx, member_id, **changed)
    return birthday


def correct(tx: Tx, member_id: str, fields: Mapping[str, str], *, actor: str, store_id: str, moment: Moment) -> Member:
    """Put right what is written of a member at the counter: ``name``, ``phone``, ``birthday``, those given.

    The trail names the fields, never what stood or stands in them, and the member is told. Raises NotAMember,
    InvalidName, InvalidPhone, PhoneTaken and InvalidBirthday.
    """
    before = get(tx, member_id)
    if "name" in fields:
        set_name(tx, member_id, fields["name"])
    if "phone" in fields:
        set_phone(tx, member_id, fields["phone"])
    if "birthday" in fields:
        set_birthday(tx, member_id, fields["birthday"], moment=moment, corrected=True)
    after = get(tx, member_id)
    changed = [name for name in CORRECTED if getattr(before, name) != getattr(after, name)]
    if changed:
        correction_id = moment.new_id("correction")
        facts = {"member": member_id, "fields": changed}
        audit.note(tx, moment, "member.correct", correction_id, actor=actor, store_id=store_id, **facts)
        note_changed(tx, member_id, *changed, moment=moment)
        lines = tuple(say(f"corrected.{name}") for name in changed)
        told = Reply((say("corrected.told", shop=choose(rules.current(tx).name), lines=lines),))
        outbox.tell_member(tx, member_id, Notice("corrected", "receipt", correction_id, told), moment=moment)
    return after


def note_changed(tx: Tx, member_id: str, *fields: str, moment: Moment) -> None:
    """Tell other systems which of name, phone and birthday changed, never to what."""
    change_id = moment.new_id(f"changed:{member_id}")
    webhooks.emit(tx, "member.changed", change_id, {"member_id": member_id, "fields": fields}, moment=moment)


def birthday_of(member: Member, today: date) -> birthdays.Birthday | None:
    """Return the member's birthday, or None where it is not known."""
    return birthdays.parse(member.birthday, today) if member.birthday else None


def switch(tx: Tx, who: Who, kind: str, *, on: bool, moment: Moment) -> None:
    """Turn offers, reminders or birthday greetings on or off; a yes or no to offers is recorded as consent."""
    member_id = required(who)
    rows.change(tx, member_id, **{f"{kind}_on": on})
    _consent(tx, member_id, kind, given=on, channel=who.identity.channel, identity=who.identity_id, moment=moment)


def required(who: Who) -> str:
    """Return the member behind the account. Raises NotAMember."""
    if who.member_id is None:
        raise NotAMember
    return who.member_id


def leave(tx: Tx, who: Who, *, moment: Moment) -> None:
    """End the membership: nothing is sent any more, codes stop, and the data is erased after the grace.

    Raises NotAMember.
    """
    member_id = required(who)
    if rows.lock(tx, member_id).state == "left":
        raise NotAMember
    rows.change(tx, member_id, state="left", left_at=moment.now, offers_on=False, code_not_before=moment.now)
    rows.change(tx, member_id, birthday_next_on=None, phone_index=None, phone_tail_index=None)  # theirs to give anew
    for row in identities.of_member(tx, member_id):
        identities.change(tx, row.id, member_id=None, source="left")  # nobody's friend when they come back
    _consent(tx, member_id, "terms", given=False, channel=who.identity.channel, identity=None, moment=moment)
    audit.note(tx, moment, "member.leave", member_id, actor=member_id)
    webhooks.emit(tx, "member.left", member_id, {"member_id": member_id}, moment=moment)


def freeze(tx: Tx, member_id: str, *, actor: str, moment: Moment) -> datetime:
    """Stop a member's card until a manager releases it, and what was read of it for good; return since when it is."""
    since: datetime | None = rows.lock(tx, member_id).frozen_at
    if since is not None:
        return since
    rows.change(tx, member_id, frozen_at=moment.now, code_not_before=moment.now)
    codes.end_scans(tx, member_id, moment.now, but="kept")  # what waits for the member's own yes waits on
    audit.note(tx, moment, "member.freeze", f"{member_id}:{moment.now.isoformat()}", actor=actor, member=member_id)
    return moment.now


def release(tx: Tx, member_id: str, *, actor: str, moment: Moment) -> None:
    """Let a stopped card work again; codes shown before stay dead. Raises NotAMember."""
    get(tx, member_id)
    rows.change(tx, member_id, frozen_at=None)
    audit.note(tx, moment, "member.release", f"{member_id}:{moment.now.isoformat()}", actor=actor, member=member_id)


def _new(tx: Tx, moment: Moment, **values: Any) -> str:
    member_id = moment.new_id("member")
    shop = rules.current(tx)
    first = shop.ladder.earned_by(0)
    handle = moment.draw("handle", 8)
    tier = "" if first is None else first.id
    since = {"tier_since": moment.now, "joined_at": moment.now}
    if not rows.add(tx, member_id, handle=handle, tier=tier, **since, **values):
        raise PhoneTaken  # somebody else gave it at this very moment
    return member_id


def _phone(tx: Tx, number: str) -> dict[str, str]:
    """Return a phone as it is kept; its last digits can be searched for only where the shop says so."""
    return {"phone": number, "tail": phones.last4(number) if rules.current(tx).counter.tail_search else ""}


def _consent(
    tx: Tx, member_id: str, kind: str, *, given: bool, channel: str, identity: str | None, moment: Moment
) -> None:
    consent_id = id_of(f"consent:{member_id}:{kind}:{given}:{moment.now.isoformat()}")
    values = {"member_id": member_id, "identity_id": identity, "kind": kind, "given": given}
    rows.consent(tx, consent_id, **values, text_version=TERMS_VERSION, channel=channel, at=moment.now)


def came_by(tx: Tx, who: Who, source: str) -> None:
    """Remember the link or poster a stranger came by, the first one."""
    if source and not identities.get(tx, who.identity_id).source:
        identities.change(tx, who.identity_id, source=source[:64])


def money(tx: Tx, minor: int) -> Money:
    """Return an amount in the shop's currency."""
    return Money(minor, rules.current(tx).currency)
