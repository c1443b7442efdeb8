"""An unchanged run writes its own record and nothing else, however large the schedule is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from sgsync.report import Outcome
from tests.importing.test_cost import crowd
from tests.scene import RUN_RECORD, Scene, changed_tables

RUN_IDS = "sequence sgsync.run_id_seq"


@pytest.fixture(params=[5, 60])
def crowded(scene: Scene, request: pytest.FixtureRequest) -> Scene:
    """A league with so many episodes, all of them imported."""
    scene.episodes = crowd(request.param)
    assert scene.import_all().outcome is Outcome.OK
    return scene


@contextmanager
def transaction_ids() -> Iterator[list[Any]]:
    """The id of each transaction that takes its turn to import; None: it wrote nothing, not even to the WAL."""
    importing, found = list[bool](), list[Any]()

    def execute(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "advisory" in statement:
            importing.append(True)

    def commit(connection: sa.Connection) -> None:
        if importing:
            importing.clear()
            found.append(connection.exec_driver_sql("SELECT pg_current_xact_id_if_assigned()").scalar())

    event.listen(sa.Engine, "before_cursor_execute", execute)
    event.listen(sa.Engine, "commit", commit)
    try:
        yield found
    finally:
        event.remove(sa.Engine, "before_cursor_execute", execute)
        event.remove(sa.Engine, "commit", commit)


def test_an_unchanged_run_writes_no_row_but_its_own(crowded: Scene) -> None:
    before = crowded.dump()
    crowded.import_all()
    assert changed_tables(before, crowded.dump()) == RUN_RECORD


def test_an_unchanged_run_uses_one_value_of_one_sequence(crowded: Scene) -> None:
    before = crowded.dump()
    crowded.import_all()
    after = crowded.dump()
    assert after[RUN_IDS][0][0] == before[RUN_IDS][0][0] + 1


def test_the_import_of_what_is_known_writes_no_wal(crowded: Scene) -> None:
    with transaction_ids() as ids:
        crowded.import_all()
    assert ids == [None]


def test_an_import_of_something_new_does(crowded: Scene) -> None:
    crowded.episodes = crowd(len(crowded.episodes) + 1)
    with transaction_ids() as ids:
        crowded.import_all()
    assert ids != [None]
