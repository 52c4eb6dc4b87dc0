"""Ratings of purchases and visits on a pass: asked now and then, answered once; a low one brings the managers in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from membership import ratings as rule
from membership.errors import Expired, RatingUnknown
from membership.member import Who
from membership.messages import Button, Message, Reply, choose, say
from membership.moment import Moment, id_of
from membership.money import Money
from membership.ratings import SCORES, SurveyRules
from services import Tx, audit, passes, rules, staff
from services.outbox import Notice, tell_member
from services.second_person import masked
from storage import passes as pass_rows
from storage import purchases as purchase_rows
from storage import questions as question_rows
from storage import ratings as rows
from storage import remarks as remark_rows

BATCH: Final = 200
WORDS_MAX: Final = 500
STARS: Final = "★★★★★☆☆☆☆☆"


@dataclass(frozen=True, slots=True)
class Rating:
    """A visit somebody may rate, or has: where and when it was, and the score (None: none yet).

    ``about`` is what was paid, or what was taken off a pass.
    """

    id: str
    member_id: str
    store: Message
    at: datetime
    about: Money | Message
    score: int | None
    low: bool


def offered(tx: Tx) -> bool:
    """Tell whether this shop asks how it was."""
    return rules.current(tx).survey is not None


def note(tx: Tx, member_id: str, store_id: str, worth_minor: int, *, at: datetime, **occasion: str) -> None:
    """Note with a visit worth so much that its member is to be asked; nothing where the shop asks nobody.

    ``at`` is when it was (UTC), ``occasion`` its ``purchase_id``, or its ``visit_id`` on a pass.
    """
    survey = rules.current(tx).survey
    if survey is None or worth_minor < survey.least_minor:
        return
    [of], who = occasion.values(), {"member_id": member_id, "store_id": store_id}
    rows.add(tx, id_of(f"rating:{of}"), **who, **occasion, at=at, due_at=survey.due_at(at))


def drop(tx: Tx, occasion_id: str) -> None:
    """Ask nobody about a purchase or visit that was taken back whole, unless they were asked already."""
    rating_id = id_of(f"rating:{occasion_id}")
    if offered(tx) and not rows.move(tx, rating_id, "lapsed", was="due"):
        rows.take_back(tx, rating_id)


def ask_due(tx: Tx, moment: Moment, *, limit: int = BATCH) -> int:
    """Ask those whose time has come, each member once in the shop's days; return how many were looked at."""
    survey, found = rules.current(tx).survey, rows.due(tx, moment.now, limit=limit)
    for row in found:
        rested = survey is not None and survey.is_rested(rows.last_asked(tx, row.member_id), moment.now)
        fresh = moment.now < rule.asked_until(row.due_at)
        if not rested or not fresh:
            rows.move(tx, row.id, "lapsed", was="due")
        elif rows.move(tx, row.id, "asked", was="due", asked_at=moment.now):
            over = rule.counts_until(moment.now)
            notice = Notice("rating", "reminder", row.id, question(_shown(tx, row)), expires_at=over)
            tell_member(tx, row.member_id, notice, moment=moment)
    return len(found)


def to_rate(tx: Tx, member_id: str, *, now: datetime) -> Rating | None:
    """Return the newest visit this member may still rate, or None."""
    row = rows.still_open(tx, member_id, since=now - rule.ANSWER_LIFE)
    return None if row is None else _shown(tx, row)


def rate(tx: Tx, who: Who, rating_id: str, score: int, *, moment: Moment) -> Rating:
    """Keep a member's score; the first one counts. A low one is put to the managers, who can answer it.

    Raises RatingUnknown (also for somebody else's), and Expired after the days an answer counts.
    """
    row = _mine(tx, who, rating_id)
    if row.state == "answered":
        return _shown(tx, row)
    if row.state == "lapsed" or moment.now >= rule.counts_until(row.asked_at or row.due_at):
        raise Expired
    if rows.answer(tx, rating_id, score, moment.now):
        audit.note(tx, moment, "rating", rating_id, actor=row.member_id, store_id=row.store_id, score=score)
        done = _shown(tx, _mine(tx, who, rating_id))
        if done.low:
            _call_managers(tx, who, done, store_id=row.store_id, moment=moment)
        return done
    return _shown(tx, _mine(tx, who, rating_id))


def explain(tx: Tx, who: Who, rating_id: str, text: str, *, moment: Moment) -> Rating:
    """Keep what a member says to their score, sealed; words to a low one reach the managers, too.

    Raises RatingUnknown.
    """
    row, words = _mine(tx, who, rating_id), text.strip()[:WORDS_MAX]
    done = _shown(tx, row)
    if done.score is None or not words:
        raise RatingUnknown
    if remark_rows.find(tx, rating_id) is None:
        remark_rows.add(tx, rating_id, row.member_id, words, at=moment.now)
        if done.low:
            _call_managers(tx, who, done, store_id=row.store_id, words=words, moment=moment)
    return done


def question(about: Rating) -> Reply:
    """Return the question how it was, with a button for each score."""
    taps = tuple(Button(say("button.score", score=score), word=f"rate {about.id} {score}") for score in SCORES)
    return Reply((say("rating.question", store=about.store, at=about.at),), buttons=(taps,))


def stars(score: int) -> str:
    """Return a score as stars, which every language reads."""
    return STARS[len(SCORES) - score : 2 * len(SCORES) - score]


def _call_managers(tx: Tx, who: Who, done: Rating, *, store_id: str, moment: Moment, words: str = "") -> None:
    """Put a low score to the managers of the store, with the way to answer in the member's own chat."""
    assert done.score is not None, "only a score that was given is low"
    question_id, shown = id_of(f"question:rating:{done.id}"), stars(done.score)
    if not words or not question_rows.rewrite(tx, question_id, f"{shown} {words}"):
        question_id = id_of(f"question:rating:{done.id}:words") if words else question_id  # the score was answered
        asked = {"identity_id": who.identity_id, "member_id": done.member_id, "at": moment.now}
        question_rows.add(tx, question_id, f"{shown} {words}".strip(), **asked)
    facts: dict[str, Any] = {"name": masked(tx, done.member_id), "stars": shown, "store": done.store}
    which = {"at": done.at, "about": done.about}
    text = say("rating.low_words", text=words, **facts) if words else say("rating.low", **which, **facts)
    told = Reply((text,), buttons=((Button(say("button.call_back"), word=f"answer {question_id}"),),))
    notice = Notice("rating_low", "staff", f"{done.id}:{'words' if words else 'score'}", told)
    staff.alert(tx, notice, action="refund", store_id=store_id, moment=moment)


def _mine(tx: Tx, who: Who, rating_id: str) -> Any:
    row = rows.find(tx, rating_id)
    if row is None or who.member_id is None or row.member_id != who.member_id:
        raise RatingUnknown
    return row


def _shown(tx: Tx, row: Any) -> Rating:
    survey = rules.current(tx).survey or SurveyRules()
    return Rating(
        id=row.id,
        member_id=row.member_id,
        store=choose(rules.store_name(tx, row.store_id)),
        at=row.at,
        about=_about(tx, row),
        score=row.score,
        low=row.score is not None and survey.is_low(row.score),
    )


def _about(tx: Tx, row: Any) -> Money | Message:
    """Return what was paid, or what was taken off a pass."""
    if row.visit_id is None:
        bought = purchase_rows.find(tx, row.purchase_id)
        assert bought is not None, "no purchase is ever deleted"
        return Money(bought.paid_minor, rules.current(tx).currency)
    taken = pass_rows.find_visit(tx, row.visit_id)
    assert taken is not None, "no visit is ever deleted"
    plan = passes.plan_of(tx, pass_rows.find(tx, taken.pass_id))
    return say("rating.of_pass", title=choose(plan.name), count=taken.number)
