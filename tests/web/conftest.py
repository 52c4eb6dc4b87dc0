"""The HTTP door over an open café, on a real socket."""

from __future__ import annotations

import asyncio
import socket
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import resources
from typing import Any

import httpx
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
async def door_parts(db: Database, clock: Clock) -> dict[str, Any]:
    """What the door is made of: an open café, all words, a clock."""
    cafe = resources.files("membership").joinpath("presets/cafe.toml").read_text(encoding="utf-8")
    await db.write(Shop.open, tomllib.loads(cafe + CARDS), now=clock.now)
    return {"database": db, "words": words(), "clock_moment": clock.moment, "public_url": "http://shop.example"}


@asynccontextmanager
async def open_door(door: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Open the door on a real socket."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(door, ws="none", log_level="warning", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listening])  # without the server's own loop, which looks for its end every 0.1 s
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    limits = httpx.Limits(max_connections=64)
    try:
        async with httpx.AsyncClient(base_url=address, timeout=30, verify=False, limits=limits) as client:
            yield client
    finally:
        for _ in server.server_state.connections.copy():
            await asyncio.sleep(0)  # the client is gone: each line notes it in its turn
        await server.shutdown(sockets=[listening])
        listening.close()


@pytest.fixture
def serve() -> Callable[[FastAPI], AbstractAsyncContextManager[httpx.AsyncClient]]:
    return open_door


@pytest.fixture
async def shop(door_parts: dict[str, Any], clock: Clock) -> AsyncIterator[Shop]:
    """The shop with a key for one till in each of two stores, and a manager's, behind an open door."""
    async with open_door(web.app.create(**door_parts)) as client:
        found = Shop(door_parts["database"], clock, client)
        await found.make_keys()
        yield found
