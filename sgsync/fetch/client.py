"""Asking SpeedGaming over HTTP."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Literal, Self

import httpx
import stamina
from stamina.instrumentation import RetryDetails, get_on_retry_hooks, set_on_retry_hooks

from sgsync.errors import ConfigurationError, FeedUnreachableError, FeedUnreadableError, UnknownToFeedError
from sgsync.fetch import answers
from sgsync.fetch.answers import Schedule
from sgsync.fetch.body import Body
from sgsync.fetch.contact import Contact, read_contact
from sgsync.fetch.deadline import Deadline
from sgsync.fetch.http import USER_AGENT, open_client
from sgsync.fetch.watchdog import Watchdog
from sgsync.fetch.wire import SpeedGamingEpisode, SpeedGamingEvent
from sgsync.text import clean, cut

_log = logging.getLogger("sgsync.fetch")

Resource = Literal["schedule", "episode", "event"]

_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "application/json, text/html;q=0.9",  # the feed calls its JSON text/html
    "Accept-Encoding": "gzip",
}
_MOST_REDIRECTS = 3
_LONGEST_BACKOFF = 5.0
_LONGEST_QUOTE = 120
_SECONDS = re.compile(r"[0-9]{1,9}")
_HIGHEST_PORT = 65_535
_PASSING_FAULTS = (
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
    httpx.ProxyError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one answer may take: time to connect, per read and in all, and bytes (also inflated)."""

    connect: timedelta = timedelta(seconds=10)
    read: timedelta = timedelta(seconds=20)
    answer: timedelta = timedelta(seconds=60)
    size: int = 32 * 2**20


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    retry_after: str
    redirects_to: httpx.URL | None
    body: bytes


class _PassingError(FeedUnreachableError):
    """A failure that may be gone at the next attempt; `retry_after` is the wish of the server."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class _Pace:
    """Keeps a pause of `interval` seconds between any two requests."""

    def __init__(
        self, interval: timedelta, sleep: Callable[[float], None], clock: Callable[[], float]
    ) -> None:
        self.interval = interval.total_seconds()
        self._sleep = sleep
        self._clock = clock
        self._next: float | None = None

    @contextmanager
    def request(self, deadline: Deadline) -> Iterator[None]:
        """Wait for the turn of a request, which the block makes."""
        wait = 0.0 if self._next is None else self._next - self._clock()
        if not deadline.allows(max(wait, 0.0)):
            raise FeedUnreachableError(deadline.sentence)
        if wait > 0:
            self._sleep(wait)
        try:
            yield
        finally:
            self._next = self._clock() + self.interval


class SpeedGaming:
    """SpeedGaming's schedule: one connection, kept alive, for one thread.

    Every method raises FeedUnreachableError or FeedUnreadableError for a failed fetch, and then knows
    nothing about the schedule. Messages never hold credentials or the query of the base URL.
    """

    def __init__(  # noqa: PLR0913 - the last ones exist for tests
        self,
        base_url: str,
        *,
        request_interval: timedelta,
        deadline: Deadline,
        attempts: int = 3,
        limits: Limits | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Prepare to ask under `base_url`, with at most `attempts` requests for one question.

        `sleep` makes the pauses between requests; the waits before a further attempt are stamina's. `now`
        is only for a Retry-After that names a date. Raises ConfigurationError for an unusable URL, proxy
        or certificate store.
        """
        base = _parse_base_url(base_url)
        self._deadline = deadline
        self._limits = limits or Limits()
        self._clock = clock
        self._now = now
        self._pace = _Pace(request_interval, sleep, clock)
        self._watchdog = Watchdog()
        self._retrying = stamina.RetryingCaller(
            attempts=attempts, timeout=None, wait_initial=0.5, wait_max=_LONGEST_BACKOFF
        )
        # Not left in the URL, which httpx logs and quotes.
        auth = (base.username, base.password) if base.userinfo else None
        self._client = open_client(_HEADERS, transport, auth)
        self._base = base.copy_with(userinfo=b"")
        self.contact: Contact | None = None  # what the newest answer tells of the server

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End at once, also what another thread is waiting for."""
        self._watchdog.cut()
        self._client.close()

    def get_episode(self, episode_id: int) -> SpeedGamingEpisode:
        """The episode with this id. Raises UnknownToFeedError where there is none (any more)."""
        try:
            payload = self.ask("episode", {"id": str(episode_id)})
        except UnknownToFeedError as error:
            # Which one it names says nothing: SpeedGaming was seen to answer with the id 0.
            if "episode" in str(error).casefold():
                raise
            raise FeedUnreadableError(f"Asked for episode {episode_id}. {error}") from error
        episode = answers.read_episode(payload)
        if episode.id != episode_id:
            raise FeedUnreadableError(
                f"Asked for episode {episode_id}, SpeedGaming sent episode {episode.id}."
            )
        return episode

    def get_upcoming_episodes_by_event(
        self, event_slug: str, *, since: datetime, until: datetime
    ) -> Schedule:
        """The episodes of an event whose broadcast starts between two aware times.

        Raises UnknownToFeedError for a slug that SpeedGaming does not know.
        """
        return answers.read_schedule(self._entries(schedule_query(event_slug, since, until)))

    def get_upcoming_episodes(self, *, since: datetime, until: datetime) -> dict[str, Schedule]:
        """The same of every event that the answer to one request mentions, by slug."""
        return answers.read_schedules(self._entries(_span(since, until)))

    def find_event(self, slug: str) -> SpeedGamingEvent | None:
        """The event with exactly this slug, if SpeedGaming has it."""
        try:
            events = answers.read_events(self.ask("event", {"slug": slug}))
        except UnknownToFeedError:
            return None
        return next((event for event in events if event.slug == slug), None)

    def ask(self, resource: Resource, query: Mapping[str, str]) -> object:
        """The feed's own JSON, decoded. Raises UnknownToFeedError where it says "not found"."""
        reply = self._reply(resource, query)
        return answers.read_answer(reply.status, reply.body)

    def _entries(self, query: Mapping[str, str]) -> Iterator[object]:
        reply = self._reply("schedule", query)
        return answers.read_entries(reply.status, reply.body)

    def _reply(self, resource: Resource, query: Mapping[str, str]) -> _Reply:
        _log.debug("Asking for the %s with %s", resource, clean(str(dict(query))))
        # The slash at the end matters: without it the server answers with a redirect.
        path = f"{self._base.path.rstrip('/')}/{resource}/"
        url = self._base.copy_with(path=path).copy_merge_params(query)
        with _retries_logged_quietly():
            return self._retrying(self._wait_before_retry, self._attempt, url)

    def _wait_before_retry(self, error: Exception) -> bool | float:
        """Whether to try again after `error`, or the seconds to wait until then."""
        if not isinstance(error, _PassingError):
            return False
        longest = _LONGEST_BACKOFF if error.retry_after is None else error.retry_after
        if not self._deadline.allows(max(longest, self._pace.interval)):
            return False
        return True if error.retry_after is None else error.retry_after

    def _attempt(self, url: httpx.URL) -> _Reply:
        reply = self._follow(url)
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            wait = _seconds_to_wait(reply.retry_after, self._now())
            raise _PassingError(answers.describe_status(reply.status), wait)
        return reply

    def _follow(self, url: httpx.URL) -> _Reply:
        for _ in range(_MOST_REDIRECTS + 1):
            reply = self._exchange(url)
            if reply.redirects_to is None:
                return reply
            url = _within_same_site(url, reply.redirects_to)
        raise FeedUnreachableError("SpeedGaming redirects again and again: check SGSYNC_API_URL.")

    def _exchange(self, url: httpx.URL) -> _Reply:
        with self._pace.request(self._deadline):
            answer = Deadline(self._limits.answer, self._clock, self._too_slow())
            try:
                return self._request(url, answer)
            except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
                self._time_left(answer)  # a limit that has passed is the better explanation
                raise _translate(error, url) from None

    def _request(self, url: httpx.URL, answer: Deadline) -> _Reply:
        left = self._time_left(answer)
        shown = _without_secrets(url)
        _log.debug("GET %s", shown)
        with (
            self._watchdog.cut_after(left),
            self._client.stream(
                "GET", url, timeout=self._timeout(left), extensions={"trace": self._watchdog.observe}
            ) as response,
        ):
            self.contact = _contact(response)
            body = self._read(response, answer) if response.status_code == HTTPStatus.OK else b""
        _log.debug("%s answered HTTP %d with %d bytes", shown, response.status_code, len(body))
        return _Reply(
            status=response.status_code,
            retry_after=response.headers.get("Retry-After", ""),
            redirects_to=response.next_request.url if response.next_request else None,
            body=body,
        )

    def _read(self, response: httpx.Response, answer: Deadline) -> bytes:
        body = Body(response.headers.get("Content-Encoding", ""), self._limits.size)
        # `response.iter_raw()` refuses what a mock transport has prepared in memory; the stream does not.
        assert isinstance(response.stream, httpx.SyncByteStream)
        for chunk in response.stream:
            self._time_left(answer)
            body.add(chunk)
        return body.whole()

    def _time_left(self, answer: Deadline) -> float:
        return min(self._deadline.remaining(), answer.remaining())

    def _timeout(self, left: float) -> httpx.Timeout:
        read = min(self._limits.read.total_seconds(), left)
        return httpx.Timeout(read, connect=min(self._limits.connect.total_seconds(), left))

    def _too_slow(self) -> str:
        seconds = self._limits.answer.total_seconds()
        return f"SpeedGaming took more than {seconds:g} seconds for one answer: the next run tries again."


def _contact(response: httpx.Response) -> Contact:
    stream = response.extensions.get("network_stream")  # a mock transport has none
    tls = stream.get_extra_info("ssl_object") if stream else None
    return read_contact(response.headers.get("Date", ""), tls.getpeercert() if tls else None)


def _parse_base_url(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url.strip()).copy_with(fragment=None)
    except httpx.InvalidURL:
        url = httpx.URL("")
    port_is_possible = url.port is None or 0 < url.port <= _HIGHEST_PORT
    if url.scheme not in {"http", "https"} or not url.host or not port_is_possible:
        raise ConfigurationError("SGSYNC_API_URL is not an address such as https://speedgaming.org/api.")
    return url


def schedule_query(event_slug: str, since: datetime, until: datetime) -> dict[str, str]:
    """How to ask for the episodes of an event whose broadcast starts between two aware times."""
    return {"event": event_slug, **_span(since, until)}


def _span(since: datetime, until: datetime) -> dict[str, str]:
    return {"from": _with_offset(since), "to": _with_offset(until)}


def _with_offset(moment: datetime) -> str:
    if moment.utcoffset() is None:
        raise ValueError("a window needs aware times: SpeedGaming reads a naive one as US Eastern")
    return moment.isoformat(timespec="seconds")


def _within_same_site(url: httpx.URL, target: httpx.URL) -> httpx.URL:
    """`target`, to which `url` redirects. Raises FeedUnreachableError where that is another site."""
    if _origin(target) != _origin(url):
        raise FeedUnreachableError(
            f"SpeedGaming redirects to {_without_secrets(target)}, another site: check SGSYNC_API_URL."
        )
    return target.copy_with(userinfo=b"")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _without_secrets(url: httpx.URL) -> str:
    bare = url.copy_with(userinfo=b"", query=None, fragment=None)
    return cut(clean(str(bare)), _LONGEST_QUOTE)


def _seconds_to_wait(retry_after: str, now: datetime) -> float | None:
    """What a Retry-After header asks for, in seconds or as a date; None for nonsense."""
    if _SECONDS.fullmatch(retry_after.strip()):
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    # An HTTP date is in GMT; one that says "-0000" parses as naive.
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def _translate(error: Exception, url: httpx.URL) -> FeedUnreachableError:
    reason = cut(clean(str(error)), _LONGEST_QUOTE) or "no reason given"
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | UnicodeError):
        place = _without_secrets(url.copy_with(path="/"))
        message = f"Cannot reach SpeedGaming at {place} ({reason}): check the network and SGSYNC_API_URL."
    elif isinstance(error, httpx.TimeoutException):
        message = "SpeedGaming does not answer in time: the next run tries again."
    else:
        message = f"SpeedGaming's answer is broken ({reason}): the next run tries again."
    return _PassingError(message) if isinstance(error, _PASSING_FAULTS) else FeedUnreachableError(message)


def _log_retry(details: RetryDetails) -> None:
    _log.debug(
        "attempt %d failed (%s); again in %.1f s", details.retry_num, details.caused_by, details.wait_for
    )


@contextmanager
def _retries_logged_quietly() -> Iterator[None]:
    """Stamina warns about each retry, to everybody; here that is for --verbose only.

    Its hooks are global, so they are put back for whoever else retries in this process.
    """
    hooks = get_on_retry_hooks()
    set_on_retry_hooks([_log_retry])
    try:
        yield
    finally:
        set_on_retry_hooks(hooks)
