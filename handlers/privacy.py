"""A member's own data: what is kept, a copy of it, and leaving."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.reply import home_row, screen, tap
from handlers.said import Said
from membership.member import Who
from membership.messages import Reply, choose, say
from membership.moment import Moment
from services import Tx, members, privacy, rules, stored_value


def show_privacy(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show how data is kept; hand out a copy (``export``); ask about leaving (``leave``) and do it (``leave yes``)."""
    del said
    match list(arguments):
        case ["export"]:
            return _export(tx, who, moment)
        case ["leave"]:
            left = stored_value.balance(tx, members.required(who)).principal
            buttons = [[tap("leave_yes", "privacy leave yes")], [tap("stay", "start")]]
            warned = [say("privacy.leave_stored", left=left)] if left.minor else []
            return screen(*warned, say("privacy.leave_ask"), buttons=buttons)
        case ["leave", "yes"]:
            members.leave(tx, who, moment=moment)
            return screen(say("privacy.left"), buttons=[[tap("join", "join")]])
    shop = rules.current(tx)
    text = choose(shop.privacy) if shop.privacy else say("privacy.default")
    mine = [[tap("export", "privacy export"), tap("leave", "privacy leave")]] if who.member_id else []
    return screen(say("privacy.title"), text, buttons=[*mine, list(home_row())])


def _export(tx: Tx, who: Who, moment: Moment) -> Reply:
    text = privacy.export(tx, members.required(who), now=moment.now)
    return Reply((say("privacy.export"),), document=("my-data.json", text), buttons=(home_row(),))
