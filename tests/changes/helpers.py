"""What the tests of changes do and ask again and again."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from sgsync.report import RunReport
from tests.feed_json import Json, make_episode
from tests.postgres import connect
from tests.scene import Row, Scene, logged_lines, somebody_waits, wait_until

EPISODE = 75000
TITLE = "Standard - Week 1"  # of an episode's match, where nothing else is said

# As the application runs: windows around this moment.
USUAL: dict[str, Any] = {"window_past": "2h", "window_future": "30d"}


def at(**distance: float) -> str:
    """A time so far from now, as the feed writes it: `at(hours=3)`."""
    moment = datetime.now(UTC) + timedelta(**distance)
    return moment.replace(microsecond=0).isoformat()


def starting(episode_id: int, start: str, *players: Json, **fields: Any) -> Json:
    """An episode whose broadcast and race start then."""
    return make_episode(episode_id, *players, **{"when": start, "whenCountdown": start, **fields})


def imported(scene: Scene, *episodes: Json, **flags: Any) -> Scene:
    """`scene` after an import of these episodes."""
    scene.episodes = list(episodes) or [make_episode(EPISODE)]
    assert scene.import_all(**flags).exit_code == 0
    return scene


def match_of(scene: Scene, episode_id: int = EPISODE) -> int:
    match_id: int = scene.value('SELECT id FROM "match" WHERE speedgaming_episode_id = %s', episode_id)
    return match_id


def match_row(scene: Scene, episode_id: int = EPISODE) -> Row:
    """A match with its place and version, so that not even a rewrite goes unseen."""
    query = 'SELECT ctid::text, xmin::text, m.* FROM "match" m WHERE speedgaming_episode_id = %s'
    (row,) = scene.rows(query, episode_id)
    return row


def field_of(scene: Scene, column: str, episode_id: int = EPISODE) -> Any:
    return scene.value(f'SELECT {column} FROM "match" WHERE speedgaming_episode_id = %s', episode_id)


def start_of(scene: Scene, episode_id: int = EPISODE) -> str:
    """A match's `scheduled_at` as the feed writes it."""
    moment: datetime = field_of(scene, "scheduled_at", episode_id)
    return moment.astimezone(UTC).isoformat()


def edit(scene: Scene, column: str, value: Any, episode_id: int = EPISODE) -> None:
    """Staff changes a match."""
    if column == "scheduled_at":  # from here on somebody did say so, which is what the consumers' check asks
        scene.served.append({"id": episode_id, "when": value})
    statement = f'UPDATE "match" SET {column} = %s, updated_at = now() WHERE speedgaming_episode_id = %s'
    scene.execute(statement, value, episode_id)


def seat(scene: Scene, user_id: int, role: str | None = None) -> None:
    """Staff puts somebody into the roster of the episode's match or, with a role, into its crew."""
    match_id = match_of(scene)
    scene.execute("INSERT INTO organizationmember (organization_id, user_id) VALUES (1, %s)", user_id)
    if role:
        scene.execute(
            "INSERT INTO crew (match_id, user_id, role) VALUES (%s, %s, %s)", match_id, user_id, role
        )
        return
    scene.execute("INSERT INTO tournamentplayers (tournament_id, user_id) VALUES (1, %s)", user_id)
    scene.execute("INSERT INTO matchplayers (match_id, user_id) VALUES (%s, %s)", match_id, user_id)


def crew_of(scene: Scene, episode_id: int = EPISODE) -> set[tuple[str, str, bool]]:
    """Who does what in a match, and whether it is approved."""
    return {
        (name, role, approved)
        for name, role, approved in scene.rows(
            "SELECT display_name, role, approved FROM crew JOIN users ON users.id = crew.user_id"
            ' JOIN "match" m ON m.id = match_id WHERE speedgaming_episode_id = %s',
            episode_id,
        )
    }


def events_of(scene: Scene, episode_id: int = EPISODE) -> list[str]:
    """The kinds of what is remembered of an episode, but for its import."""
    return scene.column("SELECT kind FROM sgsync.change WHERE episode_id = %s ORDER BY id", episode_id)[1:]


def totals(report: RunReport) -> dict[str, int]:
    """The counts of a run that are not zero, but for what was fetched."""
    counts = report.as_json()["totals"]
    return {name: count for name, count in counts.items() if count and name != "fetched"}


@contextmanager
def warnings() -> Iterator[list[str]]:
    """What is logged at WARNING or above."""
    with logged_lines(level=30) as lines:
        yield lines


def import_while(scene: Scene, statement: str, *values: Any, **flags: Any) -> RunReport:
    """Import while another session has run `statement` and commits only once the import waits for it."""
    with (
        connect(scene.url) as watcher,
        psycopg.connect(scene.url.replace("+psycopg", "", 1)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        other.execute(statement.encode(), values or None)
        running: Future[RunReport] = pool.submit(scene.import_all, **flags)
        wait_until(lambda: running.done() or somebody_waits(watcher))
        assert not running.done(), "the import did not even look"
        other.commit()
        return running.result(timeout=30)
