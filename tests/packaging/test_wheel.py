"""What is installed from a wheel, away from the checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_carries_the_migrations(names: set[str]) -> None:
    scripts = {
        f"sgsync/migrations/versions/{script.name}" for script in CHECKOUT.glob("alembic/versions/*.py")
    }
    assert len(scripts) >= 3
    assert scripts | {"sgsync/migrations/env.py"} <= names


def test_the_wheel_carries_what_the_demo_shows_and_the_mark_of_types(names: set[str]) -> None:
    assert {
        "sgsync/demo/samples/alttprleague.json",
        "sgsync/demo/samples/sglive26.json",
        "sgsync/py.typed",
    } <= names


def test_the_wheel_carries_nothing_else_at_its_top(names: set[str]) -> None:
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"sgsync"}
