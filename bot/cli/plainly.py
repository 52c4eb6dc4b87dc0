"""How the command line speaks: tables for people, JSON for programs, and every trouble in a plain sentence."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from bot.settings import SettingsWrong
from bot.shop import ShopFileWrong
from locales import Words
from membership.errors import Refusal
from membership.messages import say
from membership.reading import RulesError
from membership.webhooks import EVENTS, AddressRefused
from services.keys import KeyNameTaken, KeyUnknown
from services.rules import FixedForever, NotOpenYet
from services.webhooks import EventUnknown, HookNameTaken, HookUnknown
from storage.faults import Fault

UTC: Final = ZoneInfo("UTC")
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Yes = Annotated[bool, typer.Option("--yes", help="Ask nothing.")]

CANNOT: Final = 1
"""The exit code where something could not be done."""

ASKED_WRONGLY: Final = 2
"""The exit code where a setting, a rule or an argument is wrong."""


class Stopped(Exception):
    """A command cannot go on; the text says why and what to do."""

    def __init__(self, text: str, *, code: int = CANNOT) -> None:
        super().__init__(text)
        self.code = code


def plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """Return the command with its known troubles said in sentences; a bug still shows itself whole."""

    @functools.wraps(command)
    def door(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except KNOWN as trouble:
            problems, code = told(trouble)
        for problem in problems:
            typer.echo(problem, err=True)
        raise typer.Exit(code)

    return door


NAMED: Final[Mapping[type[Exception], tuple[str, int]]] = {
    ShopFileWrong: ("{}", ASKED_WRONGLY),
    FixedForever: ("{}. Put the old value back; a new shop needs a new folder.", ASKED_WRONGLY),
    KeyNameTaken: ("There was a key of that name before. Choose another name.", CANNOT),
    KeyUnknown: ("No working key has that name. `memberbot apikey list` names them.", CANNOT),
    AddressRefused: ("{}", ASKED_WRONGLY),
    EventUnknown: (f'"{{}}" is no event. Write one of: {", ".join(EVENTS)}.', ASKED_WRONGLY),
    HookNameTaken: ("A webhook at work has that name. Choose another name.", CANNOT),
    HookUnknown: ("No webhook at work has that name. `memberbot webhook list` names them.", CANNOT),
    NotOpenYet: ("The shop is not open yet. `memberbot init` opens it.", CANNOT),
    Fault: ("{}", CANNOT),
}
"""The troubles that are one sentence: the sentence (with the trouble's own words), and the exit code."""

KNOWN: Final[tuple[type[Exception], ...]] = (*NAMED, OSError, Refusal, RulesError, SettingsWrong, Stopped)


def told(trouble: Exception) -> tuple[Sequence[str], int]:
    """Return a trouble in sentences, each with its cure, and the exit code that belongs to it."""
    match trouble:
        case SettingsWrong() | RulesError():
            return [str(problem) for problem in trouble.problems], ASKED_WRONGLY
        case Stopped():
            return [str(trouble)], trouble.code
        case Refusal():
            return [_refused(trouble)], CANNOT
        case OSError():
            return [f"{trouble.filename or 'The system'}: {trouble.strerror or trouble}."], CANNOT
    text, code = next(NAMED[kind] for kind in NAMED if isinstance(trouble, kind))
    return [text.format(trouble)], code


def _refused(no: Refusal) -> str:
    facts = {name: value for name, value in no.facts.items() if value is not None}
    plain = "" if len(facts) == len(no.facts) else ".plain"
    return Words.open(zone=UTC).text(say(f"refusal.{no.key}{plain}", **facts), "en")


def answer(rows: Sequence[Mapping[str, Any]], *, as_json: bool, empty: str) -> None:
    """Show rows as a table (column names are the keys), or as a JSON list; ``empty`` is said where there are none."""
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2, default=_written))
    elif not rows:
        typer.echo(empty)
    else:
        table = Table(*(name.replace("_", " ") for name in rows[0]), box=None, header_style="bold", pad_edge=False)
        for row in rows:
            table.add_row(*(_shown(value) for value in row.values()))
        Console(soft_wrap=True).print(table)


def answer_one(facts: Mapping[str, Any], *, as_json: bool, text: str) -> None:
    """Say one thing: the sentences of ``text``, or the facts in JSON."""
    typer.echo(json.dumps(facts, ensure_ascii=False, indent=2, default=_written) if as_json else text)


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return "" if value is None else str(value)


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
