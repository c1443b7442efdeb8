"""What the catalog says about the database that sgsync works on: server, tables, rights, locks."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from sgsync.database import tables as t
from sgsync.database.engine import ADVISORY_LOCK
from sgsync.database.references import foreign_keys_to


class Purpose(StrEnum):
    """What a right is needed for."""

    IMPORT = "importing"
    MERGING = "merging a placeholder into a user, which imports do as well"
    LISTING = "sgsync placeholders and sgsync status"
    ENABLING = "sgsync tournaments enable and disable"
    DELETING = "SGSYNC_ON_CANCEL=delete"


@dataclass(frozen=True, slots=True)
class Right:
    """A privilege on a table, or on some columns of it."""

    table: str
    privilege: str
    columns: tuple[str, ...] = ()
    purpose: Purpose = Purpose.IMPORT
    schema: str | None = None  # None: wherever the search path finds it

    @property
    def shown(self) -> str:
        columns = f" ({', '.join(self.columns)})" if self.columns else ""
        return f"{self.privilege}{columns} on {f'{self.schema}.' if self.schema else ''}{self.table}"


@dataclass(frozen=True, slots=True)
class Server:
    """Who we are, and where."""

    version: str
    version_number: int
    database: str
    user: str
    is_standby: bool
    clock: datetime


@dataclass(frozen=True, slots=True)
class LockSession:
    """A session that holds the lock of sgsync's imports, or waits for it."""

    pid: int
    application: str | None
    address: str | None
    began: datetime | None  # None: not ours to see
    holds: bool


INSERTED: Mapping[str, tuple[str, ...]] = {
    "users": ("discord_id", "discord_username", "discord_discriminator", "display_name", "is_placeholder"),
    "organizationmember": ("organization_id", "user_id"),
    "tournamentplayers": ("tournament_id", "user_id"),
    "streamchannel": ("name", "stream_url", "organization_id"),
    "match": (
        "tournament_id",
        "speedgaming_episode_id",
        "scheduled_at",
        "title",
        "comment",
        "racetime_auto_create",
        "stream_channel_id",
    ),
    "matchplayers": ("match_id", "user_id"),
    "crew": ("match_id", "user_id", "role", "approved"),
    "audit_logs": ("action", "organization_id", "details"),
}
"""Which columns of the application's tables an import fills in a new row."""

_UPDATED = {
    "users": ("discord_id", "discord_username", "discord_discriminator", "is_placeholder", "updated_at"),
    "match": ("tournament_id", "scheduled_at", "title", "stream_channel_id", "finished_at", "updated_at"),
    "crew": ("approved", "updated_at"),
    # Never written, but without the right to, their rows cannot be kept from being deleted meanwhile.
    **dict.fromkeys(("organization", "tournament", "streamchannel"), ("updated_at",)),
}
_DATED = ("users", "matchplayers", "crew")
_DELETED = ("matchplayers", "crew")
_MERGED = ("organizationmember", "tournamentplayers", "matchplayers", "crew")
_SWITCHED = ("speedgaming_enabled", "speedgaming_event_slug", "updated_at")
_OURS_TO_DO = ("SELECT", "INSERT", "UPDATE", "DELETE")


def needed_rights() -> Iterator[Right]:
    """Everything that sgsync does to tables that it knows."""
    for table in t.Base.metadata.tables.values():
        name = str(table.name)
        if table.schema:
            yield from (Right(name, privilege, schema=table.schema) for privilege in _OURS_TO_DO)
        else:
            columns = ("id",) if name == "audit_logs" else tuple(column.name for column in table.columns)
            yield Right(name, "SELECT", columns)
    yield Right("alembic_version", "SELECT", schema=t.SCHEMA)
    yield from (Right(name, "INSERT", columns) for name, columns in INSERTED.items())
    yield from (Right(name, "UPDATE", columns) for name, columns in _UPDATED.items())
    yield from (Right(name, "DELETE") for name in _DELETED)
    yield from (Right(name, "DELETE", purpose=Purpose.MERGING) for name in ("users", *_MERGED))
    yield Right("matchplayers", "UPDATE", ("finish_rank", "assigned_station", "updated_at"), Purpose.MERGING)
    yield from (Right(name, "SELECT", ("created_at",), Purpose.LISTING) for name in _DATED)
    yield Right("tournament", "UPDATE", _SWITCHED, Purpose.ENABLING)


# What the search path finds, or what stands in the schema; without asking for a right to that.
_RELATIONS = """
    pg_class AS relation JOIN pg_namespace AS namespace ON namespace.oid = relation.relnamespace
    AND relation.relkind IN ('r', 'p', 'v')
"""
_IS_WANTED = """
    relation.relname = wanted.name
    AND (namespace.nspname = wanted.schema OR wanted.schema IS NULL AND pg_table_is_visible(relation.oid))
"""

_SERVER = sa.text("""
    SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS version_number,
      current_database() AS database, current_user AS "user", pg_is_in_recovery() AS is_standby,
      clock_timestamp() AS clock
""")

_REVISION = sa.text("SELECT version_num FROM sgsync.alembic_version")
_HAS_REVISION = sa.text("""
    SELECT EXISTS (SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = 'sgsync' AND relname = 'alembic_version')
""")

_COLUMNS = sa.text(f"""
    SELECT wanted.name, attname AS column, attnotnull AND NOT (atthasdef OR attidentity <> '') AS must_be_given
    FROM unnest(:schemas ::text[], :names ::text[]) AS wanted (schema, name)
    JOIN {_RELATIONS} ON {_IS_WANTED}
    JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped
    ORDER BY 1, attnum
""")  # noqa: S608 - constants

_MISSING_RIGHTS = sa.text(f"""
    SELECT wanted.position, wanted.column
    FROM unnest(:schemas ::text[], :names ::text[], :privileges ::text[], :columns ::text[], :positions ::int[])
      AS wanted (schema, name, privilege, "column", position)
    JOIN {_RELATIONS} ON {_IS_WANTED}
    WHERE CASE
      WHEN wanted.column IS NULL THEN NOT has_table_privilege(relation.oid, wanted.privilege)
      WHEN NOT EXISTS (SELECT FROM pg_attribute
        WHERE attrelid = relation.oid AND attname = wanted.column AND NOT attisdropped) THEN false
      ELSE NOT has_column_privilege(relation.oid, wanted.column, wanted.privilege)
    END
    ORDER BY wanted.position
""")  # noqa: S608

_UNUSABLE_SEQUENCES = sa.text(f"""
    SELECT sequence.oid::regclass::text
    FROM unnest(:schemas ::text[], :names ::text[]) AS wanted (schema, name)
    JOIN {_RELATIONS} ON {_IS_WANTED}
    JOIN pg_depend ON refobjid = relation.oid AND deptype = 'a'
    JOIN pg_class AS sequence ON sequence.oid = objid
    WHERE CASE WHEN sequence.relkind = 'S' THEN NOT has_sequence_privilege(sequence.oid, 'USAGE') END
    ORDER BY 1
""")  # noqa: S608

_WHOLLY_UNIQUE = sa.text("""
    SELECT index.relname AS name, CASE WHEN conname IS NULL THEN format('DROP INDEX %I;', index.relname)
      ELSE format('ALTER TABLE users DROP CONSTRAINT %I;', conname) END AS removal
    FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid JOIN pg_class AS relation ON relation.oid = indrelid
    JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
    LEFT JOIN pg_constraint ON conindid = indexrelid AND contype = 'u'
    WHERE relation.relname = 'users' AND pg_table_is_visible(relation.oid)
      AND attname = 'discord_id' AND indnkeyatts = 1 AND indisunique AND indpred IS NULL
    ORDER BY 1
""")

_NOT_UNIQUE = sa.text("""
    SELECT relname || '.' || attname FROM pg_class AS relation JOIN pg_attribute ON attrelid = relation.oid
    WHERE (relname, attname) IN (('users', 'discord_id'), ('match', 'speedgaming_episode_id'))
      AND relkind IN ('r', 'p') AND pg_table_is_visible(relation.oid) AND NOT attisdropped
      AND NOT EXISTS (
        SELECT FROM pg_index WHERE indrelid = relation.oid AND indkey[0] = attnum AND indnkeyatts = 1
          AND indisunique AND indisvalid
      )
    ORDER BY 1
""")

_LOCK = sa.text("""
    SELECT activity.pid, nullif(application_name, '') AS application, client_addr::text AS address,
      xact_start AS began, granted AS holds
    FROM pg_locks JOIN pg_stat_activity AS activity USING (pid)
    WHERE locktype = 'advisory' AND objsubid = 1 AND classid = :high AND objid = :low
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ORDER BY granted DESC, xact_start
""")


def read_server(connection: sa.Connection) -> Server:
    return Server(**connection.execute(_SERVER).mappings().one())


def read_revision(connection: sa.Connection) -> str | None:
    """Up to where the database is migrated; None: not at all."""
    if not connection.execute(_HAS_REVISION).scalar():
        return None
    return connection.execute(_REVISION).scalar_one_or_none()


def read_columns(connection: sa.Connection) -> dict[str, dict[str, bool]]:
    """Of the tables that sgsync knows and the database has: the columns, and whether a new row must give them."""
    found: dict[str, dict[str, bool]] = {}
    for row in connection.execute(_COLUMNS, _wanted(t.Base.metadata.tables.values())):
        found.setdefault(row.name, {})[row.column] = row.must_be_given
    return found


def missing_rights(connection: sa.Connection, *, deletes_matches: bool = False) -> tuple[Right, ...]:
    """What sgsync may not do here, of what it does. A table that is not there lacks no right."""
    rights = [*needed_rights(), *_rights_to_merge(connection)]
    if deletes_matches:
        rights.append(Right("match", "DELETE", purpose=Purpose.DELETING))
    asked = [
        (position, right, column)
        for position, right in enumerate(rights)
        for column in (right.columns or (None,))
    ]
    rows = connection.execute(
        _MISSING_RIGHTS,
        {
            "schemas": [right.schema for _, right, _ in asked],
            "names": [right.table for _, right, _ in asked],
            "privileges": [right.privilege for _, right, _ in asked],
            "columns": [column for _, _, column in asked],
            "positions": [position for position, _, _ in asked],
        },
    )
    columns: dict[int, list[str]] = {}
    for position, column in rows:
        columns.setdefault(position, []).extend([column] if column else [])
    return tuple(_narrowed(rights[position], tuple(missing)) for position, missing in columns.items())


def _narrowed(right: Right, columns: tuple[str, ...]) -> Right:
    """The part of `right` that is missing: no columns are named where it is all of them."""
    named = () if columns == right.columns else columns
    return Right(right.table, right.privilege, named, right.purpose, right.schema)


def _rights_to_merge(connection: sa.Connection) -> Iterator[Right]:
    """Whatever refers to a user is re-pointed, also in tables that sgsync does not know."""
    for key in foreign_keys_to(connection, "users"):
        if key.schema != t.SCHEMA:
            yield Right(key.name, "SELECT", key.columns, Purpose.MERGING, key.schema)
            yield Right(key.name, "UPDATE", key.columns, Purpose.MERGING, key.schema)


def unusable_sequences(connection: sa.Connection) -> tuple[str, ...]:
    """The sequences behind the ids of new rows that we may not draw from."""
    tables = (table for table in t.Base.metadata.tables.values() if table.schema or table.name in INSERTED)
    return tuple(connection.execute(_UNUSABLE_SEQUENCES, _wanted(tables)).scalars())


def wholly_unique_discord_ids(connection: sa.Connection) -> dict[str, str]:
    """Indexes that let only one user have the Discord id 0, which all placeholders have, and what removes each."""
    return {row.name: row.removal for row in connection.execute(_WHOLLY_UNIQUE)}


def not_unique(connection: sa.Connection) -> tuple[str, ...]:
    """Columns whose values nothing keeps unique, of those on whose uniqueness sgsync relies."""
    return tuple(connection.execute(_NOT_UNIQUE).scalars())


def lock_sessions(connection: sa.Connection) -> tuple[LockSession, ...]:
    """Who holds the lock of imports, then who waits for it."""
    key = {"high": ADVISORY_LOCK >> 32, "low": ADVISORY_LOCK & 0xFFFFFFFF}
    return tuple(LockSession(**row) for row in connection.execute(_LOCK, key).mappings())


def _wanted(tables: Iterable[sa.Table]) -> dict[str, list[Any]]:
    tables = list(tables)
    return {"schemas": [table.schema for table in tables], "names": [str(table.name) for table in tables]}
