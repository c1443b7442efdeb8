"""`sgsync status` and `sgsync doctor`: how the sync is doing, and why it is not."""

from typing import Annotated

import typer

from sgsync.cli import options


def status(
    max_age: Annotated[
        str,
        typer.Option(help="How old the last successful import-all may be, such as 15m.", metavar="DURATION"),
    ] = "15m",
    as_json: options.Json = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing unless the sync is stale.")
    ] = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormatOption = None,
) -> None:
    """Show what ran, what waits for somebody, and whether the sync is up to date. Exit code 1 if it is not.

    Examples: sgsync status; sgsync status --quiet --max-age 30m; sgsync status --json
    """
    import logging

    from sgsync.cli.console import begin, duration, end, print_json
    from sgsync.cli.render_status import print_status
    from sgsync.settings import Settings
    from sgsync.status.operations import read_status
    from sgsync.status.values import stale_sentence

    settings = begin(Settings, quiet=quiet, verbose=verbose, log_format=log_format)
    found = read_status(duration(max_age, "--max-age"), settings=settings)
    if as_json:
        print_json(found.as_json())
    elif not quiet:
        print_status(found)
    if found.is_stale:
        logging.getLogger("sgsync").error("%s", stale_sentence(found))
        end(1)


def doctor(
    as_json: options.Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only what is not well.")] = False,
    verbose: options.Verbose = False,
) -> None:
    """Look at everything that an import needs, and say what to do about what is not well. Exit code 1 if anything fails.

    Examples: sgsync doctor; sgsync doctor --quiet; sgsync doctor --json
    """
    from sgsync.cli import logs
    from sgsync.cli.console import end, print_json
    from sgsync.cli.progress import waiting
    from sgsync.cli.render_doctor import print_checks
    from sgsync.doctor.checks import State
    from sgsync.doctor.checks import as_json as document_of
    from sgsync.doctor.operations import examine

    # No settings are needed for this: they may be what is not well.
    logs.configure(quiet=True, verbose=verbose)
    with waiting("Looking at the settings, the database and SpeedGaming", quiet=quiet or as_json):
        checks = examine()
    if as_json:
        print_json(document_of(checks))
    else:
        print_checks([check for check in checks if not quiet or check.state is not State.OK])
    end(int(any(check.state is State.FAIL for check in checks)))
