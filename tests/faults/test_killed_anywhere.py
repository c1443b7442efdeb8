"""Stopped at any statement, by SIGKILL or by a lost connection: run again, it ends where an undisturbed run ends."""

import signal
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from threading import Event, Thread

import psycopg
import pytest

from tests.command_line import Finished, Running, Sgsync
from tests.database.test_migrations import objects
from tests.faults.effort import some_of
from tests.faults.proxy import Incident, Moment, postgres_proxy
from tests.faults.state import State, difference, state_of
from tests.faults.stories import NEVER_SEEN, STORIES, Story, settings_for
from tests.nursery import Nursery
from tests.postgres import Databases, connect
from tests.scene import Scene

BOUNDED = 5
"""How often each story is stopped, somewhere and somehow."""


@dataclass(frozen=True)
class Undisturbed:
    """A story, how many statements it takes, and what it comes to."""

    story: Story
    statements: int
    end: State
    schema: list[tuple[object, ...]]


@pytest.fixture(scope="module")
def told(
    databases: Databases, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Told"]:
    with ExitStack() as stack:
        yield Told(databases, Sgsync(nursery, tmp_path_factory.mktemp("sgsync")), stack)


@dataclass(eq=False)
class Told:
    """Tells stories, each time on a new copy of its database."""

    databases: Databases
    sgsync: Sgsync
    stack: ExitStack

    @cache  # noqa: B019 - lives as long as the module's tests
    def undisturbed(self, name: str) -> Undisturbed:
        story = STORIES[name](self.databases)
        self.stack.callback(self.databases.drop, story.url)
        with self.copy(story) as scene, postgres_proxy(scene.url) as proxy:
            ended = self.run(story, scene, proxy.proxied_url)
            assert ended.exit_code == 0, ended.stderr
            return Undisturbed(story, len(proxy.statements), state_of(scene.url), objects(scene.url))

    @contextmanager
    def copy(self, story: Story) -> Iterator[Scene]:
        url = self.databases.copy(story.url)
        try:
            with story.told_on(url) as scene:
                yield scene
        finally:
            self.databases.drop(url)

    def start(self, story: Story, scene: Scene, url: str) -> Running:
        return self.sgsync.start(*story.arguments, **settings_for(url, scene.feed_url))

    def run(self, story: Story, scene: Scene, url: str) -> Finished:
        return self.start(story, scene, url).wait()


@contextmanager
def nobody_sees_half(url: str) -> Iterator[None]:
    """Look all the time at what may never be seen."""
    over, seen, looks = Event(), list[str](), 0

    def look() -> None:
        nonlocal looks
        with connect(url) as connection:
            while not over.wait(0.002):
                looks += 1
                for what, query in NEVER_SEEN.items():
                    try:
                        found = connection.execute(query.encode()).fetchall()
                    except psycopg.errors.UndefinedColumn:  # not migrated yet
                        continue
                    seen.extend(f"{what}: {row}" for row in found)

    reader = Thread(target=look)
    reader.start()
    try:
        yield
    finally:
        over.set()
        reader.join()
    assert not seen
    assert looks


def assert_same_end(scene: Scene, undisturbed: Undisturbed, about: str) -> None:
    assert difference(undisturbed.end, state_of(scene.url)) == "", about
    assert objects(scene.url) == undisturbed.schema, about
    runs = scene.column("SELECT outcome FROM sgsync.run ORDER BY id")
    if undisturbed.story.arguments == ("import-all",):
        assert runs[-1] == "ok", about
    assert (
        scene.count(
            "pg_locks WHERE locktype = 'advisory' AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        == 0
    )


@dataclass(frozen=True)
class Stop:
    """Where a run is stopped, and how."""

    at: int
    moment: Moment
    by_kill: bool

    def __str__(self) -> str:
        return f"{'killed' if self.by_kill else 'cut off'} {self.moment.name.lower()} statement {self.at}"


def every_stop(statements: int) -> list[Stop]:
    return [
        Stop(at, moment, by_kill)
        for at in range(1, statements + 1)
        for moment in Moment
        for by_kill in (True, False)
    ]


@pytest.mark.parametrize("name", STORIES)
def test_stopped_at_any_statement_the_next_run_ends_as_if_nothing_had_been(told: Told, name: str) -> None:
    undisturbed = told.undisturbed(name)
    for stop in some_of(every_stop(undisturbed.statements), BOUNDED, about=name):
        with told.copy(undisturbed.story) as scene, nobody_sees_half(scene.url):
            stopped, statement = run_until(told, undisturbed.story, scene, stop)
            about = f"{stop}: {statement}\n{stopped.stderr}"
            if stop.by_kill:
                assert stopped.exit_code == -signal.SIGKILL, about
            else:
                assert_told(stopped, about)
            again = told.run(undisturbed.story, scene, scene.url)
            assert again.exit_code == 0, f"{about}\nthen\n{again.stderr}"
            assert_same_end(scene, undisturbed, about)


def run_until(told: Told, story: Story, scene: Scene, stop: Stop) -> tuple[Finished, str]:
    """How a run ends that is stopped, and at which statement that was."""
    started = Future[Running]()
    kill = (lambda: started.result().kill()) if stop.by_kill else (lambda: None)
    with postgres_proxy(scene.url, Incident(stop.at, stop.moment, kill)) as proxy:
        started.set_result(told.start(story, scene, proxy.proxied_url))
        ended = started.result().wait()
    return ended, proxy.statements[stop.at - 1]


def assert_told(cut: Finished, about: str) -> None:
    """It went on where that was possible; else one sentence says what happened."""
    assert cut.exit_code in {0, 1, 4}, about
    assert "Traceback" not in cut.stderr, about
    if cut.exit_code == 4:
        assert cut.lines[-1].startswith("ERROR: Cannot use the database"), about
