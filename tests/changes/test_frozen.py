"""A match that is under way, over or has a race room stays as it is."""

import pytest

from sgsync.administration import read_history
from tests.changes.helpers import (
    EPISODE,
    edit,
    field_of,
    imported,
    match_of,
    match_row,
    start_of,
    totals,
    warnings,
)
from tests.feed_json import make_episode, make_player
from tests.scene import RUN_RECORD, Scene, changed_tables, logged_lines

STATES = ("checked_in_at", "started_at", "finished_at", "confirmed_at")
NOW, LATER = "2026-11-28T18:05:00+00:00", "2026-11-28T18:40:00+00:00"
ROOM = "INSERT INTO racetime_rooms (slug, category, room_name, match_id) VALUES ('a/b', 'a', 'b', %s)"
PLAYERS = "SELECT ctid::text, xmin::text, p.* FROM matchplayers p ORDER BY id"
FROZEN = range(EPISODE, EPISODE + 5)


@pytest.fixture
def frozen(scene: Scene) -> Scene:
    """Five matches: one in each of the four states, one with a room. All of them change upstream."""
    imported(scene, *(make_episode(episode_id) for episode_id in FROZEN))
    for episode_id, state in zip(FROZEN, STATES, strict=False):
        edit(scene, state, NOW, episode_id)
    scene.execute(ROOM, match_of(scene, FROZEN[-1]))
    scene.episodes = [
        make_episode(id_, make_player(4500, "Corvid"), title="Grand final", whenCountdown=LATER, channels=[])
        for id_ in FROZEN
    ]
    return scene


def test_nothing_of_a_frozen_match_follows(frozen: Scene) -> None:
    before = [match_row(frozen, episode_id) for episode_id in FROZEN], frozen.rows(PLAYERS)
    with warnings() as lines:
        assert totals(frozen.import_all()) == {"skipped": 5}
    assert ([match_row(frozen, episode_id) for episode_id in FROZEN], frozen.rows(PLAYERS)) == before
    assert (frozen.count("crew"), lines) == (5, [])


def history_of(scene: Scene, episode_id: int) -> list[tuple[str | None, ...]]:
    events = read_history(episode_id, settings=scene.settings()).events
    return [(event.kind, event.what, event.before, event.after) for event in events if event.kind == "frozen"]


def test_that_a_frozen_match_should_have_changed_is_said_once(frozen: Scene) -> None:
    with logged_lines() as lines:
        frozen.import_all()
        before = frozen.dump()
        frozen.import_all()
    assert changed_tables(before, frozen.dump()) == RUN_RECORD
    for episode_id in FROZEN:
        assert len([line for line in lines if line.startswith("Left match") and str(episode_id) in line]) == 1
        assert [event[1:] for event in history_of(frozen, episode_id)] == [
            ("time", "2026-11-28 18:10 UTC", "2026-11-28 18:40 UTC"),
            ("title", "Standard - Week 1", "Grand final"),
            ("channel", "SpeedGaming", None),
            ("player Bitwing", "listed", "not listed"),
        ]


def test_overwrite_does_not_thaw(frozen: Scene) -> None:
    before = [match_row(frozen, episode_id) for episode_id in FROZEN]
    frozen.import_all()
    with logged_lines() as lines:
        frozen.import_into(1, overwrite=True)
    assert [match_row(frozen, episode_id) for episode_id in FROZEN] == before
    assert len([line for line in lines if line.startswith("Left match")]) == len(FROZEN)


def test_a_match_that_thaws_follows(frozen: Scene) -> None:
    frozen.import_all()
    edit(frozen, "checked_in_at", None)
    assert totals(frozen.import_all()) == {"updated": 1, "skipped": 4}
    assert (field_of(frozen, "title"), start_of(frozen)) == ("Grand final", LATER)


def test_a_frozen_match_whose_episode_is_gone_stays(frozen: Scene) -> None:
    before = [match_row(frozen, episode_id) for episode_id in FROZEN]
    frozen.episodes = []
    for report in (
        frozen.import_all(on_cancel="delete"),
        frozen.import_into(1, accept_vanished=True, on_cancel="delete"),
    ):
        assert (report.exit_code, totals(report).keys() <= {"skipped"}) == (0, True)
    assert [match_row(frozen, episode_id) for episode_id in FROZEN] == before


def test_without_a_table_of_rooms_only_the_states_freeze(frozen: Scene) -> None:
    frozen.execute("DROP TABLE racetime_rooms")
    assert totals(frozen.import_all()) == {"updated": 1, "skipped": 4}
    assert field_of(frozen, "title", FROZEN[-1]) == "Grand final"
