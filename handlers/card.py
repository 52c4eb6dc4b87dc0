"""The member's card: one picture with everything in it, and a code that lives two minutes."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.reply import screen, tap
from handlers.said import Said
from membership import codes as written
from membership.member import Who
from membership.messages import Button, Picture, Reply, choose, say
from membership.moment import Moment
from membership.money import Money
from services import Tx, asking, codes, members, points, reservations, rules, sessions


def show_card(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Make a fresh code and show the card with it."""
    del said
    return _show(tx, who, pay=False, moment=moment)


def show_pay_code(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Make a code to pay with: up to the shop's limit, showing it is the member's yes."""
    del said
    return _show(tx, who, pay=True, moment=moment)


def _show(tx: Tx, who: Who, *, pay: bool, moment: Moment) -> Reply:
    member = members.get(tx, members.required(who))
    shown = codes.show(tx, member.id, moment=moment, session=who.identity_id, pay=pay)
    shop = choose(rules.current(tx).name)
    has = points.balance(tx, member.id, now=moment.now)
    digits = written.shown(shown.digits)
    tier = members.tier_name(tx, member)
    picture = Picture(
        "card",
        {
            "shop": say("card.pay_title", shop=shop) if pay else shop,
            "name": members.shown_name(member),
            "tier": tier,
            "tier_id": member.tier,
            "points": has.points,
            "worth": has.worth,
            "code": shown.text,
            "digits": digits,
            "until": shown.expires_at,
        },
    )
    facts = {"tier": tier, "points": has.points, "digits": digits, "until": shown.expires_at}
    asked = _asked(tx, member.id, moment)
    if pay:
        up_to = Money(rules.current(tx).counter.pay_code_up_to_minor, rules.current(tx).currency)
        caption = say("card.pay_caption", **facts, amount=up_to)
        buttons = [[tap("refresh", "paycode"), tap("code", "code")]]
        return screen(*asked.messages, caption, picture=picture, buttons=[*asked.buttons, *buttons])
    live = Button(say("button.live_card"), page=sessions.link(tx, who, "card", moment=moment))
    buttons = [[tap("refresh", "code"), tap("points", "points")], [tap("paycode", "paycode"), live]]
    caption = say("card.caption", **facts)
    return screen(*asked.messages, caption, picture=picture, buttons=[*asked.buttons, *buttons])


def _asked(tx: Tx, member_id: str, moment: Moment) -> Reply:
    """Return the question a bill of this member waits for, with its buttons: the card is a place to answer it, too."""
    waits = reservations.of_member(tx, member_id, now=moment.now)
    return Reply() if waits is None else asking.question(waits)
