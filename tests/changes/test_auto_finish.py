"""SGSYNC_AUTO_FINISH: a match long past its start, which nobody touched, counts as over. Never at an old time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sgsync.database.reads import read_snapshot
from sgsync.snapshot.values import Snapshot
from tests.changes.feed import Feed
from tests.changes.helpers import (
    EPISODE,
    USUAL,
    at,
    edit,
    events_of,
    field_of,
    import_while,
    imported,
    match_of,
    match_row,
    start_of,
    starting,
    totals,
)
from tests.feed_json import make_player
from tests.scene import LEAGUE, RUN_RECORD, Scene, changed_tables

AUTO: dict[str, Any] = {"auto_finish": "3h", **USUAL}
LONG_AGO, RECENTLY = at(hours=-4), at(hours=-1)
ROOM = "INSERT INTO racetime_rooms (slug, category, room_name, match_id) VALUES ('a/b', 'a', 'b', %s)"


@pytest.fixture
def league(finishing_scene: Scene, feed: Feed) -> Scene:
    """Two matches, one of which is long past its start."""
    imported(finishing_scene, starting(EPISODE, LONG_AGO), starting(EPISODE + 1, RECENTLY))
    feed.take_requests()
    return finishing_scene


def is_finished(scene: Scene, episode_id: int = EPISODE) -> bool:
    return field_of(scene, "finished_at", episode_id) is not None


def test_an_old_match_is_finished_once(league: Scene) -> None:
    started: datetime = field_of(league, "scheduled_at")
    assert totals(league.import_all(**AUTO)) == {"updated": 1, "skipped": 1}
    assert field_of(league, "finished_at") == started + timedelta(hours=3)
    assert (is_finished(league, EPISODE + 1), events_of(league)) == (False, ["finished"])
    before = league.dump()
    league.import_all(**AUTO)
    assert changed_tables(before, league.dump()) == RUN_RECORD


def test_what_is_over_is_not_read_in_every_run(league: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tournament's past grows with the years."""
    league.import_all(**AUTO)
    read: list[int] = []

    def noted(*arguments: Any) -> Snapshot | None:
        snapshot = read_snapshot(*arguments)
        read.extend(snapshot.matches if snapshot else ())
        return snapshot

    monkeypatch.setattr("sgsync.apply.importer.read_snapshot", noted)
    league.episodes = league.episodes[1:]
    league.import_all(**AUTO | {"window_past": "90m"})
    assert read == [EPISODE + 1]


def test_it_is_off_by_default(league: Scene, feed: Feed) -> None:
    league.import_all(**USUAL)
    assert not is_finished(league)
    assert feed.take_requests() == [LEAGUE]


def test_a_postponed_match_is_not_finished_at_its_old_time(finishing_scene: Scene) -> None:
    """Be it by minutes, by hours, or beyond the window."""
    later = {EPISODE: at(hours=-1), EPISODE + 1: at(hours=2), EPISODE + 2: at(days=60)}
    imported(finishing_scene, *(starting(episode_id, LONG_AGO) for episode_id in later))
    finishing_scene.episodes = [starting(episode_id, start) for episode_id, start in later.items()]
    for _ in range(2):
        finishing_scene.import_all(**AUTO)
    assert {id_: start_of(finishing_scene, id_) for id_ in later} == later
    assert [id_ for id_ in later if is_finished(finishing_scene, id_)] == []


def test_a_match_that_cannot_be_asked_for_is_not_finished(league: Scene, feed: Feed) -> None:
    feed.episode = (200, b'{"error": "Database is down."}')
    league.import_all(**AUTO)
    assert feed.take_requests() == [LEAGUE, str(EPISODE)]
    assert not is_finished(league)


def test_a_match_played_long_ago_whose_episode_is_gone_is_left_as_it_is(league: Scene, feed: Feed) -> None:
    league.episodes.pop(0)
    for _ in range(2):
        assert totals(league.import_all(**AUTO, on_cancel="delete")) == {"skipped": 1}
    assert feed.take_requests() == [LEAGUE, str(EPISODE), LEAGUE]  # once a day
    assert (is_finished(league), EPISODE in league.imported_episodes()) == (False, True)


def test_a_file_finishes_nothing(league: Scene) -> None:
    """Who knows how old it is: the match may have been postponed since."""
    league.import_into(1, schedule=league.episodes, **AUTO)
    assert not is_finished(league)


def test_a_match_whose_times_are_not_to_be_trusted_is_not_finished(league: Scene) -> None:
    league.episodes[0] = starting(EPISODE, LONG_AGO, timezone="Europe/Berlin")
    league.import_all(**AUTO)
    assert not is_finished(league)


WORK = (
    "UPDATE \"match\" SET title = 'Showcase' WHERE id = %s",
    'UPDATE "match" SET started_at = now() WHERE id = %s',
    "UPDATE matchplayers SET assigned_station = '3' WHERE match_id = %s",
    "DELETE FROM crew WHERE match_id = %s",
    ROOM,
)


def test_a_match_that_anybody_touched_is_not_finished(finishing_scene: Scene) -> None:
    ids = range(EPISODE, EPISODE + len(WORK))
    imported(finishing_scene, *(starting(episode_id, LONG_AGO) for episode_id in ids))
    for episode_id, statement in zip(ids, WORK, strict=True):
        finishing_scene.execute(statement, match_of(finishing_scene, episode_id))
    assert totals(finishing_scene.import_all(**AUTO | {"window_past": "1d"})) == {"skipped": len(WORK)}
    assert [id_ for id_ in ids if is_finished(finishing_scene, id_)] == []


def test_a_match_that_starts_meanwhile_is_not_finished(league: Scene) -> None:
    statement = 'UPDATE "match" SET started_at = now() WHERE speedgaming_episode_id = %s'
    import_while(league, statement, EPISODE, **AUTO)
    assert not is_finished(league)


def test_a_result_that_is_entered_meanwhile_keeps_the_match_from_being_finished_again(league: Scene) -> None:
    statement = "UPDATE \"match\" SET finished_at = '2026-01-01Z' WHERE speedgaming_episode_id = %s"
    import_while(league, statement, EPISODE, **AUTO)
    assert field_of(league, "finished_at") == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_dry_run_finishes_nothing(league: Scene) -> None:
    before = match_row(league)
    assert totals(league.import_all(dry_run=True, **AUTO)) == {"updated": 1, "skipped": 1}
    assert match_row(league) == before


def test_an_edited_start_is_not_finished_at_the_old_time(league: Scene) -> None:
    edit(league, "scheduled_at", at(hours=-5))
    league.import_all(**AUTO)
    assert not is_finished(league)


def test_an_episode_that_the_database_refuses_does_not_keep_the_others_from_it(
    league: Scene, feed: Feed
) -> None:
    league.execute("ALTER TABLE users ADD CHECK (display_name <> 'Poison')")
    poison = make_player(4999, "Poison", discordId="")
    league.episodes += [starting(EPISODE + 2, RECENTLY, poison), starting(EPISODE + 3, RECENTLY)]
    soon = AUTO | {"window_past": "1d", "auto_finish": "30m"}
    assert totals(league.import_all(**soon)) == {"imported": 1, "updated": 2, "failed": 1}
    assert (is_finished(league), is_finished(league, EPISODE + 1)) == (True, True)
    assert feed.take_requests() == [LEAGUE], "it asked for what is listed"
