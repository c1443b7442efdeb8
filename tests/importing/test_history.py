"""What is written about the runs: the application's sync history, and sgsync's own record."""

import json
import socket
from http import HTTPStatus

import pytest

from sgsync.report import Outcome
from tests.feed_json import make_episode
from tests.scene import LIVE, Scene, canned_feed, json_feed, sample

PAGE = (HTTPStatus.OK, b"<!DOCTYPE html><title>Maintenance</title>")
LAST_RUN = (
    "SELECT command, outcome, report, host, finished_at >= started_at, started_at > now() - interval '1 hour'"
    " FROM sgsync.run ORDER BY id DESC LIMIT 1"
)


def fail(scene: Scene) -> None:
    with canned_feed(lambda _: PAGE) as url:
        scene.import_all(api_url=url)


def test_an_import_that_changed_something_is_in_the_sync_history(scene: Scene) -> None:
    scene.episodes = sample("schedule_alttprleague")
    scene.import_all()
    (details,) = scene.audit()
    assert details.pop("duration_ms") >= 0
    assert details == {
        "tournament_id": 1,
        "success": True,
        "imported": 8,
        "updated": 0,
        "deleted": 0,
        "error": None,
    }


def test_an_unchanged_import_is_not(scene: Scene) -> None:
    scene.episodes = sample("schedule_alttprleague")
    scene.import_all()
    scene.import_all()
    assert len(scene.audit()) == 1


def test_an_import_without_anything_to_do_is_not(scene: Scene) -> None:
    with json_feed([]) as url:
        scene.import_all(api_url=url)
    assert scene.audit() == []


def test_a_failure_is_in_the_sync_history_once(scene: Scene) -> None:
    fail(scene)
    fail(scene)
    (details,) = scene.audit()
    assert (details["success"], details["imported"]) == (False, 0)
    assert "web page" in details["error"]


def test_another_failure_is_told_again(scene: Scene) -> None:
    fail(scene)
    with canned_feed(lambda _: (HTTPStatus.NOT_FOUND, b"")) as url:
        scene.import_all(api_url=url)
    assert len(scene.audit()) == 2


def test_a_failure_that_comes_back_is_told_again(scene: Scene) -> None:
    fail(scene)
    with json_feed([]) as url:
        scene.import_all(api_url=url)
    fail(scene)
    assert [details["success"] for details in scene.audit()] == [False, False]


def test_a_failure_is_told_once_per_tournament_also_where_they_are_imported_one_by_one(scene: Scene) -> None:
    scene.add_tournament(LIVE)
    with canned_feed(lambda _: PAGE) as url:
        for tournament in (1, 2, 1, 2):
            scene.import_into(tournament, api_url=url)
    assert [details["tournament_id"] for details in scene.audit()] == [1, 2]


def test_a_malformed_episode_is_told_once(scene: Scene) -> None:
    entries = [make_episode(75000), make_episode(75001, when="tomorrow-ish")]
    with json_feed(entries) as url:
        for _ in range(3):
            scene.import_all(api_url=url)
    assert [(details["success"], details["imported"]) for details in scene.audit()] == [(False, 1)]


def test_an_application_without_a_sync_history_is_fine(scene: Scene) -> None:
    scene.execute("DROP TABLE audit_logs")
    scene.execute("DROP TABLE racetime_rooms")
    scene.episodes = [make_episode()]
    assert scene.import_all().outcome is Outcome.OK
    fail(scene)


def test_a_run_is_recorded_with_what_json_prints_and_what_is_held(scene: Scene) -> None:
    scene.episodes = sample("schedule_alttprleague")
    report = scene.import_all()
    recorded = json.loads(json.dumps(report.as_json()))
    recorded["tournaments"][0]["held"] = [74641]
    (command, outcome, document, *rest) = scene.rows(LAST_RUN)[0]
    assert recorded.pop("duration_seconds") == pytest.approx(document.pop("duration_seconds"), abs=5)
    assert (command, outcome, document, *rest) == (
        "import-all",
        "ok",
        recorded,
        socket.gethostname(),
        True,
        True,
    )


def test_a_run_by_hand_is_recorded_as_such(scene: Scene) -> None:
    scene.import_into(1, schedule=[make_episode()])
    assert scene.rows(LAST_RUN)[0][:2] == ("import", "ok")


def test_a_run_with_problems_is_recorded(scene: Scene) -> None:
    scene.add_tournament(None)
    scene.episodes = [make_episode()]
    scene.import_all()
    assert scene.rows(LAST_RUN)[0][:2] == ("import-all", "problems")


def test_a_run_in_which_speedgaming_was_unreachable_is_recorded(scene: Scene) -> None:
    fail(scene)
    command, outcome, document, *_ = scene.rows(LAST_RUN)[0]
    assert (command, document["outcome"]) == ("import-all", "unreachable")
    assert outcome != "running"
