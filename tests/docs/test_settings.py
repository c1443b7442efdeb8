"""docs/settings.md has every setting with its default, and nothing but settings is named like one."""

import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from sgsync.durations import parse_duration
from sgsync.settings import PREFIX, FeedSettings, Settings
from tests.docs.pages import CRONTAB, PAGES, UNITS, tables_of
from tests.docs.reference import CHECKOUT

PAGE = CHECKOUT / "docs" / "settings.md"
NAME = re.compile(rf"{PREFIX}[A-Z_]*[A-Z]")
FIELDS = {f"{PREFIX}{name}".upper(): field for name, field in Settings.model_fields.items()}
FOR_TESTS = {"SGSYNC_TEST_DATABASE_URL", "SGSYNC_TEST_EFFORT"}


def documented() -> dict[str, str]:
    return {row[0].strip("`"): row[1].strip("`") for row in tables_of(PAGE, "setting")}


def test_every_setting_has_its_row_and_every_row_is_a_setting() -> None:
    assert documented().keys() == FIELDS.keys()
    assert FeedSettings.model_fields.keys() <= Settings.model_fields.keys()


@pytest.mark.parametrize("name", FIELDS)
def test_the_default_is_the_one_that_is_used(name: str) -> None:
    assert said(documented()[name], FIELDS[name].default) == FIELDS[name].default


def said(text: str, default: Any) -> Any:
    """What `text` means for a setting of this kind."""
    match default:
        case None:
            return text or None
        case SecretStr():
            return SecretStr(text)
        case bool():
            return {"true": True, "false": False}[text]
        case timedelta():
            return parse_duration(text)
        case StrEnum():
            return type(default)(text)
    return text


@pytest.mark.parametrize("file", [*PAGES, CRONTAB, *UNITS], ids=lambda file: file.name)
def test_what_is_named_like_a_setting_is_one(file: Path) -> None:
    assert set(NAME.findall(file.read_text(encoding="utf-8"))) <= FIELDS.keys() | FOR_TESTS
