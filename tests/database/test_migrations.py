import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import psycopg
import pytest
import sqlalchemy
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine.interfaces import Dialect, ReflectedColumn

import sgsync
from sgsync.database.migrations import migration_turn, scripts_folder, upgrade, upgrade_sql
from sgsync.database.revision import HEAD
from sgsync.database.tables import OPTIONAL_TABLES, SCHEMA, Base
from sgsync.errors import DatabaseError, SgsyncError
from tests.postgres import MakeDatabase, Start, connect

STARTS = get_args(Start)
CHECKOUT = Path(__file__).parents[2]

# Everything of a schema that a migration can set, as text.
OBJECTS = """
    SELECT table_schema || '.' || table_name || '.' || column_name,
           concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default, identity_generation)
    FROM information_schema.columns WHERE table_schema IN ('public', 'sgsync')
    UNION ALL
    SELECT schemaname || '.' || indexname, indexdef FROM pg_indexes
    WHERE schemaname IN ('public', 'sgsync')
    UNION ALL
    SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace IN (to_regnamespace('public'), to_regnamespace('sgsync'))
    ORDER BY 1, 2
"""


@pytest.fixture(params=STARTS)
def start(request: pytest.FixtureRequest) -> Start:
    return request.param  # type: ignore[no-any-return]


def objects(url: str) -> list[tuple[Any, ...]]:
    with connect(url) as connection:
        return connection.execute(OBJECTS).fetchall()


def value(url: str, query: str) -> Any:
    with connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
        return row and row[0]


def add_users(connection: psycopg.Connection[Any], *discord_ids: int) -> None:
    for discord_id in discord_ids:
        connection.execute(
            "INSERT INTO users (discord_id, discord_username) VALUES (%s, 'somebody')", [discord_id]
        )


def engine_for(url: str) -> sqlalchemy.Engine:
    return create_engine(url, poolclass=NullPool)


def test_head_is_the_newest_script() -> None:
    scripts = Config()
    scripts.set_main_option("script_location", str(scripts_folder()))
    assert ScriptDirectory.from_config(scripts).get_heads() == [HEAD]


def test_every_start_reaches_the_head(make_database: MakeDatabase, start: Start) -> None:
    url = make_database(start=start, migrated=False)
    upgrade(url)
    assert value(url, "SELECT version_num FROM sgsync.alembic_version") == HEAD


def test_every_mapped_column_exists_with_its_type(make_database: MakeDatabase, start: Start) -> None:
    inspector = sqlalchemy.inspect(engine_for(make_database(start=start)))
    for table in Base.metadata.sorted_tables:
        if table.name in OPTIONAL_TABLES and not inspector.has_table(table.name):
            continue
        found = {column["name"]: column for column in inspector.get_columns(table.name, table.schema)}
        for column in table.columns:
            assert_compatible(found[column.name], column, inspector.dialect)


def assert_compatible(found: ReflectedColumn, mapped: sqlalchemy.Column[Any], dialect: Dialect) -> None:
    assert found["type"].compile(dialect) == mapped.type.compile(dialect), mapped
    assert mapped.nullable or not found["nullable"], mapped


def test_models_and_migrations_agree_on_a_database_of_our_own(make_database: MakeDatabase) -> None:
    url = make_database(start="empty")
    checked = run_alembic("check", url=url)
    assert "No new upgrade operations detected" in checked.stdout


def test_the_applications_optional_tables_are_not_created(make_database: MakeDatabase) -> None:
    url = make_database(start="empty")
    assert value(url, "SELECT to_regclass('audit_logs')") is None
    assert value(url, "SELECT to_regclass('racetime_rooms')") is None


def test_the_applications_rows_stay(make_database: MakeDatabase) -> None:
    url = make_database(start="current")
    assert value(url, "SELECT count(*) FROM users") == 2
    assert value(url, 'SELECT speedgaming_episode_id FROM "match"') == 74611


def test_a_second_migration_changes_nothing(make_database: MakeDatabase, start: Start) -> None:
    url = make_database(start=start)
    before = objects(url)
    upgrade(url)
    assert objects(url) == before


def test_the_printed_script_makes_the_same_schema(make_database: MakeDatabase, start: Start) -> None:
    url = make_database(start=start, migrated=False)
    run_script(url)
    assert objects(url) == objects(make_database(start=start))


def test_the_printed_script_can_be_run_again(database_url: str) -> None:
    before = objects(database_url)
    run_script(database_url)
    assert objects(database_url) == before
    assert value(database_url, "SELECT array_agg(version_num) FROM sgsync.alembic_version") == [HEAD]


def run_script(url: str) -> None:
    with connect(url) as connection:
        # psql sends one statement at a time; several at once would share a transaction.
        for statement in upgrade_sql().split(";\n\n"):
            connection.execute(statement.encode())


def test_alembic_in_a_checkout_does_the_same(make_database: MakeDatabase) -> None:
    url = make_database(migrated=False)
    run_alembic("upgrade", "head", url=url)
    assert objects(url) == objects(make_database())


def test_alembic_in_a_checkout_is_silent(database_url: str) -> None:
    finished = run_alembic("upgrade", "head", url=database_url)
    assert finished.stdout + finished.stderr == ""


def run_alembic(*arguments: str, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=CHECKOUT,
        env=os.environ | {"SGSYNC_DATABASE_URL": url},
        check=True,
        capture_output=True,
        text=True,
    )


def test_placeholders_share_the_discord_id_zero(make_database: MakeDatabase, start: Start) -> None:
    with connect(make_database(start=start)) as connection:
        add_users(connection, 0, 0, 0)


def test_a_real_discord_id_stays_unique(make_database: MakeDatabase, start: Start) -> None:
    with connect(make_database(start=start)) as connection:
        add_users(connection, 1)
        with pytest.raises(psycopg.errors.UniqueViolation, match="users_discord_id_real_key"):
            add_users(connection, 1)


@pytest.mark.parametrize(
    "uniqueness",
    [
        "ALTER TABLE users RENAME CONSTRAINT users_discord_id_key TO uid_users_1a2b3c",
        'CREATE UNIQUE INDEX "An index" ON users (discord_id)',
        "CREATE UNIQUE INDEX ON users (discord_id) INCLUDE (discord_username)",
    ],
)
def test_uniqueness_that_counts_zeros_goes_whatever_its_name(
    make_database: MakeDatabase, uniqueness: str
) -> None:
    url = make_database(migrated=False)
    with connect(url) as connection:
        connection.execute(uniqueness.encode())
        upgrade(url)
        add_users(connection, 0, 0)


def test_other_uniqueness_stays(make_database: MakeDatabase) -> None:
    url = make_database(migrated=False)
    with connect(url) as connection:
        connection.execute("CREATE UNIQUE INDEX of_two ON users (discord_id, discord_username)")
    upgrade(url)
    assert value(url, "SELECT to_regclass('of_two')") == "of_two"
    assert value(url, "SELECT to_regclass('users_racetime_id_key')") == "users_racetime_id_key"


def test_an_index_whose_building_was_cut_short_is_built_again(make_database: MakeDatabase) -> None:
    url = make_database(start="current", migrated=False)
    with connect(url) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(
            "CREATE UNIQUE INDEX CONCURRENTLY sgsync_matchplayers_match ON matchplayers (match_id)"
        )
    upgrade(url)
    validity = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'sgsync_matchplayers_match'::regclass"
    assert value(url, validity) is True


def test_so_is_one_in_the_schema_of_our_own(make_database: MakeDatabase) -> None:
    url, index = make_database(), "indexrelid = 'sgsync.episode_tournament_id_scheduled_at_idx'::regclass"
    with connect(url) as connection:
        connection.execute(f"UPDATE pg_index SET indisvalid = false WHERE {index}")
        connection.execute("UPDATE sgsync.alembic_version SET version_num = '0007'")
    upgrade(url)
    assert value(url, f"SELECT indisvalid FROM pg_index WHERE {index}") is True


def test_migrations_at_the_same_time_take_turns(make_database: MakeDatabase) -> None:
    url = make_database(migrated=False)
    program = [sys.executable, "-c", f"from sgsync.database.migrations import upgrade; upgrade({url!r})"]
    processes = [subprocess.Popen(program, cwd=CHECKOUT) for _ in range(2)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    assert objects(url) == objects(make_database())


def test_waiting_for_another_migration_ends_with_a_sentence(database_url: str) -> None:
    engine = engine_for(database_url)
    with (
        migration_turn(engine),
        pytest.raises(DatabaseError, match="Another process is migrating"),
        migration_turn(engine, patience=0),
    ):
        pass


@pytest.mark.parametrize("table", ["users", '"match"', "tournament"])
def test_a_table_in_use_is_waited_for_within_bounds(make_database: MakeDatabase, table: str) -> None:
    url = make_database(migrated=False)
    with connect(url) as reader, reader.transaction():
        reader.execute(f"SELECT FROM {table}".encode())
        with pytest.raises(DatabaseError, match="holds a lock"):
            upgrade(url, lock_timeout_ms=100)
    upgrade(url)
    assert objects(url) == objects(make_database())


def test_dropping_the_schema_removes_every_trace_and_can_be_undone(database_url: str) -> None:
    before = objects(database_url)
    with connect(database_url) as connection:
        connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE".encode())
        connection.execute("DELETE FROM tournament")
    upgrade(database_url)
    assert objects(database_url) == before


def test_a_downgrade_keeps_the_applications_rows(make_database: MakeDatabase) -> None:
    url = make_database(start="current")
    before = objects(url)
    run_alembic("downgrade", "base", url=url)
    assert value(url, "SELECT count(*) FROM users") == 2
    assert value(url, "SELECT to_regclass('sgsync.episode')") is None
    upgrade(url)
    assert objects(url) == before


def test_the_application_can_delete_what_sgsync_refers_to(make_database: MakeDatabase) -> None:
    url = make_database(start="current")
    with connect(url) as connection:
        connection.execute(
            "INSERT INTO sgsync.episode (episode_id, tournament_id, match_id, scheduled_at)"
            " VALUES (74611, 1, 1, now())"
        )
        connection.execute("INSERT INTO sgsync.signup VALUES (74611, 'player', 1, '{4377}', true)")
        connection.execute("INSERT INTO sgsync.alias (kind, value, user_id) VALUES ('player', '4377', 1)")
        connection.execute('DELETE FROM "match"')
        assert value(url, "SELECT match_id IS NULL FROM sgsync.episode") is True
        connection.execute("DELETE FROM users")
        assert value(url, "SELECT count(*) FROM sgsync.signup") == 0
        assert value(url, "SELECT count(*) FROM sgsync.alias") == 0
        connection.execute("DELETE FROM organization")
        assert value(url, "SELECT count(*) FROM sgsync.episode") == 0


def test_missing_scripts_are_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sgsync, "__file__", str(tmp_path / "sgsync" / "__init__.py"))
    with pytest.raises(SgsyncError, match="install sgsync again"):
        scripts_folder()
