"""A friend brought along from end to end, over real HTTP, on both apps: the code, the joining, the reward."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from playground import rehearsal
from services import Tx, purchases, referrals, rules
from services.orders import Order
from services.reader import Reader
from storage.tables import referrals as rows
from tests.acceptance.stage import staged
from tests.acceptance.test_counter_loop import joined
from tests.proof import assert_clean


async def test_a_member_on_telegram_brings_a_friend_on_wechat_and_both_are_told(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        member, friend, database = stage.phone("xiaoyu"), stage.phone("wangfang"), stage.rehearsal.database
        await joined(member)
        await member.say("推荐")
        shown = await member.sees("推荐有礼", "REF-")
        found = re.search(r"REF-\w{6}", shown.text)
        assert found is not None
        await friend.start()
        await friend.say(found[0])
        await friend.sees("朋友推荐你来的")
        await friend.say("加入")
        await friend.sees("200 积分", "7 天后")

        def buy(tx: Tx) -> None:
            order = Order(tx.scalar(select(rows.c.friend_id)), 3000, yes="pin")
            at = Reader("mo", rules.store_id("main"))
            moment = rehearsal.moment_of(stage.rehearsal)
            purchases.record(tx, order, at, reference="first", channel="pos", moment=moment)

        await database.write(buy)
        await database.write(referrals.pay_due, rehearsal.moment_of(stage.rehearsal))
        await member.say("推荐")
        await member.sees("1 位朋友已消费")
        stage.rehearsal.clock.step(timedelta(days=8))
        await database.write(referrals.pay_due, rehearsal.moment_of(stage.rehearsal))
        await member.sees("+500 积分", "你推荐到")
        await friend.say("积分")
        await friend.sees("230 积分")
        await assert_clean(database)
