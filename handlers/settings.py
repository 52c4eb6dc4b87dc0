"""A member's switches: language, offers, reminders, birthday greetings."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.reply import home_row, listed, screen, tap
from handlers.said import Said
from membership.member import Who
from membership.messages import Reply, say
from membership.moment import Moment
from services import Tx, members, outbox, people, rules

SWITCHES = ("offers", "reminders", "birthday")


def show_settings(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show the switches, or turn one (``<switch> on|off``)."""
    del said
    member_id = members.required(who)
    match list(arguments):
        case [kind, ("on" | "off") as state] if kind in SWITCHES:
            members.switch(tx, who, kind, on=state == "on", moment=moment)
    member = members.get(tx, member_id)
    is_on = {"offers": member.offers_on, "reminders": member.reminders_on, "birthday": member.birthday_on}
    lines = listed(say(f"settings.{kind}.{'on' if on else 'off'}") for kind, on in is_on.items())
    buttons = [
        [tap(f"{kind}_{'off' if on else 'on'}", f"settings {kind} {'off' if on else 'on'}")]
        for kind, on in is_on.items()
    ]
    rest = [[tap("language", "language"), tap("privacy", "privacy")], [tap("link", "link")], list(home_row())]
    return screen(say("settings.title"), *lines, buttons=[*buttons, *rest])


def show_languages(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Offer the shop's languages, or speak the chosen one from now on."""
    del said, moment
    offered = rules.current(tx).languages
    if arguments and arguments[0] in offered:
        people.choose_language(tx, who, arguments[0])
        return screen(say("language.chosen"), buttons=[home_row()])
    buttons = [[tap(f"language.{language}", f"language {language}")] for language in offered]
    return screen(say("language.ask"), buttons=[*buttons, list(home_row())])


def unsubscribe(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Turn offers off, in one word."""
    del said
    members.switch(tx, who, "offers", on=False, moment=moment)
    return screen(say("offers.off"), buttons=[[tap("settings", "settings")], home_row()])


def note_grant(tx: Tx, said: Said, who: Who, *, moment: Moment) -> Reply | None:
    """Keep the permission for one later message."""
    outbox.grant(tx, who, said.word, reference=said.event, now=moment.now)
    return None
