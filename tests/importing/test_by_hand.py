"""What an operator does: some episodes, a file, a dry run; and the same from Python."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

import sgsync
from sgsync.errors import UnknownToFeedError, UsageError
from sgsync.operations import read_schedule_file
from sgsync.settings import FeedSettings, load_settings
from tests.feed_json import make_episode
from tests.scene import LEAGUE, RUN_RECORD, WIDE, Scene, changed_tables, sample

NOWHERE = "http://127.0.0.1:9/api"  # the port of "discard": nobody listens
EPISODES = 'SELECT speedgaming_episode_id FROM "match" ORDER BY 1'


@pytest.fixture
def league(scene: Scene) -> Scene:
    scene.episodes = sample("schedule_alttprleague")
    return scene


def test_a_deleted_match_is_not_resurrected(league: Scene, caplog: pytest.LogCaptureFixture) -> None:
    league.import_all()
    league.execute('DELETE FROM "match" WHERE speedgaming_episode_id = 74611')
    league.import_all()  # notes it in the history
    before = league.dump()
    caplog.clear()
    caplog.set_level("INFO", "sgsync")
    report = league.import_all()
    assert changed_tables(before, league.dump()) == RUN_RECORD
    assert (report.tournaments[0].skipped, report.exit_code) == (10, 0)
    assert len([line for line in caplog.messages if "74611" in line]) == 1


def test_asking_for_a_deleted_match_brings_it_back(league: Scene) -> None:
    league.import_all()
    league.execute('DELETE FROM "match" WHERE speedgaming_episode_id = 74611')
    report = league.import_into(1, 74611)
    assert report.tournaments[0].imported == 1
    assert league.players_of(74611) == {"aurelio", "sg_4377"}
    assert league.import_all().tournaments[0].imported == 0


def test_only_the_episodes_that_were_asked_for_are_imported(league: Scene) -> None:
    league.import_into(1, 74612, 74620, 74612)
    assert league.column(EPISODES) == [74612, 74620]


def test_an_episode_that_speedgaming_does_not_know_is_a_problem(league: Scene) -> None:
    report = league.import_into(1, 99999)
    assert (report.exit_code, league.count('"match"')) == (1, 0)


def test_import_episode_brings_in_one(league: Scene) -> None:
    report = sgsync.import_episode(1, 74611, settings=league.settings())
    assert report.tournaments[0].imported == 1
    assert league.column(EPISODES) == [74611]


def test_a_tournament_that_is_off_can_be_imported_by_hand(league: Scene) -> None:
    league.execute("UPDATE tournament SET speedgaming_enabled = false")
    assert league.import_into(1).tournaments[0].imported == 8


def test_an_unknown_tournament_is_a_usage_error(league: Scene) -> None:
    before = league.dump()
    with pytest.raises(UsageError, match="no tournament 4711"):
        league.import_into(4711)
    assert league.dump() == before


def test_a_tournament_without_an_event_is_a_usage_error(league: Scene) -> None:
    league.execute("UPDATE tournament SET speedgaming_event_slug = NULL")
    with pytest.raises(UsageError, match="--slug"):
        league.import_into(1)


def test_a_file_is_imported_without_asking_speedgaming(scene: Scene, tmp_path: Path) -> None:
    file = tmp_path / "schedule.json"
    file.write_text(json.dumps([make_episode(75000), make_episode(75001)]), encoding="utf-8")
    schedule = read_schedule_file(file)
    report = sgsync.import_episodes_for_tournament(
        1, schedule=schedule, settings=scene.settings(api_url=NOWHERE)
    )
    assert report.tournaments[0].imported == 2


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"<html>", "The file is a web page instead of data."),
        (b'{"error": "Failed to find event."}', "SpeedGaming says: Failed to find event."),
        (b"3", "A schedule is a list of episodes, but the file holds a single value."),
        (b"", "The file is empty."),
        (b"\xff", "The file is not UTF-8 text."),
        (b"junk", "The file is not JSON (Expecting value: line 1 column 1 (char 0))."),
    ],
)
def test_a_file_that_is_no_schedule_is_told_with_what_is_wrong_with_it(
    tmp_path: Path, content: bytes, fault: str
) -> None:
    file = tmp_path / "schedule.json"
    file.write_bytes(content)
    with pytest.raises(UsageError) as told:
        read_schedule_file(file)
    assert str(told.value) == f"{file} holds no schedule. {fault}"


def test_of_a_file_some_episodes_can_be_chosen(scene: Scene) -> None:
    scene.import_into(1, 75001, schedule=[make_episode(75000), make_episode(75001)])
    assert scene.column(EPISODES) == [75001]


def test_a_dry_run_writes_nothing_at_all(league: Scene) -> None:
    before = league.dump()
    report = league.import_all(dry_run=True)
    assert league.dump() == before
    assert report.tournaments[0].imported == 8


def test_a_dry_run_tells_what_the_import_then_does(league: Scene) -> None:
    planned = league.import_all(dry_run=True).tournaments[0]
    done = league.import_all().tournaments[0]
    assert (planned.imported, planned.skipped) == (done.imported, done.skipped)
    matches = [action["episode_id"] for action in planned.actions or () if action["action"] == "create_match"]
    assert matches == league.column(EPISODES)
    placeholders = [
        action["username"] for action in planned.actions or () if action["action"] == "create_placeholder"
    ]
    assert set(placeholders) == set(league.column("SELECT discord_username FROM users WHERE is_placeholder"))


def test_a_dry_run_of_failures_writes_nothing_either(scene: Scene) -> None:
    scene.add_tournament(None)
    before = scene.dump()
    assert scene.import_all(dry_run=True, api_url=NOWHERE, deadline="1s").exit_code != 0
    assert scene.dump() == before


def test_the_operations_are_importable_under_their_names() -> None:
    for name in (
        "get_episode",
        "get_upcoming_episodes_by_event",
        "import_episode",
        "import_episodes_for_tournament",
        "import_all_enabled_tournaments",
    ):
        assert callable(getattr(sgsync, name))


def test_the_feed_can_be_read_without_a_database(league: Scene) -> None:
    settings = load_settings(FeedSettings, api_url=league.feed_url, request_interval="0s", **WIDE)
    schedule = sgsync.get_upcoming_episodes_by_event(LEAGUE, settings=settings)
    assert len(schedule.episodes) == 10
    assert sgsync.get_episode(74611, settings=settings) == schedule.episodes[0]
    with pytest.raises(UnknownToFeedError):
        sgsync.get_episode(1, settings=settings)


def test_only_what_starts_inside_the_window_is_imported(league: Scene) -> None:
    report = league.import_all(window_past="0s", window_future=timedelta(seconds=1))
    assert report.tournaments[0].fetched == 0


def test_the_log_tells_who_was_recognised_and_what_was_made(
    league: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    known = league.add_user(214358881903001601, "Aurelio")
    caplog.set_level("INFO", "sgsync")
    league.import_all()
    match = league.value('SELECT id FROM "match" WHERE speedgaming_episode_id = 74611')
    bitwing = league.value("SELECT id FROM users WHERE discord_username = 'sg_4377'")
    assert {
        "Fetched 10 upcoming episodes for event 'alttprleague'",
        f"Matched player 'Aurelio' to existing user {known}",
        f"Created placeholder user {bitwing} for SpeedGaming player 'bitwingtv' (ID: 4377)",
        f"Created match {match} for episode 74611",
        f"Added player {known} to match {match}",
        "Completed import for tournament 1: 8 imported, 2 skipped",
    } <= set(caplog.messages)
