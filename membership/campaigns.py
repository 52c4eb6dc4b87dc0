"""Campaigns 活动倍率: points that count several times, on some days, for some products, tiers and stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from membership import occasions, products
from membership.earning import Boost
from membership.occasions import Here, When
from membership.products import Piece
from membership.reading import Reader

_ALWAYS, _ONCE, _TWICE = When(), Fraction(1), Fraction(2)


@dataclass(frozen=True, slots=True)
class Campaign:
    """Points times ``multiplier`` (above 1) while ``when`` holds; ``products`` are skus and groups, empty: the bill."""

    id: str
    name: Mapping[str, str] = field(default_factory=dict)
    multiplier: Fraction = _TWICE
    when: When = _ALWAYS
    products: frozenset[str] = frozenset()

    def boost(self, listed: Sequence[Piece], bill_minor: int) -> Boost | None:
        """Return what it does for a bill with these lines; None: nothing of it is meant."""
        share = products.share(listed, self.products, bill_minor) if self.products else _ONCE
        return Boost(self.id, self.multiplier, self.name, share) if share else None


def boosts(campaigns: Sequence[Campaign], listed: Sequence[Piece], bill_minor: int, here: Here) -> tuple[Boost, ...]:
    """Return what each campaign that holds now would do for this bill; only the best of them counts."""
    running = (one for one in campaigns if one.when.holds(here))
    found = (campaign.boost(listed, bill_minor) for campaign in running)
    return tuple(boost for boost in found if boost is not None)


def read(top: Reader) -> tuple[Campaign, ...]:
    """Read each of ``[[campaigns]]``."""
    return tuple(_campaign(table) for table in top.tables("campaigns"))


def check(
    campaigns: Sequence[Campaign], top: Reader, *, stores: Sequence[str], tiers: Sequence[str], wares: Sequence[str]
) -> None:
    """Note ids that are given twice, and stores, tiers and products that the shop has not."""
    top.once("campaigns", [campaign.id for campaign in campaigns])
    for number, campaign in enumerate(campaigns, start=1):
        place = f"campaigns[{number}]"
        occasions.check(campaign.when, place, top, stores=stores, tiers=tiers)
        top.known(f"{place}.products", campaign.products, wares, "write a product's sku or one of its groups")


def _campaign(table: Reader) -> Campaign:
    campaign = Campaign(
        id=table.code(),
        name=table.texts("name"),
        multiplier=table.ratio("multiplier", _TWICE),
        when=occasions.read(table),
        products=frozenset(table.words("products")),
    )
    if campaign.multiplier <= 1:
        table.note("multiplier", "brings no more points", 'write a multiplier above 1, such as "2"')
    table.done()
    return campaign
