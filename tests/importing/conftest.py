from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

import pytest

from tests.consumers import check_consumers, watch_updates
from tests.postgres import Databases, Start, connect
from tests.scene import LEAGUE, Scene, scene_on, with_league


class MakeScene(Protocol):
    def __call__(self, start: Start = "app") -> Scene:
        """A scene on a new, migrated database; the consumers' check follows the test."""


@contextmanager
def checked_scene(databases: Databases, start: Start = "app") -> Iterator[Scene]:
    """A scene on a new database, which in the end the application must be able to read."""
    url = databases.create(start, migrated=True)
    try:
        with scene_on(url) as scene, connect(url) as connection:
            watch_updates(connection)
            yield scene
            check_consumers(connection, scene.served)
    finally:
        databases.drop(url)


@pytest.fixture
def make_scene(databases: Databases) -> Iterator[MakeScene]:
    """Makes scenes. Every database of this folder's tests comes from here, or from `checked_scene`."""
    with ExitStack() as stack:
        yield lambda start="app": stack.enter_context(checked_scene(databases, start))


@pytest.fixture
def scene(make_scene: MakeScene) -> Scene:
    """Organization 1 with tournament 1 on the league's event, and an empty feed."""
    return with_league(make_scene(), LEAGUE)
