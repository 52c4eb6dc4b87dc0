"""What other systems of the shop are told as it happens: each hook's events, put in with their cause."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from membership import webhooks as rules_of_webhooks
from membership.moment import Moment, id_of
from membership.money import Money
from membership.webhooks import EVENTS, SECRET_BYTES, Event
from services import Tx, audit, rules
from storage import webhooks as rows
from storage.webhooks import Opened


class HookNameTaken(Exception):
    """Another hook at work has this name."""


class HookUnknown(Exception):
    """No hook at work has this name."""


class EventUnknown(Exception):
    """There is no such event; the text is its name."""


@dataclass(frozen=True, slots=True)
class Hook:
    """One hook as it is listed: where it goes (without what stands behind a ?), and how its calls stand."""

    name: str
    url: str
    events: tuple[str, ...]
    waiting: int
    dead: int
    last_error: str
    created_at: datetime
    removed_at: datetime | None


def wanted(tx: Tx, event: Event) -> bool:
    """Tell whether any hook wants this event."""
    return any(_wants(hook, event) for hook in rows.living(tx))


def emit(tx: Tx, event: Event, subject: str, facts: Mapping[str, Any], *, moment: Moment) -> None:
    """Tell every hook that wants this event; ``subject`` makes it once, such as the purchase's id.

    Facts are ids, codes, numbers, Money and moments, nothing that says who a member is. ``store_id`` is told as the
    store's code. Where the shop has no hook this costs one look-up in a transaction.
    """
    for hook in rows.living(tx):
        if _wants(hook, event):
            data = {name: value for fact, found in facts.items() for name, value in [_told(tx, fact, found)]}
            body = {"type": event, "timestamp": _plain(moment.now), "data": data}
            call_id = id_of(f"hook:{hook.id}:{event}:{subject}")
            rows.put(tx, call_id, body, hook_id=hook.id, event=event, subject=subject, now=moment.now)


def add(tx: Tx, name: str, url: str, *, events: Collection[str], inside: bool, actor: str, moment: Moment) -> str:
    """Tell this address from now on, and return the secret its calls are signed with, the only time it is seen.

    ``events`` are names of events; none: all. ``inside`` lets the address lie in the shop's own network. A name that
    was taken away may come back; its old calls can then be sent again.

    Raises HookNameTaken, EventUnknown and AddressRefused.
    """
    unknown = next((event for event in events if event not in EVENTS), None)
    if unknown is not None:
        raise EventUnknown(unknown)
    where = Opened(
        rules_of_webhooks.check_address(url, inside=inside),
        rules_of_webhooks.secret_of(moment.draw("hook-secret", SECRET_BYTES)),
        inside,
    )
    hook_id = id_of(f"hook:{name}")
    if not rows.add(tx, hook_id, name=name, where=where, events=events, now=moment.now):
        raise HookNameTaken
    audit.note(tx, moment, "hook.add", f"{hook_id}:{moment.now.isoformat()}", actor=actor, hook=hook_id)
    return where.secret


def remove(tx: Tx, name: str, *, actor: str, moment: Moment) -> None:
    """Tell this address nothing any more; what waits for it is given up. Raises HookUnknown."""
    row = _found(tx, name)
    rows.remove(tx, row.id, now=moment.now, why="removed")
    audit.note(tx, moment, "hook.remove", f"{row.id}:{moment.now.isoformat()}", actor=actor, hook=row.id)


def listed(tx: Tx) -> list[Hook]:
    """Return every hook, those taken away too, oldest first."""
    counts = rows.counts(tx)
    return [
        Hook(
            name=row.name,
            url=rows.opened(tx, row).url.partition("?")[0],
            events=tuple(row.events["only"]),
            waiting=counts.get((row.id, "pending"), 0) + counts.get((row.id, "sending"), 0),
            dead=counts.get((row.id, "dead"), 0),
            last_error=rows.last_error(tx, row.id),
            created_at=row.created_at,
            removed_at=row.removed_at,
        )
        for row in rows.listed(tx)
    ]


def resend(
    tx: Tx, name: str = "", *, since: datetime | None = None, call_id: str = "", dead: bool = False, moment: Moment
) -> int:
    """Make calls once more that were made or given up: one, those since a moment, or only the dead ones.

    Of one hook, or of all at work (no name). Return how many there are. They keep their ids, so that the receiver can
    tell what it had. Raises HookUnknown.
    """
    hook_ids = [_found(tx, name).id] if name else [row.id for row in rows.living(tx)]
    return rows.again(tx, hook_ids, since=since, call_id=call_id, dead=dead, now=moment.now)


def _wants(hook: Any, event: Event) -> bool:
    only = hook.events["only"]
    return not only or event in only


def _found(tx: Tx, name: str) -> Any:
    row = rows.by_name(tx, name)
    if row is None:
        raise HookUnknown
    return row


def _told(tx: Tx, fact: str, found: Any) -> tuple[str, Any]:
    if fact == "store_id":
        return "store", rules.store_code(tx, found) or None
    return fact, _plain(found)


def _plain(value: Any) -> Any:
    """Return a fact as JSON: amounts in minor units, moments in UTC, lists as lists."""
    if isinstance(value, Money):
        return value.minor
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return list(value) if isinstance(value, tuple) else value
