"""Durations as people write them."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sgsync.durations import format_duration, parse_duration

bounded = settings(max_examples=150, deadline=None, derandomize=True, database=None)

UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("2h", timedelta(hours=2)),
        ("30d", timedelta(days=30)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        (" 1H 30M ", timedelta(hours=1, minutes=30)),
        ("1.5s", timedelta(seconds=1.5)),
        ("2w", timedelta(weeks=2)),
        ("0", timedelta(0)),
        ("0s", timedelta(0)),
    ],
)
def test_a_duration_is_read_as_it_is_written(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "90",
        "s",
        "-5s",
        "5 parsecs",
        "1h-30m",
        "1:30",
        "1e3s",
        "nan s",
        "infs",
        "\uff15s",  # a full-width digit
        "1,5s",
        ".5s",
        "5s\0",
    ],
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration such as 90s, 5m, 2h or 30d"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["9" * 400 + "s", "9999999999d", "999999999d 999999999d"])
def test_a_duration_beyond_all_bounds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is too long a duration"):
        parse_duration(text)


@bounded
@given(st.text())
def test_no_text_does_more_harm_than_being_refused(text: str) -> None:
    with suppress(ValueError):
        assert parse_duration(text) >= timedelta(0)


@bounded
@given(st.sampled_from(list(UNITS)), st.integers(1, 10_000))
def test_a_formatted_duration_reads_back(unit: str, amount: int) -> None:
    length = timedelta(**{UNITS[unit]: amount})
    read_back = parse_duration(format_duration(length))
    assert read_back <= length
    # Two units are shown: what is lost is less than one of the smaller.
    assert length - read_back < timedelta(hours=1)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(milliseconds=400), "0s"),
        (timedelta(seconds=45), "45s"),
        (timedelta(minutes=4), "4m"),
        (timedelta(hours=1, minutes=30), "1h 30m"),
        (timedelta(days=2, hours=1, minutes=59), "2d 1h"),
    ],
)
def test_a_duration_is_shown_in_its_two_largest_units(length: timedelta, text: str) -> None:
    assert format_duration(length) == text
