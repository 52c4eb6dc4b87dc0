"""What the rehearsal's café sells by name, and what it does for those who buy it."""

from __future__ import annotations

from typing import Final

SHELVES: Final = """
[[products]]
sku = "latte"
name = { "zh-Hans" = "拿铁", "zh-Hant" = "拿鐵", en = "Latte" }
price = "32"
member_price = "28"
groups = ["coffee"]

[[products]]
sku = "flat-white"
name = { "zh-Hans" = "馥芮白", "zh-Hant" = "馥芮白", en = "Flat white" }
price = "34"
groups = ["coffee"]

[[products]]
sku = "cheesecake"
name = { "zh-Hans" = "芝士蛋糕", "zh-Hant" = "起司蛋糕", en = "Cheesecake" }
price = "38"
bonus = 20

[[campaigns]]
id = "double-coffee"
name = { "zh-Hans" = "咖啡双倍积分", "zh-Hant" = "咖啡雙倍點數", en = "Double points on coffee" }
multiplier = "2"
products = ["coffee"]

[[promotions]]
id = "cookie"
title = { "zh-Hans" = "满 100 送曲奇", "zh-Hant" = "滿 100 送曲奇", en = "A cookie from ¥100" }
threshold = "100"
goods = { "zh-Hans" = "曲奇一份", "zh-Hant" = "曲奇一份", en = "1 cookie" }
worth = "8"
"""
"""Products with a member price and with points of their own, a campaign for some of them, and a gift from an amount."""
