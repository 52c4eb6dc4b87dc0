"""The commands that start something: the shop itself, or its rehearsal."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Annotated

import typer

from bot import settings
from bot.cli.plainly import ASKED_WRONGLY, Stopped
from bot.logs import write_logs
from bot.settings import Settings


def run() -> None:
    """Run the shop until it is stopped (Ctrl+C): both channels, the counter, the clock."""
    read = settings.load()
    if not (read.telegram.token.get_secret_value() or read.wechat.app_id):
        raise Stopped(
            "No channel is set up, so nobody could be answered. Set MEMBERBOT_TELEGRAM__TOKEN or "
            "MEMBERBOT_WECHAT__APP_ID, or let `memberbot init` ask for them. `memberbot playground` needs neither.",
            code=ASKED_WRONGLY,
        )
    write_logs(read)
    _serve(read)


def _serve(read: Settings) -> None:
    # Only the server needs the platforms' libraries: every other command starts a second earlier without them.
    from bot.app import AddressTaken, NoChannel, serve  # noqa: PLC0415
    from bot.telegram.channel import TokenRefused  # noqa: PLC0415

    try:
        asyncio.run(serve(read))
    except (AddressTaken, NoChannel, TokenRefused) as stopped:
        raise Stopped(str(stopped), code=ASKED_WRONGLY) from None


def play(
    arguments: Annotated[list[str] | None, typer.Argument(help="Handed on to the playground.")] = None,
) -> None:
    """Try everything in a browser, with Telegram and WeChat played by this machine: no token, no account."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "playground", *(arguments or ())])  # noqa: S606 - our own module
