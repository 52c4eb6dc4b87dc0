"""A visit the member is asked about: of a yes and a no at once one counts, and a stopped card says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import select

from membership.errors import AlreadyDecided, IdReused, MemberFrozen, PassUsedUp
from services import members, visit_asks
from services.visit_asks import Asked
from services.visits import Wanted
from storage.tables import outbox
from tests.proof import assert_clean
from tests.services.pass_holder import SPA, Holder
from tests.services.savings import MAIN
from tests.services.shopfront import Shop


class Waits(Holder):
    """A holder who is asked about each visit."""

    async def ask(self, pass_id: str, scan_id: str, count: int = 1, *, reference: str) -> Asked:
        wanted, named = Wanted(pass_id, scan_id, count), {"reference": reference}
        found = await self.db.write(visit_asks.settle, wanted, MAIN, **named, moment=self.shop.moment())
        assert isinstance(found, Asked)
        return found


@pytest.fixture
async def holder(shop: Shop) -> Waits:
    opened = await Holder.open(shop, SPA)
    return Waits(shop, opened.member_id)


async def test_of_a_yes_and_a_no_at_once_one_counts(holder: Waits) -> None:
    sold = await holder.buy("spa")
    left = 5
    for number in range(4):
        asked = await holder.ask(sold.id, await holder.scan(), reference=f"ask:{number}")
        moment = holder.shop.moment()
        said = await asyncio.gather(
            holder.db.write(visit_asks.agree, asked.id, holder.member_id, moment=moment),
            holder.db.write(visit_asks.refuse, asked.id, holder.member_id, moment=moment),
            return_exceptions=True,
        )
        assert [isinstance(one, AlreadyDecided) for one in said].count(True) == 1
        left -= not isinstance(said[0], AlreadyDecided)
        assert await holder.left(sold) == left
        holder.shop.counter.pass_by(minutes=1)
    await assert_clean(holder.db)


async def test_the_same_reference_asks_once_and_another_count_is_refused(holder: Waits) -> None:
    sold, scan_id = await holder.buy("spa"), await holder.scan()
    first = await holder.ask(sold.id, scan_id, reference="till:1")
    assert await holder.ask(sold.id, scan_id, reference="till:1") == first
    with pytest.raises(IdReused):
        await holder.ask(sold.id, scan_id, 2, reference="till:1")
    await assert_clean(holder.db)


async def test_what_cannot_be_taken_is_not_asked_for(holder: Waits) -> None:
    sold = await holder.buy("spa")
    with pytest.raises(PassUsedUp):
        await holder.ask(sold.id, await holder.scan(), 6, reference="till:1")


@pytest.mark.parametrize("decide", [visit_asks.agree, visit_asks.refuse])
async def test_a_question_that_has_not_left_yet_never_leaves_once_it_is_decided(
    holder: Waits, decide: Callable[..., object]
) -> None:
    sold = await holder.buy("spa")
    asked = await holder.ask(sold.id, await holder.scan(), reference="till:1")
    await holder.db.write(decide, asked.id, holder.member_id, moment=holder.shop.moment())
    [question] = await holder.db.read(lambda tx: tx.all(select(outbox).where(outbox.c.kind == "ask")))
    assert (question.state, question.reason) == ("cancelled", "decided")


async def test_a_stopped_card_says_no_yes(holder: Waits) -> None:
    sold = await holder.buy("spa")
    asked = await holder.ask(sold.id, await holder.scan(), reference="till:1")
    moment = holder.shop.moment()
    await holder.db.write(members.freeze, holder.member_id, actor="test", moment=moment)
    with pytest.raises(MemberFrozen):
        await holder.db.write(visit_asks.agree, asked.id, holder.member_id, moment=moment)
    assert await holder.left(sold) == 5
    await assert_clean(holder.db)
