"""One phone's camera pointed at another phone's screen: the picture is read as a real phone would read it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any

from playground.page_state import Page, refusal
from playground.phones import Person

OPENED_BY_APP = {
    "telegram": ("https://t.me/", "http://t.me/", "tg://"),
    "wechat": ("http://weixin.qq.com/", "https://weixin.qq.com/"),
}


async def aim(page: Page, wish: dict[str, Any]) -> dict[str, Any]:
    """Hand what the camera sees to the photographer's app; return the road it took and the texts read.

    ``wish`` is ``{"from", "at", "bubble", "picture"?, "key"?}``: who holds the camera, whose screen, which bubble; the
    photograph as a data address when the browser took a real (tilted, noisy) one; the WeChat menu key that opened the
    camera. Telegram's camera opens t.me links, anything else is sent to the bot as a photo. WeChat's camera opens
    WeChat's own links, anything else goes through the menu's scan entry, or as a photo when the menu has none.
    Refuses with 422 ``no_code`` when a scan was asked for and nothing could be read.
    """
    holder = page.person(wish.get("from"))
    picture = _given(wish["picture"]) if wish.get("picture") else await seen_on(page, wish)
    texts = await page.read_code(picture)
    opened = next((text for text in texts if text.startswith(OPENED_BY_APP[holder.app])), None)
    phones = page.phones(holder)
    if wish.get("app"):  # a Mini App asked for the scanner: what was read goes to its page alone
        if not texts:
            raise refusal(422, "no_code")
        return {"road": "app", "read": list(texts)}
    key = wish.get("key") or scan_key(phones.screen(holder.user).menu)
    if opened is not None:
        await phones.scan(holder.user, opened)
        return {"road": "link", "read": list(texts)}
    if holder.app == "wechat" and key:
        if not texts:
            raise refusal(422, "no_code")
        await phones.scan(holder.user, texts[0], key=str(key))
        return {"road": "menu", "read": list(texts)}
    await phones.photo(holder.user, picture)
    return {"road": "photo", "read": list(texts)}


async def seen_on(page: Page, wish: dict[str, Any]) -> bytes:
    """Return the picture in the bubble the camera is pointed at; refuses with 404 when there is none."""
    owner: Person = page.person(wish.get("at"))
    bubble = page.bubble(owner, wish.get("bubble"))
    if not bubble.image:
        raise refusal(404, "no_picture")
    try:
        return page.phones(owner).image(bubble.image)[0]
    except KeyError:
        raise refusal(404, "no_picture") from None


def _given(address: str) -> bytes:
    """Return the bytes of a data address; refuses with 400."""
    head, _, body = address.partition(",")
    if not head.startswith("data:image/"):
        raise refusal(400, "bad_picture")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        raise refusal(400, "bad_picture") from None


def scan_key(menu: Iterable[dict[str, Any]]) -> str:
    """Return the key of the menu's first scanning entry, or an empty text."""
    for entry in menu:
        if str(entry.get("type", "")).startswith("scancode"):
            return str(entry.get("key", ""))
        below = scan_key(entry.get("sub_button") or ())
        if below:
            return below
    return ""
