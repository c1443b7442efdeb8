"""The check that follows every test here can fail."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.consumers import check_consumers
from tests.importing.conftest import checked_scene
from tests.postgres import Databases
from tests.scene import Scene, sample, with_league

SABOTAGE = {
    "unknown role": "UPDATE crew SET role = 'broadcaster'",
    "second membership": "INSERT INTO organizationmember (organization_id, user_id) VALUES (1, 1), (1, 1)",
    "one registration": "INSERT INTO tournamentplayers (tournament_id, user_id)"
    " SELECT tournament_id, user_id FROM tournamentplayers",
    "player without a registration": "DELETE FROM tournamentplayers",
    "is a member": "DELETE FROM organizationmember",
    "one roster row": "INSERT INTO matchplayers (match_id, user_id) SELECT match_id, user_id FROM matchplayers",
    "one crew row": "INSERT INTO crew (match_id, user_id, role) SELECT match_id, user_id, role FROM crew",
    "a placeholder has no Discord id": "UPDATE users SET is_placeholder = NOT is_placeholder",
    "a time, a comment": "UPDATE \"match\" SET comment = ''",
    "race events": 'UPDATE "match" SET started_at = now()',
    "numbers are numbers": "UPDATE audit_logs SET details = details || '{\"deleted\": null}'",
    "keys": "UPDATE audit_logs SET details = details - 'duration_ms'",
    "no user": "UPDATE audit_logs SET user_id = 1",
    "updated_at": "SET LOCAL application_name = 'sgsync'; UPDATE \"match\" SET title = ''",
    "episode 74618": "UPDATE \"match\" SET scheduled_at = '2026-11-28T22:10Z' WHERE speedgaming_episode_id = 74618",
}


@pytest.fixture(scope="module")
def league(databases: Databases) -> Iterator[Scene]:
    with checked_scene(databases) as scene:
        with_league(scene)
        scene.episodes = sample("schedule_alttprleague")
        scene.import_all()
        yield scene


@pytest.mark.parametrize("rule", SABOTAGE)
def test_a_breach_is_found(league: Scene, rule: str) -> None:
    with psycopg.connect(league.url.replace("+psycopg", "", 1)) as connection:
        connection.execute(SABOTAGE[rule].encode())
        with pytest.raises(AssertionError, match=rule):
            check_consumers(connection, league.served)
        connection.rollback()
