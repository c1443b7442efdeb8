"""The way out over HTTP: a client for the feed, and short notices to monitors and webhooks.

httpx stays within this module and `client`.
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import httpx

from sgsync import __version__
from sgsync.errors import ConfigurationError
from sgsync.fetch.watchdog import Watchdog

# httpx tells of each request at INFO, with the whole query of its URL.
logging.getLogger("httpx").setLevel(logging.WARNING)

USER_AGENT = f"sgsync/{__version__} (SpeedGaming schedule import; python-httpx)"
NOTICE_TIMEOUT = timedelta(seconds=5)

# A proxy from the environment serves the way out; what runs on this machine needs none.
_WITHOUT_PROXY = {"all://127.0.0.1": None, "all://localhost": None}
_LONGEST_ANSWER = 64 * 2**10
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


class UndeliveredError(Exception):
    """A notice did not reach its receiver. The message is a reason, and never holds the address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver of a notice said; `retry_after` is in seconds, where it asks for patience."""

    status: int
    retry_after: float | None = None

    @property
    def is_taken(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def open_client(
    headers: Mapping[str, str], transport: httpx.BaseTransport | None, auth: tuple[str, str] | None = None
) -> httpx.Client:
    """A client for one connection at a time. Raises ConfigurationError for an unusable environment."""
    try:
        return httpx.Client(
            headers=headers,
            auth=auth,
            transport=transport,
            mounts=_WITHOUT_PROXY,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=1),
        )
    except (httpx.InvalidURL, ImportError, OSError, ValueError):
        raise ConfigurationError(
            "The HTTP client does not start: check the proxy and certificate variables of the environment "
            "(HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE)."
        ) from None


def post_notice(
    url: str,
    body: bytes,
    content_type: str,
    *,
    timeout: timedelta = NOTICE_TIMEOUT,
    transport: httpx.BaseTransport | None = None,
) -> Answer:
    """Post `body`; `timeout` bounds the whole exchange. Raises UndeliveredError where nobody answers."""
    headers = {"User-Agent": USER_AGENT, "Content-Type": content_type, "Accept-Encoding": "identity"}
    try:
        with open_client(headers, transport) as client:
            return _exchange(client, url, body, timeout.total_seconds())
    except ConfigurationError as error:
        raise UndeliveredError(str(error)) from None
    # The library's own words may quote the address, which is the secret.
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
        raise UndeliveredError("its address is not one") from None
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError):
        raise UndeliveredError("it cannot be reached") from None
    except (httpx.HTTPError, OSError):
        raise UndeliveredError("it did not answer in time, or not in full") from None


def _exchange(client: httpx.Client, url: str, body: bytes, seconds: float) -> Answer:
    watchdog = Watchdog()
    with (
        watchdog.cut_after(seconds),
        client.stream(
            "POST", url, content=body, timeout=seconds, extensions={"trace": watchdog.observe}
        ) as response,
    ):
        return Answer(response.status_code, _patience(response) if response.is_error else None)


def _patience(response: httpx.Response) -> float | None:
    """The seconds that the receiver asks to wait for: Discord says it in the body, others in the header."""
    said = response.headers.get("Retry-After", "").strip()
    try:
        document = json.loads(_beginning(response))
    except ValueError:
        document = None
    if isinstance(document, dict) and isinstance(document.get("retry_after"), int | float):
        return float(document["retry_after"])
    return float(said) if _SECONDS.fullmatch(said) else None


def _beginning(response: httpx.Response) -> bytes:
    assert isinstance(response.stream, httpx.SyncByteStream)
    content = bytearray()
    for chunk in response.stream:
        content += chunk
        if len(content) > _LONGEST_ANSWER:
            break
    return bytes(content)
