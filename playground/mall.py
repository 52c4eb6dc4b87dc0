"""What the rehearsal's café sells for points and gives as thanks: its rules, and the pictures beside them."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

PICTURES: Final = ("cookie.png", "latte.png", "mug.png")

MALL: Final = """
[[offers]]                                  # 积分商城: what points buy
id = "cookie"
kind = "exchange"
title = { "zh-Hans" = "曲奇一块", "zh-Hant" = "曲奇一塊", en = "A cookie" }
goods = { "zh-Hans" = "曲奇一块", "zh-Hant" = "曲奇一塊", en = "One cookie" }
claim = "mall"
price_points = 200
days = 30
picture = "cookie.png"

[[offers]]
id = "latte"
kind = "exchange"
title = { "zh-Hans" = "拿铁一杯", "zh-Hant" = "拿鐵一杯", en = "A latte" }
goods = { "zh-Hans" = "拿铁一杯", "zh-Hant" = "拿鐵一杯", en = "One latte" }
claim = "mall"
price_points = 600
days = 30
picture = "latte.png"
keywords = ["换拿铁", "換拿鐵", "free latte"]

[[offers]]
id = "mug"
kind = "exchange"
title = { "zh-Hans" = "晨光马克杯", "zh-Hant" = "晨光馬克杯", en = "Morning Light mug" }
goods = { "zh-Hans" = "马克杯一只", "zh-Hant" = "馬克杯一只", en = "One mug" }
claim = "mall"
price_points = 1200
stock = 20
per_member = 2
days = 60
picture = "mug.png"

[[offers]]
id = "thanks"
kind = "cash"
title = { "zh-Hans" = "满赠 8 元券", "zh-Hant" = "滿贈 8 元券", en = "¥8 off next time" }
value = "8"
threshold = "30"
days = 14

[[grants]]                                  # 满赠: a purchase from 100 yuan on brings the coupon
id = "over100"
offer = "thanks"
over = "100"
"""


def put_pictures(folder: Path) -> None:
    """Put the pictures that the rules name into this folder, where the shop.toml lies."""
    for name in PICTURES:
        with as_file(files("playground") / "goods" / name) as picture:
            shutil.copyfile(picture, folder / name)
