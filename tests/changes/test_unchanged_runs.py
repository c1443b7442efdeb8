"""What is remembered grows with the changes, never with the runs."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from sgsync.wiring import open_database, open_feed
from tests.changes.helpers import EPISODE, edit, events_of, imported, totals, warnings
from tests.feed_json import make_crew, make_episode
from tests.scene import RUN_RECORD, Scene, changed_tables, sample

RUNS = 200
MEMORY = ("sgsync.episode", "sgsync.signup", "sgsync.alias", "sgsync.link")
"""What sgsync knows, as opposed to what it has seen happen."""


def test_a_change_upstream_that_goes_back_and_forth_leaves_one_line_each_and_no_memory(scene: Scene) -> None:
    one, other = make_episode(EPISODE), make_episode(EPISODE, title="Grand final")
    imported(scene, one)
    before = [scene.count(table) for table in MEMORY]
    for number in range(6):
        scene.episodes = [one if number % 2 else other]
        assert totals(scene.import_all()) == {"updated": 1}
    assert [scene.count(table) for table in MEMORY] == before
    assert events_of(scene) == ["changed"] * 6


def test_fields_that_nobody_reads_may_flap(scene: Scene) -> None:
    one, other = (
        make_episode(
            EPISODE,
            length=length,
            externalRestream=bool(length),
            commentators=[make_crew(ready=bool(length))],
        )
        for length in (0, 1)
    )
    imported(scene, one)
    before = scene.dump()
    for number in range(4):
        scene.episodes = [one if number % 2 else other]
        assert totals(scene.import_all()) == {"skipped": 1}
    assert changed_tables(before, scene.dump()) == RUN_RECORD


def test_an_edit_that_was_said_is_not_said_again_when_upstream_goes_back_and_forth(scene: Scene) -> None:
    one, other = make_episode(EPISODE), make_episode(EPISODE, title="Grand final")
    imported(scene, one)
    edit(scene, "title", "Showcase")
    with warnings() as lines:
        for number in range(6):
            scene.episodes = [one if number % 2 else other]
            scene.import_all()
    assert [line.rpartition(" ")[2] for line in lines].count("final") == 1


def test_a_frozen_match_that_flaps_is_said_once(scene: Scene) -> None:
    one, other = make_episode(EPISODE), make_episode(EPISODE, title="Grand final")
    imported(scene, one)
    edit(scene, "started_at", "2026-11-28T18:05:00+00:00")
    for number in range(6):
        scene.episodes = [one if number % 2 else other]
        scene.import_all()
    assert events_of(scene) == ["frozen"]


@pytest.fixture
def warm(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A scene whose imports share one connection to the database and one to the feed, to be quick."""
    settings = scene.settings(deadline="10m")
    with open_database(settings) as database, open_feed(settings) as feed:
        monkeypatch.setattr("sgsync.operations.open_database", lambda _: nullcontext(database))
        monkeypatch.setattr("sgsync.operations.open_feed", lambda _: nullcontext(feed))
        yield scene


def test_two_hundred_unchanged_runs_leave_their_records_only(warm: Scene) -> None:
    """With something of everything: held, cancelled, edited, frozen, deleted."""
    league = sample("schedule_alttprleague")
    imported(warm, *league)
    ids = warm.column('SELECT speedgaming_episode_id FROM "match" ORDER BY 1')
    edit(warm, "title", "Showcase", ids[0])
    edit(warm, "started_at", "2026-11-28T18:05:00+00:00", ids[1])
    warm.execute('DELETE FROM "match" WHERE speedgaming_episode_id = %s', ids[2])
    warm.episodes = [
        episode | {"title": "Grand final"} if episode["id"] in ids[:3] else episode
        for episode in league
        if episode["id"] != ids[3]
    ]
    with warnings() as lines:
        assert totals(warm.import_all()) == {"cancelled": 1, "skipped": 9}
        assert len(lines) == 2
        before, runs = warm.dump(), warm.count("sgsync.run")
        for _ in range(RUNS):
            warm.served.clear()
            assert totals(warm.import_all()) == {"skipped": 9}
    after = warm.dump()
    assert len(lines) == 2
    assert changed_tables(before, after) == RUN_RECORD
    assert len(after["sgsync.run"]) == runs + RUNS
