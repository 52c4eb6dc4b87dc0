"""Switching campaigns, promotions, offers and the lottery off and on again, without touching the shop's rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from membership import days, lottery
from membership.earning import written
from membership.errors import Expired
from membership.messages import Message, choose, say
from membership.moment import Moment
from membership.occasions import When
from membership.offers import CLAIMED
from services import Tx, audit, rules
from storage import members as member_rows
from storage import switches as rows

Kind = Literal["campaign", "promotion", "offer", "lottery"]
State = Literal["on", "off"]

KINDS: Final[tuple[Kind, ...]] = ("campaign", "promotion", "offer", "lottery")


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that can be switched: what kind it is, its id in the rules, its name, what it does, when and where.

    ``stores`` are the names of those it is confined to, none where it holds in all of them.
    """

    kind: Kind
    code: str
    name: Message
    what: Message
    when: When
    stores: tuple[Message, ...]
    state: State

    @property
    def told(self) -> tuple[Message, ...]:
        """When it holds, in words, and where, if not in every store."""
        return (*self.when.told, say("coupons.stores", stores=self.stores)) if self.stores else self.when.told


def off(tx: Tx, kind: Kind, at: datetime | None = None) -> frozenset[str]:
    """Return the codes of this kind that are switched off, or were ``at`` a moment gone by, as the last turn tells.

    Ask only where the rules have something of the kind: the first look costs one statement, every further one of the
    transaction none.
    """
    found = rows.off(tx) if at is None else rows.off(tx) ^ rows.turned_since(tx, at)
    return frozenset(code for of_kind, code in found if of_kind == kind)


def state(tx: Tx, kind: Kind, code: str) -> State:
    """Return whether something is on; what nobody ever switched is."""
    return "off" if (kind, code) in rows.off(tx) else "on"


def turn(tx: Tx, kind: Kind, code: str, state: State, *, actor: str, moment: Moment) -> bool:
    """Switch something on or off from now on; False where it is so already.

    What was given or recorded before stays as it is. Raises Expired for what the rules do not name (any more).
    """
    if all((thing.kind, thing.code) != (kind, code) for thing in things(tx)):
        raise Expired
    if not rows.turn(tx, kind, code, state, actor=actor, at=moment.now):
        return False
    audit.note(tx, moment, f"switch.{state}", moment.new_id(f"switch:{kind}:{code}"), actor=actor, kind=kind, code=code)
    return True


def things(tx: Tx) -> list[Thing]:
    """Return everything of the shop's rules that can be switched, in the order of the shop's file."""
    return [
        Thing(kind, code, name, what, when, _confined(tx, when), state(tx, kind, code))
        for kind, code, name, what, when in _named(tx)
    ]


def _confined(tx: Tx, when: When) -> tuple[Message, ...]:
    stores = rules.current(tx).stores
    found = tuple(choose(store.name) for store in stores if store.code in when.stores)
    return found if len(found) < len(stores) else ()


def running(tx: Tx, member_id: str, *, now: datetime) -> list[Thing]:
    """Return the campaigns and promotions that are on and count for this member, now or on their days to come."""
    shop, tier = rules.current(tx), member_rows.get(tx, member_id).tier
    today = days.day_of(now, shop.zone)
    told = (one for one in things(tx) if one.kind in ("campaign", "promotion") and one.state == "on")
    return [one for one in told if one.when.is_for(tier) and not one.when.is_over(today)]


def _named(tx: Tx) -> Iterator[tuple[Kind, str, Message, Message, When]]:
    shop = rules.current(tx)
    for campaign in shop.campaigns:
        times = say("switch.campaign", multiplier=written(campaign.multiplier))
        yield "campaign", campaign.id, choose(campaign.name), times, campaign.when
    for promotion in shop.promotions:
        yield "promotion", promotion.id, choose(promotion.title), say("switch.promotion"), promotion.when
    for offer in shop.offers:
        if offer.claim in CLAIMED:
            yield "offer", offer.id, choose(offer.title), say("switch.offer"), When(offer.validity, stores=offer.stores)
    if shop.lottery is not None:
        yield "lottery", lottery.CODE, say("switch.lottery"), say("switch.draws"), When()
