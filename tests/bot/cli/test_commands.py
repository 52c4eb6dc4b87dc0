"""Commands for an open shop: each says what it did in a sentence or in JSON, and every trouble with its cure."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import text

from bot.cli import program
from storage.database import Database
from tests.bot.cli.terminal import TOKEN, Terminal, platform, telegram


def commands(found: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    inner = getattr(found, "commands", {})
    if not inner:
        yield words
    for name, command in inner.items():
        yield from commands(command, (*words, name))


def address(terminal: Terminal) -> str:
    return f"sqlite:///{terminal.folder / 'data/memberbot.db'}"


def lie(terminal: Terminal, statement: str) -> None:
    async def change() -> None:
        db = await Database.open(address(terminal))
        await db.write(lambda tx: tx.execute(text(statement)))
        await db.close()

    asyncio.run(change())


def test_every_command_explains_itself(terminal: Terminal) -> None:
    every = list(commands(typer.main.get_command(program())))
    assert len(every) > 15
    for words in every:
        result = terminal.type(*words, "--help")
        assert result.exit_code == 0
        assert "Usage:" in result.stdout


def test_run_without_a_channel_says_so_and_stops(shop: Terminal) -> None:
    ended = shop.start("run")
    assert ended.returncode == 2
    assert ended.stderr.startswith("No channel is set up")
    assert "Traceback" not in ended.stderr


def test_wrong_settings_stop_the_start_all_at_once(terminal: Terminal) -> None:
    terminal.settings = {"MEMBERBOT_TELEGRAM__TOKN": TOKEN, "MEMBERBOT_HTTP__PORT": "eighty"}
    ended = terminal.start("run")
    assert ended.returncode == 2
    assert "MEMBERBOT_TELEGRAM__TOKN: there is no such setting. Did you mean MEMBERBOT_TELEGRAM__TOKEN?" in ended.stderr
    assert "MEMBERBOT_HTTP__PORT: " in ended.stderr
    assert TOKEN not in ended.stderr + ended.stdout


def test_the_playground_gets_every_word_behind_it(terminal: Terminal) -> None:
    ended = terminal.start("playground", "--no-such-option")
    assert ended.returncode == 2
    assert "unrecognized arguments: --no-such-option" in ended.stderr


async def test_a_second_server_is_refused_and_told_who_is_there(shop: Terminal) -> None:
    started = datetime(2026, 11, 22, 4, tzinfo=UTC)
    first = await Database.open(address(shop), server=True, name="till-1", started=started)
    shop.settings["MEMBERBOT_TELEGRAM__TOKEN"] = TOKEN
    ended = await asyncio.to_thread(shop.start, "run")
    await first.close()
    assert ended.returncode == 1
    assert "is in use by till-1, process " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_server_that_does_not_answer_is_said_so_without_the_password(terminal: Terminal) -> None:
    terminal.settings["MEMBERBOT_DATABASE_URL"] = "postgresql://shop:very-secret@127.0.0.1:9/shop"
    result = terminal.type("audit")
    assert (result.exit_code, "PostgreSQL cannot be used: " in result.stderr) == (1, True)
    assert "very-secret" not in result.output


def test_a_new_shop_runs_holds_its_place_and_stops_when_told(shop: Terminal) -> None:
    with platform(telegram(getUpdates={"ok": True, "result": []}, deleteWebhook={"ok": True, "result": True})) as there:
        shop.settings = {
            "MEMBERBOT_TELEGRAM__API_URL": there,
            "MEMBERBOT_TELEGRAM__TOKEN": TOKEN,
            "MEMBERBOT_HTTP__PORT": "0",
        }
        server = shop.begin("run")
        assert server.stderr is not None
        opened = json.loads(server.stderr.readline())
        with urllib.request.urlopen(f"{opened['address']}/healthz") as healthy:
            assert healthy.status == 200
        second = shop.start("run")
        server.terminate()
        _, said = server.communicate(timeout=30)
    assert (opened["event"], opened["telegram"]) == ("open", True)
    assert f"is in use by memberbot, process {server.pid}" in second.stderr
    assert server.returncode == 0
    assert "Traceback" not in said
    assert TOKEN not in said


async def test_commands_work_beside_a_running_server(shop: Terminal) -> None:
    server = await Database.open(address(shop), server=True, name="till-1")
    ended = await asyncio.to_thread(shop.start, "audit")
    await server.close()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "The books are in order: 14 rules hold" in ended.stdout


def test_a_database_whose_key_is_gone_is_refused_by_the_key_s_name(shop: Terminal) -> None:
    (shop.folder / "data/memberbot.key").unlink()
    result = shop.type("audit")
    assert result.exit_code == 1
    assert "This database needs the key " in result.stderr
    assert not (shop.folder / "data/memberbot.key").exists()


def test_audit_names_the_wrong_row(shop: Terminal) -> None:
    row = "'a', 'points', 'points', 5, 0, true"
    lie(shop, f"INSERT INTO accounts (id, kind, unit, balance, sequence, kept) VALUES ({row})")
    result = shop.type("audit", "--json")
    assert result.exit_code == 1
    assert '"name": "I2"' in result.stdout
    assert '"id": "a"' in result.stdout


def test_a_backup_comes_back(shop: Terminal) -> None:
    made = Path(shop.json("backup", "copy.db")["path"])
    lie(shop, "UPDATE shop SET code = 'changed'")
    restored = shop.type("restore", str(made), "--yes")
    assert restored.exit_code == 0, restored.output
    assert shop.type("rules", "history").exit_code == 0
    assert shop.json("rules", "check")["name"] == "晨光咖啡"


def test_a_restore_asks_first(shop: Terminal) -> None:
    shop.json("backup", "copy.db")
    result = shop.type("restore", "copy.db", answers="n\n")
    assert (result.exit_code, result.stderr) == (1, "Nothing was changed.\n")


def test_books_that_are_wrong_are_no_backup(shop: Terminal) -> None:
    row = "'a', 'points', 'points', 5, 0, true"
    lie(shop, f"INSERT INTO accounts (id, kind, unit, balance, sequence, kept) VALUES ({row})")
    result = shop.type("backup", "copy.db")
    assert result.exit_code == 1
    assert "I2: accounts a: Its balance is not the sum of its transfers." in result.stderr
    assert not (shop.folder / "copy.db").exists()


def test_migrate_says_what_it_did(terminal: Terminal) -> None:
    assert terminal.json("migrate") == {"applied": ["0001", "0002", "0003", "0004", "0005", "0006"]}
    assert terminal.type("migrate").stdout == "The tables are up to date.\n"


def test_staff_are_invited_by_role_and_store(shop: Terminal) -> None:
    made = shop.json("staff", "invite", "--role", "cashier", "--store", "main")
    assert made["code"].startswith("INV-")
    assert made["stores"] == ["main"]
    assert shop.type("staff", "invite", "--role", "king").exit_code == 2
    unknown = shop.type("staff", "invite", "--store", "nowhere", "--yes")
    assert unknown.exit_code == 1
    assert shop.type("staff", "remove", "nobody").stderr == '"nobody" is nobody on the staff list.\n'


def test_a_key_is_shown_once_and_listed_without_itself(shop: Terminal) -> None:
    made = shop.json("apikey", "create", "--name", "Till 1", "--store", "main")
    listed = shop.type("apikey", "list", "--json").stdout
    assert made["key"].startswith("mbk_")
    assert made["key"] not in listed
    assert '"revoked": null' in listed
    again = shop.type("apikey", "create", "--name", "Till 1", "--store", "main")
    assert (again.exit_code, "Choose another name" in again.stderr) == (1, True)
    assert shop.type("apikey", "revoke", "Till 1").exit_code == 0
    assert shop.json("apikey", "list")[0]["revoked"] is not None
    assert shop.type("apikey", "revoke", "Till 1").exit_code == 1


def test_every_slip_in_the_rules_is_named_with_its_cure(shop: Terminal) -> None:
    path = shop.folder / "shop.toml"
    path.write_text(path.read_text("utf-8").replace("cap_percent", "cap_procent").replace('"Asia/Shanghai"', "8"))
    result = shop.type("rules", "check")
    assert result.exit_code == 2
    assert 'points.cap_procent: is not a rule (did you mean "cap_percent"?)' in result.stderr
    assert "shop.zone: 8 will not do" in result.stderr


def test_rules_that_are_not_toml_are_said_so(shop: Terminal) -> None:
    (shop.folder / "shop.toml").write_text("[shop")
    result = shop.type("rules", "check")
    assert (result.exit_code, result.stderr.startswith("shop.toml cannot be read: line 1: ")) == (2, True)


def test_the_rules_in_force_and_their_history_are_shown(shop: Terminal) -> None:
    assert '"晨光咖啡"' in shop.type("rules", "show").stdout
    assert [row["version"] for row in shop.json("rules", "history")] == [1]
    assert shop.type("rules", "show", "--version", "7").exit_code == 2


def test_jobs_are_listed_and_run_as_if_it_were_another_day(shop: Terminal) -> None:
    names = [row["name"] for row in shop.json("jobs", "list")]
    assert "greet-birthdays" in names
    assert shop.json("jobs", "run", "greet-birthdays", "--at", "2030-05-01T09:30+08:00")["done"] == 0
    assert shop.json("jobs", "run", "seal-audit")["done"] > 0
    assert shop.type("jobs", "run", "deliver").exit_code == 2
    assert shop.type("jobs", "run", "seal-audit", "--at", "tomorrow").exit_code == 2


def looks(terminal: Terminal) -> dict[str, dict[str, str]]:
    with platform(telegram()) as address:
        terminal.settings["MEMBERBOT_TELEGRAM__API_URL"] = address
        return {look["what"]: look for look in terminal.json("doctor")}


def test_doctor_tells_of_each_part_what_works_and_what_to_do(shop: Terminal) -> None:
    shop.settings["MEMBERBOT_TELEGRAM__TOKEN"] = TOKEN
    found = looks(shop)
    works = {what for what, look in found.items() if look["state"] == "works"}
    assert works >= {"settings", "rules", "key file", "disk", "database", "clock", "telegram"}
    assert found["telegram"]["found"] == "@shop_bot, by polling"
    assert found["wechat"]["state"] == found["public address"]["state"] == "off"
    assert found["staff"]["to_do"] == "Run `memberbot staff invite --role owner`."


@pytest.mark.parametrize(
    ("refused", "kind", "may_not"),
    [
        ([], "service", ""),
        (["get_all_private_template"], "subscription", "templates, scenes, sign_in"),
        (["get", "get_all_private_template"], "unverified", "pictures"),
    ],
)
def test_doctor_tells_what_the_wechat_account_may_do(
    shop: Terminal, refused: list[str], kind: str, may_not: str
) -> None:
    names = ("APP_ID", "APP_SECRET", "TOKEN")
    shop.settings = {f"MEMBERBOT_WECHAT__{name}": "wx1" for name in names} | {"MEMBERBOT_WECHAT__AES_KEY": "a" * 43}
    good = {"stable_token": {"access_token": "t", "expires_in": 7200}, "get": {"tags": []}}
    with platform(good | {"get_all_private_template": {}} | {name: {"errcode": 48001} for name in refused}) as there:
        shop.settings["MEMBERBOT_WECHAT__API_URL"] = there
        result = shop.type("doctor", "--json")
    assert f"{kind} account; may: " in result.stdout
    assert may_not in result.stdout
    assert result.exit_code == 1  # WeChat cannot reach a shop without a public address


def test_doctor_in_an_empty_folder_says_where_to_begin(terminal: Terminal) -> None:
    result = terminal.type("doctor")
    assert result.exit_code == 1
    assert "memberbot init" in result.stdout
    assert list(terminal.folder.iterdir()) == []
