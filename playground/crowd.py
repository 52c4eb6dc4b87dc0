"""The café's made-up customers: two hundred names with their habits, and when each of them came in for coffee."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal, TypeVar

from membership import days
from membership.moment import Moment
from membership.rules import ShopRules
from playground.people import MEMBERS
from playground.phones import App, Person

Habit = Literal["regular", "occasional", "lapsed", "new"]
T = TypeVar("T")

SEED: Final = hashlib.sha256(b"the rehearsal's cafe").digest()
SHOP_DAYS: Final = 182
HABITS: Final[Sequence[Habit]] = ("regular",) * 3 + ("occasional",) * 10 + ("lapsed",) * 4 + ("new",) * 3
CHANCES: Final[dict[Habit, tuple[int, int]]] = {
    "regular": (12, 44),
    "occasional": (2, 6),
    "lapsed": (5, 10),
    "new": (6, 14),
}
"""Per cent of days with a visit: the least and the most of each habit."""
WEEKDAYS: Final = (90, 90, 92, 95, 110, 130, 115)
HOURS: Final = (2, 8, 9, 5, 3, 6, 7, 5, 7, 5, 3, 3, 2, 1)
HOURS_WEEKEND: Final = (1, 2, 4, 6, 6, 5, 6, 8, 9, 6, 4, 3, 2, 1)
"""How busy each hour is, from 07:00 on."""
PRICES: Final = (18, 22, 22, 25, 25, 28, 28, 28, 32, 32, 35, 36, 38, 42, 46, 52, 58, 66, 78, 89, 96, 108, 120)
APPS: Final[Sequence[App | None]] = ("telegram",) * 4 + ("wechat",) * 5 + (None,)
SOURCES: Final = ("counter-poster", "counter-poster", "table-tent", "window", "friend", "rednote", "")
FAMILY: Final = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹"
GIVEN: Final = (
    *("子涵", "雨桐", "浩然", "思远", "欣怡", "梓萱", "宇轩", "佳宁", "晓东", "丽娜", "静", "伟", "敏", "磊", "婷"),
    *("志强", "美玲", "俊杰", "雅雯", "嘉豪", "诗涵", "文博", "晨曦", "若曦", "天佑", "慧敏", "建国", "春燕", "明轩"),
)
FAMILY_HANT: Final = "陳林黃張李王吳劉蔡楊許鄭謝郭"
GIVEN_HANT: Final = ("怡君", "雅婷", "志豪", "淑芬", "家豪", "佩珊", "冠宇", "詩涵", "俊傑", "宜蓁", "嘉玲", "承恩")
WESTERN: Final = (
    *("Emma Wilson", "Tom Becker", "Sofia Rossi", "Daniel Kim", "Aisha Khan", "Lucas Martin", "Hannah Lee"),
    *("James O'Neil", "Olivia Brown", "Noah Fischer", "Chloe Dubois", "Ivan Petrov", "Grace Tan", "Kenji Mori"),
    *("Laura Silva", "Ben Carter", "Nina Novak", "Oscar Lind", "Priya Nair", "Zoe Adams"),
)


@dataclass(frozen=True, slots=True)
class Customer:
    """One member-to-be: who they are, what they agree to, and how they live with the café.

    ``app`` is None where the counter enrolled them by phone. ``joined_days`` counts back from today; ``chance`` is
    the per cent of days with a visit, ``until_days`` when the visits stopped. ``birthday_days`` is set for the
    people with phones: so many days ahead their birthday lies. ``claims_late``: a welcome coupon is held today.
    """

    number: int
    name: str
    language: str
    app: App | None
    user: str
    phone: str
    source: str
    habit: Habit
    joined_days: int
    chance: int
    until_days: int
    offers: bool
    birthday: str = ""
    birthday_days: int = 0
    claims_late: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """One time at the counter: when (UTC), what it cost in yuan, in which store, and what is used or goes wrong."""

    at: datetime
    yuan: int
    store: int
    with_coupon: bool
    with_points: bool
    refund: Literal["", "whole", "part"]


def customers(count: int, known: Sequence[Person]) -> list[Customer]:
    """Return so many customers, the members among the people with phones at the front."""
    members = [person for person in known if person.id in MEMBERS]
    phoned = [_phoned(number, person) for number, person in enumerate(members)]
    return phoned + [_made_up(number) for number in range(len(phoned), count)]


def visits(customer: Customer, shop: ShopRules, *, now: datetime) -> Iterator[Visit]:
    """Return a customer's visits up to an hour ago, oldest first, at hours at which people drink coffee."""
    moment = _moment(f"visits:{customer.number}")
    chances = moment.draw("days", 2 * SHOP_DAYS)
    today, latest = days.day_of(now, shop.zone), now - timedelta(hours=1)
    for back in range(customer.joined_days, customer.until_days - 1, -1):
        on = today - timedelta(days=back)
        drawn = int.from_bytes(chances[2 * back : 2 * back + 2], "big") * 10_000 // 65_536
        first = back == customer.joined_days
        if not first and drawn >= customer.chance * WEEKDAYS[on.weekday()]:
            continue
        hour = 7 + _weighted(moment, f"hour:{back}", HOURS_WEEKEND if on.weekday() > 4 else HOURS)  # noqa: PLR2004 -- Friday
        clock = time(hour, moment.below(f"minute:{back}", 60), moment.below(f"second:{back}", 60))
        at = days.at(on, clock, shop.zone)
        if at <= latest:
            yield _visit(moment, customer, at, back)


def joined_at(customer: Customer, shop: ShopRules, *, now: datetime) -> datetime:
    """Return when the customer became a member: ten minutes before the shop opens on that day, so before any visit."""
    on = days.day_of(now, shop.zone) - timedelta(days=customer.joined_days)
    return days.at(on, time(6, 20 + customer.number % 30, customer.number % 60), shop.zone).astimezone(UTC)


def _visit(moment: Moment, customer: Customer, at: datetime, back: int) -> Visit:
    refunds = moment.below(f"refund:{back}", 100)
    return Visit(
        at=at,
        yuan=PRICES[moment.below(f"price:{back}", len(PRICES))],
        store=moment.below(f"store:{back}", 10) < (7 if customer.number % 4 == 0 else 2),
        with_coupon=moment.below(f"coupon:{back}", 3) > 0,
        with_points=moment.below(f"points:{back}", 12) == 0,
        refund="whole" if refunds == 0 else "part" if refunds == 1 else "",
    )


def _phoned(number: int, person: Person) -> Customer:
    return Customer(
        number=number,
        name=person.name,
        language=person.language,
        app=person.app,
        user=person.user,
        phone=person.phone,
        source="counter-poster",
        habit="regular",
        joined_days=120,
        chance=22,
        until_days=1,
        offers=True,
        birthday_days=23 + 4 * number,
        claims_late=True,
    )


def _made_up(number: int) -> Customer:
    moment = _moment(f"customer:{number}")
    language = _one(moment, "language", ("zh-Hans",) * 7 + ("zh-Hant", "zh-Hant", "en"))
    habit = _one(moment, "habit", HABITS)
    app = _one(moment, "app", APPS)
    made = Customer(
        number=number,
        name=_name(moment, language),
        language=language,
        app=app,
        user=_user(moment, app, number),
        phone=f"+86139{20_000_000 + 137 * number:08}" if app is None or moment.below("phone", 2) else "",
        source=_one(moment, "source", SOURCES),
        habit=habit,
        joined_days=_between(moment, "joined", 3, 28) if habit == "new" else _between(moment, "joined", 60, 181),
        chance=_between(moment, "chance", *CHANCES[habit]),
        until_days=0,
        offers=moment.below("offers", 100) < 60,  # noqa: PLR2004 -- per cent who say yes to offers
        birthday=_birthday(moment),
    )
    stopped = _between(moment, "stopped", 45, max(46, made.joined_days - 20))
    return replace(made, until_days=min(stopped, made.joined_days)) if habit == "lapsed" else made


def _name(moment: Moment, language: str) -> str:
    if language == "en":
        return _one(moment, "name", WESTERN)
    hant = language == "zh-Hant"
    return _one(moment, "family", FAMILY_HANT if hant else FAMILY) + _one(
        moment, "given", GIVEN_HANT if hant else GIVEN
    )


def _user(moment: Moment, app: App | None, number: int) -> str:
    """Return an id as the platform would give it; the numbers of Telegram lie apart from those of the phones."""
    if app == "telegram":
        return str(7_100_000_000 + 7919 * number)
    return "oMb6A5" + base64.urlsafe_b64encode(moment.draw("openid", 17)).decode()[:22] if app == "wechat" else ""


def _birthday(moment: Moment) -> str:
    """Return a birthday as it is stored: seven in ten told one, one in four of those a lunar one."""
    if moment.below("birthday", 10) > 6:  # noqa: PLR2004 -- per ten who tell it
        return ""
    month, day = 1 + moment.below("month", 12), 1 + moment.below("day", 28)
    if moment.below("lunar", 4) == 0:
        return f"L--{month:02}-{day:02}"
    year = str(1962 + moment.below("year", 44)) if moment.below("tells year", 2) else "-"
    return f"{year}-{month:02}-{day:02}"


def _moment(label: str) -> Moment:
    return Moment(datetime(2000, 1, 1, tzinfo=UTC), hashlib.sha256(SEED + label.encode()).digest())


def _one(moment: Moment, label: str, among: Sequence[T]) -> T:
    return among[moment.below(label, len(among))]


def _between(moment: Moment, label: str, least: int, most: int) -> int:
    return least + moment.below(label, most - least + 1)


def _weighted(moment: Moment, label: str, weights: Sequence[int]) -> int:
    left = moment.below(label, sum(weights))
    for place, weight in enumerate(weights):
        if left < weight:
            return place
        left -= weight
    raise AssertionError("a draw below the sum lies in one of its parts")
