"""The last visit on a pass, wanted by many at once: one has it, and the others hear that none is left."""

from __future__ import annotations

import asyncio

from membership.errors import PassUsedUp
from services import visits
from services.visits import Visit, Wanted
from tests.proof import assert_clean
from tests.services.pass_holder import Holder
from tests.services.savings import MAIN
from tests.services.shopfront import Shop

CLIENTS = 64


async def test_of_64_who_take_the_last_visit_at_once_one_has_it(shop: Shop) -> None:
    holder = await Holder.open(shop)
    sold = await holder.buy()
    await holder.use(sold, 9, yes="chat")
    wanted, moment = Wanted(sold.id, None, yes="manager", reason="no phone"), holder.shop.moment()
    tried = [
        holder.db.write(visits.use, wanted, MAIN, reference=f"client:{number}", moment=moment)
        for number in range(CLIENTS)
    ]

    done = await asyncio.gather(*tried, return_exceptions=True)

    assert [type(one) for one in done].count(PassUsedUp) == CLIENTS - 1
    assert sum(isinstance(one, Visit) for one in done) == 1
    assert await holder.left(sold) == 0
    await assert_clean(shop.db)
