"""One person in both apps, over real HTTP: a code shown in one, typed in the other, and the two parted again."""

from __future__ import annotations

import re
from pathlib import Path

from tests.acceptance.stage import staged
from tests.acceptance.test_counter_loop import joined
from tests.proof import assert_clean


async def test_two_accounts_become_one_member_and_part_again(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        telegram, wechat = stage.phone("xiaoyu"), stage.phone("wangfang")
        for phone in (telegram, wechat):
            await joined(phone)
            await phone.say("签到")
            await phone.sees("签到成功，+1 积分")
        await telegram.say("绑定")
        await telegram.tap("显示绑定码")
        await telegram.sees("请在 15 分钟内")
        code = next(found[0] for one in reversed(telegram.heard) if (found := re.search(r"LINK-\w{8}", one.text)))
        await wechat.say(code)
        await wechat.sees("将合并为一位会员，什么都不会少", "合并后：普通会员，2 积分")
        await wechat.tap("是的，都是我本人")
        await wechat.sees("绑定好了", "2 积分")
        await telegram.sees("你在晨光咖啡的两个账号已合并为一位会员")
        await telegram.say("积分")
        await telegram.sees("2 积分")
        await telegram.say("绑定账号")
        await telegram.sees("已绑定的账号", "微信")
        await telegram.tap("拆开")
        await telegram.sees("已拆成两位会员")
        await wechat.say("积分")
        await wechat.sees("1 积分")
        await assert_clean(stage.rehearsal.database)
