"""Points: what I have, what it is worth, what ends soon, and why each of them came."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.reply import home_row, listed, screen, tap
from handlers.said import Said
from membership.errors import Expired
from membership.member import Who
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment
from services import Tx, mall, members, points, rules, stored_value, tiers
from services.points import Line

PAGE = 5
LINE_DIGITS_MAX = 18


def show_points(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show the balance, or with ``more <number>`` a page of the history."""
    del said
    member_id = members.required(who)
    match list(arguments):
        case ["history"]:
            return _history(tx, member_id, None)
        case ["history", before] if _is_line(before):
            return _history(tx, member_id, int(before))
        case ["history", *_]:
            raise Expired
    return _balance(tx, member_id, moment)


def _is_line(text: str) -> bool:
    """Tell whether this is written like the number of a line; a forged one may be larger than any database counts."""
    return text.isascii() and text.isdigit() and len(text) <= LINE_DIGITS_MAX


def _balance(tx: Tx, member_id: str, moment: Moment) -> Reply:
    has = points.balance(tx, member_id, now=moment.now)
    lines = [say("points.balance", points=has.points, worth=has.worth)]
    if has.expiring is not None:
        lines.append(say("points.expiring", points=has.expiring[0], on=has.expiring[1]))
    if has.pending:
        lines.append(say("points.pending", points=has.pending))
    if has.debt:
        lines.append(say("points.debt", points=has.debt))
    money: list[Button] = []
    if stored_value.sold(tx):
        lines.append(say("points.stored", left=stored_value.balance(tx, member_id).total))
        money.append(tap("balance", "balance"))
    reward = mall.next_reward(tx, member_id, now=moment.now)
    if reward is not None:
        lines.append(say("points.reward", points=reward.price_points - has.points, title=choose(reward.title)))
    ahead = tiers.ahead(tx, member_id, now=moment.now)
    if ahead is not None:
        lines.append(ahead)
    ladder = [tap("tier", "tier")] if rules.current(tx).ladder.tiers else []
    buttons = [
        [tap("history", "points history"), *ladder, tap("coupons", "coupons")],
        [tap("code", "code"), *money, *home_row()],
    ]
    return screen(*lines, buttons=buttons)


def _history(tx: Tx, member_id: str, before: int | None) -> Reply:
    found = points.history(tx, member_id, before=before, limit=PAGE + 1)
    shown, more = found[:PAGE], found[PAGE:]
    lines = tuple(_line(line) for line in shown)
    older = [tap("older", f"points history {shown[-1].number}")] if more else []
    title = say("history.title") if lines else say("history.empty")
    return screen(title, *listed(lines), buttons=[[*older, tap("points", "points")], home_row()])


def _line(line: Line) -> Message:
    why = line.why or (say(f"history.kind.{line.kind}"),)
    facts = {"at": line.at, "points": line.points, "kind": say(f"history.kind.{line.kind}"), "why": why}
    return say("history.line", **facts) if line.store is None else say("history.line_at", **facts, store=line.store)
