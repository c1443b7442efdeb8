"""The demo: one command on a fresh machine, and the same again."""

import json
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from sgsync.demo.server import running_postgres
from tests.command_line import Finished, Sgsync
from tests.nursery import Nursery

EVERYTHING_IMPORTED = "8 imported, 2 skipped", "16 imported, 0 skipped"
NOTHING_NEW = "0 imported, 10 skipped", "0 imported, 16 skipped"


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not in pytest's own folder, which root's server, running as somebody else, could not enter.
    with TemporaryDirectory(prefix="sgsync-demo-", dir="/tmp") as parent:
        Path(parent).chmod(0o755)
        yield Path(parent) / "demo"


@dataclass
class Demo:
    """`sgsync demo`, in a folder of its own."""

    sgsync: Sgsync
    folder: Path

    def __call__(self, *options: str) -> Finished:
        return self.sgsync(*self._command(options))

    def shown(self, *options: str) -> Finished:
        ended = self(*options)
        assert ended.exit_code == 0, ended.stderr
        return ended

    @contextmanager
    def served(self) -> Iterator[subprocess.Popen[str]]:
        with self.sgsync.started(*self._command(["--serve"])) as process:
            yield process

    def _command(self, options: Iterable[str]) -> tuple[str, ...]:
        return "demo", "--folder", str(self.folder), *options


@pytest.fixture
def demo(nursery: Nursery, folder: Path) -> Demo:
    return Demo(Sgsync(nursery, folder.parent), folder)


def beside(process: subprocess.Popen[str], demo: Demo) -> Sgsync:
    """sgsync with the settings that a served demo tells."""
    assert process.stdout is not None
    return replace(demo.sgsync, settings={**read_exports(process.stdout), "SGSYNC_REQUEST_INTERVAL": "0s"})


def stop(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=30)[1]


def test_the_demo_shows_the_real_import_and_the_second_one_writes_nothing(demo: Demo) -> None:
    first = demo.shown()
    assert all(counts in first.stderr for counts in EVERYTHING_IMPORTED)
    assert "Aurelio, bitwingtv*" in first.stdout
    assert "commentator tinker* (?)" in first.stdout
    assert "sgsync demo --serve" in first.stdout
    again = demo.shown()
    assert all(counts in again.stderr for counts in NOTHING_NEW)
    assert again.stdout == first.stdout


def test_a_reset_starts_over(demo: Demo) -> None:
    demo.shown()
    again = demo.shown("--reset")
    assert all(counts in again.stderr for counts in EVERYTHING_IMPORTED)


def test_a_served_demo_can_be_used_by_every_other_command_until_it_is_stopped(demo: Demo) -> None:
    with demo.served() as process:
        sgsync = beside(process, demo)
        move_first_episode(demo.folder / "feed" / "alttprleague.json")
        assert sgsync("import-all", "--json").document["totals"]["updated"] == 1
        second = demo()
        assert (second.exit_code, "A demo is running" in second.stderr) == (1, True)
        stderr = stop(process)
    assert (process.returncode, "ERROR" in stderr) == (0, False), "that is how it is meant to end"
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(sgsync.settings["SGSYNC_DATABASE_URL"])


def test_the_commands_that_the_demo_shows_can_be_copied(demo: Demo) -> None:
    commands = commands_in(demo.shown().stdout.splitlines())
    with demo.served() as process:
        sgsync = beside(process, demo)
        assert process.stdout is not None
        assert commands_in(until_the_last_hint(process.stdout)) == commands
        for arguments in commands:
            is_asked = ["--yes"] if arguments[0] == "link-placeholder" else []
            told = sgsync(*arguments, *is_asked)
            assert told.exit_code == 0, (arguments, told.stderr)
            assert told.stdout + told.stderr
        stop(process)
    names = {arguments[0] for arguments in commands}
    assert names >= {"status", "doctor", "explain", "history", "fetch", "placeholders", "link-placeholder"}


def test_a_feed_without_episodes_answers_as_the_site_does(demo: Demo) -> None:
    demo.shown()
    for file in (demo.folder / "feed").glob("*.json"):
        file.write_text("[]", encoding="utf-8")
    with demo.served() as process:
        sgsync = beside(process, demo)
        assert sgsync("fetch", "alttprleague", "--json").document == []
        assert "Failed to find event." in sgsync("fetch", "nobody-knows-this", "--json").stderr
        stop(process)


def test_a_database_of_another_version_is_told_with_the_way_out(demo: Demo) -> None:
    demo.shown()
    with running_postgres(demo.folder / "postgres") as url, psycopg.connect(url) as connection:
        connection.execute("UPDATE sgsync.alembic_version SET version_num = '9999'")
    told = demo()
    assert told.exit_code == 4
    assert told.stderr.startswith("ERROR: ")
    assert "9999" in told.stderr
    assert "`sgsync demo --reset`" in told.stderr
    again = demo.shown("--reset")
    assert all(counts in again.stderr for counts in EVERYTHING_IMPORTED)


def read_exports(lines: Iterable[str]) -> dict[str, str]:
    """The settings that a served demo tells to export."""
    found: dict[str, str] = {}
    for line in lines:
        if line.startswith("  export "):
            name, _, value = line.removeprefix("  export ").strip().partition("=")
            found[name] = value.strip("'")
        if len(found) == 2:
            return found
    raise AssertionError("the demo ended without telling its settings")


def commands_in(lines: Iterable[str]) -> list[list[str]]:
    """The arguments of each command of sgsync that is shown to be copied, but for the demo's own."""
    shown = [line.partition("#")[0].split() for line in lines if line.startswith("  sgsync ")]
    return [words[1:] for words in shown if words[1] != "demo"]


def until_the_last_hint(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if line.startswith("  psql "):
            return


def move_first_episode(file: Path) -> None:
    episodes = json.loads(file.read_text(encoding="utf-8"))
    episodes[0]["match1"]["title"] = "Moved to prime time"
    file.write_text(json.dumps(episodes), encoding="utf-8")
