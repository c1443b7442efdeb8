"""An import costs what it costs, however much the tables hold already: every statement finds its rows by an index."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from sgsync.report import Outcome
from tests.feed_json import Json
from tests.importing.test_cost import crowd
from tests.postgres import Databases, connect
from tests.scene import Scene, scene_on, with_league

# An import of years: 50,000 matches with 200,000 roster rows, 50,000 users, and what sgsync remembers of them.
GROWN = """
INSERT INTO users (discord_id, discord_username, display_name, is_placeholder)
  SELECT CASE WHEN n % 4 = 0 THEN 0 ELSE 400000000000000000 + n END,
    CASE WHEN n % 4 = 0 THEN 'sg_' || 2000000 + n ELSE 'old' || n END, 'Old ' || n, n % 4 = 0
  FROM generate_series(1, 50000) AS n;
INSERT INTO tournament (name, organization_id) SELECT 'Old ' || n, 1 FROM generate_series(1, 500) AS n;
INSERT INTO organizationmember (organization_id, user_id) SELECT 1, id FROM users;
INSERT INTO tournamentplayers (tournament_id, user_id)
  SELECT 2 + n % 500, 1 + n % 50000 FROM generate_series(1, 50000) AS n;
INSERT INTO "match" (tournament_id, scheduled_at, title, speedgaming_episode_id)
  SELECT 2 + n % 500, now() - make_interval(mins => n), 'Old ' || n, 1000000 + n
  FROM generate_series(1, 50000) AS n;
INSERT INTO matchplayers (match_id, user_id)
  SELECT 1 + n % 50000, 1 + n / 4 % 50000 FROM generate_series(1, 200000) AS n;
INSERT INTO crew (match_id, user_id, role, approved)
  SELECT 1 + n % 50000, 1 + n % 50000, 'tracker', true FROM generate_series(1, 50000) AS n;
INSERT INTO sgsync.episode (episode_id, tournament_id, match_id, scheduled_at, title)
  SELECT speedgaming_episode_id, tournament_id, id, scheduled_at, title FROM "match";
INSERT INTO sgsync.signup (episode_id, role, user_id, feed_ids, approved)
  SELECT 1000000 + match_id, 'player', user_id, '{1}', false FROM matchplayers
  ON CONFLICT DO NOTHING;
INSERT INTO sgsync.alias (kind, value, user_id, discord_id)
  SELECT kind, lower(kind || id), id, nullif(discord_id, 0)
  FROM users, unnest('{player,tag}'::text[]) AS kind;
INSERT INTO sgsync.change (episode_id, kind) SELECT episode_id, 'imported' FROM sgsync.episode;
INSERT INTO sgsync.run (command, host, outcome, report)
  SELECT 'import-all', 'here', 'ok', '{"tournaments": []}' FROM generate_series(1, 20000);
"""

# What grows with the years; tournaments, channels and race rooms are few, and those are read whole.
GROWING = {"users", "match", "matchplayers", "crew", "tournamentplayers", "organizationmember"}
GROWING |= {"episode", "signup", "alias", "change", "run"}

Plan = dict[str, Any]


@pytest.fixture(scope="module")
def grown(databases: Databases) -> Iterator[Scene]:
    """A league in a database that is years old."""
    url = databases.create("app", migrated=True)
    try:
        with scene_on(url) as scene:
            with_league(scene)
            with connect(url) as connection:
                connection.execute(GROWN)
                connection.execute("ANALYZE")
            yield scene
    finally:
        databases.drop(url)


@contextmanager
def explained() -> Iterator[list[tuple[str, Plan]]]:
    """Every statement of the imports in the block that reads or changes rows, and its plan."""
    found: list[tuple[str, Plan]] = []

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if re.match(r"(WITH|SELECT|INSERT|UPDATE|DELETE)\b", statement):
            with cursor.connection.cursor() as other:
                other.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
                found.append((statement, other.fetchone()[0][0]["Plan"]))

    event.listen(sa.Engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(sa.Engine, "before_cursor_execute", explain)


def read_whole(plan: Plan) -> Iterator[str]:
    """The tables that `plan` reads from one end to the other."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from read_whole(part)


def old_faces(size: int) -> list[Json]:
    """Episodes with people whom the database has known for years, and some whom it has not."""
    episodes = crowd(size)
    for number, episode in enumerate(episodes, 1):
        player = episode["match1"]["players"][0]
        player |= {"discordId": str(4 * 10**17 + 4 * number + 1), "discordTag": f"old{4 * number + 1}"}
    return episodes


def moved(episodes: list[Json]) -> list[Json]:
    """The same episodes, with a change of each kind that an import follows."""
    later = deepcopy(episodes)
    for number, episode in enumerate(later):
        episode["title"] = f"Moved {number}"
        episode["match1"]["players"][1] |= {"id": 900_000 + number, "discordTag": f"substitute{number}"}
        episode["trackers"] = []
        episode["commentators"][0]["approved"] = False
    return later[:-2]


def test_no_import_reads_a_growing_table_whole(grown: Scene) -> None:
    episodes = old_faces(60)
    outcomes = []
    with explained() as plans:
        for grown.episodes in (episodes, episodes, moved(episodes)):
            outcomes.append(grown.import_all(on_cancel="delete", match_tags=False, auto_finish="3h").outcome)
    assert outcomes == [Outcome.OK] * 3
    assert {"INSERT", "UPDATE", "DELETE"} <= {statement.split()[0] for statement, _ in plans}
    offenders = {
        statement: tables for statement, plan in plans if (tables := set(read_whole(plan)) & GROWING)
    }
    assert not offenders
