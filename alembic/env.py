"""What alembic runs around the migration scripts.

The database is the one that `sgsync migrate` hands over, else that of sgsync's settings.
"""

from collections.abc import Mapping, MutableMapping
from typing import Any

import psycopg
from alembic import context
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.schema import SchemaItem

from sgsync.database.engine import connection_arguments
from sgsync.database.migrations import LOCK_TIMEOUT_MS, migration_turn
from sgsync.database.revision import HEAD
from sgsync.database.tables import OPTIONAL_TABLES, SCHEMA, Base
from sgsync.errors import DatabaseRefusedError

OPTIONS: Mapping[str, Any] = {
    "target_metadata": Base.metadata,
    "version_table": "alembic_version",
    "version_table_schema": SCHEMA,
    # The scripts leave their transactions to build indexes concurrently.
    "transaction_per_migration": True,
}


def preparations() -> tuple[str, ...]:
    """What must come before alembic's own first statement, which creates its table in the schema."""
    lock_timeout_ms = context.config.attributes.get("lock_timeout_ms", LOCK_TIMEOUT_MS)
    return (
        f"SET lock_timeout = {lock_timeout_ms}",
        # Building an index takes as long as it takes.
        "SET statement_timeout = 0",
        # Not IF NOT EXISTS: that asks for the right to create schemas even where this one stands.
        f"DO $$ BEGIN IF to_regnamespace('{SCHEMA}') IS NULL THEN CREATE SCHEMA {SCHEMA}; END IF; END $$",
    )


def print_script() -> None:
    context.configure(
        dialect_name="postgresql", literal_binds=True, dialect_opts={"paramstyle": "named"}, **OPTIONS
    )
    for statement in preparations():
        context.execute(statement)
    if context.get_starting_revision_argument() is None:
        # The script cannot know what is done already, and whoever was interrupted runs it once more:
        # it repeats every migration, which is harmless, and their records with them.
        context.execute(f"DROP TABLE IF EXISTS {SCHEMA}.alembic_version")
    with context.begin_transaction():
        context.run_migrations()


def migrate() -> None:
    engine = open_engine()
    with migration_turn(engine), engine.connect() as connection:
        if is_pooled(connection):
            require_nothing_to_do(connection)
        else:
            for statement in preparations():
                connection.exec_driver_sql(statement)
        connection.commit()
        run_scripts(connection)


def is_pooled(connection: Connection) -> bool:
    """Whether the server's process is another one than was introduced when the connection was made."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return bool(driver.info.backend_pid != connection.scalar(text("SELECT pg_backend_pid()")))


def require_nothing_to_do(connection: Connection) -> None:
    """Let pass what is up to date; else the time-outs of `preparations` would stay with the pooled session."""
    versions = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
    if versions.get_current_heads() != (HEAD,):
        raise DatabaseRefusedError(
            "A migration needs a direct connection to Postgres, and this one goes through a pooler such as PgBouncer:"
            " give `sgsync migrate` the server's own address in SGSYNC_DATABASE_URL,"
            " or run what `sgsync migrate --sql` prints with psql."
        )


def run_scripts(connection: Connection) -> None:
    context.configure(
        connection=connection,
        include_schemas=True,
        include_name=is_in_our_schemas,
        include_object=is_ours,
        **OPTIONS,
    )
    with context.begin_transaction():
        context.run_migrations()


def is_in_our_schemas(name: str | None, type_: str, _parents: MutableMapping[Any, str | None]) -> bool:
    return type_ != "schema" or name in (None, SCHEMA)


def is_ours(
    _item: SchemaItem, name: str | None, _type: str, reflected: bool, counterpart: SchemaItem | None
) -> bool:
    """What the database has and sgsync does not map is the application's own business."""
    return name not in OPTIONAL_TABLES and not (reflected and counterpart is None)


def open_engine() -> Engine:
    url = context.config.attributes.get("url") or url_of_settings()
    return create_engine(url, poolclass=NullPool, connect_args=connection_arguments(url))


def url_of_settings() -> str:
    from sgsync.settings import Settings, load_settings  # noqa: PLC0415 - not needed by `sgsync migrate`

    return load_settings(Settings).database_url.get_secret_value()


if context.is_offline_mode():
    print_script()
else:
    migrate()
