"""What the person who runs the program decides: read once from the environment, .env and memberbot.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

CURES = {
    "extra_forbidden": "There is no such setting; look for a typing slip, or take it out.",
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
        env_prefix="MEMBERBOT_",
        env_nested_delimiter="__",
        env_file=".env",
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
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], **sources: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments before the environment, .env and memberbot.toml."""
        told = (sources["init_settings"], sources["env_settings"], sources["dotenv_settings"])
        return (*told, TomlConfigSettingsSource(settings_cls))


class SettingsWrong(Exception):
    """Some settings are wrong; ``problems`` are all of them in plain words, each with its cure, no secret in any."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(**given: Any) -> Settings:
    """Return the settings. Raises SettingsWrong with every problem at once."""
    try:
        settings = Settings(**given)
    except ValidationError as wrong:
        raise SettingsWrong(tuple(_problem(error) for error in wrong.errors(include_input=False))) from None
    problems = tuple(_missing(settings))
    if problems:
        raise SettingsWrong(problems)
    return settings


def _problem(error: Any) -> str:
    name = "MEMBERBOT_" + "__".join(str(part).upper() for part in error["loc"])
    return f"{name}: {error['msg']}. {CURES.get(error['type'], 'See API in docs/settings.md for what it takes.')}"


def _missing(settings: Settings) -> list[str]:
    wechat = settings.wechat
    if not wechat.app_id:
        return []
    parts = {"APP_SECRET": wechat.app_secret, "TOKEN": wechat.token, "AES_KEY": wechat.aes_key}
    return [
        f"MEMBERBOT_WECHAT__{name}: missing. WeChat needs it as soon as APP_ID is set; it stands on the platform's page."
        for name, value in parts.items()
        if not value.get_secret_value()
    ]
