"""The log: text where a person looks on, JSON elsewhere, and no secret of ours in either."""

from __future__ import annotations

import logging
import sys
import unicodedata
from collections.abc import Iterator, MutableMapping
from typing import Any, Final

import structlog
from pydantic import BaseModel, SecretStr

from bot.settings import Settings

HIDDEN: Final = "***"
STEERING: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""What Unicode says of characters that are not seen themselves, but change what is."""

SECRET_LENGTH_MIN: Final = 6
"""Shorter ones would black out half of every line, and are no secrets worth the name."""


def write_logs(settings: Settings) -> None:
    """Let everything be logged to the standard error as the settings say, structlog's and the libraries' alike."""
    as_json = settings.log.format == "json" or (settings.log.format == "auto" and not sys.stderr.isatty())
    plain = structlog.dev.plain_traceback  # written out before the secrets are hidden, so in it too
    last: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if not as_json:
        last = structlog.dev.ConsoleRenderer(exception_formatter=plain)
    hide = Hiding(tuple(_secrets(settings)))
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    ending: list[Any] = [structlog.processors.format_exc_info, hide, on_one_line, last]
    level = getattr(logging, settings.log.level.upper())
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    libraries = logging.StreamHandler(sys.stderr)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending]
    )
    libraries.setFormatter(formatter)
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[libraries], force=True)


def on_one_line(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Write line ends, colours and whatever else steers a terminal as text: what somebody sent forges no line.

    A traceback keeps its lines, set in, so that none looks like the beginning of an entry.
    """
    for name, value in event.items():
        if isinstance(value, str):
            lines = value.splitlines() if name == "exception" else [value]
            event[name] = "\n    ".join(_escaped(line) for line in lines)
    return event


def _escaped(line: str) -> str:
    return "".join(f"\\u{ord(char):04x}" if unicodedata.category(char) in STEERING else char for char in line)


class Hiding:
    """A step of the log that blots out our own secrets wherever they stand in a line."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._secrets = secrets

    def __call__(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Blot out the secrets in every value."""
        for name, value in event.items():
            event[name] = self._without(value)
        return event

    def _without(self, value: Any) -> Any:
        if isinstance(value, int | float | bool | None):
            return value
        text = value if isinstance(value, str) else repr(value)
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text if isinstance(value, str) or HIDDEN in text else value


def _secrets(part: BaseModel) -> Iterator[str]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, SecretStr) and len(value.get_secret_value()) >= SECRET_LENGTH_MIN:
            yield value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from _secrets(value)
