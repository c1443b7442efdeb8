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
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple, NoReturn

CHECKOUT = Path(__file__).parents[1]
_LONGEST_JOB = 65_536
_PAUSE = 0.005


@dataclass(frozen=True)
class Job:
    """A command line to run; `is_fresh` asks for a process of its own from its first instruction on."""

    arguments: tuple[str, ...]
    folder: str
    environment: dict[str, str]
    is_fresh: bool


class End(NamedTuple):
    """How a process ended, as `os.wait4` has it."""

    status: int
    kilobytes: int


@dataclass
class Nursery:
    """Starts processes, and hears of their ends."""

    wire: socket.socket
    _starting: threading.Lock = field(default_factory=threading.Lock)
    _pids: "Future[int]" = field(default_factory=Future)
    _ends: dict[int, "Future[End]"] = field(default_factory=dict)

    def start(self, job: Job, streams: list[int]) -> tuple[int, "Future[End]"]:
        """Start a process on these three streams: its number, and its end to come."""
        with self._starting:
            self._pids = Future()
            socket.send_fds(self.wire, [json.dumps(asdict(job)).encode() + b"\n"], streams)
            pid = self._pids.result(timeout=20)
        return pid, self._ends[pid]

    def listen(self) -> None:
        """Take the news of jobs, until the process ends."""
        with self.wire.makefile("r", encoding="utf-8") as lines:
            for line in lines:
                news = json.loads(line)
                if "status" in news:
                    self._ends[news["pid"]].set_result(End(news["status"], news["kilobytes"]))
                else:
                    self._ends[news["pid"]] = Future()
                    self._pids.set_result(news["pid"])


@contextmanager
def nursery() -> Iterator[Nursery]:
    ours, theirs = socket.socketpair()
    program = [sys.executable, "-m", __name__]
    with ours, subprocess.Popen(program, cwd=CHECKOUT, stdin=theirs.fileno()) as process:
        theirs.close()
        made = Nursery(ours)
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
                jobs[_fork(wire, Job(**json.loads(message)), streams)] = None
            else:
                for pid in jobs:
                    os.kill(pid, signal.SIGKILL)
        while jobs:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if not pid:
                break
            del jobs[pid]
            _tell(wire, pid=pid, status=status, kilobytes=usage.ru_maxrss)


def _fork(wire: socket.socket, job: Job, streams: list[int]) -> int:
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


def _run(job: Job, streams: list[int]) -> NoReturn:
    from sgsync.cli.app import main  # noqa: PLC0415 - loaded already

    code: object = 1
    try:
        for place, stream in enumerate(streams):
            os.dup2(stream, place)
        for stream in streams:
            os.close(stream)
        os.chdir(job.folder)
        if job.is_fresh:
            program = [sys.executable, "-m", "sgsync", *job.arguments]
            os.execve(sys.executable, program, job.environment)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - they outlive this
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        os.environ.clear()
        os.environ.update(job.environment)
        sys.argv = ["sgsync", *job.arguments]
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
