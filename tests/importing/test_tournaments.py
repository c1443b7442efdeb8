"""Which tournaments are imported, and what they may have of each other."""

import logging
import time

import pytest

from sgsync.report import Outcome
from tests.feed_json import make_channel, make_episode, make_event
from tests.scene import LEAGUE, LIVE, Scene, hanging_feed


def levels_of(caplog: pytest.LogCaptureFixture, fragment: str) -> list[int]:
    return [record.levelno for record in caplog.records if fragment in record.getMessage()]


@pytest.mark.parametrize("switches", [{"enabled": False}, {"active": False}])
def test_a_tournament_that_is_off_is_left_alone(scene: Scene, switches: dict[str, bool]) -> None:
    scene.execute("DELETE FROM tournament")
    scene.add_tournament(**switches)  # type: ignore[arg-type]  # mypy cannot see the names
    scene.episodes = [make_episode()]
    report = scene.import_all()
    assert (report.outcome, report.tournaments) == (Outcome.OK, ())
    assert scene.count('"match"') == 0


@pytest.mark.parametrize("slug", [None, ""])
def test_one_without_a_slug_is_a_problem_and_the_others_go_on(
    scene: Scene, caplog: pytest.LogCaptureFixture, slug: str | None
) -> None:
    scene.execute("UPDATE tournament SET speedgaming_event_slug = %s", slug)
    scene.add_tournament(LEAGUE)
    scene.episodes = [make_episode()]
    report = scene.import_all()
    assert report.outcome is Outcome.PROBLEMS
    assert [(len(each.problems), each.imported) for each in report.tournaments] == [(1, 0), (0, 1)]
    assert levels_of(caplog, "no event slug") == [logging.WARNING]


def test_of_two_on_one_slug_the_older_gets_the_episodes_and_the_other_is_told(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    second = scene.add_tournament(LEAGUE, name="Season 10")
    scene.episodes = [make_episode()]
    requests: list[None] = []
    scene.on_request = lambda: requests.append(None)
    report = scene.import_all()
    assert scene.column('SELECT tournament_id FROM "match"') == [1]
    assert (len(requests), len(report.tournaments[1].problems)) == (1, 1)
    assert levels_of(caplog, f"Tournament {second} ") == [logging.WARNING]


def test_one_tournaments_failure_costs_no_other(scene: Scene) -> None:
    scene.add_tournament("nobody-knows-this")
    scene.add_tournament(LIVE)
    scene.episodes = [make_episode(), make_episode(75001, event=make_event(LIVE))]
    report = scene.import_all()
    assert [each.imported for each in report.tournaments] == [1, 0, 1]
    assert report.outcome is Outcome.PROBLEMS


def test_a_hanging_feed_costs_no_more_than_the_deadline(scene: Scene) -> None:
    before = time.monotonic()
    with hanging_feed() as (url, _):
        report = scene.import_all(api_url=url, deadline="0.5s")
    assert report.exit_code == 5
    assert time.monotonic() - before < 10


def test_an_episode_of_another_event_is_left_out_with_its_line(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "sgsync")
    report = scene.import_into(1, schedule=[make_episode(event=make_event("someoneelse"))])
    assert (report.tournaments[0].imported, report.tournaments[0].skipped) == (0, 1)
    assert any("75000" in line and "someoneelse" in line for line in caplog.messages)


def test_an_episode_of_another_tournament_is_left_there(scene: Scene) -> None:
    scene.add_tournament(None)
    scene.import_into(1, schedule=[make_episode()])
    report = scene.import_into(2, schedule=[make_episode()])
    assert (report.tournaments[0].imported, report.tournaments[0].skipped) == (0, 1)
    assert scene.column('SELECT tournament_id FROM "match"') == [1]


def test_a_channel_of_the_organization_is_found_by_its_name(scene: Scene) -> None:
    channel = scene.add_channel("SpeedGaming", 1)
    scene.episodes = [make_episode()]
    scene.import_all()
    assert scene.column('SELECT stream_channel_id FROM "match"') == [channel]
    assert scene.count("streamchannel") == 1


def test_a_channel_of_another_organization_is_not_taken_and_told_once(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.add_channel("SpeedGaming", scene.add_organization("Another League"))
    scene.episodes = [make_episode(75000), make_episode(75001)]
    scene.import_all()
    assert scene.column('SELECT stream_channel_id FROM "match"') == [None, None]
    assert levels_of(caplog, "another organization") == [logging.WARNING]


def test_english_channels_come_first(scene: Scene) -> None:
    german = make_channel("SpeedGamingDeutsch", id=40, language="de")
    scene.episodes = [make_episode(channels=[german, make_channel()])]
    scene.import_all()
    assert scene.column("SELECT name FROM streamchannel") == ["SpeedGaming"]
