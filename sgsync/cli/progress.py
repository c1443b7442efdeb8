"""Whether what takes long shows how it gets on."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sgsync.run import Watcher


@contextmanager
def progress_of(*, quiet: bool) -> Iterator["Watcher | None"]:
    """A watcher that draws a bar while the block runs; None where nobody would see it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from sgsync.cli.render_progress import progress_bar

    with progress_bar() as watcher:
        yield watcher


@contextmanager
def waiting(text: str, *, quiet: bool) -> Iterator[None]:
    """Show on a terminal what is waited for, as long as the block runs. Nothing is logged meanwhile."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(text, spinner="line"):
        yield
