"""Foreign keys that sgsync has never heard of: everything moves, or nothing at all."""

from dataclasses import dataclass

import psycopg
import pytest
from sqlalchemy import make_url

from sgsync.database.engine import Database
from sgsync.database.merge import merge_placeholder
from sgsync.errors import MergeConflictError
from tests.linking.league import OTHER, PLACEHOLDER, USER, League
from tests.scene import changed_tables


@dataclass(frozen=True)
class Strange:
    """A table that refers to users; `{user}` in `rows` stands for somebody's id."""

    tables: str
    rows: str
    moved: str


STRANGE = {
    "another schema": Strange(
        "CREATE SCHEMA shop; CREATE TABLE shop.sale (id serial, buyer int REFERENCES users ON DELETE CASCADE)",
        "INSERT INTO shop.sale (buyer) VALUES ({user})",
        "shop.sale.buyer",
    ),
    "a name that must be quoted": Strange(
        'CREATE SCHEMA "The Shop"; CREATE TABLE "The Shop"."100%% ""odd"""'
        ' ("User:id %%s" int REFERENCES users ON DELETE CASCADE)',
        'INSERT INTO "The Shop"."100%% ""odd""" VALUES ({user})',
        '"The Shop"."100% ""odd""".User:id %s',
    ),
    "a composite key of its own": Strange(
        "CREATE TABLE strange (user_id int REFERENCES users ON DELETE CASCADE, day int,"
        " PRIMARY KEY (user_id, day))",
        "INSERT INTO strange VALUES ({user}, {user} / 100000)",
        "strange.user_id",
    ),
    "a bigint column": Strange(
        "CREATE TABLE strange (user_id bigint NOT NULL REFERENCES users ON DELETE SET NULL)",
        "INSERT INTO strange VALUES ({user})",
        "strange.user_id",
    ),
    "deferred keys": Strange(
        "CREATE TABLE strange (user_id int REFERENCES users ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO strange VALUES ({user})",
        "strange.user_id",
    ),
    "a self reference": Strange(
        "ALTER TABLE users ADD invited_by int REFERENCES users ON DELETE CASCADE",
        "INSERT INTO users (discord_id, discord_username, invited_by) VALUES ({user} + 5, 'invited', {user})",
        "users.invited_by",
    ),
    "a partitioned table": Strange(
        "CREATE TABLE strange (user_id int REFERENCES users ON DELETE CASCADE, day int)"
        " PARTITION BY RANGE (day);"
        "CREATE TABLE strange_early PARTITION OF strange FOR VALUES FROM (0) TO (10);"
        "CREATE TABLE strange_late PARTITION OF strange FOR VALUES FROM (10) TO (20)",
        "INSERT INTO strange VALUES ({user}, 11)",
        "strange.user_id",
    ),
    "a table partitioned by the user": Strange(
        "CREATE TABLE strange (user_id int REFERENCES users ON DELETE CASCADE) PARTITION BY RANGE (user_id);"
        "CREATE TABLE strange_users PARTITION OF strange FOR VALUES FROM (0) TO (800000);"
        "CREATE TABLE strange_placeholders PARTITION OF strange FOR VALUES FROM (800000) TO (1000000)",
        "INSERT INTO strange VALUES ({user})",
        "strange.user_id",
    ),
    "two columns": Strange(
        "ALTER TABLE users ADD home int NOT NULL DEFAULT 7; UPDATE users SET home = 8 WHERE is_placeholder;"
        "ALTER TABLE users ADD UNIQUE (id, home);"
        "CREATE TABLE strange (user_id int, home int,"
        " FOREIGN KEY (user_id, home) REFERENCES users (id, home) ON DELETE CASCADE)",
        "INSERT INTO strange SELECT id, home FROM users WHERE id = {user}",
        "strange.user_id,home",
    ),
    "two keys that share a column": Strange(
        "ALTER TABLE users ADD home int NOT NULL DEFAULT 7; UPDATE users SET home = 8 WHERE is_placeholder;"
        "ALTER TABLE users ADD UNIQUE (id, home);"
        "CREATE TABLE strange (user_id int REFERENCES users ON DELETE CASCADE, home int,"
        " FOREIGN KEY (user_id, home) REFERENCES users (id, home) ON DELETE CASCADE)",
        "INSERT INTO strange SELECT id, home FROM users WHERE id = {user}",
        "strange.user_id,home",
    ),
    "a column other than the id": Strange(
        "UPDATE users SET twitch_id = 'twitch' || id;"
        "CREATE TABLE strange (channel varchar(255) REFERENCES users (twitch_id) ON DELETE CASCADE)",
        "INSERT INTO strange VALUES ('twitch{user}')",
        "strange.channel",
    ),
    "tables that refer to each other by the user": Strange(
        "CREATE TABLE team (user_id int PRIMARY KEY REFERENCES users ON DELETE CASCADE);"
        "CREATE TABLE strange (user_id int REFERENCES users ON DELETE CASCADE"
        " REFERENCES team ON DELETE CASCADE DEFERRABLE)",
        "INSERT INTO team VALUES ({user}); INSERT INTO strange VALUES ({user})",
        "strange.user_id",
    ),
}

UNIQUE = {
    "another schema": "ALTER TABLE shop.sale ADD CONSTRAINT only_once UNIQUE (buyer)",
    "a composite key of its own": "ALTER TABLE strange ADD CONSTRAINT only_once UNIQUE (user_id)",
    "a bigint column": "ALTER TABLE strange ADD CONSTRAINT only_once UNIQUE (user_id) DEFERRABLE",
    "deferred keys": "ALTER TABLE strange ADD CONSTRAINT only_once UNIQUE (user_id) DEFERRABLE INITIALLY DEFERRED",
    "a self reference": "ALTER TABLE users ADD CONSTRAINT only_once UNIQUE (invited_by)",
    "a partitioned table": "ALTER TABLE strange ADD CONSTRAINT only_once UNIQUE (user_id, day)",
    "two columns": "ALTER TABLE strange ADD CONSTRAINT only_once UNIQUE (user_id)",
    "a column other than the id": "ALTER TABLE strange ADD CONSTRAINT only_once UNIQUE (channel)",
}


def merge(league: League) -> dict[str, int]:
    with (
        Database(league.url) as database,
        database.told_plainly(),
        database.exclusive_transaction() as connection,
    ):
        return merge_placeholder(connection, PLACEHOLDER, USER)


def build(league: League, strange: Strange, *users: int) -> None:
    league.fill()
    league.execute(strange.tables.replace("%%", "%"))
    for user in users:
        league.execute(strange.rows.replace("%%", "%").format(user=user))


@pytest.mark.parametrize("kind", STRANGE)
def test_every_row_is_still_there_and_none_names_the_placeholder(league: League, kind: str) -> None:
    strange = STRANGE[kind]
    build(league, strange, PLACEHOLDER, OTHER)
    before = league.counts()

    moved = merge(league)

    assert moved[strange.moved] == 1
    assert league.tables_naming(PLACEHOLDER) == set()
    assert league.rows("SELECT id FROM users WHERE is_placeholder") == []
    after = league.counts()
    assert sum(after.values()) == sum(before.values()) - 1
    assert after["public.users"] == before["public.users"] - 1


@pytest.mark.parametrize("kind", UNIQUE)
def test_a_constraint_in_the_way_is_named_and_nothing_changes(league: League, kind: str) -> None:
    build(league, STRANGE[kind], PLACEHOLDER, USER)
    league.execute(UNIQUE[kind])
    before = league.dump()

    with pytest.raises(MergeConflictError, match="Nothing was changed") as refusal:
        merge(league)

    assert league.dump() == before
    sentence = str(refusal.value)
    table = STRANGE[kind].moved.rpartition(".")[0]
    assert table in sentence
    assert "already exists" in sentence
    if kind != "a partitioned table":  # each partition's constraint has a name of its own
        assert "only_once" in sentence


def test_a_user_who_lacks_what_the_row_refers_to_gets_it_not(league: League) -> None:
    """It would refer to nobody: the row would still be there, and worth nothing."""
    build(league, STRANGE["a column other than the id"], PLACEHOLDER)
    league.execute("UPDATE users SET twitch_id = NULL WHERE id = %s", USER)
    before = league.dump()

    with pytest.raises(MergeConflictError, match=r"1 row\(s\) of table strange .*users\.twitch_id"):
        merge(league)

    assert league.dump() == before


def test_a_trigger_that_keeps_a_row_keeps_it_from_being_deleted(league: League) -> None:
    league.fill()
    league.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER refuse BEFORE UPDATE ON audit_logs FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    before = league.dump()

    with pytest.raises(MergeConflictError, match="table audit_logs cannot be moved"):
        merge(league)

    assert league.dump() == before


def test_rows_that_may_not_be_seen_are_an_error(league: League) -> None:
    league.fill()
    league.execute(
        "CREATE TABLE secret (user_id int REFERENCES users ON DELETE CASCADE);"
        "ALTER TABLE secret ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY nothing ON secret USING (false)"
    )
    league.execute("INSERT INTO secret VALUES (%s)", PLACEHOLDER)
    role = make_url(league.url).database  # roles are the server's: the name must be this test's own
    league.execute(
        f"CREATE ROLE {role}; GRANT USAGE ON SCHEMA sgsync TO {role};"
        f"GRANT ALL ON ALL TABLES IN SCHEMA public, sgsync TO {role}"
    )
    before = league.dump()
    try:
        restricted = make_url(league.url).update_query_dict({"options": f"-c role={role}"})
        with pytest.raises(MergeConflictError, match=r"table secret .*row-level security"):
            merge(League(restricted.render_as_string(hide_password=False)))
    finally:
        league.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")

    assert set(changed_tables(before, league.dump())) == set()


def test_the_placeholder_may_refer_to_itself(league: League) -> None:
    league.execute("ALTER TABLE users ADD invited_by int REFERENCES users")
    league.execute("UPDATE users SET invited_by = id")

    merge(league)

    assert league.rows("SELECT invited_by FROM users WHERE id = %s", USER) == [(USER,)]
    assert league.tables_naming(PLACEHOLDER) == set()


def test_a_plain_driver_sees_the_same(league: League) -> None:
    """The check of these tests itself: deleting the placeholder would have lost its rows."""
    league.fill()
    before = league.counts()
    with psycopg.connect(league.url.replace("+psycopg", "", 1)) as connection:
        connection.execute("DELETE FROM users WHERE id = %s", [PLACEHOLDER])
    assert sum(league.counts().values()) < sum(before.values()) - 5
