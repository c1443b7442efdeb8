"""What a command needs around its work: settings, the log, stdout, the exit code."""

import json
import logging
import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import typer

from sgsync.cli import logs
from sgsync.cli.options import LogFormat
from sgsync.durations import parse_duration, parse_moment
from sgsync.errors import ConfigurationError, UsageError
from sgsync.settings import AnySettings, load_settings

log = logging.getLogger("sgsync")


def begin(
    kind: type[AnySettings], *, quiet: bool, verbose: bool, log_format: LogFormat | None, **flags: object
) -> AnySettings:
    """Start the log, load the settings and let them have their say on the log's form."""
    logs.configure(quiet=quiet, verbose=verbose, as_json=log_format is LogFormat.JSON)
    try:
        settings = load_settings(kind, log_format=log_format, **flags)
    except ConfigurationError:
        with suppress(OSError, ValueError):  # a file that cannot be read is among its faults
            warn_of_misspelt_settings()
        raise
    logs.configure(quiet=quiet, verbose=verbose, as_json=settings.log_format.value == LogFormat.JSON.value)
    return settings


def warn_of_misspelt_settings() -> None:
    from sgsync.sources import misspelt_names

    for each in misspelt_names():
        log.warning("No setting is called %s (%s): is %s meant?", each.name, each.source, each.meant)


def linger(longest: timedelta, sleep: Callable[[float], None] = time.sleep) -> None:
    """Wait for up to `longest`, unless somebody at a terminal waits, too."""
    if longest and not sys.stderr.isatty():
        seconds = random.uniform(0, longest.total_seconds())  # noqa: S311 - nobody gains by guessing it
        log.debug("Waiting for %.1f s first", seconds)
        sleep(seconds)


def duration(text: str, option: str) -> timedelta:
    """The length of time that an option holds. Raises UsageError."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{option} {error}.") from None


def moment(text: str | None, option: str) -> datetime | None:
    """The time that an option holds. Raises UsageError."""
    from sgsync.wiring import now

    try:
        return None if text is None else parse_moment(text, now())
    except ValueError as error:
        raise UsageError(f"{option} {error}.") from None


def print_json(document: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    """One document on stdout. ASCII only: whatever a name holds stays harmless on a terminal."""
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")


def end(exit_code: int) -> None:
    """Leave with `exit_code`; what a Typer command returns is not it."""
    if exit_code:
        raise typer.Exit(exit_code)
