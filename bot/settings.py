"""What the person who runs the program decides: read once from the environment, .env and memberbot.toml."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

PREFIX: Final = "MEMBERBOT_"
FREE: Final = "MEMBERBOT_WECHAT__TEMPLATES__"
AES_KEY: Final = r"[A-Za-z0-9]{43}"
"""How WeChat writes an EncodingAESKey: base64 of 32 bytes without its last character."""

CURES: Final = {
    "missing": "Set it, or take the whole channel out.",
    "literal_error": "Write one of the values named.",
    "int_parsing": "Write a whole number.",
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Http(_Part):
    """Where the program listens, and the address the outside knows it by (https, no slash at its end)."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: Annotated[str, Field(pattern=r"^(https?://[^/\s]+)?$")] = ""
    trusted_proxies: str = ""
    metrics: str = "127.0.0.1"


class Telegram(_Part):
    """The Telegram bot; without its token the channel is off."""

    token: SecretStr = SecretStr("")
    api_url: str = "https://api.telegram.org"
    mode: Literal["polling", "webhook"] = "polling"
    webhook_secret: SecretStr = SecretStr("")
    http_pages: bool = False


class Wechat(_Part):
    """The WeChat Official Account, in safe mode; without its app id the channel is off.

    ``templates`` maps our message keys to ``{"id": template id, "fields": {field: fact}}``.
    """

    app_id: str = ""
    app_secret: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    aes_key: SecretStr = SecretStr("")
    api_url: str = "https://api.weixin.qq.com"
    account: Literal["auto", "service", "subscription", "unverified"] = "auto"
    templates: dict[str, Any] = {}


class Log(_Part):
    """How the log is written: json where no person looks on."""

    format: Literal["auto", "json", "text"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(BaseSettings):
    """Every setting; names in the environment begin with MEMBERBOT_ and nest with two underscores."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        dotenv_filtering="match_prefix",  # other programs may read the same file
        toml_file="memberbot.toml",
        extra="forbid",
        frozen=True,
    )

    database_url: str = "sqlite:///data/memberbot.db"
    shop_file: Path = Path("shop.toml")
    key_file: Path = Path("data/memberbot.key")
    http: Http = Http()
    telegram: Telegram = Telegram()
    wechat: Wechat = Wechat()
    log: Log = Log()

    @classmethod
    def settings_customise_sources(  # noqa: PLR0917 - the order and number are the library's
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments before the environment, .env and memberbot.toml."""
        del file_secret_settings  # a folder of secret files is not offered
        return init_settings, env_settings, dotenv_settings, TomlConfigSettingsSource(settings_cls)


class SettingsWrong(Exception):
    """Some settings are wrong; ``problems`` are all of them in plain words, each with its cure, no secret in any."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(**given: Any) -> Settings:
    """Return the settings. Raises SettingsWrong with every problem at once."""
    # Variables the reading itself would pass over: a slip in a name must not leave a setting at its default.
    problems = [_unknown(name) for name in os.environ if _is_ours(name) and not _is_known(name)]
    try:
        settings = Settings(**given)
    except ValidationError as wrong:
        problems += [_problem(error) for error in wrong.errors(include_input=False)]
    except SettingsError as wrong:
        problems.append(f"{wrong}. Write it as JSON, or set its parts one by one with __ between the names.")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        problems.append(f"memberbot.toml is not TOML: {wrong}. Mend that line.")
    else:
        problems += _missing(settings.wechat)
    if problems:
        raise SettingsWrong(tuple(dict.fromkeys(problems)))
    return settings


def names() -> tuple[str, ...]:
    """Return the name of every setting as it is written in the environment."""
    return tuple(_names(Settings, PREFIX))


def _names(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, about in model.model_fields.items():
        kind = about.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _names(kind, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}"


def _is_ours(name: str) -> bool:
    return name.upper().startswith(PREFIX)


def _is_known(name: str) -> bool:
    wanted = name.upper()
    free = wanted.startswith(FREE)  # what stands below it is the shop's own
    return free or any(wanted == known or known.startswith(f"{wanted}__") for known in names())


def _unknown(name: str) -> str:
    ours = [known.removeprefix(PREFIX) for known in names()]  # all begin alike, which is no likeness
    near = difflib.get_close_matches(name.upper().removeprefix(PREFIX), ours, n=1)
    return f"{name}: there is no such setting. " + (f"Did you mean {PREFIX}{near[0]}?" if near else "Take it out.")


def _problem(error: Any) -> str:
    path = "__".join(str(part).upper() for part in error["loc"])
    name = path if path.startswith(PREFIX) else PREFIX + path
    if error["type"] == "extra_forbidden":
        return _unknown(name)
    return f"{name}: {error['msg']}. {CURES.get(error['type'], 'docs/settings.md says what it takes.')}"


def _missing(wechat: Wechat) -> list[str]:
    if not wechat.app_id:
        return []
    parts = {"APP_SECRET": wechat.app_secret, "TOKEN": wechat.token, "AES_KEY": wechat.aes_key}
    given = {name: value.get_secret_value() for name, value in parts.items()}
    problems = [
        f"MEMBERBOT_WECHAT__{name}: missing. WeChat needs it beside APP_ID; it stands on the platform's page."
        for name, value in given.items()
        if not value
    ]
    if given["AES_KEY"] and not re.fullmatch(AES_KEY, given["AES_KEY"]):
        problems.append(
            "MEMBERBOT_WECHAT__AES_KEY: is no EncodingAESKey. Copy its 43 letters and digits from the platform's page."
        )
    return problems
