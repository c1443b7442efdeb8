"""PgBouncer in transaction mode before a server of the tests, where it is installed."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import psycopg
from sqlalchemy import make_url

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
POOL_SIZE = 2


@contextmanager
def pgbouncer(url: str) -> Iterator[str]:
    """The URL of the same database behind a pooler with two connections."""
    assert PROGRAM
    folder = Path(mkdtemp(prefix="sgsync-", dir="/tmp"))
    port = _unused_port()
    file = folder / "pgbouncer.ini"
    file.write_text(_configuration(url, port, folder), encoding="utf-8")
    account = "nobody" if os.geteuid() == 0 else None  # it refuses to run as root
    if account:
        shutil.chown(folder, account)
    through = make_url(url).set(host="127.0.0.1", port=port, query={})
    shown = through.render_as_string(hide_password=False).replace("+psycopg", "", 1)
    with subprocess.Popen(
        [PROGRAM, "-q", file], cwd=folder, stderr=subprocess.DEVNULL, user=account
    ) as process:
        try:
            _wait_for(shown)
            yield shown
        finally:
            process.terminate()
            process.wait(20)
            shutil.rmtree(folder)


def _configuration(url: str, port: int, folder: Path) -> str:
    target = make_url(url)
    place = {
        "host": target.host or target.query.get("host", "localhost"),
        "port": target.port or 5432,
        "user": target.username or "postgres",
        **({"password": target.password} if target.password else {}),
    }
    server = " ".join(f"{key}={value}" for key, value in place.items())
    return f"""
[databases]
* = {server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {POOL_SIZE}
logfile = {folder}/log
"""


def _unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
