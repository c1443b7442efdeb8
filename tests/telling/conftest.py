from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import WIDE
from tests.command_line import Sgsync
from tests.feed_json import Json, make_crew, make_episode
from tests.nursery import Nursery
from tests.scene import Scene, scene_on, with_league
from tests.telling.receiver import Receiver, receiving


@pytest.fixture
def scene(database_url: str) -> Iterator[Scene]:
    """Organization 1, tournament 1 on the league's event, and a feed with one episode, tomorrow."""
    with scene_on(database_url) as scene:
        scene.episodes = [episode_in(30)]
        yield with_league(scene)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def sgsync(scene: Scene, nursery: Nursery, tmp_path: Path) -> Sgsync:
    """sgsync with the scene's database and feed."""
    urls = {"SGSYNC_DATABASE_URL": scene.url.replace("+psycopg", "", 1), "SGSYNC_API_URL": scene.feed_url}
    return Sgsync(nursery, tmp_path, WIDE | urls)


def episode_in(hours: float, episode_id: int = 75000, **fields: Any) -> Json:
    """An episode that starts in so many hours, with all the crew that it needs."""
    start = (datetime.now(UTC) + timedelta(hours=hours)).replace(second=0, microsecond=0).isoformat()
    crew = {"commentators": [make_crew(1)], "trackers": [make_crew(2)]}
    return make_episode(episode_id, when=start, whenCountdown=start, **{**crew, **fields})
