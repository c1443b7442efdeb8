"""A Postgres server for the tests, and databases on it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal, Protocol
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from sgsync.database.migrations import upgrade
from sgsync.demo.server import running_postgres

Start = Literal["empty", "app", "current"]
"""What stands in a database before its migration: nothing, or the application of then or of now."""

SCHEMAS = Path(__file__).parent / "schemas"
SCHEMA_FILES: dict[Start, tuple[str, ...]] = {
    "empty": (),
    "app": ("app_schema.sql",),
    "current": ("app_schema.sql", "app_schema_current.sql"),
}

# Nothing here is worth keeping through a power cut.
FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class MakeDatabase(Protocol):
    def __call__(self, *, start: Start = "app", migrated: bool = True) -> str:
        """The URL of a new database, dropped when the test ends."""


class Databases:
    """Makes databases. What many tests start from is built once, and cloned."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._templates: dict[tuple[Start, bool], str] = {}

    def create(self, start: Start, *, migrated: bool) -> str:
        return self._clone(self._template(start, migrated=migrated))

    def copy(self, url: str) -> str:
        """A new database with everything that stands in the one at `url`, to which nobody is connected."""
        return self._clone(url)

    def drop(self, url: str) -> None:
        self.administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", _name(url))

    def drop_templates(self) -> None:
        for url in self._templates.values():
            self.drop(url)

    def _template(self, start: Start, *, migrated: bool) -> str:
        if (start, migrated) not in self._templates:
            self._templates[start, migrated] = (
                self._build_migrated(start) if migrated else self._build_unmigrated(start)
            )
        return self._templates[start, migrated]

    def _build_unmigrated(self, start: Start) -> str:
        url = self._clone()
        with connect(url) as connection:
            for file in SCHEMA_FILES[start]:
                connection.execute((SCHEMAS / file).read_bytes())
        return url

    def _build_migrated(self, start: Start) -> str:
        url = self._clone(self._template(start, migrated=False))
        upgrade(url)
        return url

    def _clone(self, template_url: str | None = None) -> str:
        url = make_url(self._server_url).set(database=f"sgsync_test_{uuid4().hex}")
        template = _name(template_url) if template_url else "template0"
        self.administer("CREATE DATABASE {} TEMPLATE {}", str(url.database), template)
        return url.render_as_string(hide_password=False)

    def administer(self, statement: str, *names: str) -> None:
        with connect(self._server_url) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def connect(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection outside of everything under test. Each of its statements is a transaction."""
    return psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True)


def _name(url: str) -> str:
    return str(make_url(url).database)


@contextmanager
def running_server() -> Iterator[str]:
    """The URL of a server on which databases may be made."""
    if given := os.environ.get("SGSYNC_TEST_DATABASE_URL"):
        yield make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        return
    # The path of a socket is short by definition: the usual folder for temporary files can be too deep.
    folder = Path(mkdtemp(prefix="sgsync-", dir="/tmp"))
    with running_postgres(folder, *FAST, disposable=True) as url:
        yield url.replace("postgresql://", "postgresql+psycopg://", 1)
