"""Which keyboards Telegram accepts under a message and in place of the phone's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from playground.telegram_api.arguments import Arguments
from playground.telegram_api.errors import ApiError, bad_request
from playground.telegram_api.markup import units

CALLBACK_BYTES_MAX = 64
COPY_TEXT_MAX = 256
ROW_MAX = 8
INLINE_MAX = 100
REPLY_MAX = 300
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_UNSUPPORTED = ("switch_inline_query", "switch_inline_query_current_chat", "login_url", "callback_game", "pay")

Rows = list[list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Keyboard:
    """A checked reply markup: inline (under the message), reply (in place of the keys), remove or force_reply."""

    kind: Literal["inline", "reply", "remove", "force_reply"]
    rows: Rows = field(default_factory=list)
    one_time: bool = False


def read_keyboard(arguments: Arguments) -> Keyboard | None:
    """Return the call's reply_markup, or None; ApiError 400 in Telegram's words."""
    given = arguments.parsed("reply_markup", "reply markup")
    if given is None or given == {}:
        return None
    if not isinstance(given, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in given:
        return Keyboard("inline", _inline_rows(given["inline_keyboard"]))
    if "keyboard" in given:
        return Keyboard("reply", _reply_rows(given["keyboard"]), one_time=given.get("one_time_keyboard") is True)
    if given.get("remove_keyboard") is True:
        return Keyboard("remove")
    return Keyboard("force_reply") if given.get("force_reply") is True else None


def read_inline(arguments: Arguments) -> Rows:
    """Return the rows for an edited message, which may only carry an inline keyboard."""
    keyboard = read_keyboard(arguments)
    if keyboard is None:
        return []
    if keyboard.kind != "inline":
        raise bad_request("inline keyboard expected")
    return keyboard.rows


def _inline_rows(given: Any) -> Rows:
    rows = [
        [_inline_button(button) for button in row] for row in _rows(given, "InlineKeyboardMarkup", "inline keyboard")
    ]
    return _counted(rows, INLINE_MAX)


def _reply_rows(given: Any) -> Rows:
    rows = [[_reply_button(button) for button in row] for row in _rows(given, "ReplyKeyboardMarkup", "keyboard")]
    if not rows:
        raise bad_request("REPLY_MARKUP_INVALID")
    return _counted(rows, REPLY_MAX)


def _rows(given: Any, owner: str, what: str) -> list[list[Any]]:
    if not isinstance(given, list):
        raise bad_request(f'field "{what.replace(" ", "_")}" of the {owner} must be an Array')
    for row in given:
        if not isinstance(row, list):
            raise bad_request(f'field "{what.replace(" ", "_")}" of the {owner} must be an Array of Arrays')
    return [row for row in given if row]


def _counted(rows: Rows, most: int) -> Rows:
    if sum(map(len, rows)) > most or any(len(row) > ROW_MAX for row in rows):
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    return rows


def _wrong(what: str, why: str) -> ApiError:
    return bad_request(f"can't parse {what}: {why}")


def _label(button: dict[str, Any], what: str) -> str:
    label = button.get("text")
    if label is None:
        raise _wrong(what, 'Can\'t find field "text"')
    if not isinstance(label, str):
        raise _wrong(what, 'Field "text" must be of type String')
    if not label.strip():
        raise bad_request("BUTTON_TEXT_INVALID")
    return label


def _inline_button(button: Any) -> dict[str, Any]:
    what = "inline keyboard button"
    if not isinstance(button, dict):
        raise _wrong(what, "expected an Object")
    label = _label(button, what)
    for action, check in _ACTIONS.items():
        if button.get(action):
            return {"text": label, action: check(button[action])}
    if any(name in button for name in _UNSUPPORTED):
        raise bad_request("BUTTON_TYPE_INVALID")
    raise _wrong(what, "Text buttons are unallowed in the inline keyboard")


def _callback_data(value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong("inline keyboard button", 'Field "callback_data" must be of type String')
    if len(value.encode()) > CALLBACK_BYTES_MAX:
        raise bad_request("BUTTON_DATA_INVALID")
    return value


def _url(value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong("inline keyboard button", 'Field "url" must be of type String')
    parts = urlsplit(value if "://" in value else f"http://{value}")
    if parts.scheme not in {"http", "https", "tg", "ton", "tonsite"}:
        raise bad_request(f"inline keyboard button URL '{value}' is invalid: Unsupported URL protocol")
    host = parts.hostname or ""
    if parts.scheme != "tg" and ("." not in host or " " in value):
        raise bad_request(f"inline keyboard button URL '{value}' is invalid: Wrong HTTP URL")
    return value


def web_app(value: Any) -> dict[str, str]:
    """Check a WebAppInfo: HTTPS only; plain HTTP is let through to this machine, as on Telegram's test servers."""
    url = value.get("url") if isinstance(value, dict) else None
    if not isinstance(url, str) or not url:
        raise _wrong("inline keyboard button", 'Can\'t find field "url"')
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise bad_request(f"inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed")
    return {"url": url}


def _copy_text(value: Any) -> dict[str, str]:
    text = value.get("text") if isinstance(value, dict) else None
    if not isinstance(text, str) or not text:
        raise _wrong("inline keyboard button", 'Can\'t find field "text"')
    if units(text) > COPY_TEXT_MAX:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    return {"text": text}


_ACTIONS = {"url": _url, "callback_data": _callback_data, "web_app": web_app, "copy_text": _copy_text}


def _reply_button(button: Any) -> dict[str, Any]:
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, dict):
        raise _wrong("keyboard button", "expected an Object")
    kept: dict[str, Any] = {"text": _label(button, "keyboard button")}
    if button.get("request_contact") is True:
        kept["request_contact"] = True
    if button.get("web_app"):
        kept["web_app"] = web_app(button["web_app"])
    return kept
