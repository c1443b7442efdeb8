"""Schedules are fetched while the database works, one ahead, and nothing waits for what it need not wait for."""

import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest

from sgsync.errors import FeedUnreachableError
from sgsync.fetch.courier import Courier, one_ahead
from sgsync.report import Outcome
from tests.cli.conftest import WIDE
from tests.command_line import Sgsync
from tests.feed_json import make_episode, make_event
from tests.importing.conftest import MakeScene
from tests.postgres import connect
from tests.scene import Scene, canned_feed, somebody_waits, wait_until, with_league

SLUGS = ("first", "second", "third")
TRANSACTIONS = (
    "SELECT xact_start IS NOT NULL FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'sgsync'"
)


@pytest.fixture
def three(make_scene: MakeScene) -> Scene:
    """Three tournaments of one episode each."""
    scene = with_league(make_scene(), *SLUGS)
    scene.episodes = [
        make_episode(75000 + number, event=make_event(slug)) for number, slug in enumerate(SLUGS)
    ]
    return scene


def test_the_next_schedule_is_fetched_while_the_database_works(three: Scene) -> None:
    asked: list[float] = []
    three.on_request = lambda: asked.append(time.monotonic())
    with connect(three.url) as other, connect(three.url) as watcher, ThreadPoolExecutor(1) as pool:
        with other.transaction():
            other.execute("LOCK TABLE crew")
            running = pool.submit(three.import_all)
            wait_until(lambda: len(asked) > 1)
            wait_until(lambda: somebody_waits(watcher))
            assert len(asked) == 2, "one ahead and no more: memory holds two schedules at most"
        assert running.result(timeout=30).outcome is Outcome.OK
    assert len(asked) == 3


def test_no_import_waits_for_the_next_schedule(three: Scene) -> None:
    def hold_back_the_second() -> None:
        if len(three.served) == len(three.episodes):  # one answer was given: this is the second
            wait_until(lambda: three.count('"match"') == 1)
            states.extend(three.column(TRANSACTIONS))

    states: list[bool] = []
    three.on_request = hold_back_the_second
    three.import_all()
    assert states == [False], "committed, and no transaction is open while HTTP waits"


def test_requests_keep_their_distance(three: Scene) -> None:
    asked: list[float] = []
    three.on_request = lambda: asked.append(time.monotonic())
    three.import_all(request_interval="0.2s")
    distances = [later - sooner for sooner, later in pairwise(asked)]
    assert len(distances) == 2
    assert min(distances) > 0.15


def test_a_failed_fetch_stays_with_its_tournament(three: Scene) -> None:
    three.episodes = [episode for episode in three.episodes if episode["event"]["slug"] != "second"]
    report = three.import_all()
    assert [(each.imported, bool(each.problems)) for each in report.tournaments] == [
        (1, False),
        (0, True),
        (1, False),
    ]


def test_the_deadline_ends_the_fetching_and_not_the_import(three: Scene) -> None:
    report = three.import_all(request_interval="2s", deadline="1s")
    assert [each.imported for each in report.tournaments] == [1, 0, 0]
    assert all("time for asking" in each.problems[0] for each in report.tournaments[1:])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_does_not_stay_for_the_next_schedule(
    scene: Scene, bare: Sgsync, number: signal.Signals
) -> None:
    scene.add_tournament("second")
    hangs, over = threading.Event(), threading.Event()
    with canned_feed(answer_one_then_hang(hangs, over)) as url, connect(scene.url) as other:
        bare.settings |= WIDE | {"SGSYNC_DATABASE_URL": scene.url, "SGSYNC_API_URL": url}
        with other.transaction(), connect(scene.url) as watcher:
            other.execute("LOCK TABLE sgsync.episode")
            with bare.started("import-all") as process:
                assert hangs.wait(20)
                wait_until(lambda: somebody_waits(watcher))
                process.send_signal(number)
                _, stderr = process.communicate(timeout=10)
        over.set()
    assert (process.returncode, "Traceback" in stderr) == (130, False)
    assert scene.column("SELECT outcome FROM sgsync.run") == ["interrupted"]


def answer_one_then_hang(hangs: threading.Event, over: threading.Event) -> Callable[[str], tuple[int, bytes]]:
    def answer(path: str) -> tuple[int, bytes]:
        if parse_qs(urlsplit(path).query)["event"] == ["second"]:
            hangs.set()
            over.wait(60)
        return 200, b"[]"

    return answer


def test_an_errand_raises_where_its_result_is_asked_for() -> None:
    def fail() -> None:
        raise FeedUnreachableError("gone")

    with Courier() as courier:
        answer = courier.send(fail)
        assert courier.send(lambda: 5).result(timeout=5) == 5
        with pytest.raises(FeedUnreachableError):
            answer.result(timeout=5)


def test_errands_are_done_by_one_thread_in_their_order() -> None:
    done: list[tuple[int, int]] = []

    def note(number: int) -> None:
        done.append((number, threading.get_ident()))

    with Courier() as courier:
        answers = [courier.send(partial(note, number)) for number in range(20)]
        answers[-1].result(timeout=5)
    assert [number for number, _ in done] == list(range(20))
    assert len({thread for _, thread in done} - {threading.get_ident()}) == 1


def test_what_has_not_begun_is_dropped_at_the_end() -> None:
    begun, may_end = threading.Event(), threading.Event()
    done: list[int] = []

    def wait() -> None:
        begun.set()
        may_end.wait(5)

    with Courier() as courier:
        first = courier.send(wait)
        courier.send(partial(done.append, 1))
        assert begun.wait(5)
    may_end.set()
    first.result(timeout=5)
    assert not done


def test_one_ahead_starts_the_next_before_it_gives_one() -> None:
    started: list[int] = []
    given = []
    for item, _ in one_ahead(range(4), started.append):
        given.append((item, list(started)))
    assert given == [(0, [0, 1]), (1, [0, 1, 2]), (2, [0, 1, 2, 3]), (3, [0, 1, 2, 3])]
