"""`sgsync tournaments`, `sgsync migrate` and `sgsync --help`."""

import subprocess
import sys

import pytest

from tests.command_line import Sgsync
from tests.consumers import watch_updates
from tests.postgres import MakeDatabase, connect
from tests.scene import Scene

SYNC = "SELECT speedgaming_enabled, speedgaming_event_slug FROM tournament WHERE id = %s"
HEAVY = {"sqlalchemy", "httpx", "pydantic", "pydantic_settings", "psycopg", "alembic"}


@pytest.fixture
def off(scene: Scene) -> int:
    """A tournament that is not synced and has no event."""
    return scene.add_tournament(None, enabled=False, name="Qualifier")


def test_tournaments_shows_which_are_synced(scene: Scene, off: int, sgsync: Sgsync) -> None:
    scene.import_all()
    finished = sgsync("tournaments")
    assert (finished.exit_code, finished.stderr) == (0, "")
    _, season, qualifier = (line.split() for line in finished.stdout.splitlines())
    assert {"1", "Season", "9", "The", "League", "alttprleague", "on", "8"} <= set(season)
    assert {str(off), "Qualifier", "off"} <= set(qualifier)
    assert scene.count("tournament") == 2


def test_tournaments_as_json(scene: Scene, off: int, sgsync: Sgsync) -> None:
    document = sgsync("tournaments", "--json").document
    assert document["schema"] == 1
    assert document["tournaments"][1] == {
        "id": off,
        "name": "Qualifier",
        "organization": "The League",
        "slug": None,
        "enabled": False,
        "active": True,
        "synced_since": None,
        "episodes": 0,
    }
    assert scene.count("tournament") == 2


def test_enable_turns_the_sync_on(scene: Scene, off: int, sgsync: Sgsync) -> None:
    with connect(scene.url) as connection:
        watch_updates(connection)
    scene.execute("UPDATE tournament SET speedgaming_event_slug = 'other' WHERE id = 1")
    finished = sgsync("tournaments", "enable", str(off), "--slug", "alttprleague")
    assert finished.exit_code == 0
    assert finished.stderr.startswith("INFO: Enabled tournament")
    assert scene.rows(SYNC, off) == [(True, "alttprleague")]
    assert scene.rows("SELECT id, moved FROM watch.updates") == [(off, True)]


def test_enable_says_who_shares_the_event(scene: Scene, off: int, sgsync: Sgsync) -> None:
    finished = sgsync("tournaments", "enable", str(off), "--slug", "alttprleague")
    shared = "for event 'alttprleague' too: the event's episodes go to tournament 1"
    assert finished.lines[0] == f"WARNING: Tournament 1 asks {shared}"
    third = scene.add_tournament(None, enabled=False)
    finished = sgsync("tournaments", "enable", str(third), "--slug", "alttprleague")
    assert finished.lines[0] == f"WARNING: Tournaments 1, {off} ask {shared}"


def test_enable_refuses_an_event_that_speedgaming_does_not_know(
    scene: Scene, off: int, sgsync: Sgsync
) -> None:
    before = scene.dump()
    finished = sgsync("tournaments", "enable", str(off), "--slug", "nobody-knows-this")
    assert (finished.exit_code, len(finished.lines)) == (1, 1)
    assert "nobody-knows-this" in finished.stderr
    assert scene.dump() == before


def test_disable_keeps_matches_and_slug(scene: Scene, sgsync: Sgsync) -> None:
    scene.import_all()
    finished = sgsync("tournaments", "disable", "1")
    assert finished.exit_code == 0
    assert scene.rows(SYNC, 1) == [(False, "alttprleague")]
    assert scene.count('"match"') == 8


def test_migrate_makes_a_database_ready_and_can_be_run_again(
    make_database: MakeDatabase, bare: Sgsync
) -> None:
    url = make_database(start="empty", migrated=False).replace("+psycopg", "", 1)
    told = bare("migrate", SGSYNC_DATABASE_URL=url)
    assert (told.exit_code, told.stdout, len(told.lines)) == (0, "", 1)
    assert told.stderr.startswith("INFO: ")
    silent = bare("migrate", "--quiet", SGSYNC_DATABASE_URL=url)
    assert (silent.exit_code, silent.stdout, silent.stderr) == (0, "", "")
    with connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM sgsync.run").fetchall() == [(0,)]


def test_migrate_sql_prints_a_script_and_needs_no_database(bare: Sgsync) -> None:
    finished = bare("migrate", "--sql")
    assert (finished.exit_code, finished.stderr) == (0, "")
    assert "CREATE SCHEMA" in finished.stdout
    assert "alembic_version" in finished.stdout


@pytest.mark.parametrize(
    "command", [(), ("import-all",), ("placeholders", "prune"), ("tournaments", "enable")]
)
def test_help_in_a_pipe_is_plain_text(bare: Sgsync, command: tuple[str, ...]) -> None:
    shown = bare(*command, "--help").stdout
    assert shown.startswith("Usage: sgsync")
    assert "<bool>" not in shown
    assert shown.isascii()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    assert HEAVY.isdisjoint(loaded_modules(arguments))


@pytest.mark.parametrize("arguments", [["import-all", "--help"], ["tournaments", "-h"]])
def test_the_help_of_a_command_loads_nothing_heavy_of_ours(arguments: list[str]) -> None:
    typers_own = {"pydantic"}
    assert (HEAVY - typers_own).isdisjoint(loaded_modules(arguments))


def loaded_modules(arguments: list[str]) -> list[str]:
    program = (
        "import sys\n"
        "from sgsync.cli.app import main\n"
        "try:\n    main()\n"
        "finally:\n    print(*sys.modules, file=sys.stderr)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    assert finished.stdout
    return finished.stderr.split()
