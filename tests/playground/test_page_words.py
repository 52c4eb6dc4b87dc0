"""The page's own words: complete in three languages, and every word the page asks for exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import playground

STATIC = Path(playground.__file__).parent / "static"
WORDS = (STATIC / "words.js").read_text(encoding="utf-8")
ROWS = dict(re.findall(r'^\s+"?([\w.]+)"?: \[(".*")\],$', WORDS, re.MULTILINE))
SCRIPTS = [path for path in sorted(STATIC.glob("*.js")) if path.name != "words.js"]


def test_the_table_of_words_was_read_whole() -> None:
    assert len(ROWS) == sum(1 for line in WORDS.splitlines() if line.endswith("],"))


@pytest.mark.parametrize("key", sorted(ROWS))
def test_each_key_speaks_three_languages_with_the_same_placeholders(key: str) -> None:
    texts = [text for text in re.findall(r'"((?:[^"\\]|\\.)*)"', ROWS[key]) if text]
    assert len(texts) == 3
    assert len({tuple(sorted(re.findall(r"\{\w+\}", text))) for text in texts}) == 1


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_each_word_a_script_asks_for_exists(script: Path) -> None:
    asked = set(re.findall(r'\bt\("([\w.]+)"', script.read_text(encoding="utf-8")))
    assert asked <= set(ROWS)


@pytest.mark.parametrize("path", sorted(STATIC.iterdir()), ids=lambda path: path.name)
def test_each_file_is_short_and_asks_no_stranger(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert re.findall(r"(?:src|href|url\(|from|import)\W{1,3}https?://", text) == []


def test_no_script_needs_itself_by_way_of_others() -> None:
    needs = {
        path.name: set(re.findall(r'from "\./([\w-]+\.js)"', path.read_text(encoding="utf-8"))) for path in SCRIPTS
    }
    assert needs["phone.js"] >= {"telegram.js", "wechat.js"}
    while free := {name for name, others in needs.items() if not others & needs.keys()}:
        needs = {name: others for name, others in needs.items() if name not in free}
    assert not needs, "these import each other in a circle"
