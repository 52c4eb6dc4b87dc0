"""The house keeps its rules: who may know whom, who owns which library, where time comes in, how long things are.

Each rule is a function from a file's path and syntax tree to violations. The last tests plant one violation of each
rule, to show that it would be found.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = (
    "bot",
    "handlers",
    "locales",
    "membership",
    "pictures",
    "playground",
    "scheduler",
    "services",
    "storage",
    "web",
)
LEAVES = ("locales", "pictures", "membership")

MAY_IMPORT = {
    "membership": {"membership"},
    "storage": {"storage", "membership"},
    "services": {"services", "storage", "membership"},
    "handlers": {"handlers", "services", "membership"},
    "web": {"web", "services", "membership", "locales", "pictures"},
    "scheduler": {"scheduler", "services", "membership"},
    "locales": {"locales", "membership"},
    "pictures": {"pictures", "membership"},
    "bot": {*HOUSE} - {"playground"},
    "playground": {*HOUSE},
}

OWNERS = {
    "telegram": {"bot"},
    "wechatpy": {"bot"},
    "aiohttp": {"bot", "playground"},
    "sqlalchemy": {"storage"},
    "alembic": {"storage"},
    "aiosqlite": {"storage"},
    "psycopg": {"storage"},
    "pysqlite3": {"storage"},
    "cryptography": {"storage", "playground"},
    "argon2": {"storage"},
    "apscheduler": {"scheduler"},
    "fastapi": {"web"},
    "jinja2": {"web"},
    "pyrate_limiter": {"web"},
    "qrcode": {"pictures"},
    "PIL": {"pictures"},
    "matplotlib": {"pictures"},
    "zxingcpp": {"pictures"},
}
TYPES_ONLY = {("bot/app.py", "fastapi")}
"""What bot/app.py hands to the server is a FastAPI application; it names the type and nothing else."""

PURE_LIBRARIES = {"lunar_python", "phonenumbers"}
IMPURE = {"asyncio", "os", "random", "secrets", "time", "socket", "threading", "subprocess"}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
CLOCK_HOLDERS = {"bot/clock.py", "playground/clock.py"}
ENVIRONMENT_READERS = {"bot/settings.py"}
FILE_LINES_MAX, FUNCTION_LINES_MAX, POSITIONAL_MAX = 400, 60, 4
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc"}

Rule = Callable[[str, ast.Module, str], Iterator[str]]


def imports_point_down(path: str, tree: ast.Module, source: str) -> Iterator[str]:
    del source
    room = path.split("/", maxsplit=1)[0]
    for name, line in imported(tree):
        top = name.split(".")[0]
        if top in HOUSE and room in MAY_IMPORT and top not in MAY_IMPORT[room]:
            yield f"{path}:{line} {room} may not know {top}"


def wires_do_not_know_each_other(path: str, tree: ast.Module, source: str) -> Iterator[str]:
    del source
    for one, other in (("telegram", "wechat"), ("wechat", "telegram")):
        if path.startswith(f"bot/{one}/"):
            for name, line in imported(tree):
                if name.startswith(f"bot.{other}"):
                    yield f"{path}:{line} bot/{one} may not know bot/{other}"


def libraries_have_one_owner(path: str, tree: ast.Module, source: str) -> Iterator[str]:
    del source
    room = path.split("/", maxsplit=1)[0]
    for name, line in imported(tree):
        top = name.split(".")[0]
        if top in OWNERS and room in HOUSE and room not in OWNERS[top] and (path, top) not in TYPES_ONLY:
            yield f"{path}:{line} {top} belongs to {', '.join(sorted(OWNERS[top]))}"


def rules_are_pure(path: str, tree: ast.Module, source: str) -> Iterator[str]:
    del source
    if not path.startswith("membership/"):
        return
    for name, line in imported(tree):
        if name.split(".")[0] in IMPURE:
            yield f"{path}:{line} membership may not use {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await):
            yield f"{path}:{node.lineno} membership knows no async"


def time_comes_in_at_the_doors(path: str, tree: ast.Module, source: str) -> Iterator[str]:
    del source
    if path.split("/", maxsplit=1)[0] not in HOUSE or path in CLOCK_HOLDERS:
        return
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if (owner, name) in CLOCKS:
                yield f"{path}:{node.lineno} reads the clock by itself"


def environment_is_read_in_one_place(path: str, tree: ast.Module, source: str) -> Iterator[str]:
    del source
    if path.split("/", maxsplit=1)[0] not in HOUSE or path in ENVIRONMENT_READERS:
        return
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "getenv"):
                yield f"{path}:{node.lineno} reads the environment"


def things_are_short(path: str, tree: ast.Module, source: str) -> Iterator[str]:
    lines = source.count("\n") + 1
    if lines > FILE_LINES_MAX + 1:
        yield f"{path} has {lines} lines"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                yield f"{path}:{node.lineno} {node.name} has {length} lines"


def modules_open_with_a_sentence(path: str, tree: ast.Module, source: str) -> Iterator[str]:
    if source.strip() and not ast.get_docstring(tree):
        yield f"{path} does not say what it is"


def names_say_something(path: str, tree: ast.Module, source: str) -> Iterator[str]:
    del tree, source
    if Path(path).stem in EMPTY_NAMES:
        yield f"{path} has a name that says nothing"


def bugs_end_at_a_door(path: str, tree: ast.Module, source: str) -> Iterator[str]:
    """`except Exception` stands only where its reason stands beside it, in a door."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node):
            line = source.splitlines()[node.lineno - 1]
            if path.split("/", maxsplit=1)[0] not in ("bot", "web", "scheduler", "playground") or "#" not in line:
                yield f"{path}:{node.lineno} catches every exception"


def code_is_not_patched(path: str, tree: ast.Module, source: str) -> Iterator[str]:
    del source
    banned = "unittest." + "mock"
    for name, line in imported(tree):
        if name.startswith(banned):
            yield f"{path}:{line} patches code; put a fake at the HTTP edge"


RULES: tuple[Rule, ...] = (
    imports_point_down,
    wires_do_not_know_each_other,
    libraries_have_one_owner,
    rules_are_pure,
    time_comes_in_at_the_doors,
    environment_is_read_in_one_place,
    things_are_short,
    modules_open_with_a_sentence,
    names_say_something,
    bugs_end_at_a_door,
    code_is_not_patched,
)


def imported(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Give the full names of what a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def _is_broad(handler: ast.ExceptHandler) -> bool:
    kind = handler.type
    return kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException"))


def files() -> list[Path]:
    told = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = [ROOT / line for line in told.stdout.splitlines() if "/migrations/versions/" not in line]
    return [path for path in listed if path.exists()]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_rule(rule: Rule) -> None:
    violations = []
    for path in files():
        source = path.read_text(encoding="utf-8")
        violations += list(rule(path.relative_to(ROOT).as_posix(), ast.parse(source), source))
    assert not violations, "\n".join(violations)


PLANTED: dict[Rule, tuple[str, str]] = {
    imports_point_down: ("handlers/points.py", "from storage import points"),
    wires_do_not_know_each_other: ("bot/telegram/said.py", "import bot.wechat.said"),
    libraries_have_one_owner: ("services/points.py", "import sqlalchemy"),
    rules_are_pure: ("membership/points.py", "import random"),
    time_comes_in_at_the_doors: ("services/points.py", "from datetime import datetime\nnow = datetime.now()"),
    environment_is_read_in_one_place: ("web/app.py", "import os\nhome = os.environ['HOME']"),
    things_are_short: ("web/app.py", "def long():\n" + "    pass\n" * 61),
    modules_open_with_a_sentence: ("web/app.py", "x = 1"),
    names_say_something: ("web/utils.py", '"""Odds and ends."""'),
    bugs_end_at_a_door: ("services/points.py", "try:\n    x = 1\nexcept Exception:\n    x = 2"),
    code_is_not_patched: ("tests/test_x.py", "from unittest." + "mock import patch"),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_planted_violation_is_found(rule: Rule) -> None:
    path, source = PLANTED[rule]
    assert list(rule(path, ast.parse(source), source))
