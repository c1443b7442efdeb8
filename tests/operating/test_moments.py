"""Times as operators write them: `--from -2h --to 7d`."""

from datetime import UTC, datetime

import pytest

from sgsync.durations import parse_moment

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-28T18:00Z", datetime(2026, 11, 28, 18, tzinfo=UTC)),
        ("2026-11-28T19:00+01:00", datetime(2026, 11, 28, 18, tzinfo=UTC)),
        ("-2h", datetime(2026, 11, 25, 10, tzinfo=UTC)),
        ("7d", datetime(2026, 12, 2, 12, tzinfo=UTC)),
        ("+1h30m", datetime(2026, 11, 25, 13, 30, tzinfo=UTC)),
        (" 0 ", NOW),
    ],
)
def test_a_moment_is_a_time_or_so_far_from_now(text: str, moment: datetime) -> None:
    assert parse_moment(text, NOW) == moment


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-11-28T18:00", "no offset"),  # SpeedGaming would read it as US Eastern
        ("2026-11-28", "no offset"),
        ("soon", "neither a time"),
        ("", "neither a time"),
        ("--2h", "neither a time"),
        ("-999999d", "too far"),
    ],
)
def test_anything_else_is_refused_with_what_would_do(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_moment(text, NOW)
