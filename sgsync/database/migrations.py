"""Runs the migration scripts, as `alembic upgrade head` in a checkout does."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

import sgsync
from sgsync.database.faults import translated
from sgsync.database.revision import HEAD
from sgsync.errors import DatabaseError, NotMigratedError, SgsyncError
from sgsync.text import clean

LOCK_TIMEOUT_MS = 10_000
"""How long a statement may wait for a table: as long, the application's own statements queue behind it."""

_TURN_KEY = int.from_bytes(b"sgsync_m")
_PATIENCE = 60.0
_POLL_INTERVAL = 0.1


def upgrade(url: str, *, lock_timeout_ms: int = LOCK_TIMEOUT_MS) -> None:
    """Bring the database at `url` (`postgresql+psycopg://`) to this version; harmless if it is there.

    Raises DatabaseError in place of what the driver raises. What was done until then stays done, and the
    next upgrade goes on from there.
    """
    config = _config()
    config.attributes.update(url=url, lock_timeout_ms=lock_timeout_ms)
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        raise translated(error) from error
    except CommandError as error:
        raise NotMigratedError(
            f"The database cannot be brought to revision {HEAD}: {clean(str(error))}."
            " If a newer sgsync has migrated it, install that one here."
        ) from error


def upgrade_sql() -> str:
    """The same from nothing to this version, as a script for psql."""
    script = StringIO()
    command.upgrade(_config(script), "head", sql=True)
    return script.getvalue()


def scripts_folder() -> Path:
    package = Path(sgsync.__file__).resolve().parent
    for folder in (package / "migrations", package.parent / "alembic"):
        if (folder / "env.py").is_file():
            return folder
    raise SgsyncError("sgsync's migration scripts are missing: install sgsync again.")


@contextmanager
def migration_turn(engine: Engine, patience: float = _PATIENCE) -> Iterator[None]:
    """Wait until no other process migrates this database, and keep others waiting meanwhile.

    Needs a connection of its own: the migrations commit, and the lock is to last. It is polled
    for, because whoever waits inside one statement holds a snapshot, and the other process's
    CREATE INDEX CONCURRENTLY would wait for the end of that in turn.
    """
    deadline = time.monotonic() + patience
    with engine.connect() as connection:
        while not _take_turn(connection):
            connection.rollback()
            if time.monotonic() > deadline:
                raise DatabaseError("Another process is migrating this database; try again when it is done.")
            time.sleep(_POLL_INTERVAL)
        yield


def _take_turn(connection: Connection) -> bool:
    taken = bool(connection.scalar(text(f"SELECT pg_try_advisory_xact_lock({_TURN_KEY})")))
    # The transaction idles while the migrations run: no limit on that may end it. Asked for after the
    # lock, because a query's snapshot can last until the next statement of its transaction.
    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    return taken


def _config(output: StringIO | None = None) -> Config:
    config = Config(output_buffer=output)
    # The value is interpolated: a lone % in a folder's name would be an error.
    config.set_main_option("script_location", str(scripts_folder()).replace("%", "%%"))
    return config
