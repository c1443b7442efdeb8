from pathlib import Path

import pytest

from tests.command_line import Sgsync
from tests.nursery import Nursery


@pytest.fixture
def sgsync(nursery: Nursery, tmp_path: Path) -> Sgsync:
    """sgsync in this test's folder, without settings."""
    return Sgsync(nursery, tmp_path)
