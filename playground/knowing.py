"""What the rehearsal's café knows of its members: a question of its own, groups to write to, and a way to win back."""

from __future__ import annotations

from typing import Final

KNOWING: Final = """
[[fields]]                                  # 自定义资料: what the shop asks beside the name, phone and birthday
id = "milk"
name = { "zh-Hans" = "喝咖啡加什么奶", "zh-Hant" = "喝咖啡加什麼奶", en = "Your milk" }
kind = "choice"
choices = [
  { id = "cow", name = { "zh-Hans" = "牛奶", "zh-Hant" = "牛奶", en = "Cow's milk" } },
  { id = "oat", name = { "zh-Hans" = "燕麦奶", "zh-Hant" = "燕麥奶", en = "Oat milk" } },
]

[[fields]]
id = "seat"
name = { "zh-Hans" = "常坐的位置", "zh-Hant" = "常坐的位置", en = "Favourite seat" }
asks = "staff"

[[offers]]
id = "comeback"
kind = "cash"
title = { "zh-Hans" = "好久不见 8 元券", "zh-Hant" = "好久不見 8 元券", en = "¥8 to see you again" }
value = "8"
threshold = "20"
claim = "granted"
days = 14

[[lifecycle.actions]]                       # 将流失: whoever stays away longer than they use to
stage = "at_risk"
offer = "comeback"

[[segments]]                                # 分组
id = "overdue"
name = { "zh-Hans" = "将流失的常客", "zh-Hant" = "將流失的常客", en = "Regulars who are overdue" }
stages = ["at_risk"]
visits = { from = 6 }

[[segments]]
id = "birthday"
name = { "zh-Hans" = "本月寿星", "zh-Hant" = "本月壽星", en = "Birthdays this month" }
birthday_months = ["this"]
"""
