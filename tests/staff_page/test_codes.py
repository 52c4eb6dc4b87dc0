"""The ways a code gets in: camera, photo, digits, a USB scanner; and what is no member code."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.async_api import Browser, expect

from tests.acceptance.photographs import photographed
from tests.staff_page.conftest import CAMERA, Served, Visit, open_page, png_of
from tests.staff_page.fake_counter import CODE, DIGITS, OTHER

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_same_code_in_view_is_read_once(camera: Visit) -> None:
    await camera.hold_up(CODE)
    await expect(camera.tab.get_by_role("heading", name="Maya Chen")).to_be_visible()
    await camera.press("Back")
    await camera.tab.wait_for_timeout(800)
    assert camera.shop.calls("scans") == [{"code": CODE}]


async def test_a_code_of_a_stranger_is_said_to_be_none_and_never_opened(camera: Visit) -> None:
    asked: list[str] = []
    camera.tab.on("request", lambda request: asked.append(request.url))
    await camera.hold_up("https://example.com/pay?sum=1")
    await expect(camera.tab.get_by_role("alert")).to_have_text("This is not a member code.")
    assert [url for url in asked if not url.startswith(camera.address)] == []
    assert camera.tab.url == f"{camera.address}/staff"


async def test_of_several_codes_in_view_none_is_picked(camera: Visit) -> None:
    await camera.hold_up(CODE, OTHER)
    await expect(camera.tab.get_by_role("heading", name="Several codes are in view")).to_be_visible()
    assert camera.shop.calls("scans") == []
    await camera.press("Code 2")
    await expect(camera.tab.get_by_role("heading", name="王小明")).to_be_visible()
    assert camera.shop.calls("scans") == [{"code": OTHER}]


async def test_a_phone_held_at_an_angle_before_the_camera_is_read(camera: Visit) -> None:
    await camera.hold_up_picture(photographed(png_of(CODE)))
    await expect(camera.tab.get_by_role("heading", name="Maya Chen")).to_be_visible()


async def test_without_a_camera_the_page_says_what_else_there_is(phone: Visit) -> None:
    await expect(phone.tab.get_by_text("There is no camera here.", exact=False)).to_be_visible()


async def test_a_photo_is_read_on_the_page(phone: Visit) -> None:
    await phone.tab.locator(".camera input[type=file]").set_input_files(
        {"name": "code.png", "mimeType": "image/png", "buffer": png_of(CODE)}
    )
    await expect(phone.tab.get_by_role("heading", name="Maya Chen")).to_be_visible()
    assert phone.shop.calls("photos") == []


def blank() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (300, 200), "white").save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "No code was found in the photo. Hold it closer and straighter."),
        ([CODE, OTHER], "Several codes are in the photo. Take one of a single code."),
    ],
)
async def test_a_photo_the_page_cannot_read_is_shown_to_the_shop(phone: Visit, found: list[str], said: str) -> None:
    phone.shop.photo_codes = found
    await phone.tab.locator(".camera input[type=file]").set_input_files(
        {"name": "code.jpg", "mimeType": "image/jpeg", "buffer": blank()}
    )
    await expect(phone.tab.get_by_role("alert")).to_have_text(said)


async def test_a_photo_the_shop_reads_is_taken(phone: Visit) -> None:
    phone.shop.photo_codes = [CODE]
    await phone.tab.locator(".camera input[type=file]").set_input_files(
        {"name": "code.jpg", "mimeType": "image/jpeg", "buffer": blank()}
    )
    await expect(phone.tab.get_by_role("heading", name="Maya Chen")).to_be_visible()


async def test_a_usb_scanner_is_understood_wherever_the_cursor_stands(phone: Visit) -> None:
    keys = phone.tab.keyboard
    await keys.type(CODE + "\n")
    await expect(phone.tab.get_by_role("heading", name="Maya Chen")).to_be_visible()
    await phone.press("Back", "Find")
    await phone.tab.get_by_label("Phone number").press_sequentially("13", delay=120)
    await keys.type(OTHER + "\n")
    await expect(phone.tab.get_by_role("heading", name="王小明")).to_be_visible()
    assert phone.shop.calls("scans") == [{"code": CODE}, {"code": OTHER}]


async def test_a_burst_of_digits_over_the_keypad_changes_no_amount(phone: Visit) -> None:
    await phone.tab.keyboard.type(CODE + "\n")
    await phone.amount("1", "2", "00")
    await phone.tab.keyboard.type(DIGITS + "\n")
    await expect(phone.tab.locator(".amount")).to_have_text("¥12.00")
    assert phone.shop.calls("scans") == [{"code": CODE}, {"code": DIGITS}]
    assert phone.shop.calls("quotes") == []


async def test_typing_by_hand_is_no_burst(phone: Visit) -> None:
    await phone.tab.keyboard.type(CODE[:12], delay=90)
    await phone.tab.keyboard.press("Enter")
    await phone.tab.wait_for_timeout(150)
    assert phone.shop.calls("scans") == []


async def test_a_burst_during_a_sale_that_is_on_its_way_is_put_off(phone: Visit) -> None:
    phone.shop.yes_needed = True
    await phone.type_digits(DIGITS)
    await phone.amount("6", "8", "00")
    await phone.press("Next", "Record ¥63.00")
    await expect(phone.tab.get_by_role("timer")).to_be_visible()
    await phone.tab.keyboard.type(OTHER + "\n")
    await expect(phone.tab.get_by_role("alert")).to_have_text("Finish this sale first.")
    assert phone.shop.calls("scans") == [{"code": DIGITS}]


async def test_too_few_digits_are_not_sent(phone: Visit) -> None:
    await phone.type_digits("52841")
    await phone.press("Go")
    await expect(phone.tab.get_by_role("alert")).to_have_text("A code has ten digits.")
    assert phone.shop.calls("scans") == []


async def test_the_browsers_own_reader_is_used_where_it_knows_qr_codes(browser: Browser, served: Served) -> None:
    own = """
    window.BarcodeDetector = class {
      static async getSupportedFormats() { return ["qr_code"]; }
      async detect() { return [{ rawValue: "%s", boundingBox: { x: 0, y: 0, width: 9, height: 9 } }]; }
    };
    """
    context = await browser.new_context(viewport={"width": 360, "height": 740})
    visit = await open_page(context, served, camera=CAMERA + own % OTHER)
    await expect(visit.tab.get_by_role("heading", name="王小明")).to_be_visible()
    await context.close()


TELEGRAM = """
window.asked = [];
window.TelegramWebviewProxy = {
  postEvent: (name, data) => {
    window.asked.push(name);
    const seen = () => window.Telegram.WebView.receiveEvent("qr_text_received", { data: "%s" });
    if (name === "web_app_open_scan_qr_popup") setTimeout(seen, 50);
  },
};
"""
"""The Telegram app around a Mini App: it scans when it is asked to, and tells what it read."""


async def test_inside_telegram_the_app_itself_scans_and_its_signed_note_signs_in(
    browser: Browser, served: Served
) -> None:
    context = await browser.new_context(viewport={"width": 360, "height": 740})
    note = "tgWebAppData=user%3D1%26hash%3Dabc&tgWebAppVersion=7.2&tgWebAppPlatform=android"
    visit = await open_page(context, served, camera=TELEGRAM % CODE, ticket=note)
    # the way at the bottom has the same name as the button in the middle
    await visit.tab.locator(".camera").get_by_role("button", name="Scan").click()
    await expect(visit.tab.get_by_role("heading", name="Maya Chen")).to_be_visible()
    assert served.shop.calls("session") == [{"init_data": "user=1&hash=abc"}]
    assert served.shop.calls("scans") == [{"code": CODE}]
    assert "web_app_close_scan_qr_popup" in await visit.tab.evaluate("window.asked")
    assert visit.tab.url == f"{served.address}/staff"
    await context.close()
    assert visit.complaints == []


async def test_a_name_that_is_a_program_is_shown_as_it_was_written(phone: Visit) -> None:
    phone.shop.name = '<img src=x onerror="window.ran=1">'
    await phone.type_digits(DIGITS)
    await expect(phone.tab.get_by_role("heading", name=phone.shop.name)).to_be_visible()
    assert await phone.tab.evaluate("window.ran") is None
