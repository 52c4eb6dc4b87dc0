"""The command line: `memberbot …`, also `python -m bot …`."""

from __future__ import annotations

from bot.cli import program


def main() -> None:
    """Run one command and end with its exit code: 0 done, 1 it could not be done, 2 asked for wrongly."""
    program()()


if __name__ == "__main__":
    main()
