"""SGSYNC_FEED=combined: one request for all events, and nothing concluded from what it leaves out."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sgsync.fetch.combined import FeedComparison, compare_feeds
from sgsync.fetch.window import Window
from sgsync.report import Outcome
from sgsync.wiring import open_feed
from tests.feed_json import Json, make_episode, make_event
from tests.importing.conftest import MakeScene
from tests.scene import RUN_RECORD, Scene, canned_feed, changed_tables, with_league

SLUGS = ("first", "second", "third")
NOW = datetime(2026, 11, 28, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=4), NOW + timedelta(days=4))


@pytest.fixture
def three(make_scene: MakeScene) -> Scene:
    """Three tournaments of two episodes each."""
    scene = with_league(make_scene(), *SLUGS)
    scene.episodes = [
        make_episode(75000 + number, event=make_event(SLUGS[number % len(SLUGS)])) for number in range(6)
    ]
    return scene


class Site:
    """Answers as the stand-in does, except that `combine` may tamper with the answer for all events."""

    def __init__(self, episodes: list[Json], combine: Callable[[list[Json]], Any]) -> None:
        self.episodes = episodes
        self.combine = combine
        self.asked: list[str] = []

    def answer(self, path: str) -> tuple[int, bytes]:
        slug = parse_qs(urlsplit(path).query).get("event", [""])[-1]
        self.asked.append(slug)
        own = [episode for episode in self.episodes if episode["event"]["slug"] == slug]
        return 200, json.dumps(own if slug else self.combine(self.episodes)).encode()


def test_one_request_serves_all_tournaments(three: Scene) -> None:
    asked: list[int] = []
    three.on_request = lambda: asked.append(1)
    report = three.import_all(feed="combined")
    assert [each.imported for each in report.tournaments] == [2, 2, 2]
    assert len(asked) == 1


def test_both_ways_import_the_same(three: Scene) -> None:
    three.import_all(feed="combined")
    before = three.dump()
    assert [each.skipped for each in three.import_all().tournaments] == [2, 2, 2]
    assert changed_tables(before, three.dump()) == RUN_RECORD


def test_an_event_that_is_absent_is_asked_for_by_itself(three: Scene) -> None:
    site = Site(three.episodes, lambda all_: [each for each in all_ if each["event"]["slug"] != "second"])
    with canned_feed(site.answer) as url:
        report = three.import_all(feed="combined", api_url=url)
    assert [each.imported for each in report.tournaments] == [2, 2, 2]
    assert site.asked == ["", "second"]


@pytest.mark.parametrize("nonsense", [[], {"error": "Failed to find event."}, {"error": "down"}, None])
def test_without_a_combined_answer_each_event_is_asked_for(three: Scene, nonsense: Any) -> None:
    site = Site(three.episodes, lambda _: nonsense)
    with canned_feed(site.answer) as url:
        report = three.import_all(feed="combined", api_url=url)
    assert (report.outcome, [each.imported for each in report.tournaments]) == (Outcome.OK, [2, 2, 2])
    assert site.asked == ["", *SLUGS]


@pytest.mark.parametrize("event", [None, {}, {"slug": ""}])
def test_an_episode_of_no_event_makes_each_be_asked_for(three: Scene, event: Any) -> None:
    """Only its event's own answer says whose it is."""
    site = Site(three.episodes, lambda all_: [{**all_[0], "event": event}, *all_[1:]])
    with canned_feed(site.answer) as url:
        report = three.import_all(feed="combined", api_url=url)
    assert (report.outcome, [each.imported for each in report.tournaments]) == (Outcome.OK, [2, 2, 2])
    assert site.asked == ["", *SLUGS]


def test_an_episode_of_no_event_makes_combined_unsafe(three: Scene) -> None:
    comparison = compared(three, lambda all_: [*all_, {**make_episode(80000), "event": None}])
    assert not comparison.is_safe
    assert "leave SGSYNC_FEED alone" in comparison.sentence


def test_an_empty_combined_answer_cancels_nothing(three: Scene) -> None:
    three.import_all()
    site = Site(three.episodes, lambda _: [])
    with canned_feed(site.answer) as url:
        report = three.import_all(feed="combined", api_url=url, on_cancel="delete")
    assert [(each.cancelled, each.problems) for each in report.tournaments] == [(0, ())] * 3
    assert three.count('"match"') == 6


def test_a_malformed_entry_costs_its_own_tournament_one_episode(three: Scene) -> None:
    three.episodes[1]["when"] = "soon"
    report = three.import_all(feed="combined")
    assert [(each.imported, each.failed) for each in report.tournaments] == [(2, 0), (1, 1), (2, 0)]


def compared(scene: Scene, combine: Callable[[list[Json]], Any]) -> FeedComparison:
    site = Site(scene.episodes, combine)
    with canned_feed(site.answer) as url, open_feed(scene.settings(api_url=url)) as feed:
        return compare_feeds(feed, SLUGS, WINDOW)


def test_the_same_both_ways_is_safe(three: Scene) -> None:
    comparison = compared(three, lambda all_: all_[::-1])
    assert comparison == FeedComparison(same=SLUGS)
    assert comparison.is_safe
    assert "1 request a run instead of 3" in comparison.sentence


def test_absent_events_are_safe_and_named(three: Scene) -> None:
    comparison = compared(three, lambda all_: [each for each in all_ if each["event"]["slug"] == "first"])
    assert comparison == FeedComparison(same=("first",), absent=("second", "third"))
    assert comparison.is_safe
    assert "second, third" in comparison.sentence


def test_an_answer_without_any_of_the_events_saves_nothing(three: Scene) -> None:
    comparison = compared(three, lambda _: [])
    assert comparison == FeedComparison(absent=SLUGS)
    assert "saves nothing" in comparison.sentence


@pytest.mark.parametrize(
    "tamper",
    [
        lambda all_: all_[:-1],
        lambda all_: [*all_[:-1], {**all_[-1], "title": "Another"}],
        lambda all_: [*all_[:-1], {**all_[-1], "when": "soon"}],
        lambda all_: [*all_, make_episode(80000, event=make_event("third"))],
    ],
    ids=["one is missing", "one says something else", "one is malformed", "one too many"],
)
def test_any_difference_is_unsafe(three: Scene, tamper: Callable[[list[Json]], Any]) -> None:
    comparison = compared(three, tamper)
    assert comparison.different == ("third",)
    assert not comparison.is_safe
    assert "leave SGSYNC_FEED alone" in comparison.sentence


def test_no_combined_answer_is_unsafe_and_says_why(three: Scene) -> None:
    comparison = compared(three, lambda _: {"error": "Failed to find event."})
    assert not comparison.is_safe
    assert "Failed to find event." in comparison.sentence


def test_the_stand_in_answers_for_all_events(three: Scene) -> None:
    with open_feed(three.settings()) as feed:
        assert compare_feeds(feed, SLUGS, WINDOW).is_safe
