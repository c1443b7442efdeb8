"""Durations as people write them: "90s", "2h", "30d", "1h30m"."""

import re
from datetime import UTC, datetime, timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])", re.ASCII)
_WHOLE = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """The length of time that `text` names. Raises ValueError with a sentence for people."""
    compact = text.strip().lower().replace(" ", "")
    if compact == "0":
        return timedelta(0)
    if not _WHOLE.fullmatch(compact):
        raise ValueError("is not a duration such as 90s, 5m, 2h or 30d")
    try:
        return sum(
            (timedelta(**{_UNITS[unit]: float(amount)}) for amount, unit in _PART.findall(compact)),
            timedelta(0),
        )
    except OverflowError:
        raise ValueError("is too long a duration") from None


def parse_moment(text: str, now: datetime) -> datetime:
    """The time that `text` names: ISO 8601 with an offset, or how far from `now`, as 7d or -2h.

    Raises ValueError with a sentence for people.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return _away_from(now, text.strip())
    if moment.utcoffset() is None:
        raise ValueError("has no offset, as in 2026-11-28T18:00+00:00 or 2026-11-28T18:00Z")
    return moment.astimezone(UTC)


def _away_from(now: datetime, text: str) -> datetime:
    try:
        length = parse_duration(text[1:] if text.startswith(("+", "-")) else text)
    except ValueError:
        raise ValueError(
            "is neither a time such as 2026-11-28T18:00Z nor a duration such as 7d or -2h"
        ) from None
    try:
        return now - length if text.startswith("-") else now + length
    except OverflowError:
        raise ValueError("is too far away") from None


def format_duration(length: timedelta) -> str:
    """`length` in its two largest units: "2h", "1h 30m", "45s"."""
    seconds = int(length.total_seconds())
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        amount, seconds = divmod(seconds, size)
        if amount:
            parts.append(f"{amount}{unit}")
    return " ".join(parts[:2]) or "0s"


def from_now(moment: datetime, now: datetime) -> str:
    """How far away `moment` is, in one unit: "in 3 hours", "in 30 hours", "2 days ago", "now"."""
    seconds = round((moment - now).total_seconds())
    for unit, size, least in (("day", 86_400, 2), ("hour", 3_600, 1), ("minute", 60, 1)):
        amount = round(abs(seconds) / size)
        if amount >= least:
            words = f"{amount} {unit}{'' if amount == 1 else 's'}"
            return f"in {words}" if seconds > 0 else f"{words} ago"
    return "now"


def ago(moment: datetime, now: datetime) -> str:
    """The same of something that has happened."""
    return "just now" if (words := from_now(moment, now)) == "now" else words
