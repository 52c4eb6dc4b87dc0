"""The playground as a newcomer meets it, in a real browser, on each app's phones."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.acceptance import scene
from tests.acceptance.scene import Snap
from tests.playground.conftest import browser

__all__ = ["browser"]


def unseen(_: Page) -> Snap:
    async def snap(name: str) -> None:
        del name

    return snap


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("app", ["telegram", "wechat"])
async def test_the_whole_story_is_played_on_the_page(tmp_path: Path, browser: Browser, app: str) -> None:
    async with scene.opened(tmp_path, browser, unseen, app) as stage:
        await scene.play(stage)
