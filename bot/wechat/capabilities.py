"""What an Official Account may do, which WeChat decides by its kind and whether it was verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["service", "subscription", "unverified"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The rights of one account. Passive text answers, numbers and keywords work on every account.

    ``pictures``: upload media; ``customer_service``: write within the 48-hour and 1-minute windows; ``templates``
    and ``subscriptions``: service notices and one-time notices; ``mass``: mass messages; ``menus``: menus and tags
    by API; ``scenes``: QR codes that tell where somebody came from; ``sign_in``: OAuth for our pages.
    """

    kind: Kind
    pictures: bool
    customer_service: bool
    templates: bool
    subscriptions: bool
    mass: bool
    menus: bool
    scenes: bool
    sign_in: bool


def _capabilities(kind: Kind, *, verified: bool, service: bool) -> Capabilities:
    return Capabilities(
        kind,
        pictures=verified,
        customer_service=verified,
        mass=verified,
        menus=verified,
        templates=service,
        subscriptions=verified,
        scenes=service,
        sign_in=service,
    )


BY_KIND: dict[Kind, Capabilities] = {
    "service": _capabilities("service", verified=True, service=True),
    "subscription": _capabilities("subscription", verified=True, service=False),
    "unverified": _capabilities("unverified", verified=False, service=False),
}
