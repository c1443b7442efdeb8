import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.scene import Scene, sample, scene_on, with_league

WIDE = {"SGSYNC_WINDOW_PAST": "4000d", "SGSYNC_WINDOW_FUTURE": "4000d", "SGSYNC_REQUEST_INTERVAL": "0s"}


@dataclass
class Finished:
    """A command line that has ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        return json.loads(self.stdout)

    @property
    def lines(self) -> list[str]:
        return self.stderr.splitlines()


@dataclass
class Sgsync:
    """Runs sgsync as users do: a process of its own in a folder of its own, with these settings."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, **settings: str) -> Finished:
        with self.started(*arguments, **settings) as process:
            stdout, stderr = process.communicate(timeout=60)
        return Finished(process.returncode, stdout, stderr)

    @contextmanager
    def started(self, *arguments: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [sys.executable, "-m", "sgsync", *arguments],
            cwd=self.folder,
            env=_environment(self.folder) | self.settings | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        with process:
            try:
                yield process
            finally:
                process.kill()


def _environment(home: Path) -> dict[str, str]:
    """This process's environment without what could configure sgsync or decorate its output."""
    unwanted = ("SGSYNC_", "PG", "FORCE_COLOR", "TTY_", "COLUMNS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return kept | {"HOME": str(home), "NO_COLOR": "1", "PYTHONUTF8": "1"}


@pytest.fixture
def scene(database_url: str) -> Iterator[Scene]:
    """Organization 1, tournament 1 on the league's event, and a feed with the league's schedule."""
    with scene_on(database_url) as scene:
        with_league(scene)
        scene.episodes = sample("schedule_alttprleague")
        yield scene


@pytest.fixture
def bare(tmp_path: Path) -> Sgsync:
    """sgsync without any setting."""
    return Sgsync(tmp_path)


@pytest.fixture
def sgsync(scene: Scene, tmp_path: Path) -> Sgsync:
    """sgsync with the scene's database and feed."""
    urls = {"SGSYNC_DATABASE_URL": scene.url.replace("+psycopg", "", 1), "SGSYNC_API_URL": scene.feed_url}
    return Sgsync(tmp_path, WIDE | urls)
