"""From nothing to a shop that can be run: the questions, the files, the platform's page, the owner's invitation."""

from __future__ import annotations

import tomllib

import pytest
from typer.testing import Result

from membership import rules
from tests.bot.cli.terminal import TOKEN, Terminal, platform, telegram

WECHAT = ("--wechat-app-id", "wx1", "--wechat-app-secret", "secret", "--public-url", "https://shop.example/")


def written(terminal: Terminal, name: str) -> str:
    return (terminal.folder / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("preset", ["cafe", "restaurant", "retail", "salon", "gym"])
def test_every_trade_begins_with_rules_that_are_right(terminal: Terminal, preset: str) -> None:
    words = ("--name", 'Nora\'s "Place" \\o/', "--language", "en", "--currency", "EUR", "--zone", "Europe/Berlin")
    result = terminal.type("init", "--yes", "--preset", preset, *words)
    assert result.exit_code == 0, result.output
    found = rules.parse(tomllib.loads(written(terminal, "shop.toml")))
    assert found.name["en"] == 'Nora\'s "Place" \\o/'
    assert (found.languages[0], found.currency, found.zone.key) == ("en", "EUR", "Europe/Berlin")


def test_the_secrets_are_readable_by_their_owner_only(shop: Terminal) -> None:
    for name in (".env", "data/memberbot.key", "data/memberbot.db"):
        assert (shop.folder / name).stat().st_mode & 0o777 == 0o600


def test_the_first_owner_gets_a_code_for_both_apps(terminal: Terminal) -> None:
    said = terminal.type("init", "--yes").stdout
    code = next(word for word in said.split() if word.startswith("INV-"))
    assert said.count(code) == 2
    assert terminal.json("staff", "list") == []


def test_who_has_one_app_is_told_of_no_other(terminal: Terminal) -> None:
    said = terminal.type("init", "--yes", *WECHAT).stdout
    assert "  WeChat:   follow the account and type: INV-" in said
    assert "send the bot" not in said


def test_everything_not_given_is_asked(terminal: Terminal) -> None:
    answers = "Tea House\ngym\nzh-Hant\nTWD\nAsia/Taipei\n\n\n\n"
    result = terminal.type("init", answers=answers)
    assert result.exit_code == 0, result.output
    found = rules.parse(tomllib.loads(written(terminal, "shop.toml")))
    assert found.name["zh-Hant"] == "Tea House"
    assert (found.code, found.languages[0], found.currency) == ("gym", "zh-Hant", "TWD")


def test_nothing_is_overwritten(shop: Terminal) -> None:
    before = written(shop, "shop.toml")
    result = shop.type("init", "--yes", "--name", "Other")
    assert result.exit_code == 2
    assert "shop.toml and .env are here already" in result.stderr
    assert written(shop, "shop.toml") == before


def with_telegram(terminal: Terminal, **more: object) -> Result:
    with platform(telegram(**more)) as address:
        terminal.settings["MEMBERBOT_TELEGRAM__API_URL"] = address
        return terminal.type("init", "--yes", "--telegram-token", TOKEN)


def test_telegram_is_asked_whether_it_knows_the_token(terminal: Terminal) -> None:
    said = with_telegram(terminal).stdout
    assert "Telegram knows the bot: @shop_bot" in said
    assert "https://t.me/shop_bot?start=INV-" in said
    assert f"MEMBERBOT_TELEGRAM__TOKEN='{TOKEN}'" in written(terminal, ".env")
    assert TOKEN not in said


def test_a_token_telegram_does_not_know_opens_nothing(terminal: Terminal) -> None:
    result = with_telegram(terminal, getMe={"ok": False, "error_code": 401, "description": "Unauthorized"})
    assert result.exit_code == 2
    assert result.stderr == "Telegram does not know this token. Copy it again from @BotFather.\n"
    assert list(terminal.folder.iterdir()) == []


def test_without_a_network_the_check_can_be_left_out(terminal: Terminal) -> None:
    terminal.settings["MEMBERBOT_TELEGRAM__API_URL"] = "http://127.0.0.1:9"
    refused = terminal.type("init", "--yes", "--telegram-token", TOKEN)
    assert (refused.exit_code, "go on with --no-check" in refused.stderr) == (1, True)
    assert terminal.type("init", "--yes", "--telegram-token", TOKEN, "--no-check").exit_code == 0


def test_wechat_is_told_exactly_what_to_paste(terminal: Terminal) -> None:
    said = terminal.type("init", "--yes", *WECHAT).stdout
    env = dict(line.split("=", 1) for line in written(terminal, ".env").splitlines()[1:])
    token = env["MEMBERBOT_WECHAT__TOKEN"].strip("'")
    aes_key = env["MEMBERBOT_WECHAT__AES_KEY"].strip("'")
    assert (len(token), len(aes_key)) == (32, 43)
    for value in ("https://shop.example/wechat/callback", token, aes_key, "safe mode", "XML"):
        assert value in said
    assert "secret" not in said.split("Paste this", 1)[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--preset", "bank"), '"bank" is no trade. Write one of: cafe,'),
        (("--language", "tlh"), '"tlh" has no texts yet.'),
        (("--currency", "XXX"), 'shop.currency: "XXX" is not known'),
        (("--zone", "Mars/North"), 'shop.zone: "Mars/North" is not known'),
        (("--wechat-app-id", "wx1"), "WeChat needs the AppSecret beside the AppID."),
        (("--telegram-token", "1:a'b"), "letters, digits and signs only"),
    ],
)
def test_a_wrong_answer_is_named_and_writes_nothing(terminal: Terminal, words: tuple[str, ...], said: str) -> None:
    result = terminal.type("init", "--yes", *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert list(terminal.folder.iterdir()) == []
