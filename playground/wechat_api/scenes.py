"""Scene QR codes: codes that tell the shop where a follower came from."""

from __future__ import annotations

import base64
import secrets
from datetime import timedelta
from typing import Any

from playground.wechat_api.answers import Ask, Refused
from playground.wechat_api.state import Account, Code

SECONDS_MAX = 2_592_000  # thirty days
SECONDS_DEFAULT = 60
SCENE_LETTERS_MAX = 64
LASTING_NUMBER_MAX = 100_000
NUMBER_MAX = 2**32 - 1


def create(account: Account, ask: Ask) -> dict[str, Any]:
    """POST qrcode/create: temporary (QR_SCENE, QR_STR_SCENE) or lasting (QR_LIMIT_…)."""
    action = str(ask.body.get("action_name"))
    if action not in {"QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"}:
        raise Refused(40052)
    scene, lasting = _scene(ask, action), "LIMIT" in action
    seconds = 0 if lasting else _seconds(ask.body.get("expire_seconds", SECONDS_DEFAULT))
    ticket = base64.b64encode(secrets.token_bytes(64)).decode()
    ends_at = None if lasting else ask.now + timedelta(seconds=seconds)
    url = f"http://weixin.qq.com/q/{secrets.token_urlsafe(16)}"
    account.codes[ticket] = Code(ticket, url, scene, ends_at)
    return {"ticket": ticket, "url": url} | ({} if lasting else {"expire_seconds": seconds})


def _seconds(given: Any) -> int:
    if not isinstance(given, int) or given <= 0:
        raise Refused(40053)
    return min(given, SECONDS_MAX)


def _scene(ask: Ask, action: str) -> str:
    scene = ask.part("action_info").get("scene")
    if not isinstance(scene, dict):
        raise Refused(40053)
    if "STR" in action:
        text = scene.get("scene_str")
        if not isinstance(text, str) or not 1 <= len(text) <= SCENE_LETTERS_MAX:
            raise Refused(40053)
        return text
    number = scene.get("scene_id")
    most = LASTING_NUMBER_MAX if "LIMIT" in action else NUMBER_MAX
    if not isinstance(number, int) or not 1 <= number <= most:
        raise Refused(40053)
    return str(number)


def by_scene(account: Account, scene: str) -> Code | None:
    """Return the newest code of a scene."""
    return next((code for code in reversed(account.codes.values()) if code.scene == scene), None)


def by_url(account: Account, url: str) -> Code | None:
    """Return the code that reads so."""
    return next((code for code in account.codes.values() if code.url == url), None)
