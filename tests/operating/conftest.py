import logging
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sgsync.cli.app import main
from tests.cli.conftest import WIDE
from tests.command_line import Finished, Sgsync
from tests.nursery import Nursery
from tests.scene import Scene, sample, scene_on, with_league


@pytest.fixture
def scene(database_url: str) -> Iterator[Scene]:
    """Organization 1, tournament 1 on the league's event, and a feed with the league's schedule."""
    with scene_on(database_url) as scene:
        with_league(scene)
        scene.episodes = sample("schedule_alttprleague")
        yield scene


def settings_of(scene: Scene) -> dict[str, str]:
    """The environment that leads to the scene's database and feed."""
    urls = {"SGSYNC_DATABASE_URL": scene.url.replace("+psycopg", "", 1), "SGSYNC_API_URL": scene.feed_url}
    return WIDE | urls


class Here:
    """Runs command lines in this process, which is quicker than one of their own. Its stdout is no terminal."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str, **settings: str) -> Finished:
        with self._monkeypatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["sgsync", *arguments])
            with pytest.raises(SystemExit) as ended:
                main()
        assert isinstance(ended.value.code, int)
        return Finished(ended.value.code, *self._capsys.readouterr())


@pytest.fixture
def bare(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Here]:
    """sgsync in an empty folder, without any setting."""
    handlers, level = logging.root.handlers, logging.root.level
    on_signal = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.chdir(tmp_path)
    for name in WIDE.keys() | {"SGSYNC_DATABASE_URL", "SGSYNC_DATABASE_URL_FILE", "SGSYNC_API_URL"}:
        monkeypatch.delenv(name, raising=False)
    yield Here(monkeypatch, capsys)
    logging.root.handlers = handlers
    logging.root.setLevel(level)
    for number, handler in on_signal.items():
        signal.signal(number, handler)


@pytest.fixture
def sgsync(scene: Scene, bare: Here, monkeypatch: pytest.MonkeyPatch) -> Here:
    """sgsync with the scene's database and feed."""
    for name, value in settings_of(scene).items():
        monkeypatch.setenv(name, value)
    return bare


@pytest.fixture
def process(nursery: Nursery, tmp_path: Path) -> Sgsync:
    """sgsync as a process of its own, without any setting."""
    return Sgsync(nursery, tmp_path)
