"""Every text the code says exists in every language, with the facts it needs, and none is left over."""

from __future__ import annotations

import ast

import pytest

from locales.catalogue import load
from membership import errors
from tests.locales.key_tables import BY_LIST, MOVEMENTS, REASONS, ROWS, WITHOUT_FACTS
from tests.locales.spoken_keys import ROOT, read

CORE = ("en", "zh-Hans", "zh-Hant")
READING = read(ROWS)
CATALOGUES = load()
SAID = {one.key for one in READING.spoken} | BY_LIST


def router_words() -> set[str]:
    """The words of handlers/router.WORDS, read from its tree."""
    tree = ast.parse((ROOT / "handlers/router.py").read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "WORDS" and isinstance(node.value, ast.Dict):
            return {str(key.value) for key in node.value.keys if isinstance(key, ast.Constant)}
    raise AssertionError("the router has no table of words")


def keyword_words(language: str) -> set[str]:
    return {key.removeprefix("keyword.") for key, _ in CATALOGUES[language].texts("keyword.")}


def test_the_calls_are_found() -> None:
    assert {"points.balance", "button.join", "human.nobody", "receipt.line"} <= SAID
    assert len(READING.spoken) > 150


def test_every_key_that_is_put_together_has_a_row_in_the_table() -> None:
    assert READING.unknown == set()


def test_no_row_of_the_table_is_stale() -> None:
    assert set(ROWS) - READING.used_rows == set()


@pytest.mark.parametrize("language", CORE)
def test_every_text_the_code_says_exists(language: str) -> None:
    assert SAID - CATALOGUES[language].keys == set()


@pytest.mark.parametrize("language", CORE)
def test_no_text_is_left_over(language: str) -> None:
    near = {f"button.{word}" for word in keyword_words(language)}  # offered when somebody typed nearly this word
    keywords = {f"keyword.{word}" for word in router_words()}
    assert CATALOGUES[language].keys - SAID - near - keywords == set()


@pytest.mark.parametrize("language", CORE)
def test_every_keyword_stands_for_a_word_of_the_router_and_has_a_button(language: str) -> None:
    words = keyword_words(language)
    assert words - router_words() == set()
    assert {f"button.{word}" for word in words} - CATALOGUES[language].keys == set()


@pytest.mark.parametrize("language", CORE)
def test_every_text_gets_the_facts_it_needs(language: str) -> None:
    catalogue = CATALOGUES[language]
    hungry = {
        (one.where, one.key): missing
        for one in READING.spoken
        if one.facts is not None and one.key in catalogue.keys and (missing := catalogue.names(one.key) - one.facts)
    }
    assert hungry == {}


@pytest.mark.parametrize("language", CORE)
def test_a_refusal_tells_only_facts_it_has(language: str) -> None:
    for refusal in errors.IN_ORDER:
        assert CATALOGUES[language].names(f"refusal.{refusal.key}") <= set(refusal.takes), refusal.key


@pytest.mark.parametrize("language", CORE)
@pytest.mark.parametrize("key", WITHOUT_FACTS)
def test_a_refusal_without_its_facts_tells_none(language: str, key: str) -> None:
    assert CATALOGUES[language].names(f"refusal.{key}.plain") == set()


def test_the_reasons_of_roads_are_those_of_the_rules() -> None:
    found = set()
    for node in ast.walk(ast.parse((ROOT / "membership/routing.py").read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in REASONS:
            found.add(node.value)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Route" and isinstance(node.args[1], ast.Constant):
            assert node.args[1].value in REASONS
    assert found == set(REASONS)


def test_the_movements_are_those_of_the_ledger() -> None:
    found = set()
    for module in ("points", "adjustments", "lots", "bonds"):
        for node in ast.walk(ast.parse((ROOT / f"services/{module}.py").read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):  # earn and spend say their kind as a default
                names = [argument.arg for argument in node.args.kwonlyargs]
                kinds = [one for name, one in zip(names, node.args.kw_defaults, strict=True) if name == "kind"]
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "ledger.transfer":
                kinds = [node.args[1]]
            else:
                kinds = [node.value] if isinstance(node, ast.keyword) and node.arg == "kind" else []
            found |= {one.value for one in kinds if isinstance(one, ast.Constant)}
    assert found == set(MOVEMENTS)
