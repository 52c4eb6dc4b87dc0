"""How long a till waits for its answer over real HTTP, alone and with fifty tills at once, and what odd searches cost.

Run `python -m bench.tills`; behind it, addresses of empty PostgreSQL databases. The tills have the program of their
own that a shop has: they share no process with the server. Compare the ratio between machines, not the milliseconds.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import socket
import statistics
import sys
import tempfile
import time
import tomllib
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import structlog
import uvicorn

import web.app
from services import rules
from storage.database import Database
from storage.migrations import migrate
from tests.databases import make_cipher
from tests.web.test_search import SEARCHED
from tests.web.tills import Clock, Shop, Till, words

TILLS, ROUNDS, WARM = 50, 6, 1
CALLS = ("scan", "quote", "purchase")


@dataclass
class Taken:
    """What each call took, in seconds."""

    of: dict[str, list[float]] = field(default_factory=lambda: {call: [] for call in CALLS})

    def percentile(self, call: str, percent: int) -> float:
        """Return the milliseconds below which so many percent of the calls stayed."""
        found = sorted(self.of[call])
        return found[min(len(found) - 1, len(found) * percent // 100)] * 1000


async def timed(taken: list[float], asked: Any) -> dict[str, Any]:
    begun = time.perf_counter()
    answer = await asked
    taken.append(time.perf_counter() - begun)
    assert answer.status_code in {200, 201}, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def sell(till: Till, code: str, taken: Taken) -> None:
    """Serve one member as a till does: scan, quote, purchase."""
    seen = await timed(taken.of["scan"], till.post("/scans", {"code": code}))
    bill = {"scan_id": seen["scan_id"], "amount": 6800}
    await timed(taken.of["quote"], till.post("/quotes", bill))
    await timed(taken.of["purchase"], till.post("/purchases", bill))


async def work(till: Till, codes: list[str], taken: Taken, *, think: float) -> None:
    """Serve one member after the other; cashiers begin at different moments and go at their own pace."""
    own = sum(till.key.encode())
    await asyncio.sleep(think * (own % 97) / 97)
    for number, code in enumerate(codes):
        await asyncio.sleep(think * (1 + (number + own) % 3) / 2)
        await sell(till, code, taken)


def tills_at_work(address: str, keys: list[str], codes: list[list[str]], think: float) -> dict[str, list[float]]:
    """Run the tills, in a process of their own, and return what they measured."""
    return asyncio.run(_at_work(address, keys, codes, think))


async def _at_work(address: str, keys: list[str], codes: list[list[str]], think: float) -> dict[str, list[float]]:
    limits = httpx.Limits(max_connections=len(keys), max_keepalive_connections=len(keys))
    taken = Taken()
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
        tills = list(zip([Till(client, key) for key in keys], codes, strict=True))
        # the first calls open connections and fill caches
        await asyncio.gather(*(work(till, own[:WARM], Taken(), think=0) for till, own in tills))
        await asyncio.gather(*(work(till, own[WARM:], taken, think=think) for till, own in tills))
    return taken.of


@asynccontextmanager
async def served(db: Database, clock: Clock) -> AsyncIterator[str]:
    """Open the door of the shop on a real socket."""
    door = web.app.create(database=db, words=words(), clock_moment=clock.moment, public_url="http://bench.example")
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    config = uvicorn.Config(door, ws="none", log_level="error", access_log=False, lifespan="off", timeout_keep_alive=60)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


async def crowd(shop: Shop, address: str, tills: int, *, think: float) -> Taken:
    """Return what so many tills at once measured."""
    keys = [(await shop.new_till(f"{tills}-{number}-{think}", "main")).key for number in range(tills)]
    codes = []
    for _ in keys:
        member = await shop.member()
        codes.append([(await shop.show(member)).text for _ in range(ROUNDS + WARM)])
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        running = asyncio.get_running_loop().run_in_executor(process, tills_at_work, address, keys, codes, think)
        return Taken(await running)


async def searches(shop: Shop) -> float:
    """Return the seconds of the slowest among searches full of signs, the best of three for each."""
    till, slowest = await shop.new_till("search", "main"), 0.0
    await shop.member()
    for sent in SEARCHED:
        taken = []
        for _ in range(3):
            begun = time.perf_counter()
            await till.get("/members", phone=sent)
            taken.append(time.perf_counter() - begun)
        slowest = max(slowest, min(taken))
    return slowest


async def measure(url: str, name: str) -> None:
    db = await Database.open(url, cipher=make_cipher(), server=True, name="bench")
    await migrate(db)
    clock = Clock()
    cafe = tomllib.loads(resources.files("membership").joinpath("presets/cafe.toml").read_text(encoding="utf-8"))
    await db.write(rules.bring, cafe, actor="bench", now=clock.now)
    try:
        async with served(db, clock) as address, httpx.AsyncClient(base_url=address) as client:
            shop = Shop(db, clock, client)
            slowest = await searches(shop)
            alone = await crowd(shop, address, 1, think=0.0)
            paced = await crowd(shop, address, TILLS, think=1.0)
            rush = await crowd(shop, address, TILLS, think=0.0)
    finally:
        await db.close()
    tell(name, alone, paced, rush)
    print(f"{'search':10}{slowest * 1000:>16.0f}   the slowest of {len(SEARCHED)} odd ones, at its best")


def tell(name: str, alone: Taken, paced: Taken, rush: Taken) -> None:
    """Print the table of one database, in milliseconds."""
    print(f"{name}: milliseconds p50/p99; × is the p50 against one till alone")
    print(f"{'':10}{'one till':>16}{f'{TILLS} tills, paced':>24}{f'{TILLS} tills, no pause':>26}")
    for call in CALLS:
        middle = statistics.median(alone.of[call]) * 1000
        cells = [f"{alone.percentile(call, 50):.0f}/{alone.percentile(call, 99):.0f}"]
        for found in (paced, rush):
            half, most = found.percentile(call, 50), found.percentile(call, 99)
            cells.append(f"{half:.0f}/{most:.0f} ×{half / middle:.1f}")
        print(f"{call:10}{cells[0]:>16}{cells[1]:>24}{cells[2]:>26}")


async def main(addresses: list[str]) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as folder:
        await measure(f"sqlite:///{Path(folder) / 'bench.db'}", "SQLite FULL")
    for url in addresses:
        await measure(url, "PostgreSQL")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
