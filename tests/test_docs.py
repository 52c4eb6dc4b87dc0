"""The documentation says what is: every command, setting, route, rule, word and job, with its true default."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
import typer
from pydantic import BaseModel, SecretStr
from starlette.routing import BaseRoute, Mount, Route

import web.app
from bot.cli import program
from bot.settings import PREFIX, Settings
from bot.telegram import webhook
from bot.wechat.callback import WeChatCallback
from bot.wechat.notices import Template
from handlers import router
from locales import Words
from locales.catalogue import load
from locales.words import fold
from membership.errors import IN_ORDER
from membership.moment import Moment
from membership.reading import Reader
from membership.rules import parse
from scheduler.timetable import TIMETABLE
from storage.database import Database
from storage.tables import metadata
from tests.databases import NOW
from tests.documents import ROOT, coded, examples, headings, links, pages, prose, read, rows, sections
from web import answers, errors, openapi, shapes

NOTHING: Final = "–"
READMES: Final = ("README.md", "README.zh-Hans.md")
ROOMS: Final = ("membership", "services", "handlers")
WECHAT: Final = inspect.signature(WeChatCallback.routes).parameters["path"].default
ID: Final = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

BODIES: Final[dict[str, type[BaseModel]]] = {
    "/api/v1/scans": shapes.ScanSent,
    "/api/v1/quotes": shapes.BillSent,
    "/api/v1/purchases": shapes.PurchaseSent,
    "/api/v1/purchases/{id}/refunds": shapes.RefundSent,
    "/api/v1/coupons/{id}/redemptions": shapes.RedemptionSent,
    "/api/v1/redemptions/{id}/undo": shapes.UndoSent,
    "/api/v1/members": shapes.MemberSent,
    "/api/v1/members/{id}": shapes.CorrectionSent,
    "/api/v1/members/{id}/adjustments": shapes.AdjustmentSent,
    "/api/v1/members/{id}/top-ups": shapes.TopUpSent,
    "/api/v1/members/{id}/passes": shapes.PassSaleSent,
    "/api/v1/passes/{id}/visits": shapes.VisitSent,
    "/api/v1/passes/{id}/refunds": shapes.PassRefundSent,
}
ANSWERS: Final[dict[str, type[BaseModel]]] = {
    "/api/v1/scans": answers.ScanAnswer,
    "/api/v1/quotes": answers.QuoteAnswer,
    "/api/v1/purchases": answers.PurchaseAnswer,
    "/api/v1/purchases/{id}/refunds": answers.RefundAnswer,
    "/api/v1/coupons/{id}/redemptions": answers.RedemptionAnswer,
    "/api/v1/redemptions/{id}/undo": answers.RedemptionAnswer,
    "/api/v1/members": answers.MemberSeen,
    "/api/v1/members/{id}/adjustments": answers.AdjustmentAnswer,
    "/api/v1/members/{id}/top-ups": answers.TopUpAnswer,
    "/api/v1/members/{id}/passes": answers.PassAnswer,
    "/api/v1/passes/{id}/visits": answers.VisitAnswer,
    "/api/v1/passes/{id}/refunds": answers.PassAnswer,
}


# ---- settings
def every_setting(model: BaseModel, prefix: str = PREFIX) -> Iterator[tuple[str, str]]:
    """Each setting's name in the environment and its default as it is written."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from every_setting(value, f"{prefix}{name.upper()}__")
        else:
            plain = value.get_secret_value() if isinstance(value, SecretStr) else value
            yield f"{prefix}{name.upper()}", f"`{plain}`" if plain or plain == 0 else NOTHING


def test_every_setting_is_documented_with_its_default() -> None:
    defaults = Settings.model_construct()
    documented = {
        row[0].strip("`"): row[1] for row in rows(read("docs/settings.md")) if row[0].startswith(f"`{PREFIX}")
    }

    assert documented == dict(every_setting(defaults))


def test_the_example_of_a_template_fills_its_fields_with_facts_of_its_message() -> None:
    (example,) = examples(read("docs/settings.md"), "toml")

    shown = tomllib.loads(example)["wechat"]["templates"]
    assert shown
    for key, told in shown.items():
        template = Template(**told)
        assert set(template.fields.values()) <= load()["en"].names(key) | {"text"}


# ---- commands
def every_command(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, below in command.commands.items():
        yield from every_command(below, f"{path} {name}")


COMMANDS: Final = dict(every_command(typer.main.get_command(program()), "memberbot"))


def test_every_command_is_documented_and_nothing_else_is() -> None:
    assert {title.strip("`") for title in sections(read("docs/commands.md"), 3)} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_documented_beside_it(name: str) -> None:
    section = sections(read("docs/commands.md"), 3)[f"`{name}`"]
    options = [
        spelled for parameter in COMMANDS[name].params for spelled in (*parameter.opts, *parameter.secondary_opts)
    ]

    assert [option for option in options if option.startswith("--") and option not in section] == []


@pytest.mark.parametrize("page", pages())
def test_every_command_a_page_speaks_of_exists(page: str) -> None:
    lines = [*coded(read(page)), *"".join(examples(read(page), "sh")).splitlines()]
    spoken = [line.removeprefix(".venv/bin/") for line in lines]
    known = tuple(f"{name} " for name in COMMANDS)

    assert [line for line in spoken if re.match("memberbot [a-z]", line) and not f"{line} ".startswith(known)] == []


def test_every_job_is_documented_with_its_pace() -> None:
    section = sections(read("docs/commands.md"), 3)["`memberbot jobs list`"]

    assert [row[:2] for row in rows(section)] == [[f"`{job.name}`", f"{job.seconds} s"] for job in TIMETABLE]


def test_every_word_of_the_chat_is_documented() -> None:
    section = sections(read("docs/commands.md"), 2)["Words in chat"]
    keywords = Words.open(zone=ZoneInfo("Asia/Shanghai")).keywords()
    documented = {row[0].strip("`"): row[1].split() for row in rows(section)}
    typed = {said: word for word, words in documented.items() for said in words if said != NOTHING}

    assert set(documented) == set(router.WORDS)
    assert {said: keywords.get(fold(said)) for said in typed} == typed


# ---- HTTP
@pytest.fixture(name="routes")
async def _routes(tmp_path: Path) -> set[str]:
    """Every route of the program, as the page writes it: those of the door, and those the channels bring along."""
    database = await Database.open(f"sqlite:///{tmp_path / 'memberbot.db'}")
    await database.close()
    words = Words.open(zone=ZoneInfo("UTC"))
    door = web.app.create(database=database, words=words, clock_moment=lambda: Moment(NOW, bytes(32)), public_url="")
    calls = openapi.describe(door, public_url="")["paths"]
    api = {f"{method.upper()} {path}" for path, methods in calls.items() for method in methods}
    brought = {f"POST {webhook.PATH}", f"GET {WECHAT}", f"POST {WECHAT}"}
    return api | brought | {line for route in door.routes for line in spelled(route)}


def spelled(route: BaseRoute) -> Iterator[str]:
    if isinstance(route, Mount):
        yield f"GET {route.path}/…"
    elif isinstance(route, Route):
        # starlette answers HEAD wherever GET is answered
        yield from (f"{method} {route.path}" for method in route.methods or () if method != "HEAD")


def test_every_route_is_documented_and_no_other_one(routes: set[str]) -> None:
    assert {
        code for code in coded(read("docs/http.md")) if re.fullmatch(r"(GET|POST|PATCH|PUT|DELETE) /\S+", code)
    } == routes


def calls() -> list[list[str]]:
    """The curl examples, each as its arguments."""
    text = "\n".join(examples(read("docs/http.md"), "sh")).replace("\\\n", " ")
    return [shlex.split(line) for line in re.findall(r"^curl .*?(?=^curl|\Z)", text, re.MULTILINE | re.DOTALL)]


def called(arguments: list[str], routes: set[str]) -> str:
    """The path of the route an example calls, with {id} in it."""
    method = arguments[arguments.index("-X") + 1] if "-X" in arguments else "POST" if "-d" in arguments else "GET"
    (address,) = [part for part in arguments if part.startswith("$SHOP")]
    path = re.sub(ID, "{id}", address.removeprefix("$SHOP").partition("?")[0])
    assert f"{method} {path}" in routes
    return path


def test_every_example_calls_a_route_with_a_body_it_takes(routes: set[str]) -> None:
    bodies = {}
    for arguments in calls():
        path = called(arguments, routes)
        if "-d" in arguments:
            assert "-X" in arguments or any(part.startswith("Idempotency-Key: ") for part in arguments)
            bodies[path] = BODIES[path].model_validate_json(arguments[arguments.index("-d") + 1])

    assert set(bodies) == set(BODIES)


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_shown_is_one_that_is_given(path: str) -> None:
    section = re.split(r"^### ", read("docs/http.md"), flags=re.MULTILINE)
    (mine,) = [part for part in section if part.startswith(f"`POST {path}`\n")]
    shown = examples(mine, "json")[0]

    ANSWERS[path].model_validate_json(shown)


def test_every_code_of_a_refusal_is_documented_with_its_status_and_facts() -> None:
    section = sections(read("docs/http.md"), 3)["When the answer is no"]
    documented = [[cell.strip("`") for cell in row] for row in rows(section)]
    before = [[code, str(status)] for code, status in errors.STATUS.items()]
    rules = [
        [no.key, str(no.status), ", ".join(f"`{fact}`" for fact in no.takes).strip("`") or NOTHING] for no in IN_ORDER
    ]

    assert [row[:2] for row in documented[: len(before)]] == before
    assert [[row[0], row[1], row[3]] for row in documented[len(before) :]] == rules


# ---- the shop's rules
class Asked(dict[str, Any]):
    """A table that notes the path of every key it is asked for."""

    def __init__(self, body: dict[str, Any], path: str, heard: set[str]) -> None:
        super().__init__({key: _heard(value, f"{path}{key}", heard) for key, value in body.items()})
        self._path, self._heard = path, heard

    def get(self, key: str, default: Any = None) -> Any:
        self._heard.add(f"{self._path}{key}")
        return super().get(key, default)


def _heard(value: Any, path: str, heard: set[str]) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_heard(one, f"{path}[]", heard) for one in value]
    # texts in several languages are tables too, whose keys are languages
    return Asked(value, f"{path}.", heard) if isinstance(value, dict) and "en" not in value else value


def whole_shop() -> str:
    """The example with everything in it."""
    return examples(read("docs/shop-file.md"), "toml")[-1]


def documented_rules() -> set[str]:
    return {row[0].strip("`") for row in rows(read("docs/shop-file.md"))}


@pytest.mark.parametrize("example", examples(read("docs/shop-file.md"), "toml"), ids=["smallest", "whole"])
def test_the_examples_of_a_shop_file_are_right(example: str) -> None:
    assert parse(tomllib.loads(example)).stores


def test_every_rule_that_is_read_is_documented_and_no_other_one() -> None:
    heard: set[str] = set()
    parse(Asked(tomllib.loads(whole_shop()), "", heard))

    assert documented_rules() == heard - {"shop", "points"}


def test_no_rule_in_the_code_is_missed_by_the_example() -> None:
    read_by = {name for name, method in inspect.getmembers(Reader, inspect.isfunction) if takes_a_key(name, method)}
    tree = ast.parse(read("membership/rules.py"))
    keys = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in read_by
        if node.args and isinstance(node.args[0], ast.Constant)
    }

    assert len(keys) > len(read_by)
    assert keys - {"shop", "points"} <= {re.split(r"\W+", path)[-1] for path in documented_rules()} | {"points"}


def takes_a_key(name: str, method: Any) -> bool:
    return not name.startswith("_") and name != "note" and "key" in inspect.signature(method).parameters


# ---- pages as a whole
@pytest.mark.parametrize("page", pages())
def test_every_link_and_picture_of_a_page_exists(page: str) -> None:
    folder = (ROOT / page).parent

    assert [target for target in links(read(page)) if not (folder / target).exists()] == []


def test_both_readmes_say_the_same_things() -> None:
    english, chinese = map(read, READMES)

    def code(text: str) -> list[str]:
        lines = "".join(examples(text, "sh")).splitlines()
        return [line.partition("#")[0].strip() for line in lines]

    assert code(english) == code(chinese)
    assert [level for level, _ in headings(english)] == [level for level, _ in headings(chinese)]
    assert english.count("\n- ") == chinese.count("\n- ")
    assert set(links(english)) - set(READMES) == set(links(chinese)) - set(READMES)


def test_both_readmes_open_with_the_picture_and_the_two_commands() -> None:
    for name in READMES:
        first = read(name).split("\n## ")[1]
        assert "docs/pictures/playground.png" in read(name).split("\n## ")[0]
        assert re.findall(r"^make (\w+)", first, re.MULTILINE) == ["run", "test"]


def test_the_newest_change_is_the_version_of_the_program() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    released = [title for level, title in headings(read("CHANGELOG.md")) if level == 2 and "Unreleased" not in title]

    assert re.match(r"\[?(?P<version>[\d.]+)\]?", released[0])[1] == version  # type: ignore[index]


def test_every_word_of_the_glossary_has_one_meaning_and_a_chinese_word() -> None:
    entries = list(rows(read("GLOSSARY.md")))
    words = [word.strip() for entry in entries for word in entry[0].split(",")]

    assert [
        entry[0] for entry in entries if len(entry) != 3 or not re.search("[\u4e00-\u9fff]", entry[1]) or not entry[2]
    ] == []
    assert sorted(words) == sorted(set(words))


def modules() -> list[str]:
    return sorted({path.stem for room in ROOMS for path in (ROOT / room).glob("*.py") if not path.stem.startswith("_")})


@pytest.mark.parametrize("module", modules())
def test_every_noun_that_names_a_module_is_in_the_glossary(module: str) -> None:
    words = {word.strip() for entry in rows(read("GLOSSARY.md")) for word in entry[0].split(",")}
    noun = module.replace("_", " ")

    assert {noun, noun.removesuffix("s")} & words


@pytest.mark.parametrize("page", [page for page in pages() if page.startswith("docs/decisions/")])
def test_every_decision_says_what_why_and_what_else(page: str) -> None:
    assert [title for level, title in headings(read(page)) if level == 2] == [
        "Decision",
        "Why",
        "What else was tried",
        "Figures",
    ]


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(Path(page).name[:4]) for page in pages() if page.startswith("docs/decisions/")]

    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("page", pages())
def test_no_page_leaves_unfinished_or_shouted_text(page: str) -> None:
    assert re.findall(r"\b(TODO|FIXME|TBD|XXX|lorem)\b", prose(read(page))) == []


@pytest.mark.parametrize(
    "command", [line for page in pages() for line in coded(read(page)) if line.startswith("python -m ")]
)
def test_every_python_module_a_page_runs_exists(command: str) -> None:
    path = ROOT / command.split()[2].replace(".", "/")

    assert path.with_suffix(".py").exists() or (path / "__main__.py").exists()


def test_every_json_example_is_json() -> None:
    found = [example for page in pages() for example in examples(read(page), "json")]

    assert found
    for example in found:
        json.loads(example)


def test_every_sealed_field_is_named_on_the_page_about_privacy() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.c
        if column.name.endswith("_ct")
    }

    assert {code for code in coded(read("docs/privacy.md")) if code.endswith("_ct")} == sealed
