"""Command lines that are real processes and start in milliseconds: forked from one that has loaded sgsync.

The tests have threads, from which a fork is unsafe; this process has none. Run as a program, it takes jobs
from the socket that is its stdin, and tells there what became of each.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

from tests.cli.conftest import Finished

CHECKOUT = Path(__file__).parents[2]
_UNWANTED = ("SGSYNC_", "PG", "FORCE_COLOR", "TTY_", "COLUMNS")
_LONGEST_JOB = 65_536
_PAUSE = 0.005


@dataclass
class Ended(Finished):
    """A command line that has ended, by itself or by a signal (then `exit_code` is negative)."""

    peak_bytes: int = 0


@dataclass
class Running:
    """A command line under way."""

    pid: int
    _end: "Future[tuple[int, int]]"
    _stdout: Path
    _stderr: Path

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float = 120) -> Ended:
        status, kilobytes = self._end.result(timeout)
        stdout, stderr = (
            file.read_bytes().decode(errors="backslashreplace") for file in (self._stdout, self._stderr)
        )
        return Ended(os.waitstatus_to_exitcode(status), stdout, stderr, kilobytes * 1024)


@dataclass
class Nursery:
    """Starts command lines with an environment of their own in a folder of their own."""

    wire: socket.socket
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)
    _starting: threading.Lock = field(default_factory=threading.Lock)
    _pids: "Future[int]" = field(default_factory=Future)
    _ends: dict[int, "Future[tuple[int, int]]"] = field(default_factory=dict)

    def __call__(self, *arguments: str, **settings: str) -> Ended:
        return self.start(*arguments, **settings).wait()

    def start(self, *arguments: str, **settings: str) -> Running:
        return self.start_on(None, *arguments, is_fresh=False, **settings)

    def measured(self, *arguments: str, **settings: str) -> Ended:
        """Run a process of its own from its first instruction on, so that its memory is its own, too."""
        return self.start_on(None, *arguments, is_fresh=True, **settings).wait()

    def start_on(
        self, terminal: int | None, *arguments: str, is_fresh: bool = False, **settings: str
    ) -> Running:
        """Start `sgsync` with `arguments`; all three streams are the `terminal`, where one is given."""
        job = {
            "arguments": arguments,
            "is_fresh": is_fresh,
            "environment": environment(self.folder) | self.settings | settings,
            "folder": str(self.folder),
        }
        number = next(self._numbers)
        outputs = [self.folder / f"{number}.{name}" for name in ("stdout", "stderr")]
        with (
            Path(os.devnull).open("rb") as nothing,
            outputs[0].open("wb") as out,
            outputs[1].open("wb") as log,
        ):
            streams = [nothing, out, log] if terminal is None else [terminal] * 3
            pid = self._ask(
                job, [stream if isinstance(stream, int) else stream.fileno() for stream in streams]
            )
        return Running(pid, self._ends[pid], *outputs)

    def _ask(self, job: Mapping[str, Any], streams: list[int]) -> int:
        with self._starting:
            self._pids = Future()
            socket.send_fds(self.wire, [json.dumps(job).encode() + b"\n"], streams)
            return self._pids.result(timeout=20)

    def listen(self) -> None:
        """Take the news of jobs, until the process ends."""
        with self.wire.makefile("r", encoding="utf-8") as lines:
            for line in lines:
                news = json.loads(line)
                if "status" in news:
                    self._ends[news["pid"]].set_result((news["status"], news["kilobytes"]))
                else:
                    self._ends[news["pid"]] = Future()
                    self._pids.set_result(news["pid"])


def environment(home: Path) -> dict[str, str]:
    """This process's environment without what could configure sgsync or decorate its output."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_UNWANTED)}
    return kept | {"HOME": str(home), "NO_COLOR": "1", "PYTHONUTF8": "1"}


@contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    ours, theirs = socket.socketpair()
    program = [sys.executable, "-m", __name__]
    with ours, subprocess.Popen(program, cwd=CHECKOUT, stdin=theirs.fileno()) as process:
        theirs.close()
        made = Nursery(ours, folder)
        listener = threading.Thread(target=made.listen, daemon=True)
        listener.start()
        try:
            yield made
        finally:
            ours.shutdown(socket.SHUT_WR)
            process.wait(20)
            listener.join(20)


def _serve(wire: socket.socket) -> None:
    jobs: dict[int, None] = {}
    is_open = True
    while is_open or jobs:
        readable, _, _ = select.select([wire] if is_open else [], [], [], _PAUSE)
        if readable:
            message, streams, _, _ = socket.recv_fds(wire, _LONGEST_JOB, 3)
            is_open = bool(message)
            if message:
                jobs[_fork(wire, json.loads(message), streams)] = None
            else:
                for pid in jobs:
                    os.kill(pid, signal.SIGKILL)
        while jobs:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if not pid:
                break
            del jobs[pid]
            _tell(wire, pid=pid, status=status, kilobytes=usage.ru_maxrss)


def _fork(wire: socket.socket, job: Mapping[str, Any], streams: list[int]) -> int:
    pid = os.fork()
    if not pid:
        wire.close()
        _run(job, streams)
    for stream in streams:
        os.close(stream)
    _tell(wire, pid=pid)
    return pid


def _tell(wire: socket.socket, **news: int) -> None:
    wire.sendall(json.dumps(news).encode() + b"\n")


def _run(job: Mapping[str, Any], streams: list[int]) -> NoReturn:
    from sgsync.cli.app import main  # noqa: PLC0415 - loaded already

    code: object = 1
    try:
        for place, stream in enumerate(streams):
            os.dup2(stream, place)
        for stream in streams:
            os.close(stream)
        os.chdir(job["folder"])
        if job["is_fresh"]:
            program = [sys.executable, "-m", "sgsync", *job["arguments"]]
            os.execve(sys.executable, program, job["environment"])
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - they outlive this
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        os.environ.clear()
        os.environ.update(job["environment"])
        sys.argv = ["sgsync", *job["arguments"]]
        main()
    except SystemExit as error:
        code = error.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def _load() -> None:
    """What the commands import when they run."""
    import sgsync.administration  # noqa: PLC0415
    import sgsync.cli.app  # noqa: PLC0415
    import sgsync.cli.render  # noqa: PLC0415
    import sgsync.database.migrations  # noqa: PLC0415
    import sgsync.linking  # noqa: PLC0415
    import sgsync.operations  # noqa: PLC0415
    import sgsync.placeholders  # noqa: F401, PLC0415


if __name__ == "__main__":
    _load()
    with socket.socket(fileno=os.dup(0)) as _wire:
        _serve(_wire)
