"""What went wrong in the database, told apart by SQLSTATE: never by text, nor by exception class."""

import psycopg
from sqlalchemy.exc import DBAPIError

from sgsync.errors import DatabaseError, DatabaseRefusedError, DatabaseUnreachableError, NotMigratedError
from sgsync.text import clean

_NOT_THERE = {"3F000", "42P01", "42703"}  # schema, table, column
_CONFLICT = {"23505", "40001", "40P01"}  # unique violation, serialization failure, deadlock
_DATA_CLASSES = {"22", "23", "54", "P0"}  # bad values, constraints, sizes, what a trigger raises
_NO_CONNECTION_CLASSES = {"08", "28", "57"}  # connection, authorization, operator intervention
_PASSING_CLASSES = {"08", "40", "53", "55", "57", "58"}
_CANCELLED = "57014"  # statement_timeout
_LOCKED = "55P03"  # lock_timeout


def sqlstate(error: DBAPIError) -> str:
    """The SQLSTATE of `error`; empty when the server never got to say one."""
    origin = error.orig
    return (origin.sqlstate or "") if isinstance(origin, psycopg.Error) else ""


def is_conflict(error: DBAPIError) -> bool:
    """Somebody else wrote at the same time, or the connection was lost: trying again helps."""
    return sqlstate(error) in _CONFLICT or error.connection_invalidated


def is_passing(error: DBAPIError) -> bool:
    """Nothing is wrong with what was asked for: the connection, a lock, a full disk or another session was."""
    state = sqlstate(error)
    return error.connection_invalidated or not state or state[:2] in _PASSING_CLASSES


def is_data_fault(error: DBAPIError) -> bool:
    """The rows are at fault, not the database: another row may well pass."""
    return sqlstate(error)[:2] in _DATA_CLASSES


def reason(error: DBAPIError) -> str:
    """The server's own words, their first line."""
    origin = error.orig
    primary = origin.diag.message_primary if isinstance(origin, psycopg.Error) else None
    return clean(primary or str(origin).partition("\n")[0])


def translated(error: DBAPIError) -> DatabaseError:
    """`error` as a sentence for people, with the exit code that it deserves."""
    state = sqlstate(error)
    why = reason(error)
    if state in _NOT_THERE:
        return NotMigratedError(f"The database is not migrated ({why}): run `sgsync migrate`.")
    if state == _LOCKED:
        return DatabaseRefusedError(
            "Another session holds a lock in the database for too long: find it in pg_stat_activity, or try again."
        )
    if state == _CANCELLED:
        return DatabaseRefusedError(
            "The database took too long for one statement: see what keeps it busy, or try again."
        )
    if not state or state[:2] in _NO_CONNECTION_CLASSES:
        return DatabaseUnreachableError(
            f"Cannot use the database: {why}. See that it runs and that SGSYNC_DATABASE_URL is right."
        )
    return DatabaseRefusedError(f"The database refused: {why} (SQLSTATE {state}).")
