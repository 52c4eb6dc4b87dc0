"""What becomes of two members' names, agreements, tiers and friends when they become one, and when they are parted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from membership import birthdays, days, linking, phones
from membership.linking import Side
from membership.moment import Moment
from services import Tx, rules, tier_moves, tiers
from services.tier_moves import Step
from storage import bonds, fields, habits, members
from storage import merges as rows
from storage import referrals as friends

TOLD: Final = ("name", "phone", "birthday")
"""What a member tells of themselves: what the one has not told is taken from the other."""
AGREED: Final = ("offers_on", "reminders_on", "birthday_on")
TIER: Final = ("tier", "tier_since", "tier_until", "tier_fixed_until")
SAME_PERSON: Final = "same_person"


def settle_friends(tx: Tx, kept_id: str, gone_id: str) -> None:
    """End invitations that pay nobody now: nobody is a friend of themselves, and no member before is a new friend."""
    open_ = ("joined", "bought")
    ended = [(row, SAME_PERSON) for row in rows.between(tx, kept_id, gone_id)]
    late = rows.brought(tx, gone_id)
    if late is not None:  # the one who is kept had been a member by then
        ended.append((late, "known_before"))
    for row, reason in ended:
        if row.state in open_:
            friends.change(tx, row.id, was=row.state, state="refused", reason=reason)


def bring_bonds(tx: Tx, kept_id: str, gone_id: str, *, moment: Moment) -> dict[str, list[str]]:
    """Let those the one is bonded with be bonded with the other; the two themselves are nobody's to each other."""
    ended, made = [], list[str]()
    for row in bonds.of_member(tx, gone_id):
        bonds.end(tx, row.id, moment.now)
        ended.append(row.id)
        friend = row.other_id if row.one_id == gone_id else row.one_id
        if friend != kept_id and bonds.between(tx, kept_id, friend) is None:
            made.append(bonds.add(tx, kept_id, friend, moment=moment))
    return {"ended": ended, "made": made}


def join(tx: Tx, kept: Side, gone: Side, merge_id: str, *, actor: str, moment: Moment) -> dict[str, Any]:
    """Make one person's row of two: what was told, what both agreed to, the higher tier; return what there was."""
    mine, theirs = members.get(tx, kept.id), members.get(tx, gone.id)
    was = {"kept": _standing(mine), "gone": _standing(theirs)}
    told = {name: text for name, text in _told(tx, theirs).items() if not members.opened(tx, mine, name)}
    tail = _tail(tx, told.get("phone", ""))
    feast = theirs.birthday_next_on if "birthday" in told else mine.birthday_next_on
    joined = "joined" if "joined" in (mine.state, theirs.state) else mine.state
    changed = max(filter(None, (mine.birthday_changed_on, theirs.birthday_changed_on)), default=None)
    left = {"state": "left", "left_at": moment.now, "merged_into": kept.id, "code_not_before": moment.now}
    members.change(tx, gone.id, **left, birthday_next_on=None, phone_index=None, phone_tail_index=None)
    values = {**told, **tail, **linking.agreed(kept, gone), "state": joined}
    members.change(tx, kept.id, **values, birthday_next_on=feast, birthday_changed_on=changed)
    _raise_tier(tx, mine, theirs, reference=f"merge:{merge_id}", actor=actor, moment=moment)
    return {"was": was, "filled": list(told), "fields": _bring_answers(tx, kept.id, gone.id, moment=moment)}


def part(tx: Tx, kept: Any, gone: Any, moved: Mapping[str, Any], *, moment: Moment) -> None:
    """Give the two back what each had told and agreed to, as far as it was not changed since."""
    was = moved["was"]
    agreed = {name: was["kept"][name] and was["gone"][name] for name in AGREED}
    mine: dict[str, Any] = {}
    theirs: dict[str, Any] = {"state": was["gone"]["state"], "left_at": None, "merged_into": ""}
    for name in AGREED:  # a yes or no said since counts for both, a no at least
        now = bool(getattr(kept, name))
        mine[name] = was["kept"][name] if now == agreed[name] else now
        theirs[name] = was["gone"][name] and (now or now == agreed[name])
    phone = members.opened(tx, gone, "phone")
    for name in moved["filled"]:
        if members.opened(tx, kept, name) == members.opened(tx, gone, name):
            mine[name] = None
    if "birthday" in mine:
        mine["birthday_next_on"] = None
    members.change(tx, kept.id, **mine)
    _lower_tier(tx, kept, gone, was, moment=moment)
    theirs |= _phone_back(tx, gone.id, phone) | _birthday_back(tx, gone, moment)
    members.change(tx, gone.id, **theirs)
    part_bonds(tx, moved["bonds"], moment=moment)
    has, had = fields.of(tx, kept.id), fields.of(tx, gone.id)
    for name in moved["fields"]:
        if name in has and has[name] == had.get(name):
            fields.drop(tx, kept.id, name)


def count_anew(tx: Tx, *member_ids: str) -> None:
    """Let the habits of these members be counted anew at night: other purchases are theirs now."""
    for member_id in member_ids:
        habits.forget(tx, member_id)


def part_bonds(tx: Tx, moved: Mapping[str, Any], *, moment: Moment) -> None:
    """End the bonds that came over and let the old ones stand again."""
    left = set[str]()
    for row in (bonds.find(tx, bond_id) for bond_id in moved["made"]):
        if row is not None and not bonds.end(tx, row.id, moment.now):
            left |= {row.one_id, row.other_id}  # ended by one of the two while they were one: it stays so
    for row in (bonds.find(tx, bond_id) for bond_id in moved["ended"]):
        if row is not None and not (left & {row.one_id, row.other_id}):
            bonds.reopen(tx, row.id)


def _bring_answers(tx: Tx, kept_id: str, gone_id: str, *, moment: Moment) -> list[str]:
    """Copy answers to the shop's own questions that only the other one has given; return which."""
    has, chosen = fields.of(tx, kept_id), fields.choices(tx, gone_id)
    new = {name: value for name, value in fields.of(tx, gone_id).items() if name not in has}
    for name, value in new.items():
        fields.put(tx, kept_id, name, value, choice=chosen.get(name, ""), actor=gone_id, at=moment.now)
    return sorted(new)


def _told(tx: Tx, row: Any) -> dict[str, str]:
    """Return what a member has told of themselves; not a phone that somebody else has given since."""
    told = {name: text for name in TOLD if (text := members.opened(tx, row, name))}
    if "phone" in told and not _is_free(tx, told["phone"], row.id):
        del told["phone"]
    return told


def _is_free(tx: Tx, phone: str, member_id: str) -> bool:
    holder = members.by_phone(tx, phone)
    return holder is None or holder.id == member_id


def _phone_back(tx: Tx, gone_id: str, phone: str) -> dict[str, Any]:
    """Return the phone as it is kept; forgotten where somebody else has given it since."""
    if not phone or not _is_free(tx, phone, gone_id):
        return {"phone": None}
    return {"phone": phone, **_tail(tx, phone)}


def _birthday_back(tx: Tx, gone: Any, moment: Moment) -> dict[str, Any]:
    text = members.opened(tx, gone, "birthday")
    if not text:
        return {}
    shop = rules.current(tx)
    today = days.day_of(moment.now, shop.zone)
    birthday = birthdays.parse(text, today)
    return {"birthday_next_on": birthdays.next_on(birthday, today - timedelta(days=1), feb29=shop.birthday.feb29)}


def _tail(tx: Tx, phone: str) -> dict[str, str]:
    return {"tail": phones.last4(phone)} if phone and rules.current(tx).counter.tail_search else {}


def _raise_tier(tx: Tx, mine: Any, theirs: Any, *, reference: str, actor: str, moment: Moment) -> None:
    """Let the higher tier of the two be the one's, for as long as it would have been the other's."""
    steps = tuple(tier.id for tier in rules.current(tx).ladder.tiers)
    higher = linking.higher(steps, mine.tier, theirs.tier)
    if higher != mine.tier:
        counted, fixed = tiers.counted_now(tx, theirs, now=moment.now), theirs.tier_fixed_until is not None
        step = Step(higher, "merged", counted, theirs.tier_until, actor, fixed)
        tier_moves.move(tx, mine, step, reference=reference, moment=moment)


def _lower_tier(tx: Tx, kept: Any, gone: Any, was: Mapping[str, Any], *, moment: Moment) -> None:
    """Let the one stand again where they stood, unless their tier was changed once more since."""
    before = {name: _read(was["kept"][name]) for name in TIER}
    if kept.tier == before["tier"] or kept.tier != was["gone"]["tier"]:
        return
    counted, fixed = tiers.counted_now(tx, kept, now=moment.now), before["tier_fixed_until"] is not None
    step = Step(before["tier"], "unmerged", counted, before["tier_until"], kept.id, fixed)
    reference = f"unmerge:{kept.id}:{gone.id}:{moment.now.isoformat()}"
    if tier_moves.move(tx, kept, step, reference=reference, moment=moment):
        members.change(tx, kept.id, tier_since=before["tier_since"])


def _standing(row: Any) -> dict[str, Any]:
    """Return of a member's row what is needed to part the two again; nothing personal."""
    plain = {name: getattr(row, name) for name in ("state", *AGREED, *TIER)}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in plain.items()}


def _read(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) and value[4:5] == "-" else value
