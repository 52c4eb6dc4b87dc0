"""Plausible facts for every text, so that all of a language can be read aloud and shown before anything happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from membership.messages import choose, plain, say
from membership.money import Money

_SHOP = choose({"en": "Morning Cup", "zh-Hans": "晨光咖啡", "zh-Hant": "晨光咖啡"})
_STORE = choose({"en": "East Gate", "zh-Hans": "东门店", "zh-Hant": "東門店"})
_TIER = choose({"en": "Gold", "zh-Hans": "金卡", "zh-Hant": "金卡"})
_TITLE = choose({"en": "¥10 off ¥100", "zh-Hans": "满100减10元券", "zh-Hant": "滿100減10元券"})
_GOODS = choose({"en": "a flat white", "zh-Hans": "拿铁一杯", "zh-Hant": "拿鐵一杯"})
_BASE = say("earning.base", base=Money(6600, "CNY"), points=1, per=Money(100, "CNY"))
_LINES = (
    say("receipt.line", label=say("price.bill"), amount=Money(8800, "CNY")),
    say("receipt.line", label=say("price.tier", tier=_TIER, percent=15), amount=Money(-1320, "CNY")),
    say("receipt.line", label=say("price.coupon", title=_TITLE), amount=Money(-880, "CNY")),
)

_REFUND = say("approval.refund", amount=Money(6600, "CNY"), number="0017", name=say("member.name", name="Li **"))

FACTS: Final[Mapping[str, Any]] = {
    "spends": (say("asked.points", points=500), say("asked.stored", amount=Money(6600, "CNY"))),
    "state": say("asked.withdrawn"),
    "agreed": Money(5800, "CNY"),
    "where": say("staff.everywhere"),
    "app": say("app.telegram"),
    "stores": (_STORE, _STORE),
    "amount": Money(6600, "CNY"),
    "asker": say("member.name", name="Li **"),
    "at": datetime(2026, 11, 22, 6, 2, tzinfo=UTC),
    "average": Money(6600, "CNY"),
    "balance": 88,
    "bar": "▓▓▓▓▓▓░░░░",
    "base": Money(6600, "CNY"),
    "before": 1222,
    "bonus": Money(2000, "CNY"),
    "birthday": say("birthday.lunar", leap=say("empty"), month=say("lunar.month.8"), day=say("lunar.day.15")),
    "buyers": 37,
    "cap": Money(500_000, "CNY"),
    "change": say("report.change.up", percent=12),
    "condition": say("coupons.from", amount=Money(10000, "CNY")),
    "count": 3,
    "day": 3,
    **{name: say("checkin.day_done", day=day) for day, name in enumerate(("one", "two", "three", "four"), start=14)},
    **{name: say("checkin.day_missed", day=day) for day, name in enumerate(("five", "six", "seven"), start=18)},
    "digits": "12345 67890",
    "done": 132,
    "earned": 66,
    "ends": say("coupons.until", on=date(2026, 12, 31)),
    "expired": 20,
    "fields": "amount, receipt_no",
    "first": date(2026, 11, 16),
    "goods": _GOODS,
    "hour": "14",
    "issued": 480,
    "kilobytes": 64,
    "kind": say("history.kind.earn"),
    "label": say("price.bill"),
    "last": date(2026, 11, 22),
    "least": Money(10_000, "CNY"),
    "leap": say("birthday.leap"),
    "left": Money(1200, "CNY"),
    "limit": 10,
    "lines": (say("broadcast.road.telegram", count=120), say("broadcast.road.wechat_later", count=80)),
    "link": "https://t.me/morning_cup_bot",
    "minutes": 10,
    "month": say("month.5"),
    "multiplier": "1.5",
    "name": "Li Wei",
    "needed": 100,
    "number": "0017",
    "on": date(2026, 12, 31),
    "paid": Money(6600, "CNY"),
    "per": Money(100, "CNY"),
    "percent": 15,
    "period": say("report.period.day", on=date(2026, 11, 22)),
    "phone": "138****5678",
    "place": _SHOP,
    "points": 1288,
    "principal": Money(10000, "CNY"),
    "price": say("coupons.price", points=100),
    "reason": say("photo.no_code"),
    "receipt": "0017",
    "redeemed": 9,
    "reference": "3FA85C",
    "rest": plain(", come by today!"),
    "restored": 20,
    "role": say("role.cashier"),
    "shop": _SHOP,
    "short": Money(1200, "CNY"),
    "since": date(2025, 5, 1),
    "source": "table-7",
    "spent": 120,
    "start": plain("Dear "),
    "store": _STORE,
    "stored": Money(3000, "CNY"),
    "taken": 66,
    "text": "Are you open on Sunday?",
    "streak": 4,
    "tier": _TIER,
    "time": say("span.minutes", count=4),
    "title": _TITLE,
    "to_pay": Money(6600, "CNY"),
    "total": 200,
    "until": datetime(2026, 11, 22, 6, 32, tzinfo=UTC),
    "what": say("button.coupons"),
    "why": (_BASE, say("earning.tier", multiplier="1.5")),
    "worth": Money(12880, "CNY"),
    "line": say("watch.line", who=say("staff.name", name="Jay"), what=say("watch.off_hours", cases=3)),
    "cases": 12,
    "usual": 5,
    "of": 60,
    "who": say("staff.name", name="Mia"),
}
"""One value for each name of a fact; the same name means the same in every text but those below."""

EXCEPTIONS: Final[Mapping[tuple[str, str], Any]] = {
    ("receipt.body", "lines"): _LINES,
    ("desk.quote", "lines"): _LINES,
    ("report.sources", "lines"): (
        say("report.source.counter", count=2),
        say("report.source.link", source="T7", count=5),
    ),
    ("birthday.lunar", "month"): say("lunar.month.2"),
    ("birthday.lunar", "day"): say("lunar.day.15"),
    ("earning.base", "points"): 1,
    ("earning.campaign", "name"): "11.11",
    ("receipt.adjust", "change"): 50,
    ("adjust.reason", "change"): 50,
    ("adjust.will", "change"): 50,
    ("adjust.done", "change"): 50,
    ("receipt.adjust", "why"): say("history.adjust", reason=say("reason.goodwill")),
    ("watch.line", "what"): say("watch.off_hours", cases=3),
    ("approval.asked", "what"): _REFUND,
    ("approval.line", "what"): _REFUND,
    ("approval.waits", "what"): _REFUND,
    ("approval.approved", "what"): _REFUND,
    ("approval.refused", "what"): _REFUND,
    ("approval.expired", "what"): _REFUND,
    ("approval.asked", "reason"): say("reason.returned"),
    ("approval.line", "reason"): say("reason.returned"),
    ("refund.will", "reason"): say("reason.returned"),
    ("adjust.will", "reason"): say("reason.returned"),
    ("history.adjust", "reason"): say("reason.returned"),
    ("approval.line", "number"): 2,
    ("button.approve_one", "number"): 2,
    ("button.disapprove_one", "number"): 2,
    ("button.watch_one", "number"): 2,
    ("watch.new", "number"): 2,
    ("watch.seen", "number"): 2,
    ("refund.second", "limit"): Money(20_000, "CNY"),
    ("human.asked", "name"): say("member.name", name="Li Wei"),
    ("member.nameless", "number"): "7F3A",
    ("refusal.amount_too_large", "limit"): Money(5_000_000, "CNY"),
    ("broadcast.too_long", "limit"): 900,
    ("broadcast.too_long", "count"): 1012,
    ("picture.number", "number"): 1288,
    ("receipt.line", "amount"): Money(-500, "CNY"),
    ("balance.line_out", "amount"): Money(-500, "CNY"),
    ("refusal.insufficient_stored_value", "balance"): Money(8800, "CNY"),
    ("refusal.insufficient_stored_value", "needed"): Money(10000, "CNY"),
}


def facts(key: str, names: Iterable[str]) -> dict[str, Any]:
    """Return a fact for each of these names in this text. Raises KeyError for a name that has no sample."""
    return {name: EXCEPTIONS[key, name] if (key, name) in EXCEPTIONS else FACTS[name] for name in names}
