"""docs/grants.sql: every command works with exactly these rights, and what nobody needs is refused."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from tests.command_line import Sgsync
from tests.faults.stories import BITWING, revised_schedules, schedules, settings_for
from tests.faults.test_secrets import COMMANDS
from tests.nursery import CHECKOUT
from tests.postgres import SCHEMA_FILES, SCHEMAS, Databases, connect
from tests.scene import LEAGUE, LIVE, Scene, scene_on, unused_url, with_league

GRANTS = CHECKOUT / "docs" / "grants.sql"
ROLE = "sgsync_import"
PASSWORD = "not-secret"

# A table of the application of tomorrow, in a schema of its own.
ELSEWHERE = """
    CREATE SCHEMA elsewhere;
    CREATE TABLE elsewhere.fan (
        id serial PRIMARY KEY, updated_at timestamptz,
        user_id int REFERENCES users ON DELETE CASCADE, seat_id int REFERENCES matchplayers ON DELETE CASCADE);
"""


@pytest.fixture
def owner_url(databases: Databases) -> Iterator[str]:
    """A database whose tables belong to somebody who is no superuser, and who has migrated it."""
    url = databases.create("empty", migrated=False)
    owner = f"owner_{uuid4().hex}"
    with connect(url) as administrator:
        administrator.execute(f"CREATE ROLE {owner} LOGIN PASSWORD '{PASSWORD}'".encode())
        administrator.execute(f"ALTER DATABASE {make_url(url).database} OWNER TO {owner}".encode())
        administrator.execute("GRANT ALL ON SCHEMA public TO public")
    owned = unused_url(url, username=owner, password=PASSWORD)
    with connect(owned) as connection:
        for file in SCHEMA_FILES["app"]:
            connection.execute((SCHEMAS / file).read_bytes())
        connection.execute(ELSEWHERE)
    yield owned
    databases.drop(url)
    databases.administer("DROP ROLE {}", owner)


@pytest.fixture
def granted(databases: Databases, owner_url: str, sgsync: Sgsync) -> Iterator[Scene]:
    """A scene under the documented rights, with the feed of the league."""
    role = f"importer_{uuid4().hex}"
    databases.administer(f"CREATE ROLE {{}} LOGIN PASSWORD '{PASSWORD}'", role)
    migrated = sgsync("migrate", SGSYNC_DATABASE_URL=owner_url)
    assert migrated.exit_code == 0, migrated.stderr
    with_league(Scene(owner_url), LEAGUE, LIVE)
    grant(owner_url, role)
    with scene_on(owner_url) as scene:
        scene.episodes = schedules()
        sgsync.settings = settings_for(
            unused_url(owner_url, username=role, password=PASSWORD), scene.feed_url
        )
        yield scene
    databases.drop(owner_url)
    databases.administer("DROP ROLE {}", role)


def grant(url: str, role: str) -> None:
    with connect(url) as owner:
        owner.execute(GRANTS.read_text(encoding="utf-8").replace(ROLE, role).encode())


def succeed(sgsync: Sgsync, *arguments: str, **settings: str) -> str:
    ended = sgsync(*arguments, **settings)
    assert ended.exit_code == 0, (arguments, ended.stderr)
    return ended.stderr + ended.stdout


# What works without the database, or is the owner's to do; the merge that a link makes has a test of its own.
NOT_THE_IMPORTERS = {"fetch", "migrate", "link-placeholder"}


RUNS = (
    "import-all --dry-run",
    "import-all",
    "import 1",
    "import 2 --episode 74700 --overwrite",
    "tournaments disable 2",
    f"tournaments enable 2 --slug {LIVE}",
    "placeholders",
    "tournaments",
    "history 74611",
    "explain 74611",
    "status",
    "doctor",
    "prune --older-than 0s",
    "placeholders prune --older-than 0s --with-members",
)


def test_every_command_works_with_the_documented_rights(granted: Scene, sgsync: Sgsync) -> None:
    tried = {name for name in COMMANDS if any(f"{run} ".startswith(f"{name} ") for run in RUNS)}
    assert tried == set(COMMANDS) - NOT_THE_IMPORTERS
    shown = {run: succeed(sgsync, *run.split()) for run in RUNS}
    assert "sg_4377" in shown["placeholders"]
    assert LIVE in shown["tournaments"]
    granted.execute("UPDATE crew SET approved = NOT approved")  # so that an update writes every kind of row
    succeed(sgsync, "import-all", SGSYNC_AUTO_FINISH="1s", SGSYNC_MATCH_TAGS="true", SGSYNC_FEED="combined")
    assert granted.count('"match"') == 24


def test_so_does_a_merge_that_an_import_makes_by_itself(granted: Scene, sgsync: Sgsync) -> None:
    succeed(sgsync, "import-all")
    placeholder = granted.value("SELECT id FROM users WHERE discord_username = 'sg_4377'")
    user = granted.add_user(BITWING, "the real bitwing")
    granted.execute("INSERT INTO organizationmember (organization_id, user_id) VALUES (1, %s)", user)
    granted.execute("INSERT INTO audit_logs (action, user_id) VALUES ('seen', %s)", placeholder)
    granted.execute("INSERT INTO elsewhere.fan (user_id) VALUES (%s)", placeholder)
    granted.execute(  # both sit in one match, and somebody refers to the seat that gives way
        "INSERT INTO matchplayers (match_id, user_id) SELECT match_id, %s FROM matchplayers WHERE user_id = %s",
        user,
        placeholder,
    )
    granted.execute(
        "INSERT INTO elsewhere.fan (seat_id) SELECT id FROM matchplayers WHERE user_id = %s", placeholder
    )
    granted.episodes = revised_schedules()
    succeed(sgsync, "import-all")
    assert granted.column("SELECT user_id FROM audit_logs WHERE action = 'seen'") == [user]
    assert granted.column("SELECT user_id FROM elsewhere.fan WHERE user_id IS NOT NULL") == [user]
    assert granted.rows("SELECT 1 FROM users WHERE id = %s", placeholder) == []


def test_so_does_link_placeholder(granted: Scene, sgsync: Sgsync) -> None:
    succeed(sgsync, "import-all")
    granted.add_user(BITWING, "the real bitwing")
    told = succeed(sgsync, "link-placeholder", "sg_4377", "--discord-id", str(BITWING), "--yes")
    assert "Linked placeholder 'sg_4377'" in told


def test_deleting_cancelled_matches_needs_the_right_that_is_not_granted_by_default(
    granted: Scene, sgsync: Sgsync
) -> None:
    succeed(sgsync, "import-all")
    del granted.episodes[0]
    refused = sgsync("import-all", SGSYNC_ON_CANCEL="delete")
    assert refused.exit_code == 1
    assert "permission denied for table match" in refused.stderr
    role = make_url(sgsync.settings["SGSYNC_DATABASE_URL"]).username
    granted.execute(f'GRANT DELETE ON "match" TO {role}')
    succeed(sgsync, "import-all", SGSYNC_ON_CANCEL="delete")
    assert granted.count('"match"') == 23


NEEDED_BY_NOBODY = (
    "SELECT discord_email FROM users",
    "UPDATE users SET permission = 1",
    "UPDATE users SET display_name = 'x'",
    'DELETE FROM "match"',
    'UPDATE "match" SET checked_in_at = now()',
    "UPDATE tournament SET name = 'x'",
    "DELETE FROM tournament",
    "DELETE FROM organization",
    "UPDATE streamchannel SET name = 'x'",
    "SELECT details FROM audit_logs",
    "DELETE FROM audit_logs",
    "DELETE FROM sgsync.alembic_version",
    "CREATE TABLE sgsync.mine (id int)",
    "TRUNCATE users CASCADE",
)


def test_what_nobody_needs_is_refused(granted: Scene, sgsync: Sgsync) -> None:
    assert granted.count("tournament")
    with connect(sgsync.settings["SGSYNC_DATABASE_URL"]) as importer:
        for statement in NEEDED_BY_NOBODY:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                importer.execute(statement.encode())


def test_without_the_right_to_delete_users_a_merge_changes_nothing_and_says_why(
    granted: Scene, sgsync: Sgsync
) -> None:
    succeed(sgsync, "import-all")
    granted.add_user(BITWING, "the real bitwing")
    role = make_url(sgsync.settings["SGSYNC_DATABASE_URL"]).username
    granted.execute(f"REVOKE DELETE ON users FROM {role}")
    before = granted.count("users")
    refused = sgsync("link-placeholder", "sg_4377", "--discord-id", str(BITWING), "--yes")
    assert refused.exit_code == 1
    assert refused.lines[-1].startswith("ERROR: Nothing was changed")
    assert "permission denied for table users" in refused.lines[-1]
    assert granted.count("users") == before
    assert succeed(sgsync, "import-all")


def test_the_importing_role_cannot_migrate_and_is_told(granted: Scene, sgsync: Sgsync) -> None:
    granted.execute("DROP TABLE sgsync.link")
    granted.execute("UPDATE sgsync.alembic_version SET version_num = '0002'")
    refused = sgsync("migrate")
    assert refused.exit_code == 4
    assert refused.lines[-1].startswith("ERROR: The database refused: permission denied")
    assert "Traceback" not in refused.stderr
