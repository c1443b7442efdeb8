"""Log lines: one per message, harmless whatever the message holds."""

import json
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgsync.cli.logs import JsonFormatter, TextFormatter

bounded = settings(max_examples=100, deadline=None, derandomize=True, database=None)

FORGED = "John\nERROR: forged\r\n\x1b]0;title\x07\x1b[2J\u202egnp\u2066\u2028\ud800\0"
FORMATTERS: list[logging.Formatter] = [TextFormatter(), JsonFormatter()]


def record(
    message: str, *arguments: object, level: int = logging.INFO, error: BaseException | None = None
) -> logging.LogRecord:
    exc_info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("sgsync.run", level, "run.py", 1, message, arguments, exc_info)


def raised(error: BaseException) -> BaseException:
    """`error` with a traceback."""
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


def test_a_text_line_reads_level_and_message() -> None:
    line = TextFormatter().format(record("Created match %d for episode %d", 789, 12345))
    assert line == "INFO: Created match 789 for episode 12345"


def test_a_text_line_cannot_be_forged() -> None:
    line = TextFormatter().format(record("Matched player '%s'", FORGED))
    assert line == "INFO: Matched player 'John ERROR: forged ]0;title [2J gnp '"


@bounded
@given(st.text(st.characters()), st.sampled_from(FORMATTERS))
def test_a_message_is_one_printable_line(text: str, formatter: logging.Formatter) -> None:
    line = formatter.format(record("%s", text, level=logging.WARNING))
    assert len(line.splitlines()) == 1
    line.encode()
    assert "\x1b" not in line


@bounded
@given(st.text(st.characters()))
def test_a_json_line_parses(text: str) -> None:
    line = json.loads(JsonFormatter().format(record("%s", text, level=logging.WARNING)))
    assert set(line) == {"time", "level", "message"}
    assert line["level"] == "WARNING"


def test_a_json_line_tells_the_time_in_utc() -> None:
    at_the_epoch = record("now")
    at_the_epoch.created = 1_764_352_800.5
    assert json.loads(JsonFormatter().format(at_the_epoch))["time"] == "2025-11-28T18:00:00.500+00:00"


def test_a_json_line_is_ascii_and_keeps_every_letter() -> None:
    line = JsonFormatter().format(record("いずみ"))
    assert line.isascii()
    assert json.loads(line)["message"] == "いずみ"


def test_a_traceback_follows_its_text_line() -> None:
    lines = TextFormatter().format(record("failed", error=raised(ValueError("why")))).splitlines()
    assert lines[0] == "INFO: failed"
    assert lines[1] == "  Traceback (most recent call last):"
    assert lines[-1] == "  ValueError: why"


def test_a_traceback_stays_within_its_json_line() -> None:
    line = JsonFormatter().format(record("failed", error=raised(ValueError("why"))))
    assert len(line.splitlines()) == 1
    assert json.loads(line)["traceback"].endswith("ValueError: why")


@pytest.mark.parametrize("formatter", FORMATTERS, ids=["text", "json"])
def test_a_traceback_carries_no_escape_sequence(formatter: logging.Formatter) -> None:
    line = formatter.format(record("failed", error=raised(ValueError(FORGED))))
    assert not set(line) & set("\x1b\x07\0\r\u202e\u2066\u2028\ud800")
