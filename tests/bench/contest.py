"""sgsync, the floors and the ordinary way, side by side: the same schedules, the same server, in turns."""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

from psycopg import sql

from sgsync.database.tables import Base
from tests.bench.history import fill
from tests.bench.measure import Cost, Meter
from tests.bench.schedules import Schedules, Size, changed, make_schedules
from tests.postgres import Databases, connect
from tests.scene import canned_feed

RUNS = ("first import", "nothing changed", "5% changed")
SGSYNC, FLOOR, ORDINARY, START, GROWN = "sgsync", "floor", "ordinary", "start-up", "grown"

Costs = dict[tuple[str, str], list[Cost]]
"""What each contender's runs cost, by run and contender."""

_GIVEN = frozenset({"organization", "tournament"})  # what stands in the database before


@dataclass(slots=True)
class Feed:
    """Answers with ready bytes, so that serving costs next to nothing; counts the requests."""

    requests: int = 0
    url: str = ""
    _answers: dict[str, bytes] = field(default_factory=dict)

    def serve(self, schedules: Schedules) -> None:
        self._answers = {slug: json.dumps(episodes).encode() for slug, episodes in schedules.items()}

    def answer(self, path: str) -> tuple[int, bytes]:
        self.requests += 1
        return 200, self._answers[parse_qs(urlsplit(path).query)["event"][-1]]

    @contextmanager
    def running(self) -> Iterator["Feed"]:
        with canned_feed(self.answer) as self.url:
            yield self


@dataclass(slots=True)
class Contest:
    """One size, several rounds."""

    meter: Meter
    databases: Databases
    feed: Feed
    size: Size
    is_ordinary_in: bool
    grown: int = 0  # so many matches, and five times as many roster rows, stand in one database already
    costs: Costs = field(default_factory=lambda: defaultdict(list))

    def typical(self, run: str, contender: str) -> Cost:
        return Cost.typical(self.costs[run, contender])

    def round(self) -> None:
        before = make_schedules(self.size)
        with ExitStack() as stack:
            folder = stack.enter_context(TemporaryDirectory())
            ours, theirs = (stack.enter_context(self._database()) for _ in range(2))
            old = stack.enter_context(self._database(self.grown)) if self.grown else None
            for name, schedules in zip(RUNS, (before, before, changed(before)), strict=True):
                self.feed.serve(schedules)
                self._note(name, START, ours, "tests.bench.asking", self.feed.url)
                self._import(name, ours, SGSYNC)
                if old:
                    self._import(name, old, GROWN)
                if name == RUNS[0]:
                    self._floor_of_first(ours, Path(folder))
                else:
                    self._note(name, FLOOR, ours, "tests.bench.asking", self.feed.url, *schedules)
                if self.is_ordinary_in and len(self.costs[name, SGSYNC]) == 1:  # it takes long: once will do
                    self._note(name, ORDINARY, theirs, "tests.bench.ordinary", theirs, self.feed.url)

    def _import(self, name: str, url: str, contender: str) -> None:
        settings = {
            "SGSYNC_DATABASE_URL": url,
            "SGSYNC_API_URL": self.feed.url,
            "SGSYNC_REQUEST_INTERVAL": "0s",  # a courtesy, and no cost
        }
        self._note(name, contender, url, "sgsync", "import-all", "--quiet", **settings)

    def _floor_of_first(self, imported: str, folder: Path) -> None:
        _write_rows(imported, folder)
        with self._database() as url:
            plain = url.replace("+psycopg", "", 1)
            self._note(RUNS[0], FLOOR, url, "tests.bench.floor", plain, str(folder))

    def _note(self, run: str, contender: str, url: str, *command: str, **environment: str) -> None:
        self.costs[run, contender].append(self.meter.cost(url, *command, **environment))

    @contextmanager
    def _database(self, grown: int = 0) -> Iterator[str]:
        """A migrated database of the application with the tournaments in it."""
        url = self.databases.create("app", migrated=True)
        try:
            with connect(url) as connection:
                connection.execute("INSERT INTO organization (name) VALUES ('The League')")
                connection.execute(
                    "INSERT INTO tournament"
                    " (name, organization_id, speedgaming_event_slug, speedgaming_enabled)"
                    " SELECT 'Tournament ' || n, 1, 'event' || n, true FROM generate_series(0, %s - 1) AS n",
                    [self.size.tournaments],
                )
                if grown:
                    connection.execute("SET session_replication_role = replica")  # the keys are right as made
                    fill(connection, grown)
            yield url
        finally:
            self.databases.drop(url)


def _write_rows(url: str, folder: Path) -> None:
    """Every row that the import wrote, as COPY takes it, and the tables in the order that their keys need."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in _GIVEN]
    names = [f"{table.schema or 'public'}.{table.name}" for table in tables]
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NOT NULL", [names]
        )
        there = [name for (name,) in cursor]
        for name in there:
            statement = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(*name.split(".")))
            with (folder / name).open("wb") as file, cursor.copy(statement) as copy:
                for chunk in copy:
                    file.write(chunk)
    (folder / "tables").write_text("\n".join(there), encoding="utf-8")
