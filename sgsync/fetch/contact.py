"""What an answer tells of the server that gave it, whatever it says."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Contact:
    """The server's clock, if it told the time, and when its certificate ends, if it has one."""

    clock: datetime | None
    certificate_ends: datetime | None


def read_contact(date: str, certificate: Mapping[str, Any] | None) -> Contact:
    """`date` is the header, `certificate` as `getpeercert()` gives it."""
    return Contact(_moment(date), _end(certificate or {}))


def _moment(date: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    # An HTTP date is in GMT; one that says "-0000" parses as naive.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _end(certificate: Mapping[str, Any]) -> datetime | None:
    ends = certificate.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if ends else None
