"""An import costs what it costs, however much the tables hold already: every statement finds its rows by an index."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from sgsync.database.news import note_missing_crew
from sgsync.report import Outcome
from sgsync.wiring import open_database
from tests.bench.history import fill
from tests.feed_json import Json, make_episode, make_player
from tests.importing.test_cost import crowd
from tests.postgres import Databases, connect
from tests.scene import Scene, scene_on, with_league

MATCHES = 50_000
"""With 200,000 players and 50,000 of the crew in them."""

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
                fill(connection, MATCHES)
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


def offenders(plans: Iterable[tuple[str, Plan]]) -> dict[str, set[str]]:
    """The statements that read a growing table whole, and which."""
    return {statement: tables for statement, plan in plans if (tables := set(read_whole(plan)) & GROWING)}


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
            outcomes.append(
                grown.import_all(on_cancel="delete", match_tags=False, auto_finish="4000d").outcome
            )
    assert outcomes == [Outcome.OK] * 3
    assert {"INSERT", "UPDATE", "DELETE"} <= {statement.split()[0] for statement, _ in plans}
    assert not offenders(plans)


def test_no_merge_reads_a_growing_table_whole(grown: Scene) -> None:
    stranger = make_player(990_001, "Stranger", discordId="", discordTag="")
    known = stranger | {"discordId": str(4 * 10**17 + 401)}
    others = list(grown.episodes)
    with explained() as plans:
        for player in (stranger, known):
            grown.episodes = [*others, make_episode(79_000, player)]
            grown.import_all()
    assert grown.count("sgsync.link")
    assert not offenders(plans)


def test_looking_for_matches_without_crew_reads_no_growing_table_whole(grown: Scene) -> None:
    now = datetime.now(UTC)
    with (
        explained() as plans,
        open_database(grown.settings()) as database,
        database.transaction() as connection,
    ):
        note_missing_crew(connection, now, now + timedelta(days=1))
    assert any("INSERT INTO sgsync.change" in statement for statement, _ in plans)
    assert not offenders(plans)
