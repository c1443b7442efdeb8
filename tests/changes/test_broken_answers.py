"""A feed that is broken: nothing is deleted, cancelled or changed for it."""

import json
import re
import shlex
from collections.abc import Iterator

import pytest

from sgsync.report import Outcome
from tests.changes.conftest import checked_scene
from tests.changes.feed import Feed
from tests.changes.helpers import EPISODE, imported, totals, warnings
from tests.command_line import Sgsync
from tests.feed_json import make_episode
from tests.postgres import Databases
from tests.scene import LEAGUE, Scene, canned_feed, changed_tables

EIGHT = range(EPISODE, EPISODE + 8)
STATES = "SELECT state, count(*) FROM sgsync.episode GROUP BY 1"
# What a run that failed may write: its record, and the line of the sync history that tells of it.
FAILURE_RECORD = {
    "sgsync.run",
    "sequence sgsync.run_id_seq",
    "public.audit_logs",
    "sequence public.audit_logs_id_seq",
}


@pytest.fixture
def league(scene: Scene, feed: Feed) -> Scene:
    """Eight imported episodes."""
    imported(scene, *(make_episode(episode_id) for episode_id in EIGHT))
    feed.take_requests()
    return scene


@pytest.fixture(scope="module")
def unharmed(databases: Databases) -> Iterator[tuple[Scene, Feed]]:
    """What no broken answer may harm: one database for all of them."""
    feed = Feed()
    with checked_scene(databases, feed) as scene:
        imported(scene, *(make_episode(episode_id) for episode_id in EIGHT))
        yield scene, feed


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"[]", Outcome.PROBLEMS),
        (b'{"error": "Failed to find event."}', Outcome.PROBLEMS),
        (b'{"error": "Database is down."}', Outcome.UNREACHABLE),
        (b"null", Outcome.UNREACHABLE),
        (b"", Outcome.UNREACHABLE),
        (b"<!DOCTYPE html><title>Maintenance</title>", Outcome.UNREACHABLE),
        (json.dumps([make_episode(episode_id) for episode_id in EIGHT]).encode()[:3000], Outcome.UNREACHABLE),
    ],
    ids=["nothing", "not found", "error", "null", "empty", "page", "cut in two"],
)
def test_an_answer_that_cannot_be_right_touches_nothing(
    unharmed: tuple[Scene, Feed], answer: bytes, outcome: Outcome
) -> None:
    scene, feed = unharmed
    before = scene.dump()
    feed.take_requests()
    feed.schedule = (200, answer)
    assert scene.import_all(on_cancel="delete").outcome is outcome
    assert feed.take_requests() == [LEAGUE]
    assert changed_tables(before, scene.dump()) <= FAILURE_RECORD
    feed.schedule = None
    assert totals(scene.import_all(on_cancel="delete")) == {"skipped": 8}


def test_a_connection_that_breaks_in_the_middle_touches_nothing(unharmed: tuple[Scene, Feed]) -> None:
    """Even where what came of the body is a whole schedule by itself."""
    scene, _ = unharmed
    before = scene.dump()
    with canned_feed(lambda _: (200, b"[]"), lost_bytes=500) as url:
        report = scene.import_all(on_cancel="delete", api_url=url, deadline="0.3s")
    assert report.outcome is Outcome.UNREACHABLE
    assert changed_tables(before, scene.dump()) <= FAILURE_RECORD


def test_an_empty_schedule_of_few_episodes_may_be_right(scene: Scene) -> None:
    """Three are too few to judge by: they are asked for, as any other."""
    imported(scene, *(make_episode(episode_id) for episode_id in EIGHT[:3]))
    scene.episodes = []
    assert totals(scene.import_all()) == {"cancelled": 3}


def test_half_of_the_episodes_can_go(league: Scene, feed: Feed) -> None:
    feed.hidden = set(EIGHT[:4])
    assert totals(league.import_all()) == {"skipped": 8}
    feed.hidden = set()
    league.episodes = league.episodes[4:]
    assert totals(league.import_all()) == {"cancelled": 4, "skipped": 4}


def test_more_than_half_at_once_is_the_feed_and_not_the_schedule(league: Scene, feed: Feed) -> None:
    before = league.dump()
    league.episodes = [
        league.episodes[0] | {"title": "Grand final"},
        *league.episodes[1:3],
        make_episode(76000),
    ]
    with warnings() as lines:
        report = league.import_all(on_cancel="delete")
    assert (report.exit_code, totals(report)) == (1, {})
    assert feed.take_requests() == [LEAGUE]
    assert changed_tables(before, league.dump()) == FAILURE_RECORD
    (line,) = lines
    assert "5 of 8" in line
    assert line.endswith("sgsync import 1 --accept-vanished")


def test_a_broken_feed_is_in_the_sync_history_once(league: Scene, feed: Feed) -> None:
    feed.schedule = (200, b"[]")
    for _ in range(3):
        league.import_all()
    assert [details["success"] for details in league.audit()] == [True, False]


def test_the_command_in_the_guards_message_works_that_once(league: Scene, sgsync: Sgsync) -> None:
    league.episodes = league.episodes[:2]
    refused = sgsync("import-all", "--quiet")
    (line,) = refused.lines
    assert (refused.exit_code, line.partition(":")[0]) == (1, "ERROR")
    command = re.search(r"sgsync (import .*)", line)
    assert command
    accepted = sgsync(*shlex.split(command[1]), "--json")
    assert (accepted.exit_code, accepted.document["totals"]["cancelled"]) == (0, 6)
    assert sorted(league.rows(STATES)) == [("active", 2), ("cancelled", 6)]
    assert totals(league.import_all()) == {"skipped": 2}


def test_accepting_still_asks_for_each(league: Scene, feed: Feed) -> None:
    feed.hidden = set(EIGHT)
    report = league.import_into(1, accept_vanished=True)
    assert (totals(report), len(feed.take_requests())) == ({"skipped": 8}, 9)


def test_an_answer_that_somebody_vouches_for_is_settled_in_one_run(scene: Scene) -> None:
    """Else the guard would speak up again before the rest is asked for."""
    many = [make_episode(episode_id) for episode_id in range(EPISODE, EPISODE + 60)]
    imported(scene, *many)
    scene.episodes = many[:5]
    assert totals(scene.import_into(1, accept_vanished=True)) == {"cancelled": 55, "skipped": 5}
    assert totals(scene.import_all()) == {"skipped": 5}
