import logging
from collections.abc import Iterator

import pytest

from tests import nursery as processes
from tests.nursery import Nursery
from tests.postgres import Databases, MakeDatabase, Start, running_server


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    with running_server() as url:
        databases = Databases(url)
        yield databases
        databases.drop_templates()


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with processes.nursery() as nursery:
        yield nursery


@pytest.fixture
def make_database(databases: Databases) -> Iterator[MakeDatabase]:
    """Makes databases of the three starts, migrated or not."""
    made: list[str] = []

    def make(*, start: Start = "app", migrated: bool = True) -> str:
        made.append(databases.create(start, migrated=migrated))
        return made[-1]

    yield make
    for url in made:
        databases.drop(url)


@pytest.fixture
def database_url(make_database: MakeDatabase) -> str:
    """A database of the application, migrated."""
    return make_database()


@pytest.fixture(autouse=True)
def _logging_is_as_it_was() -> Iterator[None]:
    """A command that runs within a test sets the log up for its process."""
    root, own = logging.getLogger(), logging.getLogger("sgsync")
    before = list(root.handlers), root.level, own.level
    yield
    root.handlers, root.level = before[:2]
    own.setLevel(before[2])
