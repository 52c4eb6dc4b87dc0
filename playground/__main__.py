"""Start the rehearsal and print one address: no token, no account, no database needed."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

import structlog

from playground import rehearsal

FOLDER = Path("data/playground")
PORT = 8765


def main() -> None:
    """Run the rehearsal until it is stopped."""
    wish = _wish()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    wish.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_run(wish.port, wish.folder))


async def _run(port: int, folder: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    made = rehearsal.make(folder, progress=_bar)
    async with rehearsal.opened(made, port=port):
        sys.stdout.write(f"\nThe playground is open: {made.url}\nPress Ctrl+C to close it.\n")
        sys.stdout.flush()
        await stop.wait()
        sys.stdout.write("\nClosing …\n")


def _wish() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="memberbot playground", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=PORT, help="port of the page; a free one is taken if it is in use (8765)"
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where its shop is kept (default: data/playground)")
    return parser.parse_args()


def _bar(done: int, total: int) -> None:
    width = 30
    filled = width * done // max(total, 1)
    sys.stdout.write(f"\rSetting up the café: {'█' * filled}{'·' * (width - filled)} {100 * done // max(total, 1)} %")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
