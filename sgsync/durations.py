"""Durations as people write them: "90s", "2h", "30d", "1h30m"."""

import re
from datetime import timedelta

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


def format_duration(length: timedelta) -> str:
    """`length` in its two largest units: "2h", "1h 30m", "45s"."""
    seconds = int(length.total_seconds())
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        amount, seconds = divmod(seconds, size)
        if amount:
            parts.append(f"{amount}{unit}")
    return " ".join(parts[:2]) or "0s"
