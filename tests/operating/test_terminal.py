"""What people see: in a real terminal, narrow and wide, and through a pipe."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import typer
from rich.cells import cell_len
from rich.text import Text

from sgsync.cli.app import app
from sgsync.cli.render_table import print_paragraphs, widths
from sgsync.settings import PREFIX, Settings
from tests.cli.test_administration import loaded_modules
from tests.command_line import Sgsync
from tests.operating.conftest import settings_of
from tests.postgres import Databases
from tests.scene import LEAGUE, LIVE, Scene, sample, scene_on, with_league

NARROW, WIDE = 80, 200
CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\r")
BAR = "━"

COMMANDS: Mapping[str, str] = {
    "fetch": f"fetch {LEAGUE}",
    "status": "status",
    "doctor": "doctor",
    "explain": "explain 74612",
    "tournaments": "tournaments",
    "placeholders": "placeholders",
    "import-all": "import-all",
    "dry run": "import-all --dry-run --quiet",
}
TABLES = tuple(name for name in COMMANDS if "import-all" not in COMMANDS[name])


# One process for many command lines: each of its own would load the same libraries again.
ONE_AFTER_THE_OTHER = """
import sys
from sgsync.cli.app import main

for line in sys.argv[1:]:
    sys.argv = ["sgsync", *line.split()]
    try:
        main()
    except SystemExit:
        print("\\x1e", end="", flush=True)
"""


class Terminal:
    """Command lines in a terminal so wide; everything that they show there."""

    def __init__(self, columns: int, environment: Mapping[str, str], folder: Path, *lines: str) -> None:
        self._screen, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-c", ONE_AFTER_THE_OTHER, *lines],
            cwd=folder,
            env=environment,
            stdin=inside,
            stdout=inside,
            stderr=inside,
        )
        os.close(inside)

    def read(self) -> list[str]:
        """What each of them showed."""
        return self._read_all().split("\x1e")[:-1]

    def _read_all(self) -> str:
        shown = bytearray()
        while chunk := self._chunk():
            shown += chunk
        os.close(self._screen)
        self._process.wait(timeout=30)
        return shown.decode()

    def _chunk(self) -> bytes:
        try:
            return os.read(self._screen, 65_536)
        except OSError:  # how Linux says that nobody holds the other end any more
            return b""


def environment_of(scene: Scene, **more: str) -> dict[str, str]:
    unwanted = ("SGSYNC_", "PG", "NO_COLOR", "FORCE_COLOR", "TTY_", "COLUMNS", "LINES")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return kept | {"TERM": "xterm", "PYTHONUTF8": "1"} | settings_of(scene) | more


@pytest.fixture(scope="module")
def scene(databases: Databases) -> Iterator[Scene]:
    """Two tournaments, one of them imported, one without an event."""
    url = databases.create("app", migrated=True)
    try:
        with scene_on(url) as scene:
            with_league(scene, LEAGUE, LIVE)
            scene.add_tournament(
                None, name="A tournament with a rather long name: the Qualifier of the season"
            )
            scene.episodes = sample("schedule_alttprleague") + sample("schedule_sglive")
            scene.import_all()
            # What `status` shows is still to come, whenever the tests run.
            scene.execute(
                """UPDATE "match" SET scheduled_at = greatest(scheduled_at, now() + interval '1 day')"""
            )
            yield scene
    finally:
        databases.drop(url)


Screens = Mapping[tuple[str, int], str]


@pytest.fixture(scope="module")
def screens(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Screens:
    """What each command shows at each width."""
    folder, environment = tmp_path_factory.mktemp("screens"), environment_of(scene)
    terminals = {
        columns: Terminal(columns, environment, folder, *COMMANDS.values()) for columns in (NARROW, WIDE)
    }
    return {
        (name, columns): screen
        for columns, terminal in terminals.items()
        for name, screen in zip(COMMANDS, terminal.read(), strict=True)
    }


def lines_of(screen: str) -> list[str]:
    return [line.rstrip() for line in CONTROL.sub("", screen).split("\n")]


def table_lines(screen: str) -> list[str]:
    """Without the sentences, which are the terminal's to fold: a table's lines are padded to one width."""
    return [line for line in CONTROL.sub("", screen).split("\n") if line.endswith(" ")]


@pytest.mark.parametrize("columns", [NARROW, WIDE])
@pytest.mark.parametrize("name", TABLES)
def test_tables_fit_the_terminal(screens: Screens, name: str, columns: int) -> None:
    lines = table_lines(screens[name, columns])
    assert lines
    assert max(map(cell_len, lines)) <= columns
    assert "…" not in screens[name, columns]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fetch", ["74611", "74644", "2026-11-28 18:00", "Jackalope99"]),
        ("status", ["74701", "sg_crew_88103", "alttprleague"]),
        ("doctor", [PREFIX + name.upper() for name in Settings.model_fields]),
        ("explain", ["74612", "corvidlane", "dunyazad"]),
        ("tournaments", ["alttprleague", "sglive26"]),
        ("placeholders", ["sg_crew_88103", "sg_4377"]),
    ],
)
def test_what_people_copy_stays_whole(screens: Screens, name: str, words: list[str]) -> None:
    shown = "\n".join(lines_of(screens[name, NARROW]))
    assert [word for word in words if word not in shown] == []


@pytest.mark.parametrize("name", ["fetch", "explain", "dry run"])
def test_sentences_break_between_words(screens: Screens, name: str) -> None:
    whole = {word for line in lines_of(screens[name, WIDE]) for word in line.split()}
    lines = [line for line in lines_of(screens[name, NARROW]) if not line.startswith("WARNING: ")]
    assert max(map(cell_len, lines)) <= NARROW
    assert {word for line in lines for word in line.split()} <= whole


def test_what_does_not_fit_into_a_line_goes_on_below_its_beginning(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    print_paragraphs(["    players: いずみ (user 12) vs Corvid (new placeholder)", "  short"])
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "    players: いずみ (user 12) vs",
        "      Corvid (new placeholder)",
        "  short",
    ]


def test_there_is_room_side_by_side_in_a_wide_terminal(screens: Screens) -> None:
    line = next(line for line in lines_of(screens["fetch", WIDE]) if line.startswith("74612"))
    assert re.search(r"import +2026-11-28 20:00 .* Open - Week 1 +SpeedGaming +corvidlane", line)


def test_colour_means_something(screens: Screens) -> None:
    assert "\x1b[32mimport" in screens["fetch", NARROW]
    assert "\x1b[33mheld" in screens["fetch", NARROW]
    assert "\x1b[32mok" in screens["doctor", NARROW]
    assert "\x1b[32mThe last successful" in screens["status", NARROW]


def test_a_long_import_shows_how_it_gets_on_and_cleans_up(screens: Screens) -> None:
    screen = screens["import-all", NARROW]
    assert BAR in screen
    assert "2/3" in screen
    last = CONTROL.sub("", screen.rpartition("\x1b[2K")[2])
    assert BAR not in last


def test_its_log_stands_above_the_bar_in_whole_lines(screens: Screens) -> None:
    logged = CONTROL.sub("", screens["import-all", NARROW])
    assert (
        "INFO: Held episode 74641: its time zone field says 'Europe/Berlin', so its times are not to"
        in logged
    )


def test_whoever_waits_for_doctor_sees_what_for(scene: Scene, tmp_path: Path) -> None:
    looking = "Looking at the settings, the database and SpeedGaming"
    loud, quiet = Terminal(NARROW, environment_of(scene), tmp_path, "doctor", "doctor --quiet").read()
    assert (looking in loud, looking in quiet) == (True, False)
    assert loud.index(looking) < loud.index("alttprleague")


def test_nothing_moves_where_nobody_wants_to_see_it(scene: Scene, tmp_path: Path) -> None:
    lines = ("import-all --quiet", "import-all --json")
    for screen in Terminal(NARROW, environment_of(scene), tmp_path, *lines).read():
        assert (BAR in screen, "\x1b" in screen) == (False, False)


def test_no_color_is_heeded(scene: Scene, tmp_path: Path) -> None:
    (screen,) = Terminal(NARROW, environment_of(scene, NO_COLOR="1"), tmp_path, "tournaments").read()
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", screen)
    assert "alttprleague" in screen


def test_a_pipe_gets_whole_lines_and_nothing_else(scene: Scene, process: Sgsync) -> None:
    process.settings |= {**settings_of(scene), "NO_COLOR": ""}
    shown = {name: process(*COMMANDS[name].split()) for name in ("fetch", "import-all")}
    assert "\x1b" not in "".join(each.stdout + each.stderr for each in shown.values())
    assert BAR not in shown["import-all"].stderr
    rows = [line.split()[0] for line in shown["fetch"].stdout.splitlines() if line[:1].isdigit()]
    assert rows == ["74611", "74612", "74618", "74620", "74623", "74624", "74630", "74633", "74641", "74644"]


def test_the_shell_can_complete_the_command(process: Sgsync) -> None:
    # As `--install-completion` asks, which first finds out what shell it runs in.
    script = process("", _SGSYNC_COMPLETE="source_bash")
    assert script.exit_code == 0
    assert "_sgsync_completion sgsync" in script.stdout
    words = process("", _SGSYNC_COMPLETE="complete_bash", COMP_WORDS="sgsync expl", COMP_CWORD="1")
    assert words.stdout.split() == ["explain"]


def commands(app: typer.Typer) -> Iterator[tuple[str, str]]:
    """Every command and its help."""
    for command in app.registered_commands:
        assert command.callback
        yield command.callback.__name__, command.callback.__doc__ or ""
    for group in app.registered_groups:
        assert group.typer_instance
        assert group.typer_instance.registered_callback
        assert group.typer_instance.registered_callback.callback
        yield str(group.name), group.typer_instance.registered_callback.callback.__doc__ or ""
        yield from commands(group.typer_instance)


def test_the_help_of_every_command_has_an_example() -> None:
    assert [name for name, text in commands(app) if "Example" not in text] == []


@pytest.mark.parametrize("name", ["fetch", "status", "explain", "doctor"])
def test_help_answers_before_anything_heavy_is_loaded(name: str) -> None:
    assert {"sqlalchemy", "httpx", "pydantic_settings", "psycopg"}.isdisjoint(
        loaded_modules([name, "--help"])
    )


class TestWidths:
    """How a table shares out the room that there is."""

    def of(self, *columns: tuple[str, ...], room: int) -> list[int]:
        return widths([[Text(cell) for cell in cells] for cells in columns], room)

    def test_as_wide_as_the_cells_if_that_fits(self) -> None:
        assert self.of(("ID", "74611"), ("Title", "A long title"), room=40) == [5, 12]

    def test_short_cells_stay_whole_and_long_ones_share_the_rest(self) -> None:
        title = ("Title", "a title of many words that goes on and on")
        assert self.of(("ID", "74611"), title, room=30) == [5, 25]

    @pytest.mark.parametrize("room", [1, 5, 10, 20])
    def test_never_wider_than_the_room_unless_every_column_is_down_to_one(self, room: int) -> None:
        found = self.of(("x" * 50,), ("y" * 9, "z z z"), ("",), room=room)
        assert sum(found) <= max(room, len(found))
        assert min(found) >= 1
