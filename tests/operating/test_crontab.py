"""crontab.example as cron runs it: each line as it stands, silent when all is well and useful when not."""

import fcntl
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.command_line import Finished
from tests.docs.reference import CHECKOUT
from tests.operating.conftest import settings_of
from tests.scene import Scene, canned_feed, unused_url

LINES = [
    line
    for line in (CHECKOUT / "crontab.example").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
_ASSIGNMENT = re.compile(r"([A-Z]+)=(.*)")
_MOMENT = re.compile(r"(?:[-*/,0-9]+ +){5}")  # minute, hour, day, month, day of the week

ENVIRONMENT = {found[1]: found[2] for line in LINES if (found := _ASSIGNMENT.fullmatch(line))}
COMMANDS = [_MOMENT.sub("", line, count=1) for line in LINES if _MOMENT.match(line)]
IMPORT, PRUNE, STATUS = COMMANDS


@dataclass
class Cron:
    """A home with a checkout in ~/sgsync, and what cron does there with a command: no more than its own environment."""

    home: Path

    @property
    def checkout(self) -> Path:
        return self.home / "sgsync"

    def set(self, **settings: str) -> None:
        """Write the checkout's .env."""
        lines = (f"{name}='{value}'\n" for name, value in settings.items())
        (self.checkout / ".env").write_text("".join(lines), encoding="utf-8")

    def __call__(self, command: str) -> Finished:
        usual = {"HOME": str(self.home), "LOGNAME": "somebody", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
        ended = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.home,
            env=usual | ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Finished(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture
def cron(scene: Scene, tmp_path: Path) -> Cron:
    """The scene's database and feed in .env, and the program where `make demo` puts it."""
    cron = Cron(tmp_path)
    program = cron.checkout / ".venv" / "bin" / "sgsync"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{CHECKOUT}" exec "{sys.executable}" -m sgsync "$@"\n')
    program.chmod(0o755)
    cron.set(**settings_of(scene))
    return cron


@pytest.fixture
def without_database(scene: Scene, cron: Cron) -> None:
    url = unused_url(scene.url, database="nobody_made_this").replace("+psycopg", "", 1)
    cron.set(**(settings_of(scene) | {"SGSYNC_DATABASE_URL": url}))


@pytest.fixture
def without_feed(scene: Scene, cron: Cron) -> Iterator[None]:
    with canned_feed(lambda _: (503, b"")) as url:
        cron.set(**(settings_of(scene) | {"SGSYNC_API_URL": url, "SGSYNC_DEADLINE": "1s"}))
        yield


def sentence_of(finished: Finished) -> str:
    """The one line that cron would mail."""
    assert finished.stdout == ""
    (line,) = finished.lines
    return line


def test_every_line_is_a_comment_an_assignment_or_a_command() -> None:
    assert len(ENVIRONMENT) + len(COMMANDS) == len(LINES)
    assert not [command for command in COMMANDS if "%" in command]  # to cron, the end of a line


def test_cron_has_nothing_to_mail_when_all_is_well(scene: Scene, cron: Cron) -> None:
    for command in (IMPORT, PRUNE, STATUS, IMPORT):
        finished = cron(command)
        assert (finished.exit_code, finished.stdout, finished.stderr) == (0, "", ""), command
    assert scene.column("SELECT outcome FROM sgsync.run") == ["ok", "ok"]
    assert len(scene.imported_episodes()) == 8


def test_a_run_that_is_under_way_keeps_the_next_one_away_without_a_word(scene: Scene, cron: Cron) -> None:
    with (cron.checkout / ".sgsync.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        finished = cron(IMPORT)
    assert (finished.stdout, finished.stderr) == ("", "")
    assert scene.count("sgsync.run") == 0


@pytest.mark.usefixtures("without_feed")
def test_a_feed_that_is_away_is_mailed_by_the_import_and_then_by_the_status(scene: Scene, cron: Cron) -> None:
    told = cron(IMPORT)
    assert told.exit_code == 5
    assert sentence_of(told).startswith(
        "ERROR: Tournament 1 ('Season 9'): SpeedGaming has trouble of its own"
    )
    assert (cron(PRUNE).stderr, scene.count("sgsync.run")) == ("", 1)
    told = cron(STATUS)
    assert told.exit_code == 1
    assert "what `sgsync doctor` says" in sentence_of(told)


@pytest.mark.usefixtures("without_database")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_database_that_is_away_is_mailed_by_every_line(cron: Cron, command: str) -> None:
    told = cron(command)
    assert told.exit_code == 4
    assert re.match(r"ERROR: .*SGSYNC_DATABASE_URL", sentence_of(told))


def test_a_checkout_that_was_never_set_up_is_mailed(cron: Cron) -> None:
    (cron.checkout / ".venv" / "bin" / "sgsync").unlink()
    for command in COMMANDS:
        told = cron(command)
        assert told.exit_code != 0
        assert ".venv/bin/sgsync" in sentence_of(told)
