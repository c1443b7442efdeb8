from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.nursery import Nursery, nursery


@pytest.fixture(scope="session")
def sgsync_processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with nursery(tmp_path_factory.mktemp("nursery")) as made:
        yield made


@pytest.fixture
def sgsync(sgsync_processes: Nursery, tmp_path: Path) -> Nursery:
    """sgsync's command line as quick processes, in this test's folder, without settings."""
    sgsync_processes.folder = tmp_path
    sgsync_processes.settings = {}
    return sgsync_processes
