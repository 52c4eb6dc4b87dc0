"""The lottery 抽奖: prizes with published odds, what a draw costs, and which prize a ticket wins."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final
from zlib import crc32

from membership.errors import DrawLimitReached, LotteryClosed
from membership.messages import Message, plain, say
from membership.offers import Offer
from membership.reading import Reader
from membership.validity import Validity

CODE: Final = "lottery"
"""The one lottery's name among what can be switched off."""
GOODS: Final = "prize-"
"""What the offer of a prize that is goods begins with, before the prize's own id."""
GOODS_DAYS: Final = 30
TINY: Final = Fraction(1, 10_000)
_ODDS: Final = re.compile(r"(?P<percent>[0-9]{1,3}(\.[0-9]{1,4})?)%|(?P<wins>[0-9]{1,6})/(?P<of>[1-9][0-9]{0,6})")


@dataclass(frozen=True, slots=True)
class Prize:
    """One thing to be won: a coupon of the ``offer``, or ``points``.

    ``odds`` is the exact chance of one draw. ``stock`` is how often it can be won in all (None: without end). Goods
    stand in a gift offer of their own, so that the counter hands them out like any other gift.
    """

    id: str
    odds: Fraction
    stock: int | None = None
    offer: str = ""
    points: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """A prize and how many of it are left (None: without end)."""

    prize: Prize
    count: int | None

    @property
    def gone(self) -> bool:
        return self.count == 0


@dataclass(frozen=True, slots=True)
class LotteryRules:
    """What may be won, what a draw costs in points, how many draws a member has a day, and when it is open.

    ``goods`` are the gift offers of the prizes that are goods.
    """

    prizes: tuple[Prize, ...]
    price_points: int = 0
    per_day: int = 1
    starts_on: date | None = None
    ends_on: date | None = None
    goods: tuple[Offer, ...] = ()

    @property
    def tickets(self) -> int:
        """How many tickets are in the drum: the smallest number of which every prize has a whole share."""
        return math.lcm(*(prize.odds.denominator for prize in self.prizes))

    @property
    def terms(self) -> str:
        """What a draw costs, and a short sign of every chance: other odds or prizes have another one."""
        told = [(prize.id, str(prize.odds), prize.offer, prize.points) for prize in self.prizes]
        return f"{self.price_points}-{crc32(repr(told).encode()):08x}"

    @property
    def no_win(self) -> Fraction:
        """The chance of winning nothing."""
        return 1 - sum((prize.odds for prize in self.prizes), Fraction())

    def prize(self, prize_id: str) -> Prize | None:
        return next((prize for prize in self.prizes if prize.id == prize_id), None)

    def won_by(self, ticket: int) -> Prize | None:
        """Return the prize of this ticket, 0 to ``tickets`` - 1; None where it wins nothing.

        The prizes have their shares in the order of the rules, and the rest of the drum is empty. A prize that is
        gone keeps its share, which wins nothing then: the odds of the others never move.
        """
        first, all_tickets = 0, self.tickets
        for prize in self.prizes:
            first += prize.odds.numerator * (all_tickets // prize.odds.denominator)
            if ticket < first:
                return prize
        return None


def check_open(rules: LotteryRules, left: Collection[Left], *, today: date) -> None:
    """Refuse a draw before the first day, after the last, or when no prize is left. Raises LotteryClosed."""
    too_early = rules.starts_on is not None and today < rules.starts_on
    too_late = rules.ends_on is not None and today > rules.ends_on
    if too_early or too_late or all(one.gone for one in left):
        raise LotteryClosed


def check_limit(rules: LotteryRules, drawn_today: int) -> None:
    """Refuse a draw beyond the day's limit. Raises DrawLimitReached."""
    if drawn_today >= rules.per_day:
        raise DrawLimitReached(limit=rules.per_day)


def written(odds: Fraction) -> str:
    """Return a chance exactly: in per cent where four decimals hold it ("2.5%"), else as a fraction ("1/300")."""
    hundredths = odds * 1_000_000
    if hundredths.denominator != 1:
        return f"{odds.numerator}/{odds.denominator}"
    whole, rest = divmod(int(hundredths), 10_000)
    return f"{whole}.{rest:04}".rstrip("0").rstrip(".") + "%"


def published(odds: Fraction) -> Message:
    """Return a chance as members read it: an exact percentage, or a rounded one marked so, with the exact fraction.

    A chance below a hundredth of a per cent is told as one in so many.
    """
    exact, tiny, one_in = written(odds), odds < TINY, (1 / odds if odds else Fraction(0))
    whole = one_in.denominator == 1
    if exact.endswith("%"):
        return say("lottery.odds_tiny", percent=exact, of=int(one_in)) if odds and tiny and whole else plain(exact)
    if tiny:
        return say("lottery.odds_one_in", of=int(one_in)) if whole else plain(exact)
    return say("lottery.odds_about", percent=written(round(odds, 4)), exact=exact)


def odds_of(text: str) -> Fraction | None:
    """Return the chance written as "2.5%" or "1/300", above 0 and up to 1; None for anything else."""
    found = _ODDS.fullmatch(text)
    if found is None:
        return None
    odds = Fraction(found["percent"]) / 100 if found["percent"] else Fraction(int(found["wins"]), int(found["of"]))
    return odds if 0 < odds <= 1 else None


def read(top: Reader) -> LotteryRules | None:
    """Read the table ``[lottery]``; None where the shop has none."""
    if not top.has("lottery"):
        return None
    table = top.table("lottery")
    days = table.whole("goods_days", GOODS_DAYS, low=1, high=3650)
    found = [_read_prize(one, days) for one in table.tables("prizes")]
    rules = LotteryRules(
        prizes=tuple(prize for prize, _ in found),
        price_points=table.whole("price_points", 0),
        per_day=table.whole("per_day", 1, low=1, high=100),
        starts_on=table.day("starts_on"),
        ends_on=table.day("ends_on"),
        goods=tuple(goods for _, goods in found if goods is not None),
    )
    if not rules.prizes:
        table.note("prizes", "are missing", "add [[lottery.prizes]] with an id, odds and what is won")
    if rules.no_win < 0:
        table.note("prizes", "have odds of more than 100 % together", "lower some of them")
    table.done()
    return rules


def check(rules: LotteryRules | None, offers: Sequence[str], top: Reader) -> None:
    """Note prizes that are there twice, and offers that are not there."""
    ids = [prize.id for prize in rules.prizes] if rules else []
    top.once("lottery.prizes", ids)
    for number, prize in enumerate(rules.prizes if rules else (), start=1):
        place = f"lottery.prizes[{number}].offer"
        top.known(place, [prize.offer], {"", *offers}, "write the id of one of the [[offers]]")


def _read_prize(table: Reader, goods_days: int) -> tuple[Prize, Offer | None]:
    prize_id, goods = table.code(), table.texts("goods", required=False)
    offer, points = table.code("offer", ""), table.whole("points", 0)
    odds = odds_of(table.text("odds", cure='write a chance, such as "5%" or "1/300"') or "1/1000000")
    if odds is None:
        table.note("odds", "will not do", 'write a chance above zero, such as "5%" or "1/300"')
    if [bool(goods), bool(offer), points > 0].count(True) != 1:
        table.note("", "wins none or several things", "write one of offer, points and goods")
    prize = Prize(prize_id, odds or Fraction(1, 1_000_000), table.whole_or_none("stock"), offer, points)
    table.done()
    if not goods:
        return prize, None
    return _with_goods(prize, goods, goods_days)


def _with_goods(prize: Prize, goods: Mapping[str, str], goods_days: int) -> tuple[Prize, Offer]:
    """Return the prize with a gift offer of its own, which counts so many days from the draw."""
    name = f"{GOODS}{prize.id}"
    gift = Offer(name, "gift", title=goods, goods=goods, validity=Validity(days=goods_days))
    return Prize(prize.id, prize.odds, prize.stock, name), gift
