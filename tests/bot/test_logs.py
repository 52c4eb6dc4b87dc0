"""What is logged tells what happened, and never a secret of ours."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bot.logs import write_logs
from bot.settings import Log, Settings, Telegram

SECRET = "110201543:very-secret"


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def settings(**log: Any) -> Settings:
    return Settings(telegram=Telegram.model_validate({"token": SECRET}), log=Log(**log))


def speak() -> None:
    log = structlog.get_logger("test")
    log.info("sent", url=f"https://api.telegram.org/bot{SECRET}/getMe", count=3)
    try:
        int(f"no answer from {SECRET}")
    except ValueError:
        log.exception("failed", about={"token": SECRET})
    logging.getLogger("library").warning("gave up on %s", SECRET)


@pytest.mark.parametrize("how", ["json", "text"])
def test_no_secret_is_written(capsys: pytest.CaptureFixture[str], how: str) -> None:
    write_logs(settings(format=how))
    speak()
    said = capsys.readouterr().err
    assert SECRET not in said
    assert said.count("***") == 4
    assert "no answer from ***" in said
    assert "Traceback" in said


def test_programs_get_a_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    write_logs(settings())
    speak()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["sent", "failed", "gave up on ***"]
    assert (lines[0]["count"], lines[0]["level"]) == (3, "info")


def test_the_level_is_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    write_logs(settings(level="error", format="json"))
    speak()
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["failed"]


@pytest.mark.parametrize("how", ["json", "text"])
def test_whatever_was_sent_forges_no_line_and_colours_none(capsys: pytest.CaptureFixture[str], how: str) -> None:
    sent = "x\n2026-11-22 [info] forged\r\x1b[31mred\x1b[0m\u2028\u202e\x85 end"
    write_logs(settings(format=how))
    log = structlog.get_logger("test")
    log.info(sent, path=sent)
    logging.getLogger("library").warning("gave up on %s", sent)
    try:
        raise RuntimeError(sent)  # noqa: TRY301 -- the log of what was raised is what is tested
    except RuntimeError:
        log.exception("failed")
    lines = capsys.readouterr().err.split("\n")
    assert not [line for line in lines if line.startswith("2026-11-22 [info] forged")]
    assert not [line for line in lines for steering in ("\r", "\x1b[31mred", "\u202e", "\x85") if steering in line]
    if how == "json":
        assert [json.loads(line)["level"] for line in lines if line] == ["info", "warning", "error"]
