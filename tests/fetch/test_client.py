import contextlib
import gzip
import json
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
import respx
import stamina.instrumentation

from sgsync import __version__
from sgsync.errors import (
    ConfigurationError,
    FeedError,
    FeedUnreachableError,
    FeedUnreadableError,
    UnknownToFeedError,
)
from sgsync.fetch.client import Limits, SpeedGaming
from sgsync.fetch.deadline import Deadline
from tests.feed_json import make_episode, make_event
from tests.fetch.loopback import Connection, http_answer, loopback

BASE = "https://feed.example/api"
SCHEDULE = f"{BASE}/schedule/"
EPISODE = f"{BASE}/episode/"
NOW = datetime(2026, 11, 28, 18, tzinfo=UTC)


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def clock(self) -> float:
        return self.seconds


@pytest.fixture(autouse=True)
def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """Stamina sleeps on its own; so that its waits are seen, and cost nothing, time.sleep is replaced."""
    fake = FakeTime()
    monkeypatch.setattr(time, "sleep", fake.sleep)
    return fake


@pytest.fixture
def feed() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


@contextlib.contextmanager
def client(
    fake_time: FakeTime, base: str = BASE, *, deadline: float = 240, interval: float = 0, **options: Any
) -> Iterator[SpeedGaming]:
    with SpeedGaming(
        base,
        request_interval=timedelta(seconds=interval),
        deadline=Deadline(timedelta(seconds=deadline), fake_time.clock),
        sleep=fake_time.sleep,
        clock=fake_time.clock,
        now=lambda: NOW,
        **options,
    ) as speedgaming:
        yield speedgaming


@contextlib.contextmanager
def real_client(
    base: str, *, deadline: float = 30, attempts: int = 1, limits: Limits | None = None
) -> Iterator[SpeedGaming]:
    """A client in real time, but for the waits between attempts."""
    with SpeedGaming(
        base,
        request_interval=timedelta(0),
        deadline=Deadline(timedelta(seconds=deadline)),
        attempts=attempts,
        limits=limits or Limits(),
    ) as speedgaming:
        yield speedgaming


def fetch(speedgaming: SpeedGaming) -> list[int]:
    schedule = speedgaming.get_upcoming_episodes_by_event("a", since=NOW, until=NOW + timedelta(days=30))
    return [episode.id for episode in schedule.episodes]


def text(payload: Any) -> httpx.Response:
    return httpx.Response(200, text=json.dumps(payload), headers={"Content-Type": "text/html"})


# What is asked


def test_a_schedule_is_asked_for_with_slash_and_offsets(feed: respx.MockRouter, fake_time: FakeTime) -> None:
    route = feed.get(SCHEDULE).mock(return_value=text([make_episode(1)]))
    since = datetime(2026, 11, 28, 18, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    with client(fake_time) as speedgaming:
        schedule = speedgaming.get_upcoming_episodes_by_event("a&b ü", since=since, until=NOW)
    assert [episode.id for episode in schedule.episodes] == [1]
    url = route.calls.last.request.url
    assert dict(url.params) == {
        "event": "a&b ü",
        "from": "2026-11-28T18:00:00+02:00",
        "to": "2026-11-28T18:00:00+00:00",
    }
    assert url.path == "/api/schedule/"
    assert b"%2B00%3A00" in url.query
    assert b"+00" not in url.query


def test_naive_times_are_never_sent(feed: respx.MockRouter, fake_time: FakeTime) -> None:
    with client(fake_time) as speedgaming, pytest.raises(ValueError, match="aware"):
        speedgaming.get_upcoming_episodes_by_event("a", since=NOW.replace(tzinfo=None), until=NOW)
    assert not feed.calls


def test_a_request_says_who_asks_and_takes_only_gzip(feed: respx.MockRouter, fake_time: FakeTime) -> None:
    route = feed.get(SCHEDULE).mock(return_value=text([]))
    with client(fake_time) as speedgaming:
        fetch(speedgaming)
    headers = route.calls.last.request.headers
    assert headers["User-Agent"].startswith(f"sgsync/{__version__} (")
    assert headers["Accept-Encoding"] == "gzip"
    assert "Authorization" not in headers


@pytest.mark.parametrize("base", [BASE, f"{BASE}/", f" {BASE}// "])
def test_slashes_and_blanks_around_the_base_url_do_not_matter(
    feed: respx.MockRouter, fake_time: FakeTime, base: str
) -> None:
    feed.get(SCHEDULE).mock(return_value=text([]))
    with client(fake_time, base) as speedgaming:
        assert fetch(speedgaming) == []


def test_an_episode_is_asked_for_by_id(feed: respx.MockRouter, fake_time: FakeTime) -> None:
    feed.get(EPISODE, params={"id": "7"}).mock(return_value=text(make_episode(7)))
    with client(fake_time) as speedgaming:
        assert speedgaming.get_episode(7).id == 7


def test_another_episode_than_the_one_asked_for_is_a_failed_fetch(
    feed: respx.MockRouter, fake_time: FakeTime
) -> None:
    feed.get(EPISODE).mock(return_value=text(make_episode(8)))
    with client(fake_time) as speedgaming, pytest.raises(FeedUnreadableError, match="Asked for episode 7"):
        speedgaming.get_episode(7)


def test_an_unknown_episode_is_told_from_a_failed_fetch(feed: respx.MockRouter, fake_time: FakeTime) -> None:
    feed.get(EPISODE).mock(return_value=text({"error": "Failed to find episode with id 7."}))
    with client(fake_time) as speedgaming, pytest.raises(UnknownToFeedError, match="Failed to find"):
        speedgaming.get_episode(7)


def test_an_answer_about_something_else_does_not_say_that_an_episode_is_gone(
    feed: respx.MockRouter, fake_time: FakeTime
) -> None:
    feed.get(EPISODE).mock(return_value=text({"error": "Failed to find event."}))
    with client(fake_time) as speedgaming, pytest.raises(FeedUnreadableError, match="Asked for episode 7"):
        speedgaming.get_episode(7)


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        ([make_event("other"), make_event("league")], True),
        ([make_event("League")], False),
        ([], False),
        ({"error": "Failed to find event."}, False),
    ],
)
def test_an_event_is_found_by_its_exact_slug(
    feed: respx.MockRouter, fake_time: FakeTime, payload: Any, *, found: bool
) -> None:
    feed.get(f"{BASE}/event/", params={"slug": "league"}).mock(return_value=text(payload))
    with client(fake_time) as speedgaming:
        event = speedgaming.find_event("league")
    assert (event is not None and event.slug == "league") is found


def test_a_failed_search_does_not_say_that_there_is_no_such_event(
    feed: respx.MockRouter, fake_time: FakeTime
) -> None:
    feed.get(f"{BASE}/event/").mock(return_value=text({"error": "Database is down."}))
    with client(fake_time) as speedgaming, pytest.raises(FeedUnreachableError):
        speedgaming.find_event("league")


# Attempts and pauses


@pytest.mark.parametrize(
    "failure",
    [
        httpx.Response(500),
        httpx.Response(503),
        httpx.Response(429),
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("gone"),
    ],
)
def test_what_may_pass_is_tried_again(
    feed: respx.MockRouter, fake_time: FakeTime, failure: httpx.Response | Exception
) -> None:
    route = feed.get(SCHEDULE)
    route.side_effect = [failure, failure, text([make_episode(1)])]
    with client(fake_time) as speedgaming:
        assert fetch(speedgaming) == [1]
    assert route.call_count == 3
    first, second = fake_time.slept
    assert 0.5 <= first <= 1.5
    assert 1.0 <= second <= 2.0


@pytest.mark.parametrize("failure", [httpx.Response(503), httpx.Response(429), httpx.ConnectError("refused")])
def test_attempts_are_counted(
    feed: respx.MockRouter, fake_time: FakeTime, failure: httpx.Response | Exception
) -> None:
    route = feed.get(SCHEDULE)
    route.side_effect = [failure] * 5
    with client(fake_time, attempts=4) as speedgaming, pytest.raises(FeedUnreachableError):
        fetch(speedgaming)
    assert route.call_count == 4


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404),
        httpx.Response(403),
        httpx.Response(204),
        httpx.Response(304),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, text=""),
        httpx.Response(200, text="null"),
        httpx.Response(200, text='{"error": "Database is down."}'),
    ],
)
def test_what_will_not_pass_is_asked_once_and_is_never_an_empty_schedule(
    feed: respx.MockRouter, fake_time: FakeTime, answer: httpx.Response
) -> None:
    route = feed.get(SCHEDULE).mock(return_value=answer)
    with client(fake_time) as speedgaming, pytest.raises(FeedError):
        fetch(speedgaming)
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Sat, 28 Nov 2026 18:00:30 GMT", 30.0),
        ("Sat, 28 Nov 2020 18:00:00 -0000", 0.0),
    ],
)
def test_retry_after_is_honoured(
    feed: respx.MockRouter, fake_time: FakeTime, header: str, seconds: float
) -> None:
    route = feed.get(SCHEDULE)
    route.side_effect = [httpx.Response(429, headers={"Retry-After": header}), text([])]
    with client(fake_time) as speedgaming:
        fetch(speedgaming)
    assert fake_time.slept == [seconds]


@pytest.mark.parametrize(
    "header", ["", "soon", "-5", "1.5", "9" * 5000, "\u0661", "Sat, 99 Nov 2026 18:00:30 GMT"]
)
def test_a_senseless_retry_after_is_ignored(feed: respx.MockRouter, fake_time: FakeTime, header: str) -> None:
    route = feed.get(SCHEDULE)
    route.side_effect = [httpx.Response(503, headers={b"Retry-After": header.encode()}), text([])]
    with client(fake_time) as speedgaming:
        fetch(speedgaming)
    assert 0.5 <= fake_time.slept[0] <= 1.5


@pytest.mark.parametrize("header", ["60", "999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_waits_for_what_lies_beyond_the_deadline(
    feed: respx.MockRouter, fake_time: FakeTime, header: str
) -> None:
    route = feed.get(SCHEDULE).mock(return_value=httpx.Response(429, headers={"Retry-After": header}))
    with client(fake_time, deadline=60) as speedgaming, pytest.raises(FeedUnreachableError, match="429"):
        fetch(speedgaming)
    assert route.call_count == 1
    assert fake_time.slept == []


def test_a_deadline_that_is_near_leaves_no_time_for_another_attempt(
    feed: respx.MockRouter, fake_time: FakeTime
) -> None:
    route = feed.get(SCHEDULE).mock(return_value=httpx.Response(503))
    with client(fake_time, deadline=5) as speedgaming, pytest.raises(FeedUnreachableError, match="503"):
        fetch(speedgaming)
    assert route.call_count == 1


def test_after_the_deadline_nothing_is_asked(feed: respx.MockRouter, fake_time: FakeTime) -> None:
    with client(fake_time, deadline=10) as speedgaming:
        fake_time.seconds += 10
        with pytest.raises(FeedUnreachableError, match="SGSYNC_DEADLINE"):
            fetch(speedgaming)
    assert not feed.calls


def test_requests_keep_their_distance_also_between_attempts(
    feed: respx.MockRouter, fake_time: FakeTime
) -> None:
    asked: list[float] = []

    def answer(_: httpx.Request) -> httpx.Response:
        asked.append(fake_time.seconds)
        return httpx.Response(503) if len(asked) == 2 else text([])

    feed.get(SCHEDULE).mock(side_effect=answer)
    with client(fake_time, interval=60) as speedgaming:
        fetch(speedgaming)
        fetch(speedgaming)
    assert asked == [1000.0, 1060.0, pytest.approx(1120.0)]


def test_a_pause_that_would_outlast_the_deadline_is_not_begun(
    feed: respx.MockRouter, fake_time: FakeTime
) -> None:
    feed.get(SCHEDULE).mock(return_value=text([]))
    with client(fake_time, interval=60, deadline=60) as speedgaming:
        fetch(speedgaming)
        with pytest.raises(FeedUnreachableError, match="SGSYNC_DEADLINE"):
            fetch(speedgaming)
    assert fake_time.slept == []


def test_a_retry_is_quiet_and_leaves_staminas_hooks_as_they_were(
    feed: respx.MockRouter, fake_time: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before = stamina.instrumentation.get_on_retry_hooks()
    feed.get(SCHEDULE).side_effect = [httpx.Response(503), text([])]
    with client(fake_time) as speedgaming:
        fetch(speedgaming)
    assert any("attempt 1 failed" in record.message for record in caplog.records)
    assert {record.levelno for record in caplog.records} == {logging.DEBUG}
    assert stamina.instrumentation.get_on_retry_hooks() == before


# Redirects


@pytest.mark.parametrize("location", ["/api/schedule/?moved=1", "?moved=1", "https://feed.example:443/api/x"])
def test_a_redirect_within_the_site_is_followed(
    feed: respx.MockRouter, fake_time: FakeTime, location: str
) -> None:
    route = feed.get(url__startswith="https://feed.example/")
    route.side_effect = [httpx.Response(301, headers={"Location": location}), text([make_episode(1)])]
    with client(fake_time, interval=1) as speedgaming:
        assert fetch(speedgaming) == [1]
    assert fake_time.slept == [1.0]


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/",
        "//evil.example/",
        "http://feed.example/api/",
        "https://feed.example:8443/",
        "https://feed.example.evil.example/",
        "https://feed.example@evil.example/",
        "file://evil.example/etc/passwd",
    ],
)
def test_a_redirect_that_leaves_the_site_is_refused(
    feed: respx.MockRouter, fake_time: FakeTime, location: str
) -> None:
    route = feed.get(SCHEDULE).mock(return_value=httpx.Response(302, headers={"Location": location}))
    with (
        client(fake_time) as speedgaming,
        pytest.raises(FeedUnreachableError, match="redirects to") as caught,
    ):
        fetch(speedgaming)
    assert "check SGSYNC_API_URL" in str(caught.value)
    assert route.call_count == 1


@pytest.mark.parametrize(
    "location", ["javascript:alert(1)", "https://[::1", "https://feed.example\x1b[2J/", "\u202e://"]
)
def test_a_redirect_to_nonsense_is_a_failed_fetch(
    feed: respx.MockRouter, fake_time: FakeTime, location: str
) -> None:
    headers = {b"Location": location.encode()}
    feed.get(url__startswith="https://feed.example/").mock(return_value=httpx.Response(302, headers=headers))
    with client(fake_time) as speedgaming, pytest.raises(FeedUnreachableError) as caught:
        fetch(speedgaming)
    assert str(caught.value).isprintable()


def test_the_message_says_where_a_redirect_points_but_no_secrets(
    feed: respx.MockRouter, fake_time: FakeTime
) -> None:
    location = "https://user:canary@evil.example/path?token=canary"
    feed.get(SCHEDULE).mock(return_value=httpx.Response(302, headers={"Location": location}))
    with client(fake_time) as speedgaming, pytest.raises(FeedUnreachableError) as caught:
        fetch(speedgaming)
    assert "https://evil.example/path" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_redirects_in_a_circle_end(feed: respx.MockRouter, fake_time: FakeTime) -> None:
    route = feed.get(SCHEDULE).mock(return_value=httpx.Response(302, headers={"Location": "/api/schedule/"}))
    with client(fake_time) as speedgaming, pytest.raises(FeedUnreachableError, match="again and again"):
        fetch(speedgaming)
    assert route.call_count == 4


# The base URL


@pytest.mark.parametrize(
    "base",
    [
        "",
        "speedgaming.org/api",
        "ftp://feed.example",
        "https://",
        "https://feed.example:99999",
        "https://[::1",
        "\x00",
    ],
)
def test_a_base_url_that_is_none_is_refused(fake_time: FakeTime, base: str) -> None:
    with pytest.raises(ConfigurationError, match="SGSYNC_API_URL"), client(fake_time, base):
        pass


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.Response(503),
        httpx.Response(404),
        httpx.Response(302, headers={"Location": "https://evil.example"}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, text="[]"),
    ],
)
def test_credentials_in_the_base_url_are_used_but_never_shown(
    feed: respx.MockRouter,
    fake_time: FakeTime,
    caplog: pytest.LogCaptureFixture,
    failure: httpx.Response | Exception,
) -> None:
    caplog.set_level(logging.DEBUG)
    route = feed.get(url__startswith=SCHEDULE)
    route.side_effect = [failure] * 3
    message = ""
    with client(fake_time, "https://user:canary1@feed.example/api?key=canary2") as speedgaming:
        try:
            fetch(speedgaming)
        except FeedError as error:
            message = f"{error!r} {error}"
    request = route.calls.last.request
    assert request.headers["Authorization"].startswith("Basic ")
    assert request.url.params["key"] == "canary2"
    assert "canary" not in message + caplog.text


def test_no_httpx_error_is_seen_outside(feed: respx.MockRouter, fake_time: FakeTime) -> None:
    for failure in (
        httpx.UnsupportedProtocol("x"),
        httpx.DecodingError("x"),
        UnicodeError("label"),
        OSError("x"),
    ):
        feed.get(SCHEDULE).side_effect = [failure]
        with client(fake_time, attempts=1) as speedgaming, pytest.raises(FeedUnreachableError) as caught:
            fetch(speedgaming)
        assert caught.value.__suppress_context__


@pytest.mark.parametrize("proxy", ["gopher://user:canary@proxy.example", "http://user:canary@[::1"])
def test_an_unusable_proxy_is_a_matter_of_configuration(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY") as caught, client(fake_time):
        pass
    assert "canary" not in str(caught.value)


# What arrives


def test_an_injected_transport_answers_instead_of_the_network(fake_time: FakeTime) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=gzip.compress(b"[]"), headers={"Content-Encoding": "gzip"})

    with client(fake_time, transport=httpx.MockTransport(answer)) as speedgaming:
        assert fetch(speedgaming) == []


def test_gzip_is_read_and_the_connection_kept() -> None:
    body = gzip.compress(json.dumps([make_episode(1)]).encode())
    with (
        loopback(lambda wire: wire.send(http_answer(body, "Content-Encoding: gzip"))) as server,
        real_client(server.url) as speedgaming,
    ):
        assert [fetch(speedgaming), fetch(speedgaming)] == [[1], [1]]
        assert (len(server.requests), server.connections) == (2, 1)
        assert server.requests[0].startswith(b"GET /api/schedule/?event=a&from=2026")


def test_a_proxy_from_the_environment_does_not_come_before_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with (
        loopback(lambda wire: wire.send(http_answer(b"[]"))) as server,
        real_client(server.url) as speedgaming,
    ):
        assert fetch(speedgaming) == []


def test_a_connection_that_breaks_off_is_tried_again() -> None:
    def answer(wire: Connection) -> None:
        if len(server.requests) == 1:
            wire.send(http_answer(b"[", length=100))
            wire.reset()
        else:
            wire.send(http_answer(b"[]"))

    with loopback(answer) as server, real_client(server.url, attempts=2) as speedgaming:
        assert fetch(speedgaming) == []
        assert len(server.requests) == 2


def test_a_truncated_answer_is_a_failed_fetch_even_if_it_is_json_so_far() -> None:
    def answer(wire: Connection) -> None:
        wire.send(http_answer(b"[]", length=100))
        wire.close()

    with (
        loopback(answer) as server,
        real_client(server.url, attempts=3) as speedgaming,
        pytest.raises(FeedUnreachableError, match="is broken"),
    ):
        fetch(speedgaming)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (gzip.compress(b"[]" * 1000)[:-12], "breaks off"),
        (gzip.compress(b"[]") + b"more", "goes on"),
        (b"[]", "damaged"),
        (b"", "breaks off"),
    ],
    ids=["short", "long", "plain", "empty"],
)
def test_damaged_gzip_is_a_failed_fetch(body: bytes, hint: str) -> None:
    with (
        loopback(lambda wire: wire.send(http_answer(body, "Content-Encoding: gzip"))) as server,
        real_client(server.url) as speedgaming,
        pytest.raises(FeedUnreadableError, match=hint),
    ):
        fetch(speedgaming)


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "\x1b"])
def test_an_encoding_that_was_not_asked_for_is_a_failed_fetch(fake_time: FakeTime, encoding: str) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": encoding}, content=iter([b"[]"]))

    with (
        client(fake_time, transport=httpx.MockTransport(answer)) as speedgaming,
        pytest.raises(FeedUnreadableError, match="not asked for"),
    ):
        fetch(speedgaming)


@pytest.mark.parametrize(
    ("body", "header"),
    [(gzip.compress(b" " * 2**26), "Content-Encoding: gzip"), (b" " * 2**21, "X-Plain: yes")],
    ids=["bomb", "plain"],
)
def test_an_answer_that_is_too_large_ends_early(body: bytes, header: str) -> None:
    with (
        loopback(lambda wire: wire.send(http_answer(body, header))) as server,
        real_client(server.url, limits=Limits(size=2**20)) as speedgaming,
        pytest.raises(FeedUnreadableError, match=r"larger than 1,048,576 bytes"),
    ):
        fetch(speedgaming)


def test_an_answer_as_large_as_the_limit_is_read() -> None:
    body = gzip.compress(b"[" + b" " * 998 + b"]")
    with (
        loopback(lambda wire: wire.send(http_answer(body, "Content-Encoding: gzip"))) as server,
        real_client(server.url, limits=Limits(size=1000)) as speedgaming,
    ):
        assert fetch(speedgaming) == []


def drip_body(wire: Connection) -> None:
    wire.send(http_answer(b"", length=1000))
    wire.send_slowly(b" " * 1000)


def drip_header(wire: Connection) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    wire.send_slowly(b"x" * 1000)


@pytest.mark.parametrize("drip", [drip_body, drip_header])
def test_an_answer_that_drips_in_is_given_up_without_another_attempt(drip: Any) -> None:
    with (
        loopback(drip) as server,
        real_client(server.url, attempts=3, limits=Limits(answer=timedelta(seconds=0.2))) as speedgaming,
        pytest.raises(FeedUnreachableError, match=r"more than 0\.2 seconds"),
    ):
        fetch(speedgaming)
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [drip_body, drip_header, Connection.hang])
def test_no_answer_outlasts_the_deadline(answer: Any) -> None:
    started = time.monotonic()
    with (
        loopback(answer) as server,
        real_client(server.url, attempts=3, deadline=0.2) as speedgaming,
        pytest.raises(FeedUnreachableError, match="SGSYNC_DEADLINE"),
    ):
        fetch(speedgaming)
    assert time.monotonic() - started < 2


def test_a_server_that_hangs_is_tried_again_and_then_given_up() -> None:
    with (
        loopback(Connection.hang) as server,
        real_client(server.url, attempts=2, limits=Limits(read=timedelta(seconds=0.1))) as speedgaming,
        pytest.raises(FeedUnreachableError, match="does not answer in time"),
    ):
        fetch(speedgaming)
    assert len(server.requests) == 2


def test_a_port_where_nobody_listens_is_named() -> None:
    with loopback(Connection.hang) as server:
        url = server.url
    with (
        real_client(url) as speedgaming,
        pytest.raises(FeedUnreachableError, match=r"Cannot reach .*127\.0\.0\.1"),
    ):
        fetch(speedgaming)
