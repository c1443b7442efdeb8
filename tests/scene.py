"""A scene: a database of the application, a feed over HTTP, and what the tests ask of both."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from sgsync.demo.feed import StandInFeed
from sgsync.fetch.answers import read_schedule
from sgsync.operations import import_all_enabled_tournaments, import_episodes_for_tournament
from sgsync.report import RunReport
from sgsync.settings import Settings, load_settings
from tests.feed_json import Json
from tests.postgres import connect

SAMPLES = Path(__file__).parent / "samples"
LEAGUE = "alttprleague"
LIVE = "sglive26"

# So wide that the schedules' times are inside whenever the tests run.
WIDE = {"window_past": "4000d", "window_future": "4000d"}

Row = tuple[Any, ...]
Dump = dict[str, list[Row]]


def sample(name: str) -> list[Any]:
    """The entries of a saved schedule."""
    entries: list[Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return entries


@dataclass
class Scene:
    """One database, one feed that serves `episodes`, and the real import between them."""

    url: str
    feed_url: str = ""
    episodes: list[Any] = field(default_factory=list)
    served: list[Any] = field(default_factory=list)
    """Every entry that the feed had whenever it was asked."""
    on_request: Callable[[], object] = lambda: None

    def settings(self, **flags: object) -> Settings:
        """Everything is said here, so that nothing comes from the environment of the tests."""
        usual = {
            "database_url": self.url,
            "api_url": self.feed_url,
            "request_interval": "0s",
            "deadline": "60s",
            "channel_language": "en",
            "log_format": "text",
            **WIDE,
        }
        return load_settings(Settings, **{**usual, **flags})

    def import_all(self, *, dry_run: bool = False, show_actions: bool = False, **flags: object) -> RunReport:
        return import_all_enabled_tournaments(
            dry_run=dry_run, show_actions=show_actions, settings=self.settings(**flags)
        )

    def import_into(
        self,
        tournament_id: int,
        *episode_ids: int,
        schedule: list[Any] | None = None,
        dry_run: bool = False,
        overwrite: bool = False,
        accept_vanished: bool = False,
        **flags: object,
    ) -> RunReport:
        """Import into one tournament; a `schedule` of wire JSON takes the place of the feed."""
        self.served += deepcopy(schedule or [])
        return import_episodes_for_tournament(
            tournament_id,
            episode_ids=episode_ids,
            schedule=None if schedule is None else read_schedule(schedule),
            overwrite=overwrite,
            accept_vanished=accept_vanished,
            dry_run=dry_run,
            settings=self.settings(**flags),
        )

    def read(self) -> list[Any]:
        """What the feed serves at this moment."""
        self.on_request()
        self.served += deepcopy(self.episodes)
        return self.episodes

    def find(self, episode_id: int) -> list[Any]:
        """What the feed serves of one episode at this moment."""
        self.on_request()
        found = [episode for episode in self.episodes if episode["id"] == episode_id]
        self.served += deepcopy(found)
        return found

    def execute(self, statement: str, *values: Any) -> None:
        with connect(self.url) as connection:
            connection.execute(statement.encode(), values or None)

    def rows(self, query: str, *values: Any) -> list[Row]:
        with connect(self.url) as connection:
            return connection.execute(query.encode(), values or None).fetchall()

    def column(self, query: str, *values: Any) -> list[Any]:
        return [row[0] for row in self.rows(query, *values)]

    def value(self, query: str, *values: Any) -> Any:
        (row,) = self.rows(query, *values)
        return row[0]

    def count(self, table: str) -> int:
        number: int = self.value(f"SELECT count(*) FROM {table}")
        return number

    def dump(self) -> Dump:
        with connect(self.url) as connection:
            return dump(connection)

    def add_organization(self, name: str = "The League") -> int:
        return self._add("INSERT INTO organization (name) VALUES (%s)", name)

    def add_tournament(
        self,
        slug: str | None = LEAGUE,
        *,
        organization: int = 1,
        enabled: bool = True,
        active: bool = True,
        name: str = "Season 9",
    ) -> int:
        return self._add(
            "INSERT INTO tournament"
            " (name, organization_id, speedgaming_event_slug, speedgaming_enabled, is_active)"
            " VALUES (%s, %s, %s, %s, %s)",
            name,
            organization,
            slug,
            enabled,
            active,
        )

    def add_user(self, discord_id: int, name: str = "somebody") -> int:
        return self._add(
            "INSERT INTO users (discord_id, discord_username, display_name) VALUES (%s, %s, %s)",
            discord_id,
            name.lower(),
            name,
        )

    def add_channel(self, name: str, organization: int) -> int:
        return self._add(
            "INSERT INTO streamchannel (name, organization_id) VALUES (%s, %s)", name, organization
        )

    def players_of(self, episode_id: int) -> set[str]:
        """The user names in the roster of an episode's match."""
        return set(
            self.column(
                "SELECT discord_username FROM users JOIN matchplayers ON user_id = users.id"
                ' JOIN "match" ON "match".id = match_id WHERE speedgaming_episode_id = %s',
                episode_id,
            )
        )

    def imported_episodes(self) -> set[int]:
        return set(self.column('SELECT speedgaming_episode_id FROM "match" WHERE speedgaming_episode_id > 0'))

    def audit(self) -> list[Json]:
        """The sync history, oldest first."""
        return self.column("SELECT details FROM audit_logs WHERE action = 'speedgaming_sync' ORDER BY id")

    def _add(self, statement: str, *values: Any) -> int:
        identifier: int = self.value(f"{statement} RETURNING id", *values)
        return identifier


@contextmanager
def scene_on(url: str) -> Iterator[Scene]:
    """A scene on the database at `url`, with a feed that serves its episodes."""
    scene = Scene(url)
    with StandInFeed(scene.read).running() as feed_url:
        scene.feed_url = feed_url
        yield scene


def with_league(scene: Scene, *slugs: str) -> Scene:
    """`scene` with an organization 1 and a tournament on each of the slugs."""
    scene.add_organization()
    for slug in slugs or (LEAGUE,):
        scene.add_tournament(slug)
    return scene


def dump(connection: psycopg.Connection[Row]) -> Dump:
    """Every row of every table with its place and version, so that not even a rewrite goes unseen."""
    tables = connection.execute(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
    ).fetchall()
    rows = {
        name: connection.execute(
            f"SELECT ctid::text, xmin::text, entry::text FROM {name} AS entry ORDER BY 3, 1".encode()
        ).fetchall()
        for (name,) in tables
    }
    sequences = connection.execute(
        "SELECT format('sequence %I.%I', schemaname, sequencename), last_value FROM pg_sequences"
    ).fetchall()
    return rows | {name: [(last,)] for name, last in sequences}


def changed_tables(before: Dump, after: Dump) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


RUN_RECORD = {"sgsync.run", "sequence sgsync.run_id_seq"}
"""The only thing that an unchanged run may write."""


@contextmanager
def logged_lines(level: int = logging.INFO) -> Iterator[list[str]]:
    """The messages of sgsync's log from `level` on, as they come."""
    lines: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    logger, handler = logging.getLogger("sgsync"), Handler(level)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(level)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def wait_until(condition: Callable[[], object], *, timeout: float = 20) -> None:
    """Poll until `condition` holds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{condition} did not come true within {timeout} s")
        time.sleep(0.01)


def somebody_waits(connection: psycopg.Connection[Row]) -> bool:
    """Whether a session of sgsync waits for a lock in this database."""
    waiting = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'sgsync' AND wait_event_type = 'Lock'"
    ).fetchone()
    return bool(waiting and waiting[0])


def unused_url(database_url: str, **changes: Any) -> str:
    """`database_url` with some of its parts replaced."""
    return make_url(database_url).set(**changes).render_as_string(hide_password=False)


Answer = Callable[[str], tuple[int, bytes]]


@contextmanager
def canned_feed(answer: Answer, *, lost_bytes: int = 0) -> Iterator[str]:
    """A web server that gives `answer` (status and body) to every path; its base URL.

    It promises `lost_bytes` more than it sends: the connection breaks before they come.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, body = answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body) + lost_bytes))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = self.close_connection or bool(lost_bytes)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False  # an answer may hang until its client is gone
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def json_feed(entries: Sequence[Any] | Json) -> Iterator[str]:
    """A feed that answers every question with `entries`, wanted or not."""
    with canned_feed(lambda _: (200, json.dumps(entries).encode())) as url:
        yield url


@contextmanager
def hanging_feed() -> Iterator[tuple[str, threading.Event]]:
    """A feed that takes a request and never answers; the event tells that one has come."""
    asked, over = threading.Event(), threading.Event()

    def answer(_: str) -> tuple[int, bytes]:
        asked.set()
        over.wait(60)
        return 503, b""

    with canned_feed(answer) as url:
        try:
            yield url, asked
        finally:
            over.set()
