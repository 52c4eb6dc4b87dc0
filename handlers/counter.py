"""The way from the chat to the staff's own page, where members are served with a camera and a keypad."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.reply import screen
from handlers.said import Said
from membership.member import Who
from membership.messages import Button, Reply, say
from membership.moment import Moment
from services import Tx, sessions


def open_counter(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Give somebody who works here a link that signs their browser in, once and within five minutes."""
    del said
    page = Button(say("button.open_counter"), page=sessions.link(tx, who, "staff", moment=moment))
    return screen(say("counter.open", minutes=sessions.TICKET_LIFE.seconds // 60), buttons=[[page]])
