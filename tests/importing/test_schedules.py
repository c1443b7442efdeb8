"""The sample schedules over HTTP into Postgres: what stands there afterwards."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from sgsync.report import Outcome
from tests.feed_json import make_episode, make_player
from tests.importing.conftest import checked_scene
from tests.postgres import Databases
from tests.scene import LEAGUE, LIVE, RUN_RECORD, Scene, changed_tables, sample, with_league

NOT_IMPORTED = {74624, 74641}  # nobody plays yet; held for its time zone


@pytest.fixture(scope="module")
def both(databases: Databases) -> Iterator[Scene]:
    """Both schedules, imported; these tests only look."""
    with checked_scene(databases) as scene:
        with_league(scene, LEAGUE, LIVE)
        scene.execute("UPDATE tournament SET racetime_auto_create_rooms = true WHERE id = 2")
        scene.episodes = sample("schedule_alttprleague") + sample("schedule_sglive")
        report = scene.import_all()
        assert (report.outcome, report.exit_code) == (Outcome.OK, 0)
        yield scene


def test_every_episode_that_can_be_imported_becomes_a_match(both: Scene) -> None:
    assert both.imported_episodes() == {entry["id"] for entry in both.episodes} - NOT_IMPORTED


def test_each_match_is_in_the_tournament_of_its_event(both: Scene) -> None:
    found = both.rows('SELECT tournament_id, min(speedgaming_episode_id) FROM "match" GROUP BY 1 ORDER BY 1')
    assert found == [(1, 74611), (2, 74700)]


def test_what_is_left_out_has_a_line_that_says_why(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "sgsync")
    scene.episodes = sample("schedule_alttprleague")
    (report,) = scene.import_all().tournaments
    assert (report.fetched, report.imported, report.skipped, report.failed) == (10, 8, 2, 0)
    assert any("74624" in line and "no players" in line for line in caplog.messages)
    assert any("74641" in line and "Europe/Berlin" in line for line in caplog.messages)


def test_a_match_starts_when_the_race_does_not_when_the_broadcast_does(both: Scene) -> None:
    starts = both.value('SELECT scheduled_at FROM "match" WHERE speedgaming_episode_id = 74618')
    assert starts.astimezone(UTC) == datetime(2026, 11, 28, 22, 0, tzinfo=UTC)


def test_a_match_carries_what_the_application_shows(both: Scene) -> None:
    assert both.rows(
        "SELECT title, comment, c.name, c.stream_url, c.organization_id"
        ' FROM "match" m JOIN streamchannel c ON c.id = stream_channel_id WHERE speedgaming_episode_id = 74611'
    ) == [
        (
            "Standard - Week 1",
            "Imported from SpeedGaming (Episode 74611)",
            "SpeedGaming",
            "https://twitch.tv/speedgaming",
            1,
        )
    ]


def test_a_remark_in_place_of_a_channel_is_none(both: Scene) -> None:
    assert both.value('SELECT stream_channel_id FROM "match" WHERE speedgaming_episode_id = 74620') is None
    assert both.column("SELECT name FROM streamchannel") == ["SpeedGaming"]


def test_rooms_are_opened_as_the_tournament_says(both: Scene) -> None:
    found = both.rows('SELECT DISTINCT tournament_id, racetime_auto_create FROM "match" ORDER BY 1')
    assert found == [(1, False), (2, True)]


def test_both_matches_of_an_episode_are_one_roster(both: Scene) -> None:
    assert both.players_of(74623) == {"aurelio", "Corvid", "sg_4920"}


def test_who_only_fills_a_seat_is_nobody(both: Scene) -> None:
    assert both.players_of(74630) == {"fjordmage"}


def test_crew_has_the_applications_roles_and_speedgamings_approval(both: Scene) -> None:
    crew = both.rows(
        "SELECT speedgaming_episode_id, role, display_name, approved FROM crew"
        ' JOIN users u ON u.id = crew.user_id JOIN "match" m ON m.id = match_id'
        " WHERE speedgaming_episode_id IN (74612, 74618) ORDER BY 1, 2, 3"
    )
    assert crew == [
        (74612, "commentator", "quill", True),
        (74612, "commentator", "tinker", False),
        (74618, "commentator", "umbra", True),
        (74618, "restreamer", "saffron", True),
        (74618, "tracker", "Vellum", True),
    ]


def test_a_volunteer_is_one_placeholder_whatever_he_signs_up_for(both: Scene) -> None:
    names = both.column("SELECT lower(display_name) FROM users WHERE is_placeholder")
    assert len(names) == len(set(names))
    assert {"rosetta", "tinker", "umbra"} <= set(names)


def test_a_second_import_changes_no_row_but_the_runs_record(scene: Scene) -> None:
    scene.add_tournament(LIVE)
    scene.episodes = sample("schedule_alttprleague") + sample("schedule_sglive")
    scene.import_all()
    before = scene.dump()
    report = scene.import_all()
    assert changed_tables(before, scene.dump()) == RUN_RECORD
    assert [(each.imported, each.skipped) for each in report.tournaments] == [(0, 10), (0, 16)]


def test_rosters_keep_the_order_of_the_feed(scene: Scene) -> None:
    names = [f"Player {number}" for number in (7, 3, 9, 1, 8, 2)]
    scene.episodes = [
        make_episode(
            75000 + number,
            *(make_player(100 * number + index, name, discordId="") for index, name in enumerate(names)),
        )
        for number in range(1, 41)
    ]
    scene.import_all()
    rosters = scene.rows(
        "SELECT array_agg(display_name ORDER BY matchplayers.id) FROM matchplayers"
        " JOIN users ON users.id = user_id GROUP BY match_id"
    )
    assert rosters == [(names,)] * 40
