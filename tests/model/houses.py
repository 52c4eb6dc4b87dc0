"""Three sets of a shop's rules, between which an owner changes in the middle of business: as a file, and as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Berlin")
KINDS: Final = ("threshold_off", "percent", "cash", "gift", "exchange")
"""In the order in which coupons are taken off."""


def euros(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


@dataclass(frozen=True)
class Offered:
    """A kind of coupon, in minor units and days."""

    id: str
    kind: str
    group: str
    claim: str = "open"
    value: int = 0
    percent: int = 0
    cap: int | None = None
    threshold: int = 0
    price: int = 0
    stock: int | None = None
    per_member: int | None = None
    days: int = 10
    with_tier_price: bool = True
    with_points: bool = True

    def off(self, price: int) -> int:
        """What it takes off a price."""
        if self.kind != "percent":
            return min(self.value, price)
        off = price * self.percent // 100
        return off if self.cap is None else min(off, self.cap)

    @property
    def body(self) -> dict[str, Any]:
        told = {
            "kind": self.kind, "title": self.id, "claim": self.claim, "stack_group": self.group, "days": self.days,
            "price_points": self.price, "with_tier_price": self.with_tier_price, "with_points": self.with_points,
        }  # fmt: skip
        optional = {"cap": self.cap, "threshold": self.threshold or None, "value": self.value or None}
        told |= {name: euros(minor) for name, minor in optional.items() if minor is not None}
        counts = {"stock": self.stock, "per_member": self.per_member, "percent_off": self.percent or None}
        told |= {name: count for name, count in counts.items() if count is not None}
        return {"id": self.id, **told, **({"goods": "cake"} if self.kind in ("gift", "exchange") else {})}


OFFERS: Final = {
    offer.id: offer
    for offer in (
        Offered("off", "threshold_off", "a", value=500, threshold=2_000, per_member=3),
        Offered("tenth", "percent", "b", percent=10, cap=300, stock=4, with_tier_price=False, days=40),
        Offered("cash", "cash", "a", value=300, price=20, with_points=False),
        Offered("cake", "gift", "c", claim="join", threshold=100, days=3),
        Offered("mug", "exchange", "c", claim="mall", price=15, stock=6, days=2),
        Offered("thanks", "cash", "d", claim="granted", value=200, per_member=3, days=6),
        Offered("luck", "percent", "b", claim="granted", percent=20, days=5),
    )
}


@dataclass(frozen=True)
class Card:
    """A pass that is sold: so many visits for a price, ``single`` each without it (minor units)."""

    id: str
    visits: int
    price: int
    single: int
    days: int | None = None
    points: int = 0
    on_sale: bool = True

    @property
    def body(self) -> dict[str, Any]:
        told = {"id": self.id, "name": self.id, "visits": self.visits, "points": self.points, "on_sale": self.on_sale}
        told |= {"price": euros(self.price), "single": euros(self.single)}
        return told if self.days is None else {**told, "days": self.days}


DAY_GRANTS: Final = 5
"""So many coupons one person gives by hand in a day."""
LUCK_STOCK: Final = 3
"""So often a coupon can be won in the lottery."""


@dataclass(frozen=True)
class House:
    """What the owner decided: amounts in minor units; ``tiers`` are the thresholds with percent and multiplier.

    They are counted over a ``window`` of so many days (0: the whole lifetime).
    """

    rate: tuple[int, int] = (1, 100)
    worth: tuple[int, int] = (10, 100)
    cap_percent: int = 50
    days: int | None = 30
    pending: int = 0
    grace: int = 7
    purchase_cap: int | None = None
    day_cap: int | None = None
    first: str = "principal"
    gifts: Mapping[int, int] = field(default_factory=lambda: {5_000: 1_000, 10_000: 3_333})
    cap: int = 60_000
    streak: tuple[int, ...] = (1, 2, 5)
    cards: tuple[Card, ...] = (Card("five", 5, 4_000, 900, days=10, points=30), Card("long", 3, 3_000, 1_500))
    thanks_over: int = 9_000
    draw_price: int = 3
    draws: int = 2
    odds: tuple[tuple[int, int], tuple[int, int]] = ((3, 10), (1, 5))
    won: int = 12
    month_cap: int = 200
    send_least: int = 3
    window: int = 0
    one_down: bool = False
    tier_grace: int = 0
    tiers: Mapping[str, tuple[int, int, str]] = field(
        default_factory=lambda: {"base": (0, 0, "1"), "mid": (12_000, 0, "1.5"), "top": (30_000, 7, "1.3333")}
    )

    @property
    def _perks(self) -> dict[str, Any]:
        few, luck = (f"{wins}/{of}" for wins, of in self.odds)
        prizes = (
            {"id": "few", "odds": few, "points": self.won},
            {"id": "luck", "odds": luck, "offer": "luck", "stock": LUCK_STOCK},
        )
        return {
            "grants": [{"id": "thanks", "offer": "thanks", "over": euros(self.thanks_over)}],
            "passes": [card.body for card in self.cards],
            "lottery": {"price_points": self.draw_price, "per_day": self.draws, "prizes": list(prizes)},
            "transfer": {"month_cap": self.month_cap, "min": self.send_least, "people": 20},
        }

    @property
    def _window(self) -> dict[str, Any]:
        if not self.window:
            return {"window": "lifetime"}
        review = {"review": "one_down" if self.one_down else "by_metric", "grace_days": self.tier_grace}
        return {"window": "rolling", "days": self.window, **review}

    @property
    def body(self) -> dict[str, Any]:
        """The same as ``shop.toml`` tells it."""
        points: dict[str, Any] = {
            "earn": {"points": self.rate[0], "per": euros(self.rate[1])},
            "worth": {"points": self.worth[0], "pay": euros(self.worth[1])},
            "cap_percent": self.cap_percent,
            "expiry": {"kind": "never"} if self.days is None else {"kind": "days", "count": self.days},
            "grace_days": self.grace,
        }
        # Where the key never stood, the shop takes a shorter way to what can be spent.
        caps = {"purchase_cap": self.purchase_cap, "day_cap": self.day_cap, "pending_days": self.pending or None}
        points |= {name: cap for name, cap in caps.items() if cap is not None}
        return {
            "shop": {"name": "Model", "code": "model", "currency": "EUR", "zone": ZONE.key, "languages": ["en"]},
            "points": points,
            "ladder": {"metric": "spend", **self._window},
            "tiers": [
                {"id": name, "name": name, "from": euros(least), "percent_off": percent, "multiplier": times}
                for name, (least, percent, times) in self.tiers.items()
            ],
            "offers": [offer.body for offer in OFFERS.values()],
            "stored_value": {
                "cap": euros(self.cap),
                "first": self.first,
                "gifts": [{"from": euros(least), "bonus": euros(bonus)} for least, bonus in self.gifts.items()],
            },
            "checkin": {"points": list(self.streak)},
            "counter": {"confirm_above": "0", "adjust_alone_up_to": 10**6, "staff_day_grants": DAY_GRANTS},
            "limits": {"member_purchases_day": 1_000, "undo_minutes": 10},
            "stores": [{"code": "main", "name": "Main"}],
            **self._perks,
        }


PLAIN: Final = House()
ROLLING: Final = replace(PLAIN, window=9, cap_percent=80)
CAPPED: Final = House(
    rate=(3, 200), worth=(7, 50), cap_percent=100, days=3, pending=1, grace=2, purchase_cap=90, day_cap=150,
    first="bonus", gifts={3_000: 777}, streak=(2, 3, 3, 9),
    cards=(Card("five", 4, 4_200, 1_300, days=2, points=7), Card("long", 3, 3_000, 1_500, on_sale=False)),
    thanks_over=4_000, draw_price=0, draws=1, odds=((1, 3), (1, 5)), won=40, month_cap=30, send_least=1,
    window=5, one_down=True, tier_grace=2,
)  # fmt: skip
"""Points that wait a day and end after three, caps on what is earned, and bonus spent first."""
HOUSES: Final = (PLAIN, CAPPED, ROLLING)
