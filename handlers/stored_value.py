"""A member's stored value in chat: what is there, what was paid in and what was added, and where each part went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from handlers import points
from handlers.reply import home_row, listed, screen, tap
from handlers.said import Said
from membership import figures
from membership.errors import Expired
from membership.member import Who
from membership.messages import Message, Reply, say
from membership.moment import Moment
from services import Tx, members, stored_value
from services.stored_value import Line

PAGE: Final = 5
PAGES_DIGITS_MAX: Final = 6


def show_balance(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show what is there, or with ``history`` and how many lines were shown a page of the history.

    Where the shop sells no stored value and none is left, whoever asks for a balance means the points.
    """
    member_id = members.required(who)
    has = stored_value.balance(tx, member_id)
    if not has.total.minor and not stored_value.sold(tx):
        return points.show_points(tx, said, who, (), moment=moment)
    match list(arguments):
        case ["history"]:
            return _history(tx, member_id, 0)
        case ["history", behind] if behind.isascii() and behind.isdigit() and len(behind) <= PAGES_DIGITS_MAX:
            return _history(tx, member_id, int(behind))
        case ["history", *_]:
            raise Expired
    lines = [say("balance.total", left=has.total)]
    if has.total.minor:
        parts = say(f"balance.parts{figures.plain(has.bonus)}", principal=has.principal, bonus=has.bonus)
        lines.append(parts)
    gifts = stored_value.gifts(tx)
    if gifts:
        lines.append(say("balance.gifts"))
    offered = listed(say("topup.gift", amount=amount, bonus=bonus) for amount, bonus in gifts)
    buttons = [[tap("balance_history", "balance history"), tap("points", "points")], [tap("code", "code"), *home_row()]]
    return screen(*lines, *offered, buttons=buttons)


def _history(tx: Tx, member_id: str, behind: int) -> Reply:
    found = stored_value.history(tx, member_id, behind=behind, limit=PAGE + 1)
    older = [tap("older", f"balance history {behind + PAGE}")] if len(found) > PAGE else []
    title = say("balance.history") if found else say("balance.nothing_yet")
    rows = [[*older, tap("balance", "balance")], home_row()]
    return screen(title, *listed(_line(line) for line in found[:PAGE]), buttons=rows)


def _line(line: Line) -> Message:
    facts = {"amount": line.amount, "at": line.at, "why": line.why or (say(f"history.kind.{line.kind}"),)}
    return say("balance.line_in" if line.amount.minor > 0 else "balance.line_out", **facts)
