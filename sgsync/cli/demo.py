"""`sgsync demo`."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    folder: Annotated[
        Path | None,
        typer.Option(help="Where the demo's database lives.", file_okay=False, show_default=False),
    ] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Keep feed and database running until Ctrl-C.")
    ] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Start over with a new database.")] = False,
) -> None:
    """Try it all with nothing set up: a database and a feed of its own, and the real import.

    Examples: sgsync demo; sgsync demo --serve
    """
    from sgsync.cli import logs
    from sgsync.demo.show import show_demo

    logs.configure()
    show_demo(folder, serve=serve, reset=reset)
