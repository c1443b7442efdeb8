"""The demo: one command on a fresh machine, and the same again."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from sgsync.demo.server import running_postgres

Demo = subprocess.Popen[str]

EVERYTHING_IMPORTED = "8 imported, 2 skipped", "16 imported, 0 skipped"
NOTHING_NEW = "0 imported, 10 skipped", "0 imported, 16 skipped"


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[Demo]:
    command = [sys.executable, "-m", "sgsync", "demo", "--folder", str(folder), *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SGSYNC_")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=folder.parent
    ) as process:
        yield process


def run_demo(folder: Path, *options: str) -> tuple[str, str]:
    with demo(folder, *options) as process:
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    return stdout, stderr


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not in pytest's own folder, which root's server, running as somebody else, could not enter.
    with TemporaryDirectory(prefix="sgsync-demo-", dir="/tmp") as parent:
        Path(parent).chmod(0o755)
        yield Path(parent) / "demo"


def test_the_demo_shows_the_real_import_and_the_second_one_writes_nothing(folder: Path) -> None:
    stdout, stderr = run_demo(folder)
    assert all(counts in stderr for counts in EVERYTHING_IMPORTED)
    assert "Aurelio, bitwingtv*" in stdout
    assert "commentator tinker* (?)" in stdout
    assert "sgsync demo --serve" in stdout
    again, stderr = run_demo(folder)
    assert all(counts in stderr for counts in NOTHING_NEW)
    assert again == stdout


def test_a_reset_starts_over(folder: Path) -> None:
    run_demo(folder)
    _, stderr = run_demo(folder, "--reset")
    assert all(counts in stderr for counts in EVERYTHING_IMPORTED)


def test_a_served_demo_can_be_used_by_every_other_command_until_it_is_stopped(folder: Path) -> None:
    with demo(folder, "--serve") as process:
        assert process.stdout is not None
        settings = read_exports(process.stdout)
        move_first_episode(folder / "feed" / "alttprleague.json")
        environment = {**os.environ, **settings, "SGSYNC_REQUEST_INTERVAL": "0s"}
        command = [sys.executable, "-m", "sgsync", "import-all", "--json"]
        imported = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert json.loads(imported.stdout)["totals"]["updated"] == 1
        second = subprocess.run(
            [sys.executable, "-m", "sgsync", "demo", "--folder", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (second.returncode, "A demo is running" in second.stderr) == (1, True)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    assert (process.returncode, "ERROR" in stderr) == (0, False), "that is how it is meant to end"
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(settings["SGSYNC_DATABASE_URL"])


def test_the_commands_that_the_demo_shows_can_be_copied(folder: Path) -> None:
    stdout, _ = run_demo(folder)
    commands = commands_in(stdout.splitlines())
    with demo(folder, "--serve") as process:
        assert process.stdout is not None
        environment = {**os.environ, **read_exports(process.stdout), "SGSYNC_REQUEST_INTERVAL": "0s"}
        assert commands_in(until_the_last_hint(process.stdout)) == commands
        for arguments in commands:
            is_asked = ["--yes"] if arguments[0] == "link-placeholder" else []
            told = subprocess.run(
                [sys.executable, "-m", "sgsync", *arguments, *is_asked],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert told.returncode == 0, (arguments, told.stderr)
            assert told.stdout + told.stderr
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    names = {arguments[0] for arguments in commands}
    assert names >= {"status", "doctor", "explain", "history", "fetch", "placeholders", "link-placeholder"}


def test_a_feed_without_episodes_answers_as_the_site_does(folder: Path) -> None:
    run_demo(folder)
    for file in (folder / "feed").glob("*.json"):
        file.write_text("[]", encoding="utf-8")
    with demo(folder, "--serve") as process:
        assert process.stdout is not None
        environment = {**os.environ, **read_exports(process.stdout)}

        def fetched(slug: str) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-m", "sgsync", "fetch", slug, "--json"]
            return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

        assert json.loads(fetched("alttprleague").stdout) == []
        assert "Failed to find event." in fetched("nobody-knows-this").stderr
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_a_database_of_another_version_is_told_with_the_way_out(folder: Path) -> None:
    run_demo(folder)
    with running_postgres(folder / "postgres") as url, psycopg.connect(url) as connection:
        connection.execute("UPDATE sgsync.alembic_version SET version_num = '9999'")
    with demo(folder) as process:
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 4
    assert stderr.startswith("ERROR: ")
    assert "9999" in stderr
    assert "`sgsync demo --reset`" in stderr
    _, stderr = run_demo(folder, "--reset")
    assert all(counts in stderr for counts in EVERYTHING_IMPORTED)


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
