"""The member's card: one picture with everything in it, and a code that lives two minutes."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.reply import screen, tap
from handlers.said import Said
from membership import codes as written
from membership.member import Who
from membership.messages import Button, Picture, Reply, choose, say
from membership.moment import Moment
from services import Tx, codes, members, points, rules


def show_card(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Make a fresh code and show the card with it."""
    del said
    member = members.get(tx, members.required(who))
    shown = codes.show(tx, member.id, moment=moment)
    has = points.balance(tx, member.id, now=moment.now)
    digits = written.shown(shown.digits)
    tier = members.tier_name(tx, member)
    picture = Picture(
        "card",
        {
            "shop": choose(rules.current(tx).name),
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
    caption = say("card.caption", tier=tier, points=has.points, digits=digits, until=shown.expires_at)
    live = Button(say("button.live_card"), page=members.card_page(tx, member.id, moment=moment))
    buttons = [[tap("refresh", "code"), tap("points", "points")], [live]]
    return screen(caption, picture=picture, buttons=buttons)
