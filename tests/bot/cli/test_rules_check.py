"""`memberbot rules check`: every slip with its line, or what the rules do to a bill, in the shop's own language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import membership
from tests.bot.cli.terminal import Terminal

PRESETS = Path(membership.__file__).parent / "presets"


def check(terminal: Terminal, preset: str, *words: str) -> Any:
    return terminal.json("rules", "check", str(PRESETS / f"{preset}.toml"), *words)


def test_a_bill_is_reckoned_and_told_in_the_shops_language(terminal: Terminal) -> None:
    told = terminal.type(
        "rules", "check", str(PRESETS / "cafe.toml"), "--amount", "88", "--tier", "gold", "--on", "2026-12-24"
    )
    assert told.exit_code == 0
    assert "金卡会员于 12月24日 12:00 在总店消费 88 元" in told.stdout
    assert "实付 ¥79.20" in told.stdout
    assert "可得 118 积分，值 1.18 元：消费 79.20 元，每 1 元得 1 分，等级 ×1.5" in told.stdout
    assert "已启用：\n会员等级：3" in told.stdout
    assert "未启用：" in told.stdout


@pytest.mark.parametrize(
    ("preset", "words", "to_pay", "points"),
    [
        ("cafe", (), 10_000, 100),
        ("cafe", ("--tier", "silver"), 9_500, 114),
        ("restaurant", ("--amount", "1000", "--on", "2026-12-24"), 100_000, 200),
        ("restaurant", ("--amount", "1000", "--on", "2026-12-26"), 100_000, 100),
        ("restaurant", ("--amount", "1000", "--on", "2026-12-26", "--tier", "gold", "--birthday"), 85_000, 255),
        ("retail", ("--amount", "300", "--on", "2026-12-18"), 27_000, 54),
        ("salon", ("--amount", "88", "--tier", "gold"), 7_480, 11),  # 74.80, 10 per 100, 1.5 times: 11.22
        ("gym", ("--amount", "600", "--tier", "silver"), 54_000, 64),  # 540, 10 per 100, 1.2 times: 64.8
        ("retail", ("--amount", "299.99", "--on", "2026-12-19T09:30"), 29_999, 29),
    ],
)
def test_the_bill_is_the_counters(
    terminal: Terminal, preset: str, words: tuple[str, ...], *, to_pay: int, points: int
) -> None:
    sample = check(terminal, preset, *words)["sample"]
    assert (sample["to_pay"], sample["points_earned"]) == (to_pay, points)
    assert sum(line["amount"] for line in sample["lines"]) == to_pay


def test_what_is_switched_on_is_listed_and_what_is_not(terminal: Terminal) -> None:
    salon = check(terminal, "salon")
    assert {"tiers", "stored_value", "passes"} <= set(salon["on"])
    assert {"review", "checkin"} <= set(salon["off"])
    assert set(salon["on"]).isdisjoint(salon["off"])


def test_items_of_the_shop_are_reckoned_with_their_prices(terminal: Terminal) -> None:
    path = terminal.folder / "shop.toml"
    goods = '\n[[products]]\nsku = "latte"\nname = "Latte"\nprice = "30"\nmember_price = "25"\nbonus = 3\n'
    path.write_text((PRESETS / "cafe.toml").read_text("utf-8") + goods, "utf-8")
    sample = terminal.json("rules", "check", "--items", "latte=2")["sample"]
    assert (sample["amount"], sample["to_pay"], sample["points_earned"]) == (6_000, 5_000, 56)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("--tier", "platinum"), 'There is no tier "platinum". Write one of: basic, silver, gold.'),
        (("--store", "moon"), 'There is no store "moon". Write one of: main.'),
        (("--amount", "much"), '"much" is no amount. Write one such as 88.50.'),
        (("--on", "Monday"), '"Monday" is no day. Write 2026-12-24, or 2026-12-24T15:00.'),
        (("--items", "latte"), 'There is no product "latte". The shop names none.'),
    ],
)
def test_what_the_rules_do_not_know_is_said_with_what_they_do(
    terminal: Terminal, words: tuple[str, ...], answer: str
) -> None:
    told = terminal.type("rules", "check", str(PRESETS / "cafe.toml"), *words)
    assert (told.exit_code, told.stderr.startswith(answer)) == (2, True), told.stderr


@pytest.mark.parametrize("word", ["积分", "POINTS", "/join", "優惠券"])
def test_a_word_of_the_program_claims_no_offer(terminal: Terminal, word: str) -> None:
    text = (PRESETS / "cafe.toml").read_text("utf-8").replace("per_member = 1", f'keywords = ["拿铁", "{word}"]', 1)
    (terminal.folder / "shop.toml").write_text(text, "utf-8")
    told = terminal.type("rules", "check")
    line = next(number for number, row in enumerate(text.split("\n"), start=1) if row.startswith("keywords"))
    assert told.exit_code == 2
    assert f'line {line}, offers[1].keywords: "{word}" is a word of the program' in told.stderr
    assert "拿铁" not in told.stderr


def test_what_is_over_already_is_said_though_it_is_no_slip(terminal: Terminal) -> None:
    text = (
        (PRESETS / "cafe.toml").read_text("utf-8").replace('id = "welcome"', 'id = "welcome"\nends_on = 2026-12-31', 1)
    )
    path = terminal.folder / "shop.toml"
    path.write_text(text, "utf-8")
    told = terminal.type("rules", "check", "--on", "2027-01-01")
    assert (told.exit_code, "新会员 5 元券 · 至 2026年12月31日" in told.stdout) == (0, True), told.stdout
    assert "· 至 2026年12月31日" not in terminal.type("rules", "check", "--on", "2026-12-31").stdout


def test_slips_are_named_all_at_once_each_with_its_line(terminal: Terminal) -> None:
    text = (PRESETS / "cafe.toml").read_text("utf-8")
    (terminal.folder / "shop.toml").write_text(
        text.replace("cap_percent", "cap_procent").replace('id = "gold"', 'id = "silver"'), "utf-8"
    )
    told = terminal.type("rules", "check")
    rows = text.splitlines()
    heads = [number for number, row in enumerate(rows, start=1) if row == "[[tiers]]"]
    capped = next(number for number, row in enumerate(rows, start=1) if row.startswith("cap_percent"))
    assert told.exit_code == 2
    assert f'line {capped}, points.cap_procent: is not a rule (did you mean "cap_percent"?)' in told.stderr
    assert f'line {heads[2]}, tiers[3]: "silver" is there twice (give each its own id)' in told.stderr
