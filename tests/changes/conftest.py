import ssl
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache

import pytest

from sgsync.database.engine import Database
from tests.changes.feed import Feed
from tests.cli.conftest import sgsync
from tests.consumers import check_consumers, watch_updates
from tests.postgres import Databases, connect
from tests.scene import Scene, canned_feed, with_league

__all__ = ["sgsync"]

# Staff moves the states of matches in these tests, which the consumers' check forbids to everybody:
# what sgsync does to them is noted apart.
_WATCH_STATES = """
    CREATE TABLE watch.states (match_id int, state text);
    CREATE FUNCTION watch.note_state() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO watch.states SELECT NEW.id, states.name FROM (VALUES
                ('checked_in_at', OLD.checked_in_at, NEW.checked_in_at),
                ('started_at', OLD.started_at, NEW.started_at),
                ('finished_at', OLD.finished_at, NEW.finished_at),
                ('confirmed_at', OLD.confirmed_at, NEW.confirmed_at)) states (name, before, after)
            WHERE before IS DISTINCT FROM after AND current_setting('application_name') = 'sgsync';
            RETURN NULL;
        END
    $$;
    CREATE TRIGGER states AFTER UPDATE ON "match" FOR EACH ROW EXECUTE FUNCTION watch.note_state();
"""
_FORGET_STATES = """
    UPDATE "match" SET checked_in_at = NULL, started_at = NULL, finished_at = NULL, confirmed_at = NULL
"""


@contextmanager
def _shared_database(url: str) -> Iterator[None]:
    """One pool for all imports of a test: to connect and to compile the same statements takes most of their time."""
    with Database(url) as database, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sgsync.operations.open_database", lambda _: nullcontext(database))
        yield


@contextmanager
def checked_scene(databases: Databases, feed: Feed, *, may_finish: bool = False) -> Iterator[Scene]:
    """Organization 1 with tournament 1 on the league's event; the consumers' check follows the test."""
    url = databases.create("app", migrated=True)
    try:
        with canned_feed(feed.answer) as feed_url, connect(url) as connection, _shared_database(url):
            watch_updates(connection)
            connection.execute(_WATCH_STATES.encode())
            scene = with_league(Scene(url, feed_url))
            feed.read, feed.find = scene.read, scene.find
            yield scene
            allowed = "finished_at" if may_finish else "none"
            touched = connection.execute("SELECT * FROM watch.states WHERE state <> %s", [allowed]).fetchall()
            assert not touched, f"only race events set a match's states: {touched}"
            connection.execute(_FORGET_STATES.encode())
            check_consumers(connection, scene.served)
    finally:
        databases.drop(url)


@pytest.fixture(scope="session", autouse=True)
def _certificates_are_read_once() -> Iterator[None]:
    """Each client of the feed would read the whole store again, for a loopback address without TLS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture
def feed() -> Feed:
    """The feed of the scene."""
    return Feed()


@pytest.fixture
def scene(databases: Databases, feed: Feed) -> Iterator[Scene]:
    with checked_scene(databases, feed) as scene:
        yield scene


@pytest.fixture
def finishing_scene(databases: Databases, feed: Feed) -> Iterator[Scene]:
    """A scene in which sgsync may finish matches."""
    with checked_scene(databases, feed, may_finish=True) as scene:
        yield scene
