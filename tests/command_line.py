"""sgsync as users run it: a process of its own, in a folder of its own, with settings of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from tests.nursery import End, Job, Nursery

if TYPE_CHECKING:
    from concurrent.futures import Future

_UNWANTED = ("SGSYNC_", "PG", "FORCE_COLOR", "TTY_", "COLUMNS")


@dataclass
class Finished:
    """A command line that has ended, by itself or by a signal (then `exit_code` is negative)."""

    exit_code: int
    stdout: str
    stderr: str
    peak_bytes: int = 0

    @property
    def document(self) -> Any:
        return json.loads(self.stdout)

    @property
    def lines(self) -> list[str]:
        return self.stderr.splitlines()


@dataclass
class Running:
    """A command line under way."""

    pid: int
    _end: "Future[End]"
    _outputs: ExitStack
    _stdout: IO[bytes]
    _stderr: IO[bytes]

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float = 120) -> Finished:
        with self._outputs:
            end = self._end.result(timeout)
            texts = (_text(self._stdout), _text(self._stderr))
            return Finished(os.waitstatus_to_exitcode(end.status), *texts, end.kilobytes * 1024)


def _text(output: IO[bytes]) -> str:
    output.seek(0)
    return output.read().decode(errors="backslashreplace")


@dataclass
class Sgsync:
    """The command line. Its processes are quick to start, but for those that have to be `fresh`."""

    nursery: Nursery
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, **settings: str) -> Finished:
        return self.start(*arguments, **settings).wait()

    def fresh(self, *arguments: str, **settings: str) -> Finished:
        """Run a process with a start and a memory of its own."""
        return self.start_on(None, *arguments, is_fresh=True, **settings).wait()

    def start(self, *arguments: str, **settings: str) -> Running:
        return self.start_on(None, *arguments, is_fresh=False, **settings)

    def start_on(
        self, terminal: int | None, *arguments: str, is_fresh: bool = False, **settings: str
    ) -> Running:
        """Start a command line; all three streams are the `terminal`, where one is given."""
        job = Job(arguments, str(self.folder), self._environment(settings), is_fresh)
        outputs = ExitStack()
        stdout, stderr = (outputs.enter_context(TemporaryFile()) for _ in range(2))  # noqa: SIM115 - read later
        with Path(os.devnull).open("rb") as nothing:
            own = [nothing.fileno(), stdout.fileno(), stderr.fileno()]
            pid, end = self.nursery.start(job, own if terminal is None else [terminal] * 3)
        return Running(pid, end, outputs, stdout, stderr)

    @contextmanager
    def started(self, *arguments: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
        """A fresh process, to be read from and to be sent signals while it runs."""
        process = subprocess.Popen(
            [sys.executable, "-m", "sgsync", *arguments],
            cwd=self.folder,
            env=self._environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        """This process's environment without what could configure sgsync or decorate its output."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_UNWANTED)}
        own = {"HOME": str(self.folder), "NO_COLOR": "1", "PYTHONUTF8": "1"}
        return kept | own | self.settings | settings
