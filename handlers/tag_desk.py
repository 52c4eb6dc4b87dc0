"""What staff note of a member in chat: tags put and taken off by a tap, and the shop's own fields for staff."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from handlers import pointing
from handlers.reply import ask, home_row, tap
from handlers.said import Said
from membership.errors import Expired
from membership.fields import Field
from membership.member import Who
from membership.messages import Button, Message, Reply, choose, plain, say
from membership.moment import Moment
from services import Tx, fields, second_person, staff, tags
from services.reader import Reader

CARD: Final = "tag.card"
"""The open card of a member: it takes no text, it remembers whom the buttons are about."""
TEXT: Final = "tag.text"
ANSWER: Final = "tag.answer"
OFFERED: Final = 6
"""So many of the tags in use are offered to tap."""
A_ROW: Final = 2
_CANCEL = tap("cancel", "cancel")


def tag(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Begin with a member, or act on a button of the open card."""
    reader = staff.check(tx, who, "tag")
    known = said.known(CARD, TEXT, ANSWER) or {}
    if not arguments:
        return ask("tag.who", say("tag.who"), buttons=[[_CANCEL]])
    if "member" not in known:
        raise Expired  # the card this button belongs to is not open any more
    return _act(tx, list(arguments), known, reader, moment=moment)


def take_member(tx: Tx, said: Said, who: Who, _: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take whose card it is, and show it."""
    meant = pointing.member(tx, said, staff.check(tx, who, "tag"), moment=moment)
    return meant if isinstance(meant, Reply) else _card(tx, meant)


def take_text(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take a typed tag."""
    reader = staff.check(tx, who, "tag")
    return _put(tx, data["member"], said.text, reader, moment=moment)


def take_answer(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take what was typed for one of the shop's fields."""
    return _answer(tx, data, said.text, staff.check(tx, who, "tag"), moment=moment)


def _act(tx: Tx, arguments: list[str], known: Mapping[str, Any], reader: Reader, *, moment: Moment) -> Reply:
    member_id = str(known["member"])
    match arguments:
        case ["put", named]:
            return _put(tx, member_id, named, reader, moment=moment)
        case ["off", named]:
            tags.remove(tx, member_id, named, reader, moment=moment)
            return _card(tx, member_id, say("tag.off", tag=named))
        case ["new"]:
            told = say("tag.type", name=second_person.masked(tx, member_id))
            return ask(TEXT, told, buttons=[[tap("back", "tag card")]], member=member_id)
        case ["card"]:
            return _card(tx, member_id)
    return _act_on_field(tx, arguments, known, reader, moment=moment)


def _act_on_field(tx: Tx, arguments: list[str], known: Mapping[str, Any], reader: Reader, *, moment: Moment) -> Reply:
    member_id = str(known["member"])
    match arguments:
        case ["ask", field_id]:
            return _ask(tx, member_id, fields.get(tx, field_id, "staff"))
        case ["is", number] if "field" in known:
            code = fields.choice(fields.get(tx, known["field"], "staff"), number)
            return _answer(tx, known, code, reader, moment=moment)
        case ["drop", field_id]:
            fields.drop(tx, member_id, fields.get(tx, field_id, "staff"), reader, moment=moment)
            return _card(tx, member_id)
    raise Expired


def _put(tx: Tx, member_id: str, text: str, reader: Reader, *, moment: Moment) -> Reply:
    named = tags.add(tx, member_id, text, reader, moment=moment)
    return _card(tx, member_id, say("tag.put", tag=named))


def _answer(tx: Tx, known: Mapping[str, Any], text: str, reader: Reader, *, moment: Moment) -> Reply:
    field = fields.get(tx, known["field"], "staff")
    fields.note(tx, known["member"], field, text, reader=reader, moment=moment)
    return _card(tx, known["member"])


def _card(tx: Tx, member_id: str, *first: Message) -> Reply:
    """Show a member's tags and what staff noted, each with its button."""
    has = tags.of(tx, member_id)
    name, listed = second_person.masked(tx, member_id), " · ".join(sorted(has))
    title = say("tag.card", name=name, tags=plain(listed)) if has else say("tag.none", name=name)
    asked = fields.listed(tx, "staff")
    offered = [one for one in tags.known(tx, limit=OFFERED + len(has)) if one not in has][:OFFERED]
    buttons = [tap("tag_off", f"tag off {one}", tag=one) for one in sorted(has)]
    buttons += [tap("tag_put", f"tag put {one}", tag=one) for one in offered]
    buttons += [Button(choose(field.name), word=f"tag ask {field.id}") for field in asked]
    last = [[tap("tag_new", "tag new"), tap("tag_other", "tag")], home_row()]
    return ask(CARD, *first, title, *_noted(tx, member_id, asked), buttons=[*_rows(buttons), *last], member=member_id)


def _noted(tx: Tx, member_id: str, asked: Sequence[Field]) -> Iterator[Message]:
    kept = fields.of(tx, member_id) if asked else {}
    for field in asked:
        if field.id in kept:
            yield say("fields.line", field=choose(field.name), value=fields.shown(field, kept[field.id]))


def _ask(tx: Tx, member_id: str, field: Field) -> Reply:
    """Ask for one field; of a list, by a tap."""
    buttons = [Button(choose(name), word=f"tag is {number}") for number, name in enumerate(field.choices.values())]
    back = [tap("back", "tag card")]
    if field.id in fields.of(tx, member_id):
        back.insert(0, tap("fields_drop", f"tag drop {field.id}"))
    told = say(f"fields.ask_{field.kind}", field=choose(field.name))
    name = CARD if field.kind == "choice" else ANSWER
    return ask(name, told, buttons=[*_rows(buttons), back], member=member_id, field=field.id)


def _rows(buttons: Sequence[Button]) -> list[list[Button]]:
    return [list(buttons[place : place + A_ROW]) for place in range(0, len(buttons), A_ROW)]
