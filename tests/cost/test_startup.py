"""What a command loads: nothing that it does not need. A start is most of what an unchanged run costs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scene import Scene, sample

# Whatever way the command ends, what it has loaded is told at the very end.
SCRIPT = """
import atexit, json, pathlib, sys
told = pathlib.Path(sys.argv.pop(1))
atexit.register(lambda: told.write_text(json.dumps(sorted(sys.modules))))
from sgsync.cli.app import main
main()
"""

HEAVY = {"alembic", "httpx", "psycopg", "pydantic_settings", "rapidfuzz", "sqlalchemy", "stamina"}


def loaded_by(folder: Path, *arguments: str, **environment: str) -> set[str]:
    """The modules that `sgsync` with these arguments loads; those below the top by their whole name."""
    told = folder / "modules.json"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SGSYNC_")}
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(told), *arguments],
        cwd=folder,
        env=inherited | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))} | environment,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return set(json.loads(told.read_text()))


@pytest.fixture
def configured(scene: Scene) -> dict[str, str]:
    """The environment of a command that works on a scene with a schedule."""
    scene.episodes = sample("schedule_alttprleague")
    return {
        "SGSYNC_DATABASE_URL": scene.url,
        "SGSYNC_API_URL": scene.feed_url,
        "SGSYNC_REQUEST_INTERVAL": "0s",
        "SGSYNC_WINDOW_PAST": "4000d",
        "SGSYNC_WINDOW_FUTURE": "4000d",
    }


@pytest.mark.parametrize("question", ["--help", "--version"])
def test_a_question_about_sgsync_loads_nothing_heavy(tmp_path: Path, question: str) -> None:
    assert not loaded_by(tmp_path, question) & (HEAVY | {"pydantic"})


def test_completion_loads_nothing_heavy(tmp_path: Path) -> None:
    asked = {"_SGSYNC_COMPLETE": "complete_bash", "COMP_WORDS": "sgsync imp", "COMP_CWORD": "1"}
    assert not loaded_by(tmp_path, **asked) & HEAVY  # Typer itself reads parameters with pydantic


@pytest.mark.parametrize(
    "command", ["import-all", "import", "migrate", "prune", "history", "link-placeholder"]
)
def test_help_on_a_command_loads_nothing_of_ours_to_do_it(tmp_path: Path, command: str) -> None:
    """Typer itself reads a command's parameters with pydantic."""
    assert not loaded_by(tmp_path, command, "--help") & HEAVY


def test_what_cron_runs_loads_what_it_needs(tmp_path: Path, scene: Scene, configured: dict[str, str]) -> None:
    loaded = loaded_by(tmp_path, "import-all", "--quiet", **configured)
    assert scene.count('"match"')
    assert {"sqlalchemy", "httpx"} <= loaded
    assert not loaded & {"alembic", "mako", "rapidfuzz", "rich", "sgsync.cli.render", "sgsync.linking"}


def test_an_end_searches_nothing_for_garbage(tmp_path: Path) -> None:
    """All of it goes with the process. To search it first took a fifth of a small import's time."""
    script = (
        "import atexit, gc, sys; atexit.register(lambda: sys.stderr.write(str(gc.get_freeze_count())));"
        "from sgsync.cli.app import main; main()"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script, "--version"], cwd=tmp_path, capture_output=True, check=True, timeout=60
    )
    assert int(finished.stderr) > 10_000


@pytest.mark.parametrize("command", [["history", "74611"], ["prune"], ["migrate"], ["tournaments"]])
def test_what_asks_nobody_loads_no_http(
    tmp_path: Path, configured: dict[str, str], command: list[str]
) -> None:
    loaded = loaded_by(tmp_path, *command, **configured)
    assert "sqlalchemy" in loaded
    assert not loaded & {"httpx", "stamina", "rapidfuzz"}


@pytest.mark.parametrize("command", [["history", "74611"], ["prune"], ["tournaments"]])
def test_only_migrate_loads_alembic(tmp_path: Path, configured: dict[str, str], command: list[str]) -> None:
    assert "alembic" not in loaded_by(tmp_path, *command, **configured)
