"""Questions for a person: handed to the staff in their chat, and the answer brought back to whoever asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.reply import ask, home_row, screen, tap
from handlers.said import Said
from membership.errors import Expired
from membership.member import Who
from membership.messages import Reply, choose, say
from membership.moment import Moment
from services import Tx, members, outbox, people, rules, staff
from services.outbox import Notice

LENGTH_MAX = 500


def call_staff(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Ask what the question for a person is."""
    del tx, said, who, moment
    return ask("human.question", say("human.ask"), buttons=[[tap("cancel", "cancel")]])


def take_question(tx: Tx, said: Said, who: Who, _: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Hand the question to everybody who serves at the counter."""
    name = members.shown_name(members.get(tx, who.member_id)) if who.member_id else say("human.stranger")
    asked = say("human.asked", name=name, text=said.text[:LENGTH_MAX])
    told = Reply((asked,), buttons=((tap("answer", f"answer {who.identity_id}"),),))
    reached = staff.alert(tx, Notice("human", "staff", said.event, told), action="scan", moment=moment)
    return screen(say("human.sent" if reached else "human.nobody"), buttons=[home_row()])


def answer(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Ask a colleague what the answer is."""
    del said, moment
    staff.check(tx, who, "scan")
    if not arguments or not people.is_known(tx, arguments[0]):
        raise Expired
    return ask("human.answer", say("human.answer_ask"), buttons=[[tap("cancel", "cancel")]], to=arguments[0])


def take_answer(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Bring the answer to whoever asked, with the way to ask again."""
    staff.check(tx, who, "scan")
    text = say("human.answer", shop=choose(rules.current(tx).name), text=said.text[:LENGTH_MAX])
    told = Reply((text,), buttons=((tap("human", "human"),),))
    outbox.tell_account(tx, data["to"], Notice("answer", "receipt", said.event, told), moment=moment)
    return screen(say("human.answered"), buttons=[[tap("scan", "scan"), tap("help", "help")]])
