"""The settings one by one: each value, where it came from, and what is wrong with it."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from sgsync.durations import format_duration
from sgsync.settings import PREFIX, TOML_FILE, FeedSettings, Settings, faults_in
from sgsync.sources import READERS, Source, UnknownName, unknown_names
from sgsync.text import clean

DEFAULT = "default"
MASK = "***"

_STAND_IN_URL = "postgresql://host/name"
_HARMLESS_IN_A_DATABASE_URL = frozenset({"host", "port", "sslmode", "target_session_attrs"})


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting as it is in force. `shown` holds no secret; `fault` says why it cannot be used."""

    name: str
    shown: str
    source: str
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """All settings. A faulty one has its default in `database` and `feed`.

    Each of these is None without an address to go to. `unreadable` are the faults of whole files.
    """

    values: tuple[Setting, ...]
    unknown: tuple[UnknownName, ...]
    unreadable: tuple[str, ...]
    database: Settings | None
    feed: FeedSettings | None


class _GivenSettings(Settings):
    """Settings that look nowhere: what they are made of is given to them."""

    model_config = SettingsConfigDict(toml_file=None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def read_configuration() -> Configuration:
    """The settings of this process, however broken they are."""
    unreadable: list[str] = []
    sources = tuple(source for read in READERS if (source := _readable(read, unreadable)))
    given = {name: value for source in reversed(sources) for name, value in source.values.items()}
    faults = _faults(given)
    sound = {name: value for name, value in given.items() if name not in faults}
    if is_nowhere := "database_url" in faults:  # the others are looked at all the same
        sound["database_url"] = _STAND_IN_URL
    settings = _GivenSettings(**sound)
    return Configuration(
        values=tuple(_setting(name, sources, settings, faults) for name in Settings.model_fields),
        unknown=tuple(unknown for source in sources for unknown in unknown_names(source)),
        unreadable=tuple(unreadable),
        database=None if is_nowhere else settings,
        feed=None if "api_url" in faults else settings,
    )


def _readable(read: Callable[[], Source], unreadable: list[str]) -> Source | None:
    try:
        return read()
    except tomllib.TOMLDecodeError as error:
        unreadable.append(f"{TOML_FILE} is not valid TOML: {clean(str(error))}")
    except (OSError, UnicodeDecodeError) as error:
        unreadable.append(f"a settings file cannot be read: {clean(str(error))}")
    return None


def _faults(given: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong, by the setting's name."""
    try:
        _GivenSettings(**given)
    except ValidationError as error:
        return dict(faults_in(error))
    return {}


def _setting(
    name: str, sources: tuple[Source, ...], settings: Settings, faults: Mapping[str, str]
) -> Setting:
    source = next((source.name for source in sources if name in source.values), DEFAULT)
    if (
        name == "database_url"
        and source == DEFAULT
        and any("database_url_file" in each.values for each in sources)
    ):
        source = f"{PREFIX}DATABASE_URL_FILE"
    shown = "" if name in faults else _shown(name, getattr(settings, name))
    return Setting(PREFIX + name.upper(), shown, source, faults.get(name))


def _shown(name: str, value: object) -> str:
    """`value` for people, without what nobody else should read."""
    if name == "database_url":
        return _database_place(value.get_secret_value() if isinstance(value, SecretStr) else "")
    if value is None or value == "":
        return "not set"
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, bool):
        return str(value).lower()
    text = clean(str(value.value if isinstance(value, Enum) else value))
    return _web_place(text, with_path=name == "api_url") if "://" in text else text


def _database_place(url: str) -> str:
    parts = urlsplit(url)
    if not parts.scheme:
        return "not set"
    user, at, host = parts.netloc.rpartition("@")
    password = f":{MASK}" if ":" in user else ""
    query = urlencode(
        [pair for pair in parse_qsl(parts.query) if pair[0] in _HARMLESS_IN_A_DATABASE_URL], safe="/"
    )
    where = f"postgresql://{user.partition(':')[0]}{password}{at}{host}{parts.path}"
    return clean(f"{where}?{query}" if query else where)


def _web_place(url: str, *, with_path: bool) -> str:
    """The address without user and query, and without a path that may be the key to what lies there."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path if with_path else '/' + MASK}"
