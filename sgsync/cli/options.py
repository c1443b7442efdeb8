"""The options that several commands share."""

from enum import StrEnum
from typing import Annotated

import typer


class LogFormat(StrEnum):
    """The same words as in the settings, which a command line without work to do need not load."""

    TEXT = "text"
    JSON = "json"


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done and write nothing.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Log problems only.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log everything; show tracebacks.")]
LogFormatOption = Annotated[
    LogFormat | None, typer.Option("--log-format", help="The form of the log on stderr.", show_default=False)
]
Update = Annotated[
    bool | None,
    typer.Option("--update/--no-update", help="Let known matches follow SpeedGaming.", show_default=False),
]
WindowPast = Annotated[
    str | None,
    typer.Option(
        help="How far back the schedule is asked for, such as 2h.", metavar="DURATION", show_default=False
    ),
]
WindowFuture = Annotated[
    str | None,
    typer.Option(
        help="How far ahead the schedule is asked for, such as 30d.", metavar="DURATION", show_default=False
    ),
]
DeadlineOption = Annotated[
    str | None,
    typer.Option(
        "--deadline",
        help="When to stop asking SpeedGaming, such as 4m.",
        metavar="DURATION",
        show_default=False,
    ),
]
RandomDelay = Annotated[
    str | None,
    typer.Option(
        "--random-delay",
        help="Wait up to so long before, such as 30s, so that not everybody asks at the same second."
        " Not on a terminal.",
        metavar="DURATION",
        show_default=False,
    ),
]
