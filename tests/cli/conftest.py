from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import Sgsync
from tests.nursery import Nursery
from tests.scene import Scene, sample, scene_on, with_league

WIDE = {"SGSYNC_WINDOW_PAST": "4000d", "SGSYNC_WINDOW_FUTURE": "4000d", "SGSYNC_REQUEST_INTERVAL": "0s"}


@pytest.fixture
def scene(database_url: str) -> Iterator[Scene]:
    """Organization 1, tournament 1 on the league's event, and a feed with the league's schedule."""
    with scene_on(database_url) as scene:
        with_league(scene)
        scene.episodes = sample("schedule_alttprleague")
        yield scene


@pytest.fixture
def bare(nursery: Nursery, tmp_path: Path) -> Sgsync:
    """sgsync without any setting."""
    return Sgsync(nursery, tmp_path)


@pytest.fixture
def sgsync(scene: Scene, nursery: Nursery, tmp_path: Path) -> Sgsync:
    """sgsync with the scene's database and feed."""
    urls = {"SGSYNC_DATABASE_URL": scene.url.replace("+psycopg", "", 1), "SGSYNC_API_URL": scene.feed_url}
    return Sgsync(nursery, tmp_path, WIDE | urls)
