"""Reading our own documentation: its tables, its fenced examples, its headings and its links."""

from __future__ import annotations

import re
import subprocess
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^(?P<level>#+) (?P<text>.+)$", re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pages() -> list[str]:
    """Every page of ours, those not committed yet too."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in sorted(set(told.stdout.splitlines())) if (ROOT / name).exists()]


def prose(text: str) -> str:
    """The text without its fenced examples."""
    return FENCE.sub("", text)


def examples(text: str, language: str) -> list[str]:
    """What stands between fences of this language."""
    return [found["body"] for found in FENCE.finditer(text) if found["language"] == language]


def rows(text: str) -> list[list[str]]:
    """The cells of each row of each table, at least one; the two lines at the head of a table left out."""
    blocks = groupby(prose(text).splitlines(), key=lambda line: line.startswith("|"))
    tables = [list(lines)[2:] for is_table, lines in blocks if is_table]
    found = [[cell.strip() for cell in line.strip("|").split(" | ")] for lines in tables for line in lines]
    assert found, "whoever reads rows would prove nothing without one"
    return found


def headings(text: str) -> list[tuple[int, str]]:
    """Each heading with its level."""
    return [(len(found["level"]), found["text"]) for found in HEADING.finditer(prose(text))]


def sections(text: str, level: int) -> dict[str, str]:
    """What stands under each heading of this level, up to the next one of the same level or above."""
    parts = re.split(rf"^#{{1,{level}}} (.+)$", prose(text), flags=re.MULTILINE)
    wanted = {title for depth, title in headings(text) if depth == level}
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {title: body for title, body in found.items() if title in wanted}


def links(text: str) -> list[str]:
    """The relative targets of links and pictures, without their fragments."""
    found = [match["target"].partition("#")[0] for match in LINK.finditer(prose(text))]
    return [target for target in found if target and "://" not in target]


def coded(text: str) -> list[str]:
    """Everything written `as code`, in its order."""
    return CODE.findall(prose(text))
