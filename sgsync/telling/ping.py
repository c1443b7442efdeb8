"""A monitor's ping, in the convention of healthchecks.io. Pure: what goes where.

`/fail` and not `/{exit code}`, which fewer monitors know; the exit code stands in the body.
"""

from urllib.parse import urlsplit, urlunsplit

from sgsync.telling.ending import Ending

LONGEST_BODY = 10_000  # bytes; monitors keep no more


def start_url(url: str) -> str:
    return _below(url, "start")


def end_url(url: str, ending: Ending) -> str:
    return url if ending.is_well else _below(url, "fail")


def body_of(ending: Ending) -> bytes:
    text = f"exit code {ending.exit_code}\n{ending.summary}\n"
    return text.encode()[:LONGEST_BODY].decode(errors="ignore").encode()


def _below(url: str, step: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{step}"))
