"""Turning the sync of a tournament on and off."""

import pytest

from sgsync.administration import disable_tournament, enable_tournament, list_tournaments
from sgsync.errors import UnknownToFeedError, UsageError
from tests.feed_json import make_episode
from tests.scene import LEAGUE, Scene

SYNC = "SELECT speedgaming_enabled, speedgaming_event_slug FROM tournament WHERE id = %s"


@pytest.fixture
def off(scene: Scene) -> int:
    """A tournament that is not synced and has no event; the feed knows the league's."""
    scene.episodes = [make_episode()]
    return scene.add_tournament(None, enabled=False, name="Qualifier")


def test_enable_asks_the_feed_for_the_event(scene: Scene, off: int) -> None:
    before = scene.dump()
    with pytest.raises(UnknownToFeedError, match="nobody-knows-this"):
        enable_tournament(off, slug="nobody-knows-this", settings=scene.settings())
    assert scene.dump() == before
    enable_tournament(off, slug=LEAGUE, settings=scene.settings())
    assert scene.rows(SYNC, off) == [(True, LEAGUE)]


def test_enable_can_be_told_not_to_ask(scene: Scene, off: int) -> None:
    enable_tournament(off, slug="not-yet", check=False, settings=scene.settings())
    assert scene.rows(SYNC, off) == [(True, "not-yet")]


def test_enable_tells_who_has_the_event_already(
    scene: Scene, off: int, caplog: pytest.LogCaptureFixture
) -> None:
    enable_tournament(off, slug=LEAGUE, settings=scene.settings())
    (warning,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "go to tournament 1" in warning.getMessage()


def test_enable_needs_an_event(scene: Scene, off: int) -> None:
    with pytest.raises(UsageError, match="--slug"):
        enable_tournament(off, settings=scene.settings())
    assert scene.rows(SYNC, off) == [(False, None)]


def test_a_stored_event_is_enabled_again(scene: Scene, off: int) -> None:
    disable_tournament(1, settings=scene.settings())
    assert scene.rows(SYNC, 1) == [(False, LEAGUE)]
    enable_tournament(1, settings=scene.settings())
    assert scene.rows(SYNC, 1) == [(True, LEAGUE)]
    assert [each.tournament.is_enabled for each in list_tournaments(settings=scene.settings())] == [
        True,
        False,
    ]
    assert scene.rows(SYNC, off) == [(False, None)]


def test_a_dry_run_switches_nothing(scene: Scene, off: int) -> None:
    before = scene.dump()
    enable_tournament(off, slug=LEAGUE, dry_run=True, settings=scene.settings())
    disable_tournament(1, dry_run=True, settings=scene.settings())
    assert scene.dump() == before


def test_an_unknown_tournament_is_a_usage_error(scene: Scene) -> None:
    with pytest.raises(UsageError, match="4711"):
        enable_tournament(4711, slug=LEAGUE, settings=scene.settings())
    with pytest.raises(UsageError, match="4711"):
        disable_tournament(4711, settings=scene.settings())
