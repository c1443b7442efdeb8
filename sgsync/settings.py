"""Settings: flags > environment `SGSYNC_*` > `.env` > `sgsync.toml`.

Imported late, because pydantic-settings costs start-up time that `--help` does not owe.
"""

import tomllib
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from sgsync.durations import parse_duration
from sgsync.errors import ConfigurationError
from sgsync.text import clean

PREFIX = "SGSYNC_"
ENV_FILE = ".env"
TOML_FILE = "sgsync.toml"

LONGEST_WINDOW = timedelta(days=36_500)

_URL_FORM = "postgresql://user:password@host/name"
_SENTENCES = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "path_type": "must be the name of a file",
}
"""What pydantic finds, in words for people."""


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class OnCancel(StrEnum):
    """What becomes of the match of an episode that SpeedGaming no longer has."""

    KEEP = "keep"
    DELETE = "delete"


class FeedMode(StrEnum):
    """How the schedules of several events are asked for."""

    PER_EVENT = "per-event"
    COMBINED = "combined"  # all in one request; whether it says the same is for `compare_feeds` to tell


def _duration(value: object) -> timedelta:
    return value if isinstance(value, timedelta) else parse_duration(str(value))


def _positive_duration(value: object) -> timedelta:
    length = _duration(value)
    if length <= timedelta(0):
        raise ValueError("must be longer than zero")
    return length


def _window(value: object) -> timedelta:
    length = _duration(value)
    if length > LONGEST_WINDOW:
        raise ValueError(f"must not be longer than {LONGEST_WINDOW.days}d")
    return length


def _window_ahead(value: object) -> timedelta:
    _positive_duration(value)
    return _window(value)


def _require_text(text: str) -> None:
    """Bytes of the environment that are not UTF-8 arrive as lone surrogates, which no driver can send."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("is not UTF-8 text") from None  # without the error, which quotes it


def _http_url(value: object) -> str:
    _require_text(str(value))
    try:
        parts = urlsplit(str(value).strip())
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("is not an http:// or https:// address")
    return str(value).strip().rstrip("/")


def _secret_http_url(value: object) -> str:
    return _http_url(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _postgres_url(text: str) -> str:
    """`text` for SQLAlchemy's psycopg driver. Its faults are told without quoting it: it holds a password."""
    _require_text(text)
    scheme, separator, rest = text.strip().partition("://")
    if not separator or scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise ValueError(f"must look like {_URL_FORM}")
    try:
        parts = urlsplit(f"postgresql://{rest}")
        _ = parts.port
    except ValueError:
        raise ValueError(f"must look like {_URL_FORM}, special characters percent-encoded") from None
    if parts.netloc.count("@") > 1 or "@" in parts.path or parts.fragment:
        raise ValueError(
            "holds special characters that must be percent-encoded (@ as %40, / as %2F, # as %23)"
        )
    if not unquote(parts.path).strip("/"):
        raise ValueError(f"names no database; it must look like {_URL_FORM}")
    return f"postgresql+psycopg://{rest}"


def _read_secret(file: Path) -> str:
    if "@" in str(file) or ":" in str(file):
        raise ValueError("must be read from a file, but its name looks like a URL")  # and may hold a password
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ValueError(f"cannot be read from {file}: {reason}") from None


Duration = Annotated[timedelta, BeforeValidator(_duration)]
PositiveDuration = Annotated[timedelta, BeforeValidator(_positive_duration)]
LimitedDuration = Annotated[timedelta, BeforeValidator(_window)]
"""One that may be added to today without leaving the calendar."""
SecretHttpUrl = Annotated[SecretStr, BeforeValidator(_secret_http_url)]
"""An address that lets in whoever knows it."""


class FeedSettings(BaseSettings):
    """What every command reads. Behind `SGSYNC_`, a field's name in capitals is its name in the environment."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_ignore_empty=True,
        toml_file=TOML_FILE,
        extra="ignore",  # an .env shared with the application holds the application's settings too
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    api_url: Annotated[str, BeforeValidator(_http_url)] = "https://speedgaming.org/api"
    request_interval: Duration = timedelta(seconds=1)
    window_past: LimitedDuration = timedelta(hours=2)
    window_future: Annotated[timedelta, BeforeValidator(_window_ahead)] = timedelta(days=30)
    deadline: PositiveDuration = timedelta(minutes=4)
    feed: FeedMode = FeedMode.PER_EVENT
    log_format: LogFormat = LogFormat.TEXT
    channel_language: str = "en"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, dotenv_settings, TomlConfigSettingsSource(settings_cls)


class Settings(FeedSettings):
    """The settings of a command that works on the database."""

    database_url_file: Path | None = None
    database_url: SecretStr = SecretStr("")
    update: bool = True
    on_cancel: OnCancel = OnCancel.KEEP
    match_tags: bool = False
    auto_finish: PositiveDuration | None = None
    random_delay: LimitedDuration = timedelta(0)
    ping_url: SecretHttpUrl | None = None
    metrics_file: Path | None = None
    discord_webhook_url: SecretHttpUrl | None = None
    crew_warning: LimitedDuration = timedelta(hours=24)  # zero: never

    @field_validator("database_url", mode="before")
    @classmethod
    def _find_database_url(cls, value: object, info: ValidationInfo) -> str:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not isinstance(text, str):
            raise ValueError(f"must be text, as {_URL_FORM}")  # noqa: TRY004 - pydantic collects ValueErrors
        if not text and (file := info.data.get("database_url_file")):
            text = _read_secret(file)
        if not text:
            raise ValueError(f"is not set; export it or write it into {ENV_FILE}, as {_URL_FORM}")
        return _postgres_url(text)


AnySettings = TypeVar("AnySettings", bound=FeedSettings)


def load_settings(kind: type[AnySettings], **flags: object) -> AnySettings:
    """The settings of `kind`; `flags` are what the command line said, None where it said nothing.

    Raises ConfigurationError with one line per fault, all of them at once.
    """
    said = {name: value for name, value in flags.items() if value is not None}
    try:
        return kind(**said)  # type: ignore[arg-type]  # pydantic validates what the flags hold
    except ValidationError as error:
        faults = [f"  {PREFIX}{name.upper()} {fault}" for name, fault in faults_in(error)]
    except tomllib.TOMLDecodeError as error:
        faults = [f"{TOML_FILE} is not valid TOML: {error}"]
    except (OSError, UnicodeDecodeError) as error:
        faults = [f"a settings file cannot be read: {clean(str(error))}"]
    raise ConfigurationError("\n".join(("The configuration has faults:", *faults)))


def faults_in(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Each setting's name that is at fault, in small letters, and what is wrong with it, to be said after the name."""
    for part in error.errors(include_input=False):
        yield ".".join(map(str, part["loc"])), clean(_in_our_words(part))


def _in_our_words(part: ErrorDetails) -> str:
    if part["type"] == "enum":
        return f"must be {part['ctx']['expected']}"
    return _SENTENCES.get(part["type"]) or part["msg"].removeprefix("Value error, ")
