"""Episodes that are missing from an answer: asked for by id before anything is concluded."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.changes.feed import Feed
from tests.changes.helpers import (
    EPISODE,
    USUAL,
    at,
    edit,
    events_of,
    field_of,
    imported,
    match_of,
    match_row,
    start_of,
    starting,
    totals,
    warnings,
)
from tests.feed_json import Json, make_episode, make_event, make_player
from tests.scene import LEAGUE, LIVE, RUN_RECORD, Scene, changed_tables

GONE, *OTHERS = range(EPISODE, EPISODE + 6)
STATE = "SELECT state FROM sgsync.episode WHERE episode_id = %s"


def schedule(*episode_ids: int, **fields: object) -> list[Json]:
    return [make_episode(episode_id, **fields) for episode_id in episode_ids]


@pytest.fixture
def league(scene: Scene, feed: Feed) -> Scene:
    """Six imported episodes, none of which is asked for any more."""
    imported(scene, *schedule(GONE, *OTHERS))
    feed.take_requests()
    return scene


def test_an_episode_that_is_gone_is_asked_for_and_then_cancelled(league: Scene, feed: Feed) -> None:
    before = match_row(league, GONE)
    league.episodes.pop(0)
    with warnings() as lines:
        assert totals(league.import_all()) == {"cancelled": 1, "skipped": 5}
    assert feed.take_requests() == [LEAGUE, str(GONE)]
    assert lines == [
        (
            f"Episode {GONE} is cancelled (SpeedGaming no longer has the episode):"
            f" match {match_of(league, GONE)} ('Standard - Week 1', 2026-11-28 18:10 UTC) is kept"
        )
    ]
    assert match_row(league, GONE) == before
    assert (league.value(STATE, GONE), events_of(league, GONE)) == ("cancelled", ["cancelled"])
    details = league.audit()[-1]
    assert (details["success"], details["deleted"]) == (True, 0)


def test_an_episode_is_cancelled_once(league: Scene, feed: Feed) -> None:
    league.episodes.pop(0)
    league.import_all()
    feed.take_requests()
    before = league.dump()
    with warnings() as lines:
        assert totals(league.import_all()) == {"skipped": 5}
    assert (lines, feed.take_requests()) == ([], [LEAGUE])
    assert changed_tables(before, league.dump()) == RUN_RECORD


def test_an_episode_that_is_back_is_active_again_and_up_to_date(league: Scene) -> None:
    match = match_of(league, GONE)
    league.episodes.pop(0)
    league.import_all()
    league.episodes.append(make_episode(GONE, title="Rematch"))
    assert totals(league.import_all()) == {"updated": 1, "skipped": 5}
    assert (match_of(league, GONE), field_of(league, "title", GONE)) == (match, "Rematch")
    assert (league.value(STATE, GONE), events_of(league, GONE)) == (
        "active",
        ["cancelled", "returned", "changed"],
    )
    league.episodes.pop()
    assert totals(league.import_all()) == {"cancelled": 1, "skipped": 5}


def test_a_hidden_episode_that_is_known_by_id_stays(league: Scene, feed: Feed) -> None:
    feed.hidden = {GONE}
    before = league.dump()
    with warnings() as lines:
        assert totals(league.import_all()) == {"skipped": 6}
    assert lines == []
    assert changed_tables(before, league.dump()) == RUN_RECORD | {"sgsync.episode"}  # that it is hidden
    before = league.dump()
    assert totals(league.import_all()) == {"skipped": 6}
    assert changed_tables(before, league.dump()) == RUN_RECORD


def test_episodes_that_are_hidden_and_known_by_id_block_nothing_once_that_is_accepted(
    league: Scene, feed: Feed
) -> None:
    feed.hidden = {entry["id"] for entry in league.episodes[:4]}
    assert league.import_all().exit_code == 1
    assert league.import_into(1, accept_vanished=True).exit_code == 0
    league.episodes.append(
        make_episode(76000, make_player(), whenCountdown=league.episodes[0]["whenCountdown"])
    )
    report = league.import_all()
    assert (report.exit_code, report.tournaments[0].imported) == (0, 1)


def test_nor_do_those_of_them_that_are_held(league: Scene, feed: Feed) -> None:
    """Their matches wait, but that SpeedGaming has them is known all the same."""
    for entry in league.episodes[:4]:
        entry["timezone"] = "CET"
    feed.hidden = {entry["id"] for entry in league.episodes[:4]}
    assert league.import_all().exit_code == 1
    assert league.import_into(1, accept_vanished=True).exit_code == 0
    assert league.import_all().exit_code == 0
    before = league.dump()
    assert totals(league.import_all()) == {"skipped": 6}
    assert changed_tables(before, league.dump()) == RUN_RECORD


def test_a_question_without_an_answer_concludes_nothing(league: Scene, feed: Feed) -> None:
    league.episodes.pop(0)
    answers = [
        (200, b"<!DOCTYPE html><title>Maintenance</title>"),
        (200, b'{"error": "Database is down."}'),
        (200, b'{"error": "An unknown error occurred."}'),
        (200, b'{"error": "Failed to find event."}'),
        (200, b"null"),
        (404, b""),
        (200, json.dumps(make_episode(1)).encode()),
    ]
    before = league.dump()
    for feed.episode in answers:
        assert totals(league.import_all()) == {"skipped": 5}, feed.episode
        assert changed_tables(before, league.dump()) == RUN_RECORD, feed.episode
    feed.episode = None
    assert totals(league.import_all()) == {"cancelled": 1, "skipped": 5}


def test_an_episode_moved_beyond_the_window_takes_its_new_time_and_returns(scene: Scene, feed: Feed) -> None:
    soon, far = at(hours=3), at(days=60)
    imported(scene, starting(GONE, soon), starting(OTHERS[0], soon), **USUAL)
    scene.episodes[0] = starting(GONE, far)
    with warnings() as lines:
        assert totals(scene.import_all(**USUAL)) == {"updated": 1, "skipped": 1}
    assert (start_of(scene, GONE), lines) == (far, [])
    feed.take_requests()
    assert totals(scene.import_all(**USUAL)) == {"skipped": 1}
    assert feed.take_requests() == [LEAGUE]
    scene.episodes[0] = starting(GONE, soon)
    assert totals(scene.import_all(**USUAL)) == {"updated": 1, "skipped": 1}
    assert (start_of(scene, GONE), scene.value(STATE, GONE)) == (soon, "active")


def test_what_is_over_or_outside_of_the_window_is_not_asked_for(scene: Scene, feed: Feed) -> None:
    times = {GONE: at(days=-2), OTHERS[0]: at(days=60), OTHERS[1]: at(hours=1)}
    imported(scene, *(starting(id_, time) for id_, time in times.items()))
    feed.take_requests()
    scene.episodes = []
    assert totals(scene.import_all(**USUAL)) == {"cancelled": 1}
    assert feed.take_requests() == [LEAGUE, str(OTHERS[1])]


def test_a_broadcast_that_starts_before_the_window_is_not_missed(scene: Scene, feed: Feed) -> None:
    """`from` and `to` filter on the broadcast, matches start with the race."""
    race = at(days=30, minutes=-30)
    imported(scene, starting(GONE, at(days=30, minutes=20), whenCountdown=race))
    feed.take_requests()
    assert totals(scene.import_all(**USUAL)) == {}
    assert feed.take_requests() == [LEAGUE]


def test_a_frozen_match_is_not_asked_for_and_not_cancelled(league: Scene, feed: Feed) -> None:
    edit(league, "checked_in_at", at(), GONE)
    before = match_row(league, GONE)
    league.episodes.pop(0)
    assert totals(league.import_all()).keys() == {"skipped"}
    assert feed.take_requests() == [LEAGUE]
    assert (match_row(league, GONE), league.value(STATE, GONE)) == (before, "active")


def test_a_malformed_entry_has_not_vanished(league: Scene, feed: Feed) -> None:
    good, league.episodes[0] = league.episodes[0], make_episode(GONE, when="tomorrow-ish")
    assert totals(league.import_all()) == {"skipped": 5, "failed": 1}
    assert feed.take_requests() == [LEAGUE]
    league.episodes[0] = good
    assert totals(league.import_all()) == {"skipped": 6}


def test_an_import_of_some_episodes_concludes_nothing_about_the_others(league: Scene, feed: Feed) -> None:
    league.episodes.pop(0)
    league.import_into(1, OTHERS[0])
    assert totals(league.import_into(1, schedule=schedule(OTHERS[1]))) == {"skipped": 1}
    assert feed.take_requests() == [str(OTHERS[0])]


def test_a_known_episode_that_is_asked_for_and_gone_is_a_problem_and_not_cancelled(league: Scene) -> None:
    league.episodes.pop(0)
    assert league.import_into(1, GONE).exit_code == 1
    assert league.value(STATE, GONE) == "active"


def test_no_update_asks_for_nothing(league: Scene, feed: Feed) -> None:
    league.episodes.pop(0)
    assert totals(league.import_all(update=False)) == {"skipped": 5}
    assert feed.take_requests() == [LEAGUE]


def test_a_dry_run_asks_and_tells_and_writes_nothing(league: Scene, feed: Feed) -> None:
    league.episodes.pop(0)
    before = league.dump()
    report = league.import_all(dry_run=True)
    assert (totals(report), feed.take_requests()) == ({"cancelled": 1, "skipped": 5}, [LEAGUE, str(GONE)])
    assert league.dump() == before


def test_each_run_asks_for_so_many_and_the_rest_get_their_turn(scene: Scene, feed: Feed) -> None:
    imported(scene, *schedule(*range(EPISODE, EPISODE + 100)))
    scene.episodes = scene.episodes[30:]
    feed.take_requests()
    assert totals(scene.import_all()) == {"cancelled": 20, "skipped": 70}
    assert len(feed.take_requests()) == 1 + 20
    assert totals(scene.import_all()) == {"cancelled": 10, "skipped": 70}
    assert len(feed.take_requests()) == 1 + 10
    assert totals(scene.import_all()) == {"skipped": 70}
    assert feed.take_requests() == [LEAGUE]


def _later(minutes: int) -> Callable[[], datetime]:
    return lambda: datetime.now(UTC) + timedelta(minutes=minutes)


def test_those_that_are_still_there_do_not_keep_the_others_from_their_turn(
    scene: Scene, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same ones are missing in each run, and there are more than a run may ask for."""
    imported(scene, *schedule(*range(EPISODE, EPISODE + 50)))
    feed.hidden = set(range(EPISODE, EPISODE + 24))
    last = scene.episodes.pop(24)["id"]
    for minutes in range(0, 60, 5):
        monkeypatch.setattr("sgsync.operations.now", _later(minutes))
        scene.import_all()
        if scene.value(STATE, last) == "cancelled":
            return
    pytest.fail("the same ones were asked for all the time")


def test_no_tournament_waits_for_ever_behind_the_questions_of_another(scene: Scene, feed: Feed) -> None:
    scene.add_tournament(LIVE)
    hidden = [make_episode(EPISODE + number) for number in range(60)]
    gone, *rest = (make_episode(EPISODE + 100 + number, event=make_event(LIVE)) for number in range(3))
    imported(scene, *hidden, gone, *rest)
    feed.hidden = {entry["id"] for entry in hidden[:25]}
    scene.episodes.remove(gone)
    assert totals(scene.import_all())["cancelled"] == 1
