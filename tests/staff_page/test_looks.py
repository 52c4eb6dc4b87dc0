"""Every screen for every eye: no serious finding of axe, nothing too small, nothing wider than the window."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, expect

from tests.staff_page.conftest import CAMERA, NO_CAMERA, Served, Visit, open_page
from tests.staff_page.fake_counter import CODE, DIGITS, OTHER

pytestmark = pytest.mark.asyncio(loop_scope="session")
LETTERS_MIN, TARGET_MIN = 18, 48
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")

SMALL: Final = """
([letters_min, target_min]) => {
  const seen = (element) => element.checkVisibility() && !element.closest(".unseen") && element.getClientRects().length;
  const letters = [...document.querySelectorAll("body *")].filter((element) => seen(element)
    && [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
    && parseFloat(getComputedStyle(element).fontSize) < letters_min).map((element) => element.textContent);
  const touched = document.querySelectorAll("button, select, input:not([type=checkbox]), textarea, label.tick");
  const targets = [...touched].filter((element) => {
    const box = element.getBoundingClientRect();
    return seen(element) && !element.matches(".unseen") && (box.height < target_min || box.width < target_min);
  }).map((element) => element.textContent || element.name);
  return { letters, targets, wide: document.documentElement.scrollWidth > innerWidth };
}
"""


async def ready(visit: Visit) -> None:
    await expect(visit.tab.locator("#digits")).to_be_visible()


async def signin(visit: Visit) -> None:
    visit.shop.signed_in = False
    await visit.tab.reload()
    await expect(visit.tab.locator(".door")).to_be_visible()


async def amount(visit: Visit) -> None:
    await visit.tab.locator("#digits").fill(DIGITS)
    await expect(visit.tab.locator(".keypad")).to_be_visible()


async def quote(visit: Visit) -> None:
    await amount(visit)
    await visit.amount("6", "8", "00")
    await visit.tab.locator(".key-done").click()
    await expect(visit.tab.locator(".confirm")).to_be_visible()


async def done(visit: Visit) -> None:
    await quote(visit)
    await visit.tab.locator(".confirm").click()
    await expect(visit.tab.locator(".done")).to_be_visible()


async def waiting(visit: Visit) -> None:
    visit.shop.yes_needed = True
    await quote(visit)
    await visit.tab.locator(".confirm").click()
    await expect(visit.tab.locator(".clock")).to_be_visible()


def way(at: int, *then: int) -> Callable[[Visit], Awaitable[None]]:
    async def go(visit: Visit) -> None:
        await visit.tab.locator(".way").nth(at).click()
        await expect(visit.tab.locator("[aria-live] > .soft, .turning")).to_have_count(0)
        for number in then:
            await visit.tab.locator(".row:visible").nth(number).click()
        await visit.tab.wait_for_load_state("networkidle")

    return go


def tool(name: str) -> Callable[[Visit], Awaitable[None]]:
    async def go(visit: Visit) -> None:
        await visit.tab.locator(".tools button").nth({"find": 0, "enrol": 1}[name]).click()

    return go


def deed(at: int) -> Callable[[Visit], Awaitable[None]]:
    async def go(visit: Visit) -> None:
        await amount(visit)
        await visit.tab.locator(".deeds button").nth(at).click()

    return go


async def asked_visit(visit: Visit) -> None:
    visit.shop.yes_needed = True
    await amount(visit)
    await visit.tab.locator(".passes .small").first.click()
    await expect(visit.tab.locator(".asked-visit .clock")).not_to_be_empty()


async def pass_back(visit: Visit) -> None:
    await amount(visit)
    await visit.tab.locator(".passes .small.quiet").first.click()
    await expect(visit.tab.locator("#field-reason")).to_be_visible()


async def handed(visit: Visit) -> None:
    await amount(visit)
    await visit.press("Hand out")
    await expect(visit.button("Undo")).to_be_visible()


async def later(visit: Visit) -> None:
    visit.shop.refuse["scans"] = (503, {})
    await visit.tab.keyboard.type(CODE + "\n")
    await visit.tab.locator(".waiting .big").first.click()
    await expect(visit.tab.locator(".keypad")).to_be_visible()


async def several(visit: Visit) -> None:
    await visit.hold_up(CODE, OTHER)
    await expect(visit.tab.locator(".choice")).to_have_count(2)


SCREENS: Final[dict[str, Callable[[Visit], Awaitable[None]]]] = {
    "ready": ready, "signin": signin, "amount": amount, "quote": quote, "done": done, "waiting": waiting,
    "today": way(1), "purchase": way(1, 2), "goods": way(1, 1), "questions": way(2), "more": way(3), "shift": way(3, 0),
    "approvals": way(3, 2), "people": way(3, 3), "people's PIN": way(3, 3, 0), "PIN": way(3, 4),
    "find": tool("find"), "enrol": tool("enrol"), "correct": deed(0), "top-up": deed(1), "later": later,
    "a pass to sell": deed(2), "an asked visit": asked_visit, "a pass given back": pass_back,
    "goods just handed out": handed, "several": several,
}  # fmt: skip


async def at(browser: Browser, served: Served, screen: str, **how: Any) -> Visit:
    language = how.pop("language", "en")
    context = await browser.new_context(reduced_motion="reduce", **how)
    await context.add_init_script(f"localStorage.setItem('memberbot.language', '{language}')")
    visit = await open_page(context, served, camera=CAMERA if screen == "several" else NO_CAMERA)
    await SCREENS[screen](visit)
    return visit


async def serious(visit: Visit) -> list[tuple[str, list[str]]]:
    """Return what axe calls serious or critical on the screen as it stands."""
    found = (await Axe().run(visit.tab)).response["violations"]
    worst = [one for one in found if one["impact"] in {"serious", "critical"}]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in worst]


@pytest.mark.parametrize("screen", SCREENS)
async def test_a_screen_is_right_for_every_eye(browser: Browser, served: Served, screen: str) -> None:
    """Light and dark, on the smallest phone and on a tablet: axe is content, letters and targets are large."""
    visit = await at(browser, served, screen, viewport={"width": 360, "height": 740})
    findings: dict[str, Any] = {}
    for scheme in SCHEMES:
        await visit.tab.emulate_media(color_scheme=scheme)
        findings[scheme] = await serious(visit)
    for width, height in ((320, 568), (1024, 768)):
        await visit.tab.set_viewport_size({"width": width, "height": height})
        findings[str(width)] = await visit.tab.evaluate(SMALL, [LETTERS_MIN, TARGET_MIN])
    await visit.tab.context.close()
    fine = {"letters": [], "targets": [], "wide": False}
    assert findings == {"light": [], "dark": [], "320": fine, "1024": fine}
    assert visit.complaints == []


async def test_what_is_only_read_is_scrolled_by_keyboard_in_a_low_window(browser: Browser, served: Served) -> None:
    visit = await at(browser, served, "shift", viewport={"width": 360, "height": 320})
    await expect(visit.tab.locator(".lines").first).to_be_visible()
    assert await serious(visit) == []
    await visit.tab.context.close()


@pytest.mark.parametrize("screen", ["handed", "visit"])
async def test_what_a_tap_brought_about_is_in_view_with_its_undo_on_a_low_phone(
    browser: Browser, served: Served, screen: str
) -> None:
    visit = await at(browser, served, "amount", viewport={"width": 360, "height": 740})
    await visit.press({"handed": "Hand out", "visit": "Use 1"}[screen])
    await expect(visit.button("Undo")).to_be_in_viewport(ratio=1)
    await visit.tab.context.close()


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant"])
@pytest.mark.parametrize("screen", ["ready", "quote", "more"])
async def test_the_smallest_phone_holds_the_screens_in_chinese(
    browser: Browser, served: Served, *, screen: str, language: str
) -> None:
    visit = await at(browser, served, screen, viewport={"width": 320, "height": 568}, language=language)
    found = await visit.tab.evaluate(SMALL, [LETTERS_MIN, TARGET_MIN])
    await visit.tab.context.close()
    assert found == {"letters": [], "targets": [], "wide": False}


async def test_a_tablet_on_its_side_shows_the_member_beside_the_keypad(browser: Browser, served: Served) -> None:
    visit = await at(browser, served, "amount", viewport={"width": 1024, "height": 768})
    side, keys = await visit.tab.locator(".side").bounding_box(), await visit.tab.locator(".keys").bounding_box()
    assert side is not None
    assert keys is not None
    assert side["x"] + side["width"] <= keys["x"]
    await visit.tab.context.close()


@pytest.mark.parametrize(("width", "height"), [(320, 568), (360, 740), (414, 896)])
async def test_the_keypad_and_the_yes_are_wholly_in_view_without_scrolling(
    browser: Browser, served: Served, *, width: int, height: int
) -> None:
    visit = await at(browser, served, "amount", viewport={"width": width, "height": height})
    for place in (".amount", ".key-done"):
        await expect(visit.tab.locator(place)).to_be_in_viewport(ratio=1)
    await visit.amount("6", "8", "00")
    await visit.press("Next")
    await expect(visit.tab.locator(".confirm")).to_be_in_viewport(ratio=1)
    await visit.tab.context.close()
