"""How many turns a second a shop takes on SQLite: members asking for their points, alone and 32 at once, in one run.

Run `python -m bench.turns`.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from services import points
from storage.database import Database
from tests.databases import NOW, SqliteFiles, make_cipher
from tests.handlers.counter import Counter, Person

PEOPLE, ROUNDS = 32, 12


async def rate(people: list[Person], word: str, *, together: bool) -> float:
    """Return turns a second, one person after the other or all at once."""
    begun = time.perf_counter()
    for _ in range(ROUNDS):
        if together:
            await asyncio.gather(*(person.press(word) for person in people))
        else:
            for person in people:
                await person.press(word)
    return PEOPLE * ROUNDS / (time.perf_counter() - begun)


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with SqliteFiles(Path(folder)).fresh() as url:
            db = await Database.open(url, cipher=make_cipher())
            shop = Counter(db, NOW)
            await shop.open()
            people = [Person(shop, "telegram", f"Amy{number}") for number in range(PEOPLE)]
            for person in people:
                await person.press("join")
            alone, crowd = await rate(people, "points", together=False), await rate(people, "points", together=True)
            print(f"turns: points asked one at a time {alone:,.0f}/s, 32 at once {crowd:,.0f}/s, x {crowd / alone:.1f}")
            member = people[0].last
            assert member is not None
            assert member.who.member_id is not None
            begun = time.perf_counter()
            for _ in range(200):
                await db.read(points.balance, member.who.member_id, now=NOW)
            print(f"turns: a balance read alone {200 / (time.perf_counter() - begun):,.0f}/s")
            await db.close()


if __name__ == "__main__":
    asyncio.run(main())
