"""The places where settings stand, as they are: what stands in each, and which names there are no setting's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource, TomlConfigSettingsSource

from sgsync.settings import ENV_FILE, PREFIX, TOML_FILE, Settings
from sgsync.text import clean

ENVIRONMENT = "environment"

_OF_THE_TESTS = "test_"  # begins the names of what the checkout's tests read, which are no settings


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A name in sgsync's name space that no setting has, and the setting that was probably meant."""

    name: str
    source: str
    meant: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """One of the places where settings stand: the values by field, and every name there that looks like ours."""

    name: str
    values: Mapping[str, Any]
    names: tuple[str, ...]


def environment() -> Source:
    source = EnvSettingsSource(Settings)
    return Source(ENVIRONMENT, source(), _prefixed(source.env_vars))


def env_file() -> Source:
    source = DotEnvSettingsSource(Settings, ENV_FILE)
    known = {name: value for name, value in source().items() if name in Settings.model_fields}
    return Source(ENV_FILE, known, _prefixed(source.env_vars))


def toml_file() -> Source:
    data = TomlConfigSettingsSource(Settings).toml_data
    known = {name: value for name, value in data.items() if name in Settings.model_fields}
    return Source(TOML_FILE, known, tuple(data))


READERS = (environment, env_file, toml_file)  # what comes first counts


def _prefixed(variables: Mapping[str, str | None]) -> tuple[str, ...]:
    return tuple(name for name in variables if name.upper().startswith(PREFIX))


def misspelt_names() -> Iterator[UnknownName]:
    """The names that are no setting's, and near one. Anything else may be another program's."""
    for read in READERS:
        yield from (each for each in unknown_names(read()) if each.meant)


def unknown_names(source: Source) -> Iterator[UnknownName]:
    fields = Settings.model_fields
    for name in source.names:
        field = name.lower().removeprefix(PREFIX.lower()) if source.name != TOML_FILE else name
        if field in fields or field.startswith(_OF_THE_TESTS):
            continue
        nearest = get_close_matches(field.lower().removeprefix(PREFIX.lower()), fields, n=1)
        meant = (nearest[0] if source.name == TOML_FILE else PREFIX + nearest[0].upper()) if nearest else None
        yield UnknownName(clean(name if source.name == TOML_FILE else name.upper()), source.name, meant)
