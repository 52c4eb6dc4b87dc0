"""What a person can say, on one page: every word and every open question, and who answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from handlers import (
    activities,
    activity_desk,
    activity_door,
    adjust_desk,
    approvals,
    bonds,
    broadcasts,
    card,
    checkin,
    choices,
    confirm,
    counter,
    coupons,
    doubles,
    grant_desk,
    hubs,
    linking,
    lottery,
    mall,
    offer_links,
    pass_desk,
    pass_refunds,
    passes,
    pointing,
    points,
    privacy,
    profile,
    questions,
    ratings,
    referrals,
    refund_desk,
    reports,
    segments,
    settings,
    staff_desk,
    staff_room,
    start,
    stored_value,
    stores,
    switches,
    tag_desk,
    tier_desk,
    tiers,
    top_ups,
    visits,
    watch,
)
from handlers import help as help_desk
from handlers.reply import reply_for
from handlers.said import Said
from membership.errors import Expired, NotStaff, Refusal
from membership.member import Who
from membership.messages import Reply
from membership.moment import Moment
from services import Tx, forbidden, fraud
from services.turns import Dialogue

Handler = Callable[..., Reply | None]


def skip(tx: Tx, said: Said, who: Who, _: Sequence[str], *, moment: Moment) -> Reply | None:
    """Leave the open question out; the word comes here only where it may be left out."""
    known = said.open.data if said.open is not None else {}
    return _say(tx, said, who, str(known["skip"]), moment=moment)


WORDS: Mapping[str, Handler] = {
    "start": start.greet,
    "join": start.join,
    "terms": start.show_terms,
    "offers": start.answer_offers,
    "code": card.show_card,
    "paycode": card.show_pay_code,
    "agree": confirm.agree,
    "disagree": confirm.disagree,
    "asked": confirm.watch,
    "points": points.show_points,
    "balance": stored_value.show_balance,
    "coupons": coupons.show_coupons,
    "mall": mall.show_mall,
    "tier": tiers.show_tier,
    "passes": passes.show_passes,
    "rate": ratings.rate,
    "checkin": checkin.check_in,
    "perks": hubs.show_perks,
    "refer": referrals.show_friends,
    "lottery": lottery.show_lottery,
    "activities": activities.show_activities,
    "link": linking.show,
    "family": bonds.show,
    "profile": profile.show_profile,
    "settings": settings.show_settings,
    "language": settings.show_languages,
    "unsubscribe": settings.unsubscribe,
    "privacy": privacy.show_privacy,
    "waiting": help_desk.show_waiting,
    "human": questions.call_staff,
    "answer": questions.answer,
    "notme": help_desk.not_me,
    "help": help_desk.show_help,
    "skip": skip,
    "cancel": help_desk.cancel,
    "scan": staff_desk.ask_code,
    "counter": counter.open_counter,
    "undo": staff_desk.undo,
    "pay": staff_desk.pay,
    "redeem": staff_desk.redeem,
    "enrol": staff_desk.enrol,
    "release": staff_desk.release,
    "unlock": staff_desk.unlock,
    "manage": hubs.show_manage,
    "doubles": doubles.show,
    "staff": staff_room.show_staff,
    "store": stores.show_store,
    "refund": refund_desk.refund,
    "adjust": adjust_desk.adjust,
    "tag": tag_desk.tag,
    "grant": grant_desk.grant,
    "settier": tier_desk.set_tier,
    "topup": top_ups.top_up,
    "cashout": top_ups.cash_out,
    "sellpass": pass_desk.sell,
    "visit": visits.visit,
    "backpass": pass_refunds.give_back,
    "approve": approvals.approve,
    "watch": watch.show,
    "report": reports.show_report,
    "campaigns": switches.show_campaigns,
    "broadcast": broadcasts.broadcast,
    "segments": segments.show_segments,
}
"""Words of buttons, menus, commands and keywords; what stands behind the first blank are the handler's arguments."""

QUESTIONS: Mapping[str, Handler] = {
    "profile.name": profile.take_name,
    "profile.phone": profile.take_phone,
    "profile.birthday": profile.take_birthday,
    "profile.own": profile.take_own,
    "link.code": linking.take_code,
    "family.code": bonds.take_code,
    "family.points": bonds.take_points,
    "staff.code": staff_desk.take_code,
    "staff.amount": staff_desk.take_amount,
    "staff.phone": staff_desk.take_phone,
    "refund.which": refund_desk.take_receipt,
    "refund.amount": refund_desk.take_amount,
    "refund.reason": refund_desk.take_reason,
    "grant.who": grant_desk.take_member,
    "adjust.who": adjust_desk.take_member,
    "adjust.points": adjust_desk.take_points,
    "adjust.reason": adjust_desk.take_reason,
    "settier.who": tier_desk.take_member,
    "settier.until": tier_desk.take_until,
    "settier.reason": tier_desk.take_reason,
    "tag.who": tag_desk.take_member,
    "tag.text": tag_desk.take_text,
    "tag.answer": tag_desk.take_answer,
    "topup.who": top_ups.take_member,
    "topup.amount": top_ups.take_amount,
    "rate.words": ratings.take_words,
    "sellpass.who": pass_desk.take_member,
    "backpass.reason": pass_refunds.take_reason,
    "human.question": questions.take_question,
    "human.answer": questions.take_answer,
    "broadcast.text": broadcasts.take_text,
    "segments.name": segments.take_name,
    "activity.field": activity_desk.take_field,
    "activity.door": activity_door.take_guest,
}
"""Open questions that a typed text, a photo or a shared contact answers."""

POINTED: Final = frozenset({
    "refund.which", "grant.who", "adjust.who", "settier.who", "tag.who", "topup.who", "topup.amount", "sellpass.who",
    "activity.door",
})  # fmt: skip
"""The questions among them that ask which member is meant: what is scanned answers them, and begins no sale."""


def answer(tx: Tx, said: Said, who: Who, dialogue: Dialogue, *, moment: Moment) -> Reply | None:
    """Answer one thing said; a refusal undoes its effect and is put into words."""
    if said.kind in ("leave", "return", "note"):
        return None
    said = _pointing(replace(said, open=dialogue.question))
    labelled = choices.labelled(tx, said, who, dialogue, moment=moment)
    if isinstance(labelled, Reply):
        return labelled
    said = _skipping(replace(said, word=labelled or said.word))
    try:
        with tx.savepoint():  # a refusal undoes the effect, not the event
            return _answer(tx, said, who, dialogue, moment=moment)
    except Refusal as no:
        fraud.note_blocked(tx, moment=moment)
        forbidden.note_said(tx, who, no, moment=moment)
        return reply_for(no, None if isinstance(no, NotStaff) else _kept(said, dialogue))


def _answer(tx: Tx, said: Said, who: Who, dialogue: Dialogue, *, moment: Moment) -> Reply | None:
    if said.kind == "grant":
        return settings.note_grant(tx, said, who, moment=moment)
    word = said.word.strip() and said.word
    if not word and said.kind == "follow":
        word = "start"
    asks = dialogue.question is not None and dialogue.question.name in QUESTIONS
    found = word or choices.read(tx, said, who, dialogue, asks=asks, moment=moment)
    if isinstance(found, Reply):
        return found
    if found:
        return _say(tx, said, who, found, moment=moment)
    if said.kind == "press":
        raise Expired  # a forged press that says nothing
    return _heard(tx, said, who, moment)


def _heard(tx: Tx, said: Said, who: Who, moment: Moment) -> Reply | None:
    """Answer what is no word: a code that links, the answer to what is open, or something nobody asked for."""
    if said.kind == "text" and _links(said.text):  # a secret to nobody's name, rating or question, whatever is open
        return start.take_any_code(tx, said, who, said.text, moment=moment)
    if said.open is not None and said.open.name in QUESTIONS:
        return QUESTIONS[said.open.name](tx, said, who, said.open.data, moment=moment)
    return _unasked(tx, said, who, moment)


def _links(text: str) -> bool:
    """Tell whether this is written like a code that joins two accounts or two people."""
    return linking.looks_like_code(text) or bonds.looks_like_code(text)


def _pointing(said: Said) -> Said:
    """Let what was scanned answer the question of which member is meant: WeChat's scan menu also says "scan"."""
    asked = said.open is not None and said.open.name in POINTED
    return replace(said, word="") if asked and said.kind == "scan" else said


def _skipping(said: Said) -> Said:
    """Let the word that skips be a text like any other where what is open cannot be left out, or nothing is open."""
    may = said.open is not None and said.open.data.get("skip")
    return said if may or said.word.partition(" ")[0] != "skip" else replace(said, word="")


def _say(tx: Tx, said: Said, who: Who, word: str, *, moment: Moment) -> Reply | None:
    name, *arguments = word.split()
    handler = WORDS.get(name)
    if handler is None:
        raise Expired
    return handler(tx, said, who, arguments, moment=moment)


def _unasked(tx: Tx, said: Said, who: Who, moment: Moment) -> Reply:
    """Answer what no question waits for: a code that was scanned or typed, a shared phone, or anything else."""
    if said.kind in ("scan", "photo") or pointing.is_code(said.text):
        return staff_desk.take_code(tx, said, who, {}, moment=moment)
    answered = start.take_any_code(tx, said, who, said.text, moment=moment)
    answered = answered or offer_links.take_keyword(tx, said, who, moment=moment)
    if answered is not None:
        return answered
    if said.kind == "contact":
        return profile.take_phone(tx, said, who, {}, moment=moment)
    return help_desk.offer_nearest(tx, said, who, (), moment=moment)


def _kept(said: Said, dialogue: Dialogue) -> Any:
    """Keep the question open where its answer was refused; a word closes it."""
    question = dialogue.question
    return question if question is not None and not said.word.strip() and question.name in QUESTIONS else None
