"""Draws the page's home-screen icons anew from the mark: ``python -m tests.staff_page.icons``."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Final

from playwright.async_api import async_playwright

from tests.playground.conftest import chromium_path

STATIC: Final = Path(__file__).parents[2] / "web" / "static"
GROUND: Final = "#0f766e"
ICONS: Final = {"192.png": (192, 1.0, ""), "512.png": (512, 1.0, ""), "maskable-512.png": (512, 0.8, GROUND)}
"""Name → side in pixels, the mark's part of it, and the ground; a maskable icon keeps a fifth free at its edges."""


async def draw() -> None:
    """Draw every icon into web/static/staff/icons."""
    mark = base64.b64encode((STATIC / "mark.svg").read_bytes()).decode()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        for name, (side, part, ground) in ICONS.items():
            page = await browser.new_page(viewport={"width": side, "height": side})
            await page.set_content(
                f'<body style="margin:0;height:100vh;display:grid;place-items:center;background:{ground}">'
                f'<img style="width:{part * side}px" src="data:image/svg+xml;base64,{mark}">'
            )
            await page.screenshot(path=STATIC / "staff" / "icons" / name, omit_background=True)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(draw())
