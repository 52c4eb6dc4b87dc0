"""A wrong or unknown setting stops the start, all of them at once, each with its cure and none with a secret."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import pytest

from bot import settings
from bot.settings import SettingsWrong

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
WECHAT = {"APP_ID": "wx1", "APP_SECRET": "s", "TOKEN": "t", "AES_KEY": AES_KEY}


@contextmanager
def environment(folder: Path, variables: dict[str, str]) -> Iterator[None]:
    """Stand in an empty folder with these variables, and put everything back."""
    before = dict(os.environ)
    os.environ.update({f"MEMBERBOT_{name}": value for name, value in variables.items()})
    try:
        with chdir(folder):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def problems(folder: Path, variables: dict[str, str]) -> str:
    with environment(folder, variables), pytest.raises(SettingsWrong) as wrong:
        settings.load()
    return "\n".join(wrong.value.problems)


def test_without_any_setting_everything_has_its_default(tmp_path: Path) -> None:
    with environment(tmp_path, {}):
        found = settings.load()
    assert found.database_url == "sqlite:///data/memberbot.db"
    assert found.http.port == 8080
    assert found.telegram.mode == "polling"


def test_the_environment_counts_before_the_env_file_and_that_before_the_toml_file(tmp_path: Path) -> None:
    (tmp_path / "memberbot.toml").write_text('[http]\nport = 1\nhost = "a"\npublic_url = "https://toml"\n')
    (tmp_path / ".env").write_text("MEMBERBOT_HTTP__PORT=2\nMEMBERBOT_HTTP__HOST=b\n")
    with environment(tmp_path, {"HTTP__PORT": "3"}):
        http = settings.load().http
    assert (http.port, http.host, http.public_url) == (3, "b", "https://toml")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("MEMBERBOT_TELEGRAM__TOKN", "MEMBERBOT_TELEGRAM__TOKEN"),
        ("MEMBERBOT_DATABSE_URL", "MEMBERBOT_DATABASE_URL"),
        ("MEMBERBOT_HTTP_PORT", "MEMBERBOT_HTTP__PORT"),
    ],
)
def test_a_slip_in_a_name_is_answered_with_the_nearest_one(tmp_path: Path, name: str, nearest: str) -> None:
    said = f"{name}: there is no such setting. Did you mean {nearest}?"
    assert said in problems(tmp_path, {name.removeprefix("MEMBERBOT_"): "x"})
    (tmp_path / ".env").write_text(f"{name}=x\n")
    assert said in problems(tmp_path, {})


def test_a_name_like_no_other_is_to_be_taken_out(tmp_path: Path) -> None:
    assert problems(tmp_path, {"FOO": "x"}) == "MEMBERBOT_FOO: there is no such setting. Take it out."


def test_the_env_file_may_hold_what_other_programs_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HTTP_PROXY=x\nMEMBERBOT_HTTP__PORT=2\n")
    with environment(tmp_path, {}):
        assert settings.load().http.port == 2


def test_a_slip_in_the_toml_file_is_answered_the_same(tmp_path: Path) -> None:
    (tmp_path / "memberbot.toml").write_text('shop_fle = "x"\n[telegram]\nmod = "polling"\n')
    said = problems(tmp_path, {})
    assert "MEMBERBOT_SHOP_FLE: there is no such setting. Did you mean MEMBERBOT_SHOP_FILE?" in said
    assert "MEMBERBOT_TELEGRAM__MOD: there is no such setting. Did you mean MEMBERBOT_TELEGRAM__MODE?" in said


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    wrong = {
        "HTTP__PORT": "eighty",
        "HTTP__PUBLIC_URL": "shop.example/",
        "TELEGRAM__MODE": "carrier pigeon",
        "LOG__LEVL": "debug",
    }
    said = problems(tmp_path, wrong).splitlines()
    assert len(said) == len(wrong)
    assert all(any(line.startswith(f"MEMBERBOT_{name}: ") for line in said) for name in wrong)


@pytest.mark.parametrize("missing", ["APP_SECRET", "TOKEN", "AES_KEY"])
def test_wechat_needs_all_its_parts(tmp_path: Path, missing: str) -> None:
    given = {f"WECHAT__{name}": value for name, value in WECHAT.items() if name != missing}
    assert problems(tmp_path, given).startswith(f"MEMBERBOT_WECHAT__{missing}: missing.")


def test_an_aes_key_of_the_wrong_length_is_refused_without_being_shown(tmp_path: Path) -> None:
    given = {f"WECHAT__{name}": value for name, value in WECHAT.items()} | {"WECHAT__AES_KEY": AES_KEY[1:]}
    said = problems(tmp_path, given)
    assert said.startswith("MEMBERBOT_WECHAT__AES_KEY: is no EncodingAESKey.")
    assert AES_KEY[1:] not in said


def test_templates_may_be_set_part_by_part(tmp_path: Path) -> None:
    with environment(tmp_path, {"WECHAT__TEMPLATES__RECEIPT__ID": "tm1"}):
        assert settings.load().wechat.templates == {"receipt": {"id": "tm1"}}


def test_what_is_not_json_or_not_toml_is_said_in_a_sentence(tmp_path: Path) -> None:
    assert "Write it as JSON" in problems(tmp_path, {"WECHAT__TEMPLATES": "{"})
    (tmp_path / "memberbot.toml").write_text("= 1")
    assert "memberbot.toml is not TOML" in problems(tmp_path, {})


def test_no_secret_is_shown_where_settings_are_printed(tmp_path: Path) -> None:
    with environment(tmp_path, {"TELEGRAM__TOKEN": "123:very-secret"}):
        assert "very-secret" not in repr(settings.load())
