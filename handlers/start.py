"""The first words: greeting, joining with a yes to the terms, and a separate yes to offers."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import bonds, linking, offer_links, pointing, referrals
from handlers.reply import home_row, screen, tap
from handlers.said import Said
from handlers.staff_desk import take_code
from membership import staff as rights
from membership.member import Who
from membership.messages import Button, Reply, choose, say
from membership.moment import Moment
from services import Tx, checkin, invites, members, points, rules

INVITE = "INV-"
WORK = (
    ("counter", "scan"), ("scan", "scan"), ("enrol", "enrol"), ("report", "report"), ("broadcast", "broadcast"),
    ("manage", "report"), ("staff", "invite"),
)  # fmt: skip
"""Words a colleague is greeted with, and the action each needs."""
DESK = ("counter", "scan", "enrol")


def greet(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Greet a stranger with what membership brings, a member with their points, and honour the link they came by."""
    if pointing.is_code(said.source):
        return take_code(tx, said, who, {}, moment=moment)
    answered = take_any_code(tx, said, who, said.source, moment=moment)
    answered = answered or offer_links.take_link(tx, said, who, moment=moment)
    if answered is not None:
        return answered
    if who.member_id is None:
        members.came_by(tx, who, said.source)
        if who.roles:
            return _colleague(tx, who)
        return _stranger(tx)
    return _member(tx, who, moment)


def join(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Make a member, at once; the yes to offers is asked on its own."""
    told = referrals.join(tx, said, who, moment=moment)
    shop = rules.current(tx)
    yes_no = [[tap("offers_yes", "offers yes"), tap("offers_no", "offers no")]]
    welcome = say("join.done", shop=choose(shop.name))
    wanted = offer_links.came_for(tx, who)
    return screen(welcome, *told, say("join.offers"), buttons=[*yes_no, wanted, [tap("code", "code")]])


def show_terms(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply:
    """Show the terms and how data is kept, in the shop's words."""
    del said, moment
    shop = rules.current(tx)
    back = [] if who.member_id else [tap("join", "join")]
    terms = choose(shop.terms) if shop.terms else say("terms.default")
    privacy = choose(shop.privacy) if shop.privacy else say("privacy.default")
    return screen(say("terms.title"), terms, say("privacy.title"), privacy, buttons=[back, home_row()])


def answer_offers(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Keep the yes or no to offers; a yes shows what can be claimed."""
    del said
    yes = list(arguments) == ["yes"]
    members.switch(tx, who, "offers", on=yes, moment=moment)
    if yes:
        return screen(say("offers.on"), buttons=[[tap("coupons", "coupons"), tap("code", "code")], home_row()])
    return screen(say("offers.off"), buttons=[[tap("code", "code"), tap("points", "points")], home_row()])


def looks_like_invite(text: str) -> bool:
    """Tell whether this is an invitation to work here."""
    return text.strip().upper().startswith(INVITE)


def take_any_code(tx: Tx, said: Said, who: Who, text: str, *, moment: Moment) -> Reply | None:
    """Answer a code that came by a link or was typed unasked: an invitation, or one that links; None for none."""
    if looks_like_invite(text):
        return accept_invite(tx, said, who, token=text, moment=moment)
    if referrals.looks_like_code(text):
        return referrals.take_code(tx, said, who, text, moment=moment)
    if linking.looks_like_code(text):
        return linking.take_code(tx, said, who, {}, moment=moment)
    if bonds.looks_like_code(text):
        return bonds.take_code(tx, said, who, {}, moment=moment)
    return None


def accept_invite(tx: Tx, said: Said, who: Who, token: str, *, moment: Moment) -> Reply:
    """Take the role an invitation gives; whoever invited says yes first."""
    del said
    accepted = invites.accept(tx, who, token.strip().upper(), moment=moment)
    if not accepted.waiting:
        return invites.welcome(accepted.role)
    told = say("staff.accepted", role=say(f"role.{accepted.role}"), number=accepted.number)
    return screen(told, buttons=[home_row()])


def _stranger(tx: Tx) -> Reply:
    shop = rules.current(tx)
    worth = shop.points.worth
    value = say("greet.value", points=worth.points, worth=members.money(tx, worth.minor))
    buttons: list[list[Button]] = [[tap("join", "join")], [tap("terms", "terms"), tap("language", "language")]]
    return screen(say("greet.stranger", shop=choose(shop.name)), value, say("greet.consent"), buttons=buttons)


def _colleague(tx: Tx, who: Who) -> Reply:
    """Greet somebody who works here and is no member."""
    may = [word for word, action in WORK if rights.may(who.roles, action)]
    shop, role = choose(rules.current(tx).name), who.roles[0].name
    counter = [tap(word, word) for word in may if word in DESK]
    office = [tap(word, word) for word in may if word not in DESK]
    rest = [tap("help", "help"), tap("join", "join")]
    return screen(say("greet.staff", shop=shop, role=say(f"role.{role}")), buttons=[counter, office, rest])


def _member(tx: Tx, who: Who, moment: Moment) -> Reply:
    shop = rules.current(tx)
    member = members.get(tx, members.required(who))
    has = points.balance(tx, member.id, now=moment.now)
    hello = say("greet.member", name=members.addressed(member.name), shop=choose(shop.name))
    stand = say("greet.stand", tier=members.tier_name(tx, member), points=has.points, worth=has.worth)
    buttons = [
        [tap("code", "code"), tap("points", "points")],
        [tap("coupons", "coupons"), tap("profile", "profile")],
        [tap("settings", "settings"), tap("help", "help")],
    ]
    buttons.append([*([tap("checkin", "checkin")] if checkin.offered(tx) else []), tap("perks", "perks")])
    if rights.may(who.roles, "scan"):
        buttons.append([tap("counter", "counter"), tap("scan", "scan")])
    if rights.may(who.roles, "report"):
        buttons.append([tap("manage", "manage")])
    return screen(hello, stand, buttons=buttons)


__all__ = ["accept_invite", "answer_offers", "greet", "join", "looks_like_invite", "show_terms", "take_any_code"]
