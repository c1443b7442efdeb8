"""Connections to the database: every wait bounded, every failure told in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from sgsync.database.faults import translated
from sgsync.database.revision import HEAD
from sgsync.errors import NotMigratedError

_CONNECTION_ARGUMENTS = {
    "connect_timeout": 10,  # seconds, like the keepalives
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,  # milliseconds
    "application_name": "sgsync",
}

# One key for everything that decides who is who: two transactions that hold it never overlap.
ADVISORY_LOCK = 0x5367_5379_6E63  # "SgSync"

# For the transaction alone: a pooler may hand the session to somebody else afterwards.
_LIMITS = (
    sa.func.set_config("lock_timeout", "30s", True),
    sa.func.set_config("statement_timeout", "60s", True),
    sa.func.set_config("TimeZone", "UTC", True),
)
_LIMITED = sa.select(*_LIMITS)
_LIMITED_AND_LOCKED = sa.select(*_LIMITS, sa.func.pg_advisory_xact_lock(ADVISORY_LOCK))

_REVISION = sa.select(
    sa.literal_column("version_num", sa.Text),
    sa.func.to_regclass("audit_logs").is_not(None).label("audit_logs"),
    sa.func.to_regclass("racetime_rooms").is_not(None).label("race_rooms"),
).select_from(sa.table("alembic_version", schema="sgsync"))


@dataclass(frozen=True, slots=True)
class Features:
    """Which of the application's tables that it need not have are there."""

    audit_logs: bool
    race_rooms: bool


def connection_arguments(url: str | sa.URL) -> dict[str, Any]:
    """What bounds every wait of a connection to `url`, unless that itself says how long."""
    said = sa.make_url(url).query
    arguments: dict[str, Any] = {
        name: value for name, value in _CONNECTION_ARGUMENTS.items() if name not in said
    }
    # Prepared statements do not survive a pooler in transaction mode.
    return arguments | {"prepare_threshold": None}


class Database:
    """The application's database. A context manager: leaving it closes the connections."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(
            url,
            pool_size=1,
            connect_args=connection_arguments(url),
            use_native_hstore=False,
            hide_parameters=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """One transaction with bounded waits. Raises DatabaseError in place of what the driver raises."""
        with self.told_plainly(), self._begin(_LIMITED) as connection:
            yield connection

    @contextmanager
    def exclusive_transaction(self) -> Iterator[sa.Connection]:
        """One transaction that takes its turn among all of sgsync's, on whatever host they run.

        Driver errors pass: the caller tells conflicts and bad rows from the rest.
        """
        with self._begin(_LIMITED_AND_LOCKED) as connection:
            yield connection

    @contextmanager
    def told_plainly(self) -> Iterator[None]:
        """Turns what the driver raises into sentences."""
        try:
            yield
        except DBAPIError as error:
            raise translated(error) from error

    @contextmanager
    def _begin(self, first: sa.Select[Any]) -> Iterator[sa.Connection]:
        with self._connect(first) as connection, connection.get_transaction() or connection.begin():
            yield connection

    def _connect(self, first: sa.Select[Any]) -> sa.Connection:
        """A connection on which `first` has begun a transaction.

        The pool's may have died while HTTP waited; that shows here, where trying again costs nothing.
        """
        connection = self._engine.connect()
        try:
            connection.execute(first)
        except DBAPIError as error:
            connection.close()
            if not error.connection_invalidated:
                raise
            connection = self._engine.connect()
            connection.execute(first)
        return connection

    def require_migrated(self) -> Features:
        """What the application offers. Raises NotMigratedError unless our tables are those of this version."""
        with self.transaction() as connection:
            found = connection.execute(_REVISION).one_or_none()
        if found is None or found.version_num != HEAD:
            raise NotMigratedError(
                f"The database is at revision {found.version_num if found else 'none'}, this sgsync needs {HEAD}:"
                " run `sgsync migrate` with the newest sgsync that is in use."
            )
        return Features(audit_logs=found.audit_logs, race_rooms=found.race_rooms)
