"""Building what is answered: screens with buttons, and a helpful way to say no."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from membership.errors import Refusal
from membership.messages import Button, Message, Picture, Question, Reply, say


def tap(key: str, word: str, **facts: Any) -> Button:
    """Return a button that says ``word`` and shows the text ``button.<key>``."""
    return Button(say(f"button.{key}", **facts), word=word)


def listed(lines: Iterable[Message]) -> tuple[Message, ...]:
    """Return the lines as one paragraph; none for no lines."""
    kept = tuple(lines)
    return (say("lines", lines=kept),) if kept else ()


def screen(
    *messages: Message,
    buttons: Iterable[Iterable[Button]] = (),
    picture: Picture | None = None,
    question: Question | None = None,
    toast: Message | None = None,
) -> Reply:
    """Return a reply of these paragraphs and rows of buttons."""
    rows = tuple(tuple(row) for row in buttons)
    return Reply(messages, picture, tuple(row for row in rows if row), toast, question)


def ask(name: str, *messages: Message, buttons: Iterable[Iterable[Button]] = (), **data: Any) -> Reply:
    """Return a reply that asks a question; what is already known rides along."""
    return screen(*messages, buttons=buttons, question=Question(name, data))


def home_row() -> tuple[Button, ...]:
    """Return the way back to the beginning."""
    return (tap("home", "start"),)


def reply_for(no: Refusal, question: Question | None = None) -> Reply:
    """Return the refusal in words with what helps; the question stays open."""
    messages = [why(no)]
    if question is not None:
        messages.append(say("question.still_open"))
    return screen(*messages, buttons=_help(no, question), question=question)


def why(no: Refusal) -> Message:
    """Return the refusal in words."""
    facts = {name: value for name, value in no.facts.items() if value is not None}
    missing = "" if len(facts) == len(no.facts) else ".plain"
    return say(f"refusal.{no.key}{missing}", **facts)


def _help(no: Refusal, question: Question | None) -> list[list[Button]]:
    if question is not None:
        return [[tap("cancel", "cancel")]]
    return [[tap(key, word) for key, word in HELP.get(no.key, (("home", "start"),))]]


HELP: Mapping[str, tuple[tuple[str, str], ...]] = {
    "not_a_member": (("join", "join"),),
    "already_member": (("code", "code"), ("points", "points")),
    "insufficient_points": (("points", "points"), ("coupons", "coupons")),
    "offer_sold_out": (("coupons", "coupons"),),
    "offer_limit_reached": (("coupons", "coupons"),),
    "offer_unknown": (("coupons", "coupons"),),
    "offer_ended": (("coupons", "coupons"),),
    "offer_not_started": (("coupons", "coupons"),),
    "offer_not_for_you": (("tier", "tier"), ("coupons", "coupons")),
    "offer_for_new_members": (("coupons", "coupons"),),
    "coupon_used": (("coupons", "coupons"),),
    "coupon_expired": (("coupons", "coupons"),),
    "coupon_unknown": (("coupons", "coupons"), ("home", "start")),
    "activity_full": (("activities", "activities"),),
    "activity_over": (("activities", "activities"),),
    "activity_unknown": (("activities", "activities"),),
    "draw_limit_reached": (("perks", "perks"), ("home", "start")),
    "lottery_closed": (("perks", "perks"), ("home", "start")),
    "not_linked": (("family", "family"),),
    "friend_stopped": (("family", "family"),),
    "transfer_over_cap": (("family", "family"),),
    "in_debt": (("points", "points"),),
    "link_unknown": (("link", "link"), ("home", "start")),
    "merge_final": (("link", "link"),),
    "merge_unknown": (("link", "link"),),
    "segment_unknown": (("segments", "segments"),),
    "broadcast_over": (("broadcast", "broadcast"),),
    "broadcast_unknown": (("broadcast", "broadcast"),),
    "approval_expired": (("approvals", "approve"),),
    "approval_over": (("approvals", "approve"),),
    "approval_unknown": (("approvals", "approve"),),
    "code_expired": (("scan_again", "scan"),),
    "code_used": (("scan_again", "scan"),),
    "code_revoked": (("scan_again", "scan"),),
    "unknown_code": (("scan_again", "scan"),),
    "mistyped_code": (("scan_again", "scan"),),
    "scan_expired": (("scan_again", "scan"),),
    "quote_expired": (("scan_again", "scan"),),
}
"""What helps after a refusal: text keys and words of the buttons below it."""
