"""How many turns a second a shop takes on SQLite, alone and 32 at once, and how many statements a turn is made of.

Run `python -m bench.turns`. Compare the statements between machines; the rates only within one run.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from services import points
from storage.database import Database
from tests.databases import NOW, SqliteFiles, make_cipher
from tests.handlers.counter import Counter, Person, button
from tests.handlers.counting import Counting

PEOPLE, ROUNDS, REPEATS = 32, 4, 3
Act = Callable[[Person], Awaitable[object]]


async def rate(people: list[Person], act: Act, *, together: bool) -> float:
    """Return turns a second, one person after the other or all at once."""
    begun = time.perf_counter()
    for _ in range(ROUNDS):
        if together:
            await asyncio.gather(*(act(person) for person in people))
        else:
            for person in people:
                await act(person)
    return PEOPLE * ROUNDS / (time.perf_counter() - begun)


async def median_rate(people: list[Person], act: Act, *, together: bool) -> float:
    """Return the middle one of three rates, the first look of all left out."""
    return statistics.median([await rate(people, act, together=together) for _ in range(REPEATS)])


async def press_points(person: Person) -> None:
    await person.press("points")


class Till:
    """One cashier and the member in front of them; a purchase is three turns: scan, amount, confirm."""

    def __init__(self, shop: Counter, number: int) -> None:
        self.shop = shop
        self.cashier = Person(shop, "wechat", f"Jay{number}")
        self.member = Person(shop, "telegram", f"Bea{number}")

    async def open(self) -> None:
        await self.member.press("join")
        await self.shop.employ(self.cashier, "cashier")

    async def sell(self) -> None:
        card = await self.member.press("code")
        assert card.picture is not None
        await self.cashier.scan(str(card.picture.facts["code"]))
        quote = await self.cashier.say("58")
        await self.cashier.press(button(quote, "pay ok"))


async def sales(tills: list[Till]) -> tuple[float, float]:
    """Return purchases a second (with the member's card before each), one till after the other and all at once."""
    begun = time.perf_counter()
    for till in tills:
        await till.sell()
    alone = len(tills) / (time.perf_counter() - begun)
    begun = time.perf_counter()
    await asyncio.gather(*(till.sell() for till in tills))
    return alone, len(tills) / (time.perf_counter() - begun)


async def count_statements(db: Database) -> None:
    """Say how many statements each kind of turn is made of."""
    counting = Counting(db)
    till = Till(Counter(counting, NOW, numbers=itertools.count(10**6)), PEOPLE)  # no chance is drawn twice
    await till.open()
    await till.sell()  # the first purchase opens accounts
    till.shop.pass_by(minutes=1)
    await till.member.press("points")
    asked = len(counting.statements)
    card = await till.member.press("code")
    assert card.picture is not None
    await till.cashier.scan(str(card.picture.facts["code"]))
    scan = len(counting.statements)
    quote = await till.cashier.say("58")
    amount = len(counting.statements)
    await till.cashier.press(button(quote, "pay ok"))
    print(f"turns: statements of points {asked}, scan {scan}, amount {amount}, confirm {len(counting.statements)}")


async def measure(db: Database) -> None:
    shop = Counter(db, NOW)
    await shop.open()
    people = [Person(shop, "telegram", f"Amy{number}") for number in range(PEOPLE)]
    for person in people:
        await person.press("join")
        await person.press("points")
    alone = await median_rate(people, press_points, together=False)
    crowd = await median_rate(people, press_points, together=True)
    print(f"turns: points asked one at a time {alone:,.0f}/s, 32 at once {crowd:,.0f}/s, x {crowd / alone:.1f}")
    tills = [Till(shop, number) for number in range(PEOPLE)]
    for till in tills:
        await till.open()
    one, many = await sales(tills)
    print(f"turns: purchases (card, scan, amount, confirm) one at a time {one:,.1f}/s, 32 at once {many:,.1f}/s")
    member = people[0].last
    assert member is not None
    assert member.who.member_id is not None
    begun = time.perf_counter()
    for _ in range(200):
        await db.read(points.balance, member.who.member_id, now=NOW)
    print(f"turns: a balance read alone {200 / (time.perf_counter() - begun):,.0f}/s")


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with SqliteFiles(Path(folder)).fresh() as url:
            db = await Database.open(url, cipher=make_cipher())
            try:
                await measure(db)
                await count_statements(db)
            finally:
                await db.close()


if __name__ == "__main__":
    asyncio.run(main())
