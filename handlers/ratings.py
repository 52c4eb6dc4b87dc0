"""A member's rating in chat: one tap for the score, a few words if they like, and an answer where it was bad."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from handlers.reply import ask, home_row, screen, tap
from handlers.said import Said
from membership import ratings as rule
from membership.errors import Expired
from membership.member import Who
from membership.messages import Message, Reply, say
from membership.moment import Moment
from services import Tx, members, ratings
from services.ratings import Rating

SCALE: Final = frozenset(map(str, rule.SCORES))


def rate(tx: Tx, said: Said, who: Who, arguments: Sequence[str], *, moment: Moment) -> Reply:
    """Ask how the last visit was, or with ``<rating> <score>`` take the score."""
    del said
    member_id = members.required(who)
    match list(arguments):
        case []:
            found = ratings.to_rate(tx, member_id, now=moment.now)
            return screen(say("rating.none"), buttons=[home_row()]) if found is None else ratings.question(found)
        case [rating_id, score]:
            return _thanks(ratings.rate(tx, who, rating_id, rule.score_of(score), moment=moment))
    raise Expired


def take_words(tx: Tx, said: Said, who: Who, data: Mapping[str, Any], *, moment: Moment) -> Reply:
    """Take what the member says to their score; a score typed once more says nothing new, the first one counts."""
    text = said.text.strip()
    if text in SCALE:
        return _thanks(ratings.rate(tx, who, data["rating"], rule.score_of(text), moment=moment))
    if not text:
        return _ask_words(say("rating.words"), rating_id=data["rating"])
    done = ratings.explain(tx, who, data["rating"], said.text, moment=moment)
    return screen(say("rating.heard_low" if done.low else "rating.heard"), buttons=[home_row()])


def _thanks(done: Rating) -> Reply:
    """Thank for the score, and ask for a few words."""
    assert done.score is not None, "a score was just given"
    text = say("rating.sorry" if done.low else "rating.thanks", stars=ratings.stars(done.score))
    return _ask_words(text, say("rating.words"), rating_id=done.id)


def _ask_words(*messages: Message, rating_id: str) -> Reply:
    return ask("rate.words", *messages, buttons=[[tap("rate_skip", "start")]], rating=rating_id, skip="start")
