"""The pictures of what brings members back: each feature as a row of phones, on both apps and in three languages."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.acceptance.engine_scenes import STORY
from tests.acceptance.stage import Stage, staged

FOLDER = Path("docs/pictures")
LOCALES = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "en": "en-GB"}
WINDOW = {"width": 1000, "height": 1060}
GAP, PAPER = 14, (214, 211, 205)
COLOURS = 128
SETTLE_MS = 900


class Album:
    """Rows of phones by the picture they belong to, as the playground's page shows them."""

    def __init__(self, browser: Browser, stage: Stage) -> None:
        self._browser, self._stage = browser, stage
        self._tabs: dict[str, Page] = {}
        self._rows: dict[str, list[Image.Image]] = {}

    async def shoot(self, picture: str, person: str, *, enlarged: bool = False) -> None:
        """Put what this person's phone shows, or the last picture they got, into the documentation's row."""
        row = self._rows.setdefault(picture, [])
        row.append(await self._enlarged(person, row[0].height) if enlarged else await self._shown(person))
        _keep(picture, row)

    async def _enlarged(self, person: str, height: int) -> Image.Image:
        """Return the last picture a person got, as they see it when they open it."""
        seen = Image.open(io.BytesIO(await self._stage.phone(person).sees_picture())).convert("RGB")
        return seen.resize((seen.width * height // seen.height, height), Image.Resampling.LANCZOS)

    async def _shown(self, person: str) -> Image.Image:
        """Return what a person's phone shows on the playground's page."""
        tab = await self._tab(self._stage.rehearsal.person(person).language)
        for name in [one.id for one in self._stage.rehearsal.people]:
            chip = tab.locator(f'[data-chip="{name}"]')
            if (await chip.get_attribute("aria-pressed") == "true") != (name == person):
                await chip.click()
        phone = tab.locator(f'.phone[data-person="{person}"]')
        await phone.scroll_into_view_if_needed()
        await expect(phone.locator(".tg-toast.shown")).to_have_count(0)
        await tab.wait_for_timeout(SETTLE_MS)
        return Image.open(io.BytesIO(await phone.screenshot())).convert("RGB")

    async def _tab(self, language: str) -> Page:
        """Return the playground's page in this language."""
        if language not in self._tabs:
            context = await self._browser.new_context(
                viewport=WINDOW,  # type: ignore[arg-type]
                locale=LOCALES[language],
                reduced_motion="reduce",
            )
            tab = await context.new_page()
            await tab.goto(self._stage.rehearsal.url)
            await tab.locator(".phone").first.wait_for()
            self._tabs[language] = tab
        return self._tabs[language]


async def make(browser: Browser) -> None:
    """Play every scene in the rehearsal's café, and keep a row of phones of each."""
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder), seeded=True) as stage:
            album = Album(browser, stage)
            for scene in STORY:
                await scene(stage, album.shoot)


def _keep(picture: str, row: list[Image.Image]) -> None:
    """Put the phones of a row side by side into one small picture."""
    width = sum(one.width for one in row) + GAP * (len(row) + 1)
    whole = Image.new("RGB", (width, max(one.height for one in row) + 2 * GAP), PAPER)
    left = GAP
    for one in row:
        whole.paste(one, (left, GAP))
        left += one.width + GAP
    small = whole.quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(FOLDER / f"engine-{picture}.png", optimize=True)
