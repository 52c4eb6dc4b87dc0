"""Counted passes of the café in the rehearsal, and the question how a visit was; everybody with a phone holds one."""

from __future__ import annotations

from typing import Final

from membership.moment import Moment
from services import Tx, passes
from services.reader import Reader

PASSES: Final = """
[[passes]]                                  # 次卡: paid at once, used one visit at a time
id = "ten"
name = { "zh-Hans" = "咖啡十次卡", "zh-Hant" = "咖啡十次卡", en = "Ten coffees" }
visits = 10
price = "200"
single = "25"
goods = { "zh-Hans" = "任意咖啡一杯", "zh-Hant" = "任意咖啡一杯", en = "any coffee" }
days = 180
points = 200

[[passes]]
id = "class"
name = { "zh-Hans" = "拉花课五次卡", "zh-Hant" = "拉花課五次卡", en = "Five latte art classes" }
visits = 5
price = "600"
single = "150"                              # worth more than confirm_above: the member is asked for a yes

[survey]                                    # 回访: how was it, some time after a purchase
after_minutes = 120
"""


def sell_one(tx: Tx, member_id: str, reader: Reader, number: int, *, moment: Moment) -> None:
    """Sell somebody the coffees, so that there is a pass to use at once."""
    passes.sell(tx, member_id, "ten", reader, reference=f"seed:{number}:pass", moment=moment)
