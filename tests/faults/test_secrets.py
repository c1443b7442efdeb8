"""A password is in none of the ways out: every command, every verbosity, right, wrong and malformed, tracebacks included.

tests/cli/test_failures.py has the settings alone, tests/fetch/test_client.py the feed's own credentials.
"""

import contextlib
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any
from urllib.parse import quote

import pytest
import typer

from sgsync.cli.app import app
from tests.command_line import Finished, Sgsync
from tests.faults.effort import some_of
from tests.faults.stories import schedules, settings_for
from tests.postgres import Databases
from tests.scene import LEAGUE, LIVE, Scene, scene_on, with_league

# The plain part is what is looked for: however a password is quoted or cut, it would still show.
CANARY = "canary7f3a"
SPECIAL = f"p@ss/w#rd?%:{CANARY}[&=é'\"\\ x"
VERBOSITIES = ("--verbose", "", "--quiet", "--log-format json", "--verbose --log-format json")
BOUNDED = 30
"""How many combinations of a command, a setting and a verbosity are tried."""

NOWHERE = "127.0.0.1:9"
# What a command needs to get past its own arguments.
ARGUMENTS = {
    "import": "1",
    "history": "74611",
    "explain": "74611",
    "link-placeholder": "sg_4377 --user 1 --yes",
    "tournaments enable": "1 --slug alttprleague",
    "tournaments disable": "1",
    "placeholders prune": "--older-than 30d",
    "fetch": "alttprleague",
}
NOT_ASKED = {"demo"}  # has servers of its own, and reads no settings: see the test of it


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command of the program, as it is typed; those that do something without a subcommand, too."""
    for name, command in group.commands.items():
        here = (*path, name)
        if getattr(command, "commands", None):
            yield from commands(command, here)
            if not command.invoke_without_command:
                continue
        yield " ".join(here)


COMMANDS = sorted(set(commands(typer.main.get_command(app))) - NOT_ASKED)

Settings = dict[str, str]


def malformed() -> Iterator[tuple[str, Settings]]:
    for name, url in {
        "port": f"postgresql://me:{CANARY}@localhost:port/app",
        "at": f"postgresql://me:{CANARY}@half@localhost/app",
        "slash": f"postgresql://me:1/{CANARY}@localhost/app",
        "question mark": f"postgresql://me:1?{CANARY}@localhost/app",
        "hash": f"postgresql://me:1#{CANARY}@localhost/app",
        "bracket": f"postgresql://me:[{CANARY}@localhost/app",
        "no database": f"postgresql://me:{CANARY}@localhost",
        "no scheme": f"me:{CANARY}@localhost/app",
        "conninfo": f"host=localhost password={CANARY}",
        "another scheme": f"mysql://me:{CANARY}@localhost/app",
        "two hosts": f"postgresql://me:{CANARY}@a:1,b:2/app",
        "bad percent": f"postgresql://me:%zz{CANARY}@{NOWHERE}/app",
        "unknown option": f"postgresql://me:{CANARY}@{NOWHERE}/app?bogus={CANARY}",
        "bad option": f"postgresql://me:x@{NOWHERE}/app?connect_timeout=5&password={CANARY}&sslmode=sure",
        "not UTF-8": f"postgresql://me:{CANARY}\udcff@{NOWHERE}/app",
        "special": f"postgresql://me:{SPECIAL}@{NOWHERE}/app",
        "newline": f"postgresql://me:x\n{CANARY}@{NOWHERE}/app",
    }.items():
        yield f"malformed: {name}", {"SGSYNC_DATABASE_URL": url}


def in_feed_url(url: str) -> Settings:
    return {"SGSYNC_DATABASE_URL": url, "SGSYNC_API_URL": f"http://me:{CANARY}@{NOWHERE}/api?key={CANARY}"}


@contextmanager
def refusing_postgres() -> Iterator[str]:
    """The address of a server that asks for the password in the clear, and then says that it is wrong."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client:
                    _refuse(client)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def _refuse(client: socket.socket) -> None:
    client.settimeout(5)
    while (startup := client.recv(4096)) and startup[4:8] in {
        struct.pack("!i", 80877103),
        struct.pack("!i", 80877104),
    }:
        client.sendall(b"N")  # no encryption here
    client.sendall(b"R" + struct.pack("!ii", 8, 3))
    assert CANARY.encode() in client.recv(4096), "the password did not get there"
    fields = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "me"\0\0'
    client.sendall(b"E" + struct.pack("!i", 4 + len(fields)) + fields)


@pytest.fixture(scope="module")
def right_url(databases: Databases) -> Iterator[str]:
    """A database that lets in whoever knows the password (or any other: nobody asks)."""
    url = databases.create("app", migrated=True)
    with_league(Scene(url), LEAGUE, LIVE)
    yield url
    databases.drop(url)


def with_password(url: str, password: str = CANARY) -> str:
    """`url` with a password that its server does not ask for."""
    plain = url.replace("+psycopg", "", 1)
    separator = "&" if "?" in plain else "?"
    return f"{plain}{separator}password={quote(password, safe='')}"


@pytest.fixture
def ways_in(right_url: str, tmp_path: Path) -> Iterator[Mapping[str, Settings]]:
    """Every way in which a password can reach the program, by its name."""
    with refusing_postgres() as address:
        wrong = f"postgresql://me:{CANARY}@{address}/app"
        file = tmp_path / "secret"
        file.write_text(wrong + "\n", encoding="utf-8")
        broken_file = tmp_path / "broken"
        broken_file.write_bytes(b"postgresql://me:\xff" + CANARY.encode())
        yield {
            "right": {"SGSYNC_DATABASE_URL": with_password(right_url)},
            "right and special": {"SGSYNC_DATABASE_URL": with_password(right_url, SPECIAL)},
            "wrong": {"SGSYNC_DATABASE_URL": wrong},
            "wrong and special": {
                "SGSYNC_DATABASE_URL": f"postgresql://me:{quote(SPECIAL, safe='')}@{address}/app"
            },
            "in the server's own variable": {
                "SGSYNC_DATABASE_URL": f"postgresql://me@{address}/app",
                "PGPASSWORD": CANARY,
            },
            "in a file": {"SGSYNC_DATABASE_URL_FILE": str(file)},
            "in a file that is no text": {"SGSYNC_DATABASE_URL_FILE": str(broken_file)},
            "in place of a file": {"SGSYNC_DATABASE_URL_FILE": wrong},
            "to nobody": {"SGSYNC_DATABASE_URL": f"postgresql://me:{CANARY}@{NOWHERE}/app"},
            "to the feed": in_feed_url(with_password(right_url)),
            "to a feed that is no text": in_feed_url(with_password(right_url))
            | {"SGSYNC_API_URL": f"http://me:{CANARY}\udcff@{NOWHERE}/api"},
            "in .env": {".env": f"SGSYNC_DATABASE_URL={wrong}\n"},
            "in a broken .env": {".env": f"SGSYNC_DATABASE_URL='{wrong}\nSGSYNC_DEADLINE=soon"},
            "in sgsync.toml": {"sgsync.toml": f'database_url = "{wrong}"\n'},
            "in a broken sgsync.toml": {"sgsync.toml": f'database_url = "{wrong}\n'},
            "as a list in sgsync.toml": {"sgsync.toml": f'database_url = ["{wrong}"]\ndeadline = "soon"\n'},
            **dict(malformed()),
        }


def run(sgsync: Sgsync, command: str, settings: Settings, verbosity: str) -> Finished:
    """With settings from the environment, or from files by their name."""
    nobody = {"SGSYNC_API_URL": f"http://{NOWHERE}/api", "SGSYNC_DEADLINE": "0.1s"}
    variables = nobody | {name: value for name, value in settings.items() if name.isupper()}
    for name in (".env", "sgsync.toml"):
        (sgsync.folder / name).unlink(missing_ok=True)
        if name in settings:
            (sgsync.folder / name).write_text(settings[name], encoding="utf-8")
    arguments = f"{command} {ARGUMENTS.get(command, '')} {verbosity}".split()
    return sgsync(*arguments, **variables)


def test_a_password_is_never_shown(sgsync: Sgsync, ways_in: Mapping[str, Settings]) -> None:
    everything = [
        (command, way, verbosity) for way in ways_in for command in COMMANDS for verbosity in VERBOSITIES
    ]
    seldom = some_of(everything, BOUNDED, about="secrets")
    # Import-all and the most talkative form always: that is what cron mails and people post.
    for command, way, verbosity in {*seldom, *(("import-all", way, "--verbose") for way in ways_in)}:
        ended = run(sgsync, command, ways_in[way], verbosity)
        about = f"{command} {verbosity}, {way}: {ended.exit_code}\n{ended.stdout}{ended.stderr}"
        assert CANARY not in ended.stdout + ended.stderr, about
        assert "does not know" not in ended.stderr, about
        assert ended.exit_code in {0, 1, 2, 3, 4, 5}, about


def test_every_command_was_tried_with_arguments_that_it_takes(sgsync: Sgsync, right_url: str) -> None:
    for command in COMMANDS:
        ended = run(sgsync, command, {"SGSYNC_DATABASE_URL": with_password(right_url)}, "")
        assert "Usage:" not in ended.stderr, (command, ended.stderr)


def test_a_password_is_in_no_row_and_in_no_session(
    right_url: str, databases: Databases, sgsync: Sgsync
) -> None:
    url = databases.copy(right_url)
    sessions: list[str] = []
    with scene_on(url) as scene:
        scene.episodes = schedules()
        look = "SELECT to_jsonb(session)::text FROM pg_stat_activity AS session WHERE application_name = 'sgsync'"
        scene.on_request = lambda: sessions.extend(scene.column(look))
        settings = settings_for(url, scene.feed_url) | {"SGSYNC_DATABASE_URL": with_password(url)}
        assert sgsync("import-all", "--verbose", **settings).exit_code == 0
        user = scene.add_user(4711)
        assert sgsync("link-placeholder", "sg_4377", "--user", str(user), "--yes", **settings).exit_code == 0
        assert sgsync("import-all", **(settings | in_feed_url(with_password(url)))).exit_code == 5
        rows = [str(row) for table in scene.dump().values() for row in table]
    assert sessions
    assert len(rows) > 100
    assert [text for text in (*sessions, *rows) if CANARY in text] == []
    databases.drop(url)


def test_the_demo_shows_none_either(sgsync: Sgsync) -> None:
    # Started by root, its server runs as somebody who must be able to enter the folder.
    with TemporaryDirectory(prefix="sgsync-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        database = f"postgresql://me:{CANARY}@{NOWHERE}/app"
        ended = sgsync("demo", "--folder", folder, SGSYNC_DATABASE_URL=database, PGPASSWORD=CANARY)
    assert ended.exit_code == 0, ended.stderr
    assert CANARY not in ended.stdout + ended.stderr
