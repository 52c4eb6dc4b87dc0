"""Tags: what staff note of a member in a word or two, each noted once, by whom, and never by somebody of themselves."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from membership import tags as rule
from membership.errors import TooManyTags
from membership.moment import Moment
from services import Tx, audit, fraud, members, rules
from services.reader import Reader
from storage import members as member_rows
from storage import tags as rows

KNOWN_MAX: Final = 500
"""So many spellings are looked through when a tag is typed."""


def of(tx: Tx, member_id: str) -> frozenset[str]:
    """Return the member's tags, as they are spelled."""
    return rows.of(tx, member_id)


def known(tx: Tx, *, limit: int = KNOWN_MAX) -> dict[str, int]:
    """Return the tags in use and how many members have each, the most frequent first."""
    return rows.known(tx, limit=limit)


def add(tx: Tx, member_id: str, text: str, reader: Reader, *, moment: Moment) -> str:
    """Put a tag to a member and return its spelling; one that is there stays.

    Raises InvalidTag, TooManyTags, NotAMember and SelfCredit (a tag can open an offer).
    """
    has = _held(tx, member_id, reader)
    tag = rule.parse(text, known=_spelled(tx, has))
    if tag not in has and len(has) >= rule.EACH_MAX:
        raise TooManyTags(limit=rule.EACH_MAX)
    if rows.add(tx, member_id, tag, actor=reader.actor, at=moment.now):
        _note(tx, "member.tag", member_id, tag, reader=reader, moment=moment)
    return tag


def remove(tx: Tx, member_id: str, tag: str, reader: Reader, *, moment: Moment) -> bool:
    """Take a tag from a member; False where there was none. Raises NotAMember and SelfCredit."""
    _held(tx, member_id, reader)
    if not rows.remove(tx, member_id, tag):
        return False
    _note(tx, "member.untag", member_id, tag, reader=reader, moment=moment)
    return True


def put(tx: Tx, member_id: str, wanted: Collection[str], reader: Reader, *, moment: Moment) -> frozenset[str]:
    """Let the member have exactly these tags and return them. Raises what ``add`` raises."""
    has = _held(tx, member_id, reader)
    spelled = {rule.parse(text, known=_spelled(tx, has)) for text in wanted}
    for tag in sorted(has - spelled):
        remove(tx, member_id, tag, reader, moment=moment)
    for tag in sorted(spelled - has):
        add(tx, member_id, tag, reader, moment=moment)
    return of(tx, member_id)


def _spelled(tx: Tx, has: Collection[str]) -> list[str]:
    """Return how tags are spelled: as the member has them, as the shop's rules ask for them, as others do."""
    shop = rules.current(tx)
    asked = [tag for offer in shop.offers for tag in sorted(offer.tags)]
    asked += [tag for one in shop.segments for tag in (*one.conditions.tags, *one.conditions.without_tags)]
    return [*has, *asked, *known(tx)]


def _held(tx: Tx, member_id: str, reader: Reader) -> frozenset[str]:
    """Return the tags of a member others may tag, held until the commit."""
    fraud.check_self(tx, reader, member_id)
    member_rows.lock(tx, member_id)
    members.get(tx, member_id)
    return rows.of(tx, member_id)


def _note(tx: Tx, action: str, member_id: str, tag: str, *, reader: Reader, moment: Moment) -> None:
    """Write into the trail that a tag was put or taken off; which one, only where an offer of the shop asks for it."""
    shop = rules.current(tx)
    named = any(tag in offer.tags for offer in shop.offers)  # what else staff note of people is not for the trail
    about = {"member": member_id, **({"tag": tag} if named else {})}
    deed = moment.new_id(f"{action}:{member_id}:{tag}")
    audit.note(tx, moment, action, deed, actor=reader.actor, store_id=reader.store_id, **about)
