"""The lottery in chat: its prizes with their odds, one tap to draw, what was won, and earlier wins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from handlers.coupons import NONCE_LENGTH_MAX
from handlers.reply import home_row, listed, screen, tap
from handlers.said import Said
from membership import staff as rights
from membership.errors import Expired
from membership.lottery import LotteryRules, published
from membership.member import Who
from membership.messages import Button, Message, Reply, say
from membership.moment import Moment
from services import Tx, lottery, members, points, staff
from services.lottery import Drawn, Drum


def show_lottery(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show the prizes, or do what a button says.

    ``draw <nonce> <terms>`` draws for the price and with the odds that were shown, ``won`` shows earlier wins,
    ``figures`` what it did for the shop.
    """
    del said
    if not lottery.offered(tx):
        return _not_here(who)
    if list(arguments) == ["figures"] or (not arguments and who.member_id is None and who.roles):
        staff.check(tx, who, "report")
        return _figures(tx, moment)
    member_id = members.required(who)
    match list(arguments):
        case []:
            return _shown(tx, who, member_id, moment)
        case ["won"]:
            return _wins(tx, member_id)
        case ["draw", nonce, terms] if len(nonce) <= NONCE_LENGTH_MAX:
            changed = terms != lottery.look(tx, member_id, now=moment.now).rules.terms
            if changed and not lottery.was_drawn(tx, member_id, nonce):
                return _shown(tx, who, member_id, moment)  # an old button: the price and the odds are those shown
            return _drawn(tx, member_id, lottery.draw(tx, member_id, nonce, moment=moment), moment)
    raise Expired


def _not_here(who: Who) -> Reply:
    near = [tap("points", "points"), tap("coupons", "coupons")] if who.member_id else [tap("join", "join")]
    return screen(say("lottery.not_here"), buttons=[near, home_row()])


def _figures(tx: Tx, moment: Moment) -> Reply:
    """Show those who read reports what it did so far."""
    seen = lottery.figures(tx, now=moment.now)
    total = say("lottery.figures", count=seen.draws, members=seen.people, points=seen.paid)
    given = listed(say("lottery.given", what=lottery.named(tx, one), count=count) for one, count in seen.given)
    closed = [] if seen.open else [say("lottery.closed")]
    return screen(total, *given, *closed, buttons=[[tap("lottery", "lottery"), *home_row()]])


def _shown(tx: Tx, who: Who, member_id: str, moment: Moment) -> Reply:
    drum = lottery.look(tx, member_id, now=moment.now)
    lines = [say("lottery.title"), *listed(_prizes(tx, drum)), *_standing(drum)]
    more = [tap("lottery_won", "lottery won")]
    if rights.may(who.roles, "report"):
        more.append(tap("lottery_figures", "lottery figures"))
    return screen(*lines, buttons=[_draw_row(drum, moment), more, home_row()])


def _prizes(tx: Tx, drum: Drum) -> Iterator[Message]:
    """Yield a line for each prize with its chance, and one for the chance of nothing: together the whole drum."""
    for left in drum.left:
        facts = {"what": lottery.named(tx, left.prize), "odds": published(left.prize.odds)}
        if left.count is None:
            yield say("lottery.prize", **facts)
        elif left.gone:
            yield say("lottery.prize_gone", **facts)
        else:
            yield say("lottery.prize_left", **facts, count=left.count)
    if drum.rules.no_win:
        yield say("lottery.nothing_odds", odds=published(drum.rules.no_win))


def _standing(drum: Drum) -> Iterator[Message]:
    if not drum.open:
        yield say("lottery.closed")
        return
    if drum.rules.price_points:
        yield say("lottery.price", points=drum.rules.price_points)
    yield say("lottery.left", count=drum.draws_left) if drum.draws_left else say("lottery.none_left")


def _draw_row(drum: Drum, moment: Moment) -> list[Button]:
    if not drum.open or not drum.draws_left:
        return []
    return [_draw_button(drum.rules, moment)]


def _draw_button(rules: LotteryRules, moment: Moment) -> Button:
    word = f"lottery draw {moment.draw('lottery', 4).hex()} {rules.terms}"
    return tap("draw_for", word, points=rules.price_points) if rules.price_points else tap("draw", word)


def _drawn(tx: Tx, member_id: str, drawn: Drawn, moment: Moment) -> Reply:
    drum = lottery.look(tx, member_id, now=moment.now)
    has: list[Button] = [tap("points", "points")]
    if drawn.coupon is not None:
        has = [tap("show_this", f"coupons show {drawn.coupon.id}")]
    again = _draw_row(drum, moment)
    buttons = [*([has, again] if drawn.coupon else [again, has]), [tap("lottery", "lottery"), *home_row()]]
    has_now = []
    if drum.rules.price_points or drawn.points:
        has_now.append(say("lottery.balance", points=points.spendable(tx, member_id, now=moment.now)))
    return screen(_outcome(tx, drawn), *has_now, *_standing(drum), buttons=buttons)


def _outcome(tx: Tx, drawn: Drawn) -> Message:
    if drawn.prize is None:
        return say("lottery.nothing")
    return say("lottery.won", what=lottery.named(tx, drawn.prize, version=drawn.version))


def _wins(tx: Tx, member_id: str) -> Reply:
    found = lottery.won(tx, member_id)
    lines = listed(say("lottery.win", on=one.on, what=one.prize) for one in found)
    title = say("lottery.wins") if found else say("lottery.no_wins")
    return screen(title, *lines, buttons=[[tap("lottery", "lottery"), tap("coupons", "coupons")], home_row()])
