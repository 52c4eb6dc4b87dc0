"""A friend brought along: my invitation and what came of it, a code that was typed, and the shop's figures of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from handlers.reply import home_row, listed, screen, tap
from handlers.said import Said
from membership import referrals as written
from membership import staff as rights
from membership.errors import NotAllowed
from membership.member import Who
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment
from membership.referrals import ReferralRules
from services import Tx, channels, members, pairing, referrals, rules, staff

DEEP_LINK = "start:"


def show_friends(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Show my invitation and how many came by it; ``shop`` shows what became of everybody's."""
    del said
    given = referrals.offered(tx)
    if given is None:
        return screen(say("referral.off"), buttons=[home_row()])
    if list(arguments) == ["shop"] or (who.roles and who.member_id is None):
        return _shop(tx, who, moment)
    member_id = members.required(who)
    if who.roles:
        return screen(say("referral.staff"), buttons=[_shop_button(who), home_row()])
    code = referrals.code(tx, member_id, moment=moment)
    told = [say("referral.title"), *_offer(tx, given), say("referral.share")]
    link = channels.telegram_link(tx, code)
    if link:
        told.append(say("referral.link", link=link))
    told.append(say("referral.code", digits=code))
    opened = [Button(say("button.refer_open"), url=DEEP_LINK + code)] if who.identity.channel == "telegram" else []
    return screen(*told, *listed(_progress(tx, member_id, given, moment)), buttons=[opened, list(home_row())])


def looks_like_code(text: str) -> bool:
    """Tell whether this is written like the code of an invitation."""
    return bool(written.recognise(text))


def take_code(tx: Tx, said: Said, who: Who, text: str, *, moment: Moment) -> Reply:
    """Keep by whose invitation a stranger came, and say what joining by it brings. Raises LinkLocked."""
    del said
    if who.member_id is None:
        pairing.check_tries(tx, who, now=moment.now)
    code, given = written.recognise(text), referrals.offered(tx)
    inviter_id = referrals.inviter_of(tx, code) if given is not None else None
    if who.member_id is not None:
        key = "referral.own" if inviter_id == who.member_id else "referral.member_already"
        return screen(say(key), buttons=[[tap("code", "code"), tap("points", "points")], home_row()])
    greeting = say("greet.stranger", shop=choose(rules.current(tx).name))
    buttons = [[tap("join", "join")], [tap("terms", "terms"), tap("language", "language")]]
    if given is None or inviter_id is None:
        pairing.note_wrong(tx, who, now=moment.now)
        return screen(greeting, say("referral.unknown"), say("greet.consent"), buttons=buttons)
    referrals.remember(tx, who, code)
    return screen(greeting, *_promise(tx, given), say("greet.consent"), buttons=buttons)


def join(tx: Tx, said: Said, who: Who, *, moment: Moment) -> tuple[Message, ...]:
    """Make a member, by an invitation or without one; return what is said of the invitation."""
    code, given = referrals.remembered(tx, who), referrals.offered(tx)
    if not code or given is None:
        members.join(tx, who, source=said.source, moment=moment)
        return ()
    member_id = members.join(tx, who, source=referrals.FRIEND, moment=moment)
    if reason := referrals.joined(tx, who, member_id, code, moment=moment):
        return (say("referral.not_counted", reason=say(f"referral.reason.{reason}")),)
    return _promise(tx, given)


def _offer(tx: Tx, given: ReferralRules) -> Iterator[Message]:
    """Say to an inviter what a friend brings both."""
    yield say("referral.you", points=given.points, days=given.refund_days, limit=given.month_cap)
    if given.friend_points:
        yield say("referral.you_friend_points", points=given.friend_points)
    coupon = rules.current(tx).offer(given.friend_coupon)
    if coupon is not None:
        yield say("referral.you_friend_coupon", title=choose(coupon.title))


def _promise(tx: Tx, given: ReferralRules) -> tuple[Message, ...]:
    """Say to a friend what they get; who has invited them is not told."""
    coupon, told = rules.current(tx).offer(given.friend_coupon), [say("referral.invited")]
    if given.friend_points:
        told.append(say("referral.promise_points", points=given.friend_points, days=given.refund_days))
    if coupon is not None:
        told.append(say("referral.promise_coupon", title=choose(coupon.title), days=given.refund_days))
    return tuple(told)


def _progress(tx: Tx, member_id: str, given: ReferralRules, moment: Moment) -> Iterator[Message]:
    """Say how far my friends have come; who they are and what they bought is theirs alone."""
    found = referrals.friends(tx, member_id, moment=moment)
    if found.joined:
        yield say("referral.waits_purchase", count=found.joined)
    if found.bought:
        yield say("referral.waits_window", count=found.bought, days=given.refund_days)
    if found.paid:
        yield say("referral.earned", count=found.paid, earned=found.points)
    if found.refused:
        yield say("referral.refused", count=found.refused)
    if found.paid_this_month >= given.month_cap:
        yield say("referral.month_full", limit=given.month_cap)
    if not (found.joined or found.bought or found.paid or found.refused):
        yield say("referral.nobody_yet")


def _shop(tx: Tx, who: Who, moment: Moment) -> Reply:
    """Show the whole shop's figures, to those who may read its reports."""
    staff.check(tx, who, "report")
    if not _sees_shop(who):
        raise NotAllowed
    found = referrals.totals(tx, moment=moment)
    lines = [
        say("referral.shop_joined", count=found.joined),
        say("referral.shop_bought", count=found.bought),
        say("referral.shop_paid", count=found.paid, earned=found.points),
    ]
    lines += [
        say("referral.shop_refused", reason=say(f"referral.reason.{reason}"), count=count)
        for reason, count in found.refused.items()
    ]
    return screen(say("referral.shop"), *listed(lines), buttons=[[tap("report", "report")], home_row()])


def _sees_shop(who: Who) -> bool:
    return rights.may(who.roles, "report") and any(role.store_id is None for role in who.roles)


def _shop_button(who: Who) -> list[Button]:
    return [tap("refer_shop", "refer shop")] if _sees_shop(who) else []
