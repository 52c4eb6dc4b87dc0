"""What the tests of the command line may ask for: an empty folder, and one with an open shop in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.cli.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


@pytest.fixture
def shop(terminal: Terminal) -> Terminal:
    """A shop with the café's rules and no channel."""
    result = terminal.type("init", "--yes")
    assert result.exit_code == 0, result.output
    return terminal
