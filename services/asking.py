"""Asking a member for their yes in every chat they can be reached in, and telling both sides how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from membership import figures
from membership.messages import Button, Message, Reply, say
from membership.moment import Moment, id_of
from membership.money import Money
from services import Tx, staff
from services.orders import Recorded
from services.outbox import Notice, tell_account, tell_member
from storage import identities
from storage import outbox as outbox_rows
from storage import staff as staff_rows

PENDING: Final = "pending"
ASK, ANSWERED, OVER = "ask", "asked", "ask_over"
"""The kinds of the question, of how it ended, and of what takes the question's place in a chat that can be edited."""


class Bill(Protocol):
    """What of a bill the member is told."""

    @property
    def id(self) -> str: ...
    @property
    def store(self) -> Message: ...
    @property
    def amount(self) -> Money: ...
    @property
    def spends(self) -> tuple[Message, ...]: ...
    @property
    def expires_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What the member is asked: a bill in a store, what it takes (a line each), who asked, and until when (UTC)."""

    id: str
    member_id: str
    actor: str
    store_id: str
    store: Message
    amount: Money
    spends: tuple[Message, ...]
    expires_at: datetime

    @property
    def facts(self) -> dict[str, Any]:
        return {"store": self.store, "amount": self.amount, "spends": self.spends}


def ask(tx: Tx, about: Asked, *, moment: Moment) -> None:
    """Put the question in for every account the member can be reached by, until the answer is due."""
    told = question(about)
    notice = Notice(ASK, "receipt", about.id, told, expires_at=about.expires_at)
    for chat in chats(tx, about.member_id):
        tell_account(tx, chat.id, notice, moment=moment, member_id=about.member_id)


def question(about: Bill) -> Reply:
    """Return what the member is asked, with the buttons for yes and no."""
    told = {"store": about.store, "amount": about.amount, "spends": about.spends}
    buttons = (_tap("agree", f"agree {about.id}"), _tap("disagree", f"disagree {about.id}"))
    return Reply((say("asked.question", **told, until=about.expires_at),), buttons=(buttons,))


def tell_posted(tx: Tx, about: Asked, done: Recorded, *, chat: str, moment: Moment) -> None:
    """Tell whoever asked that it is paid; the member gets the receipt. ``chat`` is where the yes was said, if any."""
    _close(tx, about, say("asked.posted"), but=chat, moment=moment)
    told = say("asked.paid", amount=done.paid, number=done.receipt_no)
    balance = figures.points_now(done.balance_before, done.points_earned, done.balance)
    buttons = ((_tap("undo", f"undo {done.id}"), _tap("next", "scan")),)
    _tell_asker(tx, about, Reply((told, balance), buttons=buttons), moment=moment)


def tell_over(tx: Tx, about: Asked, state: str, *, chat: str, moment: Moment) -> None:
    """Tell both sides that nothing was taken, and why, in the same words. ``chat`` is where the no was said, if any.

    A question that can be edited becomes the answer; where none can, the member is told by a message.
    """
    over = say(f"asked.{state}")
    closed = _close(tx, about, over, but=chat, moment=moment)
    shown = _over(about, over)
    if not closed and state != "refused":  # who refused sees it on the spot
        tell_member(tx, about.member_id, Notice(ANSWERED, "receipt", about.id, shown), moment=moment)
    _tell_asker(tx, about, Reply(shown.messages, buttons=((_tap("scan_again", "scan"),),)), moment=moment)


def alert(tx: Tx, about: Asked, *, moment: Moment) -> None:
    """Tell the managers of the store that a member refused what was to be taken from them."""
    name = staff_name(tx, about.actor)
    told = Reply((say("alarm.refused", **about.facts, name=name),))
    notice = Notice("alarm", "staff", f"refused:{about.id}", told)
    staff.alert(tx, notice, action="release_member", store_id=about.store_id, moment=moment)


def staff_name(tx: Tx, actor: str) -> str:
    """Return what a colleague is called, or the beginning of a till's id."""
    row = staff_rows.find(tx, actor)
    return (staff_rows.name(tx, row) if row is not None else "") or actor[:6]


def _tell_asker(tx: Tx, about: Asked, told: Reply, *, moment: Moment) -> None:
    """Tell the colleague who asked in their chat; a till looks for itself."""
    row = staff_rows.find(tx, about.actor)
    if row is not None:
        tell_account(tx, row.identity_id, Notice(ANSWERED, "staff", about.id, told), moment=moment)


def _close(tx: Tx, about: Asked, over: Message, *, but: str, moment: Moment) -> int:
    """Take the buttons off every question but the one in the chat ``but``; return how many were changed.

    One that has not left yet never leaves; one on WeChat cannot be changed and says what happened when it is answered.
    """
    closed = 0
    for chat in chats(tx, about.member_id):
        if withdraw(tx, chat.id, about.id, moment=moment) or chat.id == but:
            continue
        row = outbox_rows.get(tx, _question_row(chat.id, about.id))
        if chat.channel == "telegram" and row is not None and row.state == "sent" and row.platform_id:
            notice = Notice(OVER, "receipt", about.id, _over(about, over))
            tell_account(tx, chat.id, notice, moment=moment, member_id=about.member_id)
            closed += 1
    return closed


def withdraw(tx: Tx, chat_id: str, about_id: str, *, moment: Moment) -> bool:
    """Let a question never leave that has not left yet, for it is decided; tell whether there was one."""
    gone: dict[str, Any] = {"state": "cancelled", "reason": "decided", "settled_at": moment.now}
    return outbox_rows.change(tx, _question_row(chat_id, about_id), states=("pending", "waiting"), **gone)


def _question_row(chat_id: str, about_id: str) -> str:
    return id_of(f"outbox:{chat_id}:{ASK}:{about_id}")


def _over(about: Asked, over: Message) -> Reply:
    return Reply((say("asked.over", **about.facts, state=over),))


def chats(tx: Tx, member_id: str) -> list[Any]:
    """Return the accounts a member can be asked in."""
    found = identities.of_member(tx, member_id)
    return [row for row in found if row.following and not row.unreachable]


def _tap(key: str, word: str) -> Button:
    return Button(say(f"button.{key}"), word=word)
