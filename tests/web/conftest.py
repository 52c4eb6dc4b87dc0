from __future__ import annotations

import asyncio
import socket
import tomllib
from collections.abc import AsyncIterator
from importlib import resources

import pytest
import uvicorn
from fastapi import FastAPI

import web.app
from storage.database import Database
from tests.web.tills import CARDS, Clock, Shop, words


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def door(db: Database, clock: Clock) -> FastAPI:
    """The whole door over an open café."""
    cafe = resources.files("membership").joinpath("presets/cafe.toml").read_text(encoding="utf-8")
    await db.write(Shop.open, tomllib.loads(cafe + CARDS), now=clock.now)
    return web.app.create(database=db, words=words(), clock_moment=clock.moment, public_url="http://shop.example")


@pytest.fixture
async def address(door: FastAPI) -> AsyncIterator[str]:
    """Where the door stands open, on a real socket."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(door, ws="none", log_level="warning", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    # the socket listens already: a client that comes before the server does waits in its queue
    running = asyncio.create_task(server.serve(sockets=[listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await running
    listening.close()


@pytest.fixture
async def shop(db: Database, clock: Clock, address: str) -> AsyncIterator[Shop]:
    """The shop with a key for one till in each of two stores, and a manager's."""
    found = Shop(db, clock, address)
    await found.make_keys()
    yield found
    await found.close()
