"""What a shop decides about its counter: from when the member must say yes, and from when a second person must."""

from __future__ import annotations

from dataclasses import dataclass

from membership import money
from membership.reading import Reader


@dataclass(frozen=True, slots=True)
class CounterRules:
    """The limits of the counter; amounts in minor units, points as they are.

    ``confirm_above_minor``: points and coupons worth more than this wait for the member's yes (stored value always
    does). ``pay_code_up_to_minor``: up to this a code shown for paying is the yes. ``pin_day_minor``: what one member
    may agree to by PIN in a day. ``refund_alone``, ``adjust_alone`` and ``top_up_alone``: above this a second person
    must agree. ``offline_scans`` and ``offline_minor``: what one device may keep while it has no line.
    ``member_day_earns``: after so many purchases of one member in one store on one day the owner is told.
    ``staff_day_purchases``: more than this one person does not record on one day (None: no cap).
    ``staff_day_grants``: more coupons than this one person does not give by hand on one day.
    """

    confirm_above_minor: int
    pay_code_up_to_minor: int
    pin_day_minor: int
    tail_search: bool
    refund_alone_up_to_minor: int
    adjust_alone_up_to: int
    top_up_alone_up_to_minor: int
    offline_scans: int
    offline_minor: int
    member_day_earns: int
    staff_day_purchases: int | None
    staff_day_grants: int


def read(table: Reader) -> CounterRules:
    """Read the table ``[counter]``; every key may be left out."""

    def amount(key: str, default: str) -> int:
        return table.amount(key, money.parse_minor(default, table.findings.currency))

    rules = CounterRules(
        confirm_above_minor=amount("confirm_above", "50"),
        pay_code_up_to_minor=amount("pay_code_up_to", "200"),
        pin_day_minor=amount("pin_day", "200"),
        tail_search=table.flag("tail_search", default=False),
        refund_alone_up_to_minor=amount("refund_alone_up_to", "200"),
        adjust_alone_up_to=table.whole("adjust_alone_up_to", 500),
        top_up_alone_up_to_minor=amount("top_up_alone_up_to", "1000"),
        offline_scans=table.whole("offline_scans", 50, low=1, high=500),
        offline_minor=amount("offline_amount", "5000"),
        member_day_earns=table.whole("member_day_earns", 3, low=1),
        staff_day_purchases=table.whole_or_none("staff_day_purchases", low=1),
        staff_day_grants=table.whole("staff_day_grants", 20),
    )
    table.done()
    return rules
