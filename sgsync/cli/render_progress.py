"""A progress bar on stderr, gone when the work is done."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column
from rich.text import Text

from sgsync.cli import logs
from sgsync.snapshot.values import Tournament
from sgsync.text import clean


class Bar:
    """The watcher of a run that moves a bar: one step per tournament."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)
        self._reached = -1

    def expects(self, tournaments: int) -> None:
        self._progress.update(self._task, total=tournaments)

    def reaches(self, tournament: Tournament) -> None:
        self._reached += 1
        self._progress.update(self._task, completed=self._reached, description=clean(tournament.name))


class _AboveTheBar(StringIO):
    """Where the log goes meanwhile. Its lines stay whole: only the terminal breaks them."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def write(self, text: str) -> int:
        self._console.print(Text(text), soft_wrap=True, end="")
        return len(text)


@contextmanager
def progress_bar() -> Iterator[Bar]:
    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    name = TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True))
    columns = (SpinnerColumn("line"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(), name)
    with Progress(*columns, console=console, transient=True, expand=True, redirect_stderr=False) as progress:
        logs.write_to(_AboveTheBar(console))
        try:
            yield Bar(progress)
        finally:
            logs.write_to(sys.stderr)
