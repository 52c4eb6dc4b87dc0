"""What a call says: parameters as Telegram reads them, from JSON, a form or a form with files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, MultipartReader, web

from playground.telegram_api.errors import bad_request, too_large

HIDDEN = frozenset({"secret_token"})
UPLOAD_BYTES_MAX = 50 * 1024 * 1024
_MANY_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a call."""

    name: str
    data: bytes
    content_type: str


@dataclass(slots=True)
class Arguments:
    """The parameters of one call. All values are strings, as in a form; JSON bodies are turned into that first."""

    values: dict[str, str] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def flag(self, name: str) -> bool:
        return self.text(name).strip().lower() in {"true", "1", "yes", "y", "t"}

    def integer(self, name: str, default: int = 0) -> int:
        """Return a whole number; what is not one counts as the default, as Telegram's reader does."""
        value = self.text(name).strip()
        digits = value.removeprefix("-")
        fits = digits.isascii() and digits.isdigit() and len(digits) <= _MANY_DIGITS
        return int(value) if fits else default

    def parsed(self, name: str, what: str) -> Any:
        """Return a JSON-serialised parameter, or None if absent; ApiError 400 when it is no JSON."""
        value = self.text(name)
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None

    def shown(self) -> dict[str, Any]:
        """Return the call as the inspector shows it: secrets masked, files as sizes, JSON opened."""
        shown: dict[str, Any] = {name: _shown(name, value) for name, value in self.values.items()}
        for name, upload in self.files.items():
            shown[name] = f"{upload.name or 'file'}, {upload.content_type}, {len(upload.data)} bytes"
        return shown


def _shown(name: str, value: str) -> Any:
    if name in HIDDEN:
        return "***"
    if value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


async def read(request: web.Request) -> Arguments:
    """Read query, JSON body, urlencoded or multipart form; ApiError 400 for a body that is not what it says, or 413."""
    arguments = Arguments(dict(request.query))
    if request.method == "POST":
        try:
            await _read_body(request, arguments)
        except web.HTTPRequestEntityTooLarge:
            raise too_large() from None
    return arguments


async def _read_body(request: web.Request, arguments: Arguments) -> None:
    kind = request.content_type
    if kind == "application/json":
        arguments.values.update(_from_json(await request.read()))
    elif kind == "multipart/form-data":
        await _from_multipart(request, arguments)
    elif kind == "application/x-www-form-urlencoded":
        arguments.values.update({name: str(value) for name, value in (await request.post()).items()})


def _from_json(body: bytes) -> dict[str, str]:
    if not body:
        return {}
    try:
        parsed = json.loads(body)
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(parsed, dict):
        raise bad_request("expected an Object")
    return {name: _as_text(value) for name, value in parsed.items() if value is not None}


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


async def _from_multipart(request: web.Request, arguments: Arguments) -> None:
    try:
        await _read_parts(await request.multipart(), arguments)
    except ValueError:  # no boundary, or parts that do not follow it
        raise bad_request("can't parse multipart form") from None


async def _read_parts(form: MultipartReader, arguments: Arguments) -> None:
    async for part in form:
        if not isinstance(part, BodyPartReader) or not part.name:
            continue
        data = await _part_bytes(part)
        if part.filename is None:
            arguments.values[part.name] = data.decode("utf-8", "replace")
        else:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            arguments.files[part.name] = Upload(part.filename, data, kind)


async def _part_bytes(part: BodyPartReader) -> bytes:
    """Read piece by piece: reading at once would stop at the server's own limit of 1 MB."""
    data = bytearray()
    while piece := await part.read_chunk():
        data += piece
        if len(data) > UPLOAD_BYTES_MAX:
            raise too_large()
    return bytes(data)
