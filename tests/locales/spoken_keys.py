"""Which texts the code says: every call of say, tap and Message, read from the syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("membership", "services", "handlers", "web", "scheduler", "bot", "pictures")
SPEAKERS = {"say": "", "Message": "", "Extra": "", "tap": "button."}
BUILT_IN = {"plain", "own", "empty"}
DEFINED_HERE = {"membership/messages.py"}
"""Where say and Message are made, with keys that come from outside."""


@dataclass(frozen=True)
class Spoken:
    """One text said at one place: its key, and the facts given there (None: they cannot be read off)."""

    key: str
    where: str
    facts: frozenset[str] | None


@dataclass(frozen=True)
class Reading:
    """What was found in a tree: texts by key, and keys that are put together and need a row in the table."""

    spoken: tuple[Spoken, ...]
    unknown: frozenset[tuple[str, str]]
    used_rows: frozenset[tuple[str, str]]


def read(tables: Mapping[tuple[str, str], tuple[str, ...]], root: Path = ROOT) -> Reading:
    """Read every module; a key that is put together is looked up by (file, expression) in the table."""
    spoken: list[Spoken] = []
    unknown: set[tuple[str, str]] = set()
    used: set[tuple[str, str]] = set()
    for path in _modules(root):
        name = path.relative_to(root).as_posix()
        for call, prefix in _calls(ast.parse(path.read_text("utf-8"))):
            for expression in _branches(call.args[0]):
                row = (name, ast.unparse(expression))
                if isinstance(expression, ast.Constant):
                    spoken.append(Spoken(f"{prefix}{expression.value!s}", f"{name}:{call.lineno}", _facts(call)))
                elif row in tables:
                    used.add(row)
                    spoken += [Spoken(f"{prefix}{key}", f"{name}:{call.lineno}", _facts(call)) for key in tables[row]]
                else:
                    unknown.add(row)
    kept = tuple(one for one in spoken if one.key not in BUILT_IN)
    return Reading(kept, frozenset(unknown), frozenset(used))


def _modules(root: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            if path.relative_to(root).as_posix() not in DEFINED_HERE:
                yield path


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            called = node.func.attr if isinstance(node.func, ast.Attribute) else called
            if called in SPEAKERS and not _is_of_another(node.func):
                yield node, SPEAKERS[called]


def _is_of_another(function: ast.expr) -> bool:
    """Tell whether ``x.say`` is a method of something else: only the module of messages says texts."""
    return isinstance(function, ast.Attribute) and not (
        isinstance(function.value, ast.Name) and function.value.id in ("messages", "reply")
    )


def _branches(expression: ast.expr) -> Iterator[ast.expr]:
    if isinstance(expression, ast.IfExp):
        yield from _branches(expression.body)
        yield from _branches(expression.orelse)
    else:
        yield expression


def _facts(call: ast.Call) -> frozenset[str] | None:
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    named = isinstance(call.func, ast.Name) and call.func.id
    if named == "Extra":  # it tells its points, and what they are for where it has a name
        return frozenset({"points"} | {keyword.arg for keyword in call.keywords if keyword.arg == "name"})
    if named == "Message" and len(call.args) > 1:
        given = call.args[1]
        if not isinstance(given, ast.Dict):
            return None
        return frozenset(str(key.value) for key in given.keys if isinstance(key, ast.Constant))
    return frozenset(keyword.arg for keyword in call.keywords if keyword.arg)
