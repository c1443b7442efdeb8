"""The three databases that a migration may start from, each with an import after it."""

import pytest

from tests.importing.conftest import MakeScene
from tests.postgres import Start
from tests.scene import RUN_RECORD, Scene, changed_tables, sample, with_league

MATCH = (
    'SELECT id, tournament_id, title, scheduled_at, comment FROM "match" WHERE speedgaming_episode_id = 74611'
)


def league_on(make_scene: MakeScene, start: Start) -> Scene:
    scene = make_scene(start)
    if start != "current":  # there, the application has made a tournament
        with_league(scene)
    scene.episodes = sample("schedule_alttprleague")
    return scene


@pytest.mark.parametrize(("start", "imported"), [("empty", 8), ("app", 8), ("current", 7)])
def test_an_import_works_from_every_start(make_scene: MakeScene, start: Start, imported: int) -> None:
    scene = league_on(make_scene, start)
    report = scene.import_all()
    assert report.tournaments[0].imported == imported
    assert scene.count('"match"') == 8


@pytest.mark.parametrize("start", ["empty", "current"])
def test_a_second_import_changes_nothing_from_any_start(make_scene: MakeScene, start: Start) -> None:
    scene = league_on(make_scene, start)
    scene.import_all()
    before = scene.dump()
    scene.import_all()
    assert changed_tables(before, scene.dump()) == RUN_RECORD


def test_what_the_applications_importer_left_is_recognised(make_scene: MakeScene) -> None:
    scene = league_on(make_scene, "current")
    before = scene.rows(MATCH)
    scene.import_all()
    assert scene.rows(MATCH) == before
    assert scene.column("SELECT user_id FROM matchplayers WHERE match_id = 1 ORDER BY 1") == [1, 2]
    assert scene.column("SELECT id FROM users WHERE discord_username = 'sg_4377'") == [2]
    assert "sg_4377" in scene.players_of(74633)
    assert scene.value("SELECT match_id FROM sgsync.episode WHERE episode_id = 74611") == 1


def test_its_players_are_registered_and_members_once(make_scene: MakeScene) -> None:
    scene = league_on(make_scene, "current")
    scene.import_all()
    assert {1, 2} <= set(scene.column("SELECT user_id FROM tournamentplayers WHERE tournament_id = 1"))
    assert scene.column("SELECT user_id FROM organizationmember WHERE user_id <= 2 ORDER BY 1") == [1, 2]


def test_a_match_that_the_application_imports_later_is_recognised_too(make_scene: MakeScene) -> None:
    scene = league_on(make_scene, "current")
    scene.import_all()
    scene.episodes += [entry | {"id": 74999} for entry in scene.episodes if entry["id"] == 74612]
    scene.execute(
        'INSERT INTO "match" (tournament_id, scheduled_at, comment, speedgaming_episode_id)'
        " VALUES (1, '2026-11-28T20:00Z', 'Imported from SpeedGaming (Episode 74999)', 74999)"
    )
    report = scene.import_all()
    assert (report.tournaments[0].imported, report.tournaments[0].updated) == (0, 1)
    assert scene.value("SELECT count(*) FROM sgsync.episode WHERE episode_id = 74999") == 1
