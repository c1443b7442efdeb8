"""`--random-delay`: cron's machines do not all ask at the same second, and a terminal does not wait."""

import signal
import sys
from datetime import timedelta

import pytest

from sgsync.cli import console
from tests.command_line import Sgsync
from tests.scene import Scene
from tests.telling.receiver import Receiver


@pytest.mark.parametrize("is_terminal", [False, True])
def test_only_where_nobody_waits(monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal, raising=False)
    pauses: list[float] = []
    for _ in range(20):
        console.linger(timedelta(seconds=30), pauses.append)
    assert len(pauses) == (0 if is_terminal else 20)
    assert all(0 <= seconds <= 30 for seconds in pauses)


def test_no_delay_is_the_usual_one() -> None:
    pauses: list[float] = []
    console.linger(timedelta(0), pauses.append)
    assert pauses == []


def test_a_delayed_run_can_be_interrupted(scene: Scene, sgsync: Sgsync, receiver: Receiver) -> None:
    arguments = ("import-all", "--random-delay", "3650d", "--verbose")
    with sgsync.started(*arguments, SGSYNC_PING_URL=receiver.url) as process:
        assert process.stderr is not None
        assert "Waiting" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 130
    assert receiver.notices == []
    assert scene.count("sgsync.run") == 0


def test_whoever_looks_first_does_not_wait(sgsync: Sgsync) -> None:
    assert sgsync("import-all", "--dry-run", SGSYNC_RANDOM_DELAY="3650d").exit_code == 0
