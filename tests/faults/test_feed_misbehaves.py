"""One of three tournaments meets a feed that misbehaves: the others are imported, in time and in bounds.

What each fault means to the client is in tests/fetch; here it goes through the whole program.
"""

import json
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import repeat

import pytest

from tests.command_line import Finished, Sgsync
from tests.faults.effort import EFFORT
from tests.faults.stories import settings_for
from tests.feed_json import Json, make_crew, make_episode, make_event, make_player
from tests.fetch.loopback import Connection, Loopback, http_answer, loopback
from tests.scene import Scene, with_league

FIRST, CONCERNED, LAST = "first", "concerned", "last"
MOST_MEMORY = 300 * 2**20
DEADLINE = 12.0
GRACE = 5.0  # for starting, writing and a busy machine

Fault = Callable[[Connection], None]
MEGABYTE = b" " * 2**20


def status(line: str, *header: str) -> Fault:
    answer = "\r\n".join((f"HTTP/1.1 {line}", "Content-Length: 0", *header, "", "")).encode()
    return lambda connection: connection.send(answer)


def body(data: bytes, *header: str, length: int | None = None) -> Fault:
    return lambda connection: connection.send(http_answer(data, *header, length=length))


def megabytes(count: int) -> Fault:
    """A list of that much nothing, sent from little memory."""

    def send(connection: Connection) -> None:
        connection.send(http_answer(b"[", length=count * len(MEGABYTE) + 2))
        for _ in range(count):
            connection.send(MEGABYTE)
        connection.send(b"]")

    return send


def schedule(episodes: list[Json], encoding: str = "utf-8") -> Fault:
    return body(json.dumps(episodes, ensure_ascii=encoding == "utf-8").encode(encoding))


def episodes_of(slug: str, first_id: int, size: int = 1) -> list[Json]:
    return [
        make_episode(
            first_id + index,
            make_player(first_id + index, f"Runner {index}", discordId=str(10**17 + first_id + index)),
            make_player(500_000 + index % 700, f"Nobody {index % 700}", discordId=""),
            event=make_event(slug),
            commentators=[make_crew(first_id + index, f"Voice {index % 50}", discordId="")],
        )
        for index in range(size)
    ]


def bomb(connection: Connection) -> None:
    """300 MB behind little more than one."""
    packing = zlib.compressobj(level=1, wbits=zlib.MAX_WBITS | 16)
    packed = (packing.compress(part) for part in (b"[", *repeat(MEGABYTE, 300), b"]"))
    connection.send(http_answer(b"".join(packed) + packing.flush(), "Content-Encoding: gzip"))


def crowd(connection: Connection) -> None:
    """10,000,000 entries."""
    connection.send(http_answer(b"[" + b"[]," * 10**7 + b"[]]"))


def truncated(connection: Connection) -> None:
    whole = json.dumps(episodes_of(CONCERNED, 75_000)).encode()
    connection.send(http_answer(whole[:-10], length=len(whole)))
    connection.close()


# The fault, and a fragment of the sentence about it.
LOST: dict[str, tuple[Fault, str]] = {
    "reset": (Connection.reset, "is broken"),
    "truncated": (truncated, "is broken"),
    "429": (status("429 Too Many Requests"), "HTTP 429"),
    "429, and come back in a second": (status("429 Too Many Requests", "Retry-After: 1"), "HTTP 429"),
    "429, and come back tomorrow": (status("429 Too Many Requests", "Retry-After: 86400"), "HTTP 429"),
    "503": (status("503 Service Unavailable"), "HTTP 503"),
    "503, and come back in a second": (status("503 Service Unavailable", "Retry-After: 1"), "HTTP 503"),
    "503, and come back tomorrow": (status("503 Service Unavailable", "Retry-After: 86400"), "HTTP 503"),
    "redirected elsewhere": (status("302 Found", "Location: https://elsewhere.example/api/"), "another site"),
    "a web page": (body(b"<!DOCTYPE html><h1>Maintenance</h1>"), "a web page"),
    "an error object": (body(b'{"error": "Failed to find event."}'), "Failed to find event"),
    "null": (body(b"null"), "null came"),
    "deep JSON": (body(b"[" * 200_000), "nested too deeply"),
    "300 MB behind a small gzip": (bomb, "larger than"),
    "300 MB as they are": (megabytes(300), "larger than"),
    "30 MB that would be 700 in memory": (crowd, "more than a schedule"),
    "brotli": (body(b"\x0b\x02\x80[]\x03", "Content-Encoding: br"), "not asked for"),
    "a wrong charset": (schedule([make_episode(title="Café")], "latin-1"), "not UTF-8"),
}


@contextmanager
def feed(fault: Fault) -> Iterator[Loopback]:
    def answer(connection: Connection) -> None:
        request = server.requests[-1].decode()
        slug = request.partition("event=")[2].partition("&")[0]
        if slug == CONCERNED:
            fault(connection)
        else:
            schedule(episodes_of(slug, 71_000 if slug == FIRST else 79_000, 3))(connection)

    with loopback(answer) as server:
        yield server


@pytest.fixture
def scene(database_url: str) -> Scene:
    return with_league(Scene(database_url), FIRST, CONCERNED, LAST)


def run(
    scene: Scene, sgsync: Sgsync, fault: Fault, deadline: float = DEADLINE, *, is_large: bool = False
) -> Finished:
    """Import everything; it ends by the deadline and in bounds."""
    with feed(fault) as server:
        begun = time.monotonic()
        start = sgsync.fresh if is_large else sgsync
        ended = start("import-all", **settings_for(scene.url, server.url), SGSYNC_DEADLINE=f"{deadline}s")
    assert time.monotonic() - begun < deadline + GRACE
    assert ended.peak_bytes < MOST_MEMORY, f"{ended.peak_bytes:,} bytes"
    assert "Traceback" not in ended.stderr
    return ended


def imported_by_tournament(scene: Scene) -> dict[int, int]:
    return dict(scene.rows('SELECT tournament_id, count(*) FROM "match" GROUP BY 1'))


@pytest.mark.parametrize("fault", LOST)
def test_only_the_tournament_concerned_is_lost(scene: Scene, sgsync: Sgsync, fault: str) -> None:
    misbehave, fragment = LOST[fault]
    ended = run(scene, sgsync, misbehave)
    assert ended.exit_code == 1, ended.stderr
    (problem,) = [line for line in ended.lines if not line.startswith("INFO: ")]
    assert problem.startswith("ERROR: Tournament 2 ('Season 9'): ")
    assert fragment in problem
    assert imported_by_tournament(scene) == {1: 3, 3: 3}


def drip(connection: Connection) -> None:
    connection.send_slowly(http_answer(MEGABYTE), pause=0.05)


@pytest.mark.parametrize("fault", [Connection.hang, drip])
def test_one_that_hangs_or_drips_ends_with_the_run_and_costs_nothing_that_is_done(
    scene: Scene, sgsync: Sgsync, fault: Fault
) -> None:
    scene.execute("UPDATE tournament SET id = 4 WHERE id = 2")  # the last to be asked for
    ended = run(scene, sgsync, fault, deadline=2)
    assert ended.exit_code == 1, ended.stderr
    assert [line for line in ended.lines if line.startswith("ERROR: ")] == [ended.lines[-1]]
    assert ended.lines[-1].startswith("ERROR: Tournament 4 ('Season 9'): ")
    assert imported_by_tournament(scene) == {1: 3, 3: 3}


@pytest.mark.skipif(
    EFFORT < 2, reason="takes as long as the client is patient, a minute each: SGSYNC_TEST_EFFORT=2"
)
@pytest.mark.parametrize("fault", [Connection.hang, drip])
def test_one_that_hangs_or_drips_leaves_time_for_the_others(
    scene: Scene, sgsync: Sgsync, fault: Fault
) -> None:
    ended = run(scene, sgsync, fault, deadline=110)
    assert ended.exit_code == 1, ended.stderr
    assert imported_by_tournament(scene) == {1: 3, 3: 3}


def test_a_feed_that_refuses_for_a_while_costs_the_tournament_of_that_while(
    scene: Scene, sgsync: Sgsync
) -> None:
    """Refused is the whole site: here it goes away after the first answer, and comes back for the last."""
    with feed(Connection.reset) as server:
        settings = settings_for(scene.url, server.url)
        assert sgsync("import", "1", **settings).exit_code == 0
    refused = sgsync("import", "2", **settings, SGSYNC_DEADLINE="6s")
    assert refused.exit_code == 5
    assert "Cannot reach SpeedGaming" in refused.lines[-1]
    with feed(Connection.reset) as server:
        assert sgsync("import", "3", **settings_for(scene.url, server.url)).exit_code == 0
    assert imported_by_tournament(scene) == {1: 3, 3: 3}


def listed_again(slug: str) -> list[Json]:
    """One episode twice word for word, one twice with different words."""
    first, second = episodes_of(slug, 75_000, 2)
    return [first, second, first, {**second, "title": "Another"}]


def test_of_an_episode_that_is_listed_twice_the_first_counts(scene: Scene, sgsync: Sgsync) -> None:
    ended = run(scene, sgsync, schedule(listed_again(CONCERNED)))
    assert ended.exit_code == 1
    (problem,) = [line for line in ended.lines if not line.startswith("INFO: ")]
    assert "75001" in problem
    assert "listed twice" in problem
    assert imported_by_tournament(scene) == {1: 3, 2: 2, 3: 3}


def test_ten_thousand_episodes_are_imported(scene: Scene, sgsync: Sgsync) -> None:
    many = schedule(episodes_of(CONCERNED, 100_000, 10_000))
    ended = run(scene, sgsync, many, deadline=60, is_large=True)
    assert ended.exit_code == 0, ended.stderr[-2000:]
    assert imported_by_tournament(scene) == {1: 3, 2: 10_000, 3: 3}
    again = run(scene, sgsync, many, deadline=60, is_large=True)
    assert again.exit_code == 0
    assert "0 imported, 10000 skipped" in again.stderr
