"""The database is lost, full, read-only or behind a pooler: nothing is half done, and one sentence says what it is.

tests/cli/test_failures.py has the databases that are not there at all, tests/importing/test_at_the_same_time.py
the connection that is cut while HTTP waits, tests/faults/test_killed_anywhere.py the one that is cut anywhere.
"""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import pytest

from tests.command_line import Finished, Sgsync
from tests.database.test_migrations import objects
from tests.faults.pooler import POOL_SIZE, PROGRAM, pgbouncer
from tests.faults.proxy import Incident, Moment, postgres_proxy
from tests.faults.stories import BITWING, NEVER_SEEN, revised_schedules, schedules, settings_for
from tests.postgres import Databases, MakeDatabase, connect
from tests.scene import LEAGUE, LIVE, RUN_RECORD, Scene, changed_tables, scene_on, unused_url, with_league

needs_pgbouncer = pytest.mark.skipif(
    PROGRAM is None, reason="PgBouncer is not installed (apt install pgbouncer)"
)

LOCKS_LEFT = """
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
FULL = """
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
"""


@pytest.fixture
def scene(database_url: str, sgsync: Sgsync) -> Iterator[Scene]:
    """Two tournaments with their schedules, and sgsync pointed at them."""
    with scene_on(database_url) as scene:
        with_league(scene, LEAGUE, LIVE)
        scene.episodes = schedules()
        sgsync.settings = settings_for(scene.url, scene.feed_url)
        yield scene


def assert_told(ended: Finished, exit_code: int, *fragments: str) -> None:
    """Problems in as many sentences as there are, and nothing else on stderr."""
    assert ended.exit_code == exit_code, ended.stderr
    problems = [line for line in ended.lines if not line.startswith("INFO: ")]
    assert len(problems) == len(fragments), ended.stderr
    for problem, fragment in zip(problems, fragments, strict=True):
        assert problem.startswith("ERROR: ")
        assert fragment in problem


@contextmanager
def strange_server(treat: Callable[[socket.socket], object]) -> Iterator[str]:
    """The URL of a server that speaks no Postgres."""

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client:
                    treat(client)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=accept, daemon=True)
        thread.start()
        yield f"postgresql://somebody@127.0.0.1:{listener.getsockname()[1]}/app"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(30)


def test_a_server_that_hangs_up_at_once(sgsync: Sgsync) -> None:
    with strange_server(socket.socket.close) as url:
        assert_told(sgsync("import-all", SGSYNC_DATABASE_URL=url), 4, "Cannot use the database")


def test_a_server_that_never_answers_is_waited_for_as_long_as_the_url_says(sgsync: Sgsync) -> None:
    over = Event()
    with strange_server(lambda _: over.wait(30)) as url:
        begun = time.monotonic()
        ended = sgsync("import-all", SGSYNC_DATABASE_URL=f"{url}?connect_timeout=2")  # else ten seconds
        over.set()
    assert_told(ended, 4, "Cannot use the database")
    assert time.monotonic() - begun < 8


@pytest.mark.parametrize("moment", Moment, ids=lambda moment: moment.name.lower())
def test_a_connection_that_is_lost_at_commit_costs_nothing(
    databases: Databases, scene: Scene, sgsync: Sgsync, moment: Moment
) -> None:
    copy = databases.copy(scene.url)
    with postgres_proxy(copy) as proxy:
        assert sgsync("import-all", SGSYNC_DATABASE_URL=proxy.proxied_url).exit_code == 0
    databases.drop(copy)
    first_insert = next(
        at for at, text in enumerate(proxy.statements, 1) if text.startswith("INSERT INTO users")
    )
    commit = proxy.statements.index("COMMIT", first_insert) + 1
    with postgres_proxy(scene.url, Incident(commit, moment)) as proxy:
        ended = sgsync("import-all", SGSYNC_DATABASE_URL=proxy.proxied_url)
    assert_told(ended, 0)
    assert scene.count('"match"') == 24
    assert [entry["imported"] for entry in scene.audit()] == [8, 16]
    before = scene.dump()
    assert sgsync("import-all").exit_code == 0
    assert changed_tables(before, scene.dump()) == RUN_RECORD


def test_a_read_only_database_can_be_looked_at_and_is_told_when_something_is_to_be_written(
    scene: Scene, sgsync: Sgsync
) -> None:
    sgsync("import-all")
    scene.execute(f"ALTER DATABASE {database_of(scene)} SET default_transaction_read_only = on")
    before = scene.dump()
    for look in ("import-all --dry-run", "tournaments", "placeholders", "history 74611"):
        assert sgsync(*look.split()).exit_code == 0, look
    link = f"link-placeholder sg_4377 --discord-id {BITWING} --yes"
    for write in ("import-all", "import 1", "tournaments disable 1", "prune --older-than 0s", link):
        assert_told(sgsync(*write.split()), 4, "read-only")
    assert scene.dump() == before
    scene.execute(
        f"SET TRANSACTION READ WRITE; ALTER DATABASE {database_of(scene)} RESET default_transaction_read_only"
    )
    assert sgsync("import-all").exit_code == 0


def database_of(scene: Scene) -> str:
    name: str = scene.value("SELECT current_database()")
    return name


def test_one_document_tells_what_was_done_before_the_database_was_lost(
    databases: Databases, scene: Scene, sgsync: Sgsync
) -> None:
    copy = databases.copy(scene.url)
    with postgres_proxy(copy) as proxy:
        assert sgsync("import-all", SGSYNC_DATABASE_URL=proxy.proxied_url).exit_code == 0
    databases.drop(copy)
    of_matches = [at for at, text in enumerate(proxy.statements, 1) if text.startswith('INSERT INTO "match"')]
    name = database_of(scene)

    def close() -> None:
        databases.administer("ALTER DATABASE {} ALLOW_CONNECTIONS false", name)

    with postgres_proxy(scene.url, Incident(of_matches[1], Moment.BEFORE, close)) as proxy:
        ended = sgsync("import-all", "--json", SGSYNC_DATABASE_URL=proxy.proxied_url)
    assert_told(ended, 4, "database")
    document = json.loads(ended.stdout)
    assert (document["outcome"], document["totals"]["imported"]) == ("failed", 8)
    assert [each["id"] for each in document["tournaments"]] == [1]


def test_and_that_nothing_was_where_it_was_never_there(scene: Scene, sgsync: Sgsync) -> None:
    url = unused_url(scene.url, database="nobody_made_this").replace("+psycopg", "", 1)
    for command in ("import-all --json", "import 1 --json"):
        ended = sgsync(*command.split(), SGSYNC_DATABASE_URL=url)
        assert_told(ended, 4, "database")
        document = json.loads(ended.stdout)
        assert (document["outcome"], document["tournaments"]) == ("failed", [])


def test_a_disk_that_is_full_for_one_statement_costs_one_tournament_one_run(
    scene: Scene, sgsync: Sgsync
) -> None:
    scene.execute(FULL)
    scene.execute(
        'CREATE TRIGGER full_disk BEFORE INSERT ON "match" FOR EACH ROW'
        " WHEN (NEW.tournament_id = 1) EXECUTE FUNCTION full_disk()"
    )
    assert_told(
        sgsync("import-all"), 1, "Tournament 1 ('Season 9'): The database refused: could not extend file"
    )
    assert scene.column('SELECT DISTINCT tournament_id FROM "match"') == [2]
    assert scene.column("SELECT DISTINCT tournament_id FROM sgsync.episode") == [2]
    scene.execute("DROP FUNCTION full_disk CASCADE")
    assert sgsync("import-all").exit_code == 0
    assert scene.count('"match"') == 24


def test_a_disk_that_is_full_is_no_conflict_between_a_placeholder_and_a_user(
    scene: Scene, sgsync: Sgsync
) -> None:
    sgsync("import-all")
    scene.add_user(BITWING, "the real bitwing")
    scene.execute(FULL)
    scene.execute("CREATE TRIGGER full_disk BEFORE DELETE ON users EXECUTE FUNCTION full_disk()")
    link = ("link-placeholder", "sg_4377", "--discord-id", str(BITWING), "--yes")
    assert_told(sgsync(*link), 4, "The database refused: could not extend file")
    scene.episodes = revised_schedules()
    assert sgsync("import-all").exit_code == 1
    assert scene.rows(NEVER_SEEN["a roster that leads to a user in part"]) == []
    scene.execute("DROP FUNCTION full_disk CASCADE")
    assert_told(sgsync(*link), 0)


@pytest.mark.parametrize(
    ("trigger", "matches"),
    [("INSERT ON sgsync.run", 0), ("UPDATE ON sgsync.run", 24), ("INSERT ON audit_logs", 0)],
)
def test_a_disk_that_is_full_when_the_run_is_recorded(
    scene: Scene, sgsync: Sgsync, trigger: str, matches: int
) -> None:
    scene.execute(FULL)
    scene.execute(f"CREATE TRIGGER full_disk BEFORE {trigger} FOR EACH ROW EXECUTE FUNCTION full_disk()")
    ended = sgsync("import-all")
    assert ended.exit_code == 4
    assert ended.lines[-1].startswith("ERROR: The database refused: could not extend file")
    assert "Traceback" not in ended.stderr
    assert scene.count('"match"') == matches
    scene.execute("DROP FUNCTION full_disk CASCADE")
    assert sgsync("import-all").exit_code == 0
    assert scene.count('"match"') == 24


@needs_pgbouncer
def test_behind_a_pooler_everything_works_and_leaves_its_connections_as_they_were(
    scene: Scene, sgsync: Sgsync
) -> None:
    with pgbouncer(scene.url) as url:
        sgsync.settings |= {"SGSYNC_DATABASE_URL": url}
        running = [sgsync.start("import-all") for _ in range(2 * POOL_SIZE)]
        assert [each.wait().exit_code for each in running] == [0] * len(running)
        assert scene.count('"match"') == 24
        before = scene.dump()
        assert_told(sgsync("import-all"), 0)
        assert changed_tables(before, scene.dump()) == RUN_RECORD
        user = scene.add_user(BITWING, "the real bitwing")
        assert_told(sgsync("link-placeholder", "sg_4377", "--user", str(user), "--yes"), 0)
        assert "sg_crew" in sgsync("placeholders").stdout
        assert scene.value(LOCKS_LEFT) == 0
        assert settings_of_pool(url) == {("0", "0", "on")}


def settings_of_pool(url: str) -> set[tuple[object, ...]]:
    """What whoever gets a pooled connection finds there, on each of them."""
    query = (
        "SELECT current_setting('lock_timeout'), current_setting('statement_timeout'),"
        " current_setting('row_security'), pg_backend_pid()"
    )
    found: dict[object, tuple[object, ...]] = {}
    with connect(url) as first, connect(url) as second, first.transaction():
        for connection in (first, second):
            *settings, process = connection.execute(query).fetchall()[0]
            found[process] = tuple(settings)
    return set(found.values())


@needs_pgbouncer
def test_a_migration_through_a_pooler_is_refused_unless_there_is_nothing_to_do(
    make_database: MakeDatabase, sgsync: Sgsync
) -> None:
    """What it would set for its session stayed with the pooled one."""
    url = make_database(migrated=False)
    before = objects(url)
    with pgbouncer(url) as through:
        assert_told(sgsync("migrate", SGSYNC_DATABASE_URL=through), 4, "needs a direct connection")
        assert objects(url) == before
        direct = sgsync("migrate", SGSYNC_DATABASE_URL=url.replace("+psycopg", "", 1))
        assert direct.exit_code == 0, direct.stderr
        assert_told(sgsync("migrate", SGSYNC_DATABASE_URL=through), 0)
        assert settings_of_pool(through) == {("0", "0", "on")}
    assert objects(url) == objects(make_database())
