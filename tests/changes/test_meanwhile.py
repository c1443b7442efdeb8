"""Somebody works on a match between sgsync's read and its write: that work is never overwritten."""

from typing import Any

import pytest

from tests.changes.helpers import (
    EPISODE,
    crew_of,
    field_of,
    import_while,
    imported,
    match_of,
    start_of,
    totals,
    warnings,
)
from tests.feed_json import make_crew, make_episode, make_player
from tests.scene import Scene, logged_lines

LATER = "2026-11-28T18:40:00+00:00"
BITWING = (
    "SELECT id FROM matchplayers WHERE user_id = (SELECT id FROM users WHERE discord_username = 'sg_4377')"
)
OTHERS = range(EPISODE + 1, EPISODE + 4)


@pytest.fixture
def league(scene: Scene) -> Scene:
    """A match that changes upstream in every way."""
    imported(scene)
    scene.episodes = [
        make_episode(
            EPISODE, make_player(), title="Grand final", whenCountdown=LATER, channels=[], commentators=[]
        )
    ]
    return scene


@pytest.fixture
def doomed(scene: Scene) -> Scene:
    """A match whose episode is gone, so that it is to be deleted."""
    imported(scene, make_episode(EPISODE), *(make_episode(episode_id) for episode_id in OTHERS))
    scene.episodes.pop(0)
    return scene


@pytest.mark.parametrize("state", ["checked_in_at", "confirmed_at"])
def test_a_state_that_is_set_meanwhile_freezes(league: Scene, state: str) -> None:
    before = (
        field_of(league, "scheduled_at"),
        field_of(league, "title"),
        field_of(league, "stream_channel_id"),
    )
    report = import_while(league, f'UPDATE "match" SET {state} = now()')
    assert (report.exit_code, totals(report)) == (0, {"skipped": 1})
    assert field_of(league, state) is not None
    assert (
        field_of(league, "scheduled_at"),
        field_of(league, "title"),
        field_of(league, "stream_channel_id"),
    ) == before
    assert (len(league.players_of(EPISODE)), len(crew_of(league))) == (2, 1)


def test_a_room_that_opens_meanwhile_freezes(league: Scene) -> None:
    statement = (
        "INSERT INTO racetime_rooms (slug, category, room_name, match_id) VALUES ('a/b', 'a', 'b', %s)"
    )
    assert totals(import_while(league, statement, match_of(league))) == {"skipped": 1}
    assert start_of(league) != LATER


def test_a_title_that_is_edited_meanwhile_is_kept_and_the_rest_follows(league: Scene) -> None:
    with warnings() as lines:
        report = import_while(league, "UPDATE \"match\" SET title = 'Showcase'")
    assert totals(report) == {"updated": 1}
    assert (field_of(league, "title"), start_of(league)) == ("Showcase", LATER)
    assert len(lines) == 1


def test_a_match_that_is_deleted_meanwhile_stays_deleted(league: Scene) -> None:
    assert totals(import_while(league, 'DELETE FROM "match"')) == {"skipped": 1}
    assert league.count('"match"') == 0


def test_a_station_that_is_assigned_meanwhile_keeps_the_player_and_nothing_else_is_said(
    league: Scene,
) -> None:
    (row,) = league.column(BITWING)
    with logged_lines() as lines:
        import_while(league, "UPDATE matchplayers SET assigned_station = '3' WHERE id = %s", row)
        league.import_all()
    assert league.column("SELECT assigned_station FROM matchplayers WHERE id = %s", row) == ["3"]
    assert not [line for line in lines if line.startswith("Removed player")]
    assert [line for line in lines if line.startswith("Kept local edit") and "Bitwing" in line]


def test_crew_that_staff_approves_meanwhile_stays(league: Scene) -> None:
    staff = league.add_user(77, "Staff")
    import_while(league, "UPDATE crew SET approved = true, approved_by_id = %s", staff)
    assert crew_of(league) == {("quill", "commentator", True)}


def test_an_approval_that_staff_decides_meanwhile_stands(scene: Scene) -> None:
    imported(scene)
    staff = scene.add_user(77, "Staff")
    scene.episodes = [make_episode(EPISODE, commentators=[make_crew(approved=False)])]
    import_while(scene, "UPDATE crew SET approved_by_id = %s", staff)
    assert crew_of(scene) == {("quill", "commentator", True)}


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ('UPDATE "match" SET checked_in_at = now() WHERE speedgaming_episode_id = %s', EPISODE),
        ("UPDATE \"match\" SET title = 'Showcase' WHERE speedgaming_episode_id = %s", EPISODE),
        ("UPDATE matchplayers SET assigned_station = '3' WHERE match_id = %s", None),
        ("UPDATE matchplayers SET finish_rank = 1 WHERE match_id = %s", None),
        ("INSERT INTO seeds VALUES (%s)", None),
    ],
    ids=["check-in", "title", "station", "rank", "unknown table"],
)
def test_a_doomed_match_that_somebody_works_on_meanwhile_is_kept(
    doomed: Scene, statement: str, value: Any
) -> None:
    doomed.execute('CREATE TABLE seeds (match_id int NOT NULL REFERENCES "match" ON DELETE CASCADE)')
    match = match_of(doomed)
    import_while(doomed, statement, value or match, on_cancel="delete")
    assert match_of(doomed) == match
    assert len(doomed.players_of(EPISODE)) == 2
