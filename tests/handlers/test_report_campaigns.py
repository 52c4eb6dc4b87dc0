"""The report's lines about campaigns, in either app and every language."""

from __future__ import annotations

import tomllib
from zoneinfo import ZoneInfo

import pytest

from locales import Words
from membership.member import Channel
from services import purchases, rules
from services.orders import Order
from services.reader import Reader
from storage.database import Tx
from storage.tables import members
from tests.handlers.counter import PRESETS, Counter, Person, keys

WORDS = Words.open(zone=ZoneInfo("Asia/Shanghai"))
DOUBLE = {"id": "double", "name": {"en": "Double days", "zh-Hans": "双倍日"}, "multiplier": "2"}


@pytest.mark.parametrize("channel", ["telegram", "wechat"])
async def test_the_report_tells_what_a_campaign_sold_and_gave(counter: Counter, amy: Person, channel: Channel) -> None:
    cafe = tomllib.loads((PRESETS / "cafe.toml").read_text(encoding="utf-8"))
    await counter.db.write(rules.bring, {**cafe, "campaigns": [DOUBLE]}, actor="test", now=counter.now)
    owner = Person(counter, channel, "Olga")
    await counter.employ(owner, "owner")
    await amy.press("join")
    assert "report.campaigns" not in keys(await owner.press("report"))

    def buy(tx: Tx) -> None:
        order = Order(tx.all(members.select())[0].id, 3000)
        reader = Reader("jay", rules.store_id("main"))
        purchases.record(tx, order, reader, reference="one", channel="pos", moment=counter.moment())

    await counter.db.write(buy)
    counter.pass_by(minutes=1)
    said = (await owner.press("report")).messages
    (line,) = [message for message in said if message.key == "report.campaigns"]
    assert WORDS.text(line, "en").endswith("Double days: sales ¥30, purchases 1, extra points 30")
    assert WORDS.text(line, "zh-Hans").endswith("双倍日：销售额 ¥30，1 笔，多送 30 分")
    assert "30 點" in WORDS.text(line, "zh-Hant")
