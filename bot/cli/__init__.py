"""Every command of the program, in one visible list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import typer

from bot.cli.books import audit, backup, migrate, restore
from bot.cli.doctor import doctor
from bot.cli.init import init
from bot.cli.jobs import list_jobs, run_job
from bot.cli.keys import create_key, list_keys, revoke_key
from bot.cli.plainly import plainly
from bot.cli.rules import check_rules, show_history, show_rules
from bot.cli.run import play, run
from bot.cli.staff import confirm, invite, list_staff, remove, waiting
from bot.cli.webhooks import add_webhook, list_webhooks, remove_webhook, resend_webhook

COMMANDS: Mapping[str, Callable[..., Any]] = {
    "run": run,
    "init": init,
    "doctor": doctor,
    "migrate": migrate,
    "backup": backup,
    "restore": restore,
    "audit": audit,
    "playground": play,
}
NOUNS: Mapping[str, tuple[str, Mapping[str, Callable[..., Any]]]] = {
    "staff": (
        "Who works here.",
        {"invite": invite, "waiting": waiting, "confirm": confirm, "list": list_staff, "remove": remove},
    ),
    "apikey": ("The keys of tills.", {"create": create_key, "list": list_keys, "revoke": revoke_key}),
    "webhook": (
        "Other systems that are told what happens.",
        {"add": add_webhook, "list": list_webhooks, "remove": remove_webhook, "resend": resend_webhook},
    ),
    "rules": ("The shop's own rules.", {"check": check_rules, "show": show_rules, "history": show_history}),
    "jobs": ("What happens by itself.", {"list": list_jobs, "run": run_job}),
}


HANDS_ON: dict[str, Any] = {"ignore_unknown_options": True}
"""For a command that hands every word it does not know on to another program."""


def program() -> typer.Typer:
    """Return the command line with all its commands."""
    whole = _group("A shop's membership desk inside Telegram and WeChat.")
    for name, command in COMMANDS.items():
        whole.command(name, context_settings=HANDS_ON if command is play else None)(plainly(command))
    for noun, (about, commands) in NOUNS.items():
        group = _group(about)
        for name, command in commands.items():
            group.command(name)(plainly(command))
        whole.add_typer(group, name=noun)
    return whole


def _group(about: str) -> typer.Typer:
    return typer.Typer(help=about, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
