"""How the platform says no, in Telegram's own words."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A refused call: ``{"ok": false, "error_code", "description", "parameters"}`` (core.telegram.org/bots/api)."""

    def __init__(self, code: int, description: str, *, retry_after: int = 0) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """Return the answer's JSON object."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.retry_after:
            body["parameters"] = {"retry_after": self.retry_after}
        return body


def bad_request(why: str) -> ApiError:
    return ApiError(400, f"Bad Request: {why}")


def forbidden(why: str) -> ApiError:
    return ApiError(403, f"Forbidden: {why}")


def conflict(why: str) -> ApiError:
    return ApiError(409, f"Conflict: {why}")


def too_many_requests(seconds: int) -> ApiError:
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def unauthorized() -> ApiError:
    return ApiError(401, "Unauthorized")


def not_found(why: str = "") -> ApiError:
    return ApiError(404, f"Not Found: {why}" if why else "Not Found")


def too_large() -> ApiError:
    return ApiError(413, "Request Entity Too Large")
