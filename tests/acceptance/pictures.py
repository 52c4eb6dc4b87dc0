"""Make the documentation's pictures: play the whole story in a browser and keep its moments in docs/pictures."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from tests.acceptance import counter_pictures, engine_pictures, scene
from tests.acceptance.scene import Scene, Snap
from tests.playground.conftest import ARGS, chromium_path

FOLDER = Path("docs/pictures")
COLOURS = 200
SETTLE_MS = 700


def keeping(app: str) -> Callable[[Page], Snap]:
    """Return what keeps each moment of this app's story as a picture."""

    def of(tab: Page) -> Snap:
        async def snap(name: str) -> None:
            await keep(tab, f"{app}-{name}")

        return snap

    return of


async def keep(tab: Page, name: str) -> None:
    """Keep what the window shows as a small PNG."""
    await tab.wait_for_timeout(SETTLE_MS)
    seen = Image.open(io.BytesIO(await tab.screenshot())).convert("RGB")
    seen.quantize(COLOURS, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)


async def first_sight(browser: Browser) -> None:
    """Picture what the README shows: members and cashiers of both apps in the middle of a purchase."""
    with tempfile.TemporaryDirectory() as folder:
        async with scene.opened(Path(folder), browser, keeping("first"), "telegram") as stage:
            await stage.tab.set_viewport_size({"width": 1560, "height": 960})
            await stage.tab.reload()
            for app in ("telegram", "wechat"):
                await half_way(Scene(stage.tab, "telegram" if app == "telegram" else "wechat", _unseen), stage.tab)
            await keep(stage.tab, "playground")


async def half_way(half: Scene, tab: Page) -> None:
    """Join, claim, show the card, have it scanned."""
    del tab
    await scene.join(half)
    await scene.claim(half)
    if half.app == "telegram":
        await scene.buy(half)
        await half.say("member", "会员码")


async def _unseen(name: str) -> None:
    del name


async def main() -> None:
    """Play on both apps, and once for the README."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=chromium_path(), args=ARGS)
        await first_sight(chromium)
        await counter_pictures.make(chromium)
        await engine_pictures.make(chromium)
        for app in ("telegram", "wechat"):
            with tempfile.TemporaryDirectory() as folder:
                async with scene.opened(Path(folder), chromium, keeping(app), app) as stage:
                    await scene.play(stage)
        await chromium.close()


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    asyncio.run(main())
