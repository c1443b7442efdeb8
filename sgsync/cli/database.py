"""`sgsync migrate`, `sgsync history` and `sgsync prune`: what stands in sgsync's own tables."""

from typing import Annotated

import typer

from sgsync.cli import options


def migrate(
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL and touch nothing.")] = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormatOption = None,
) -> None:
    """Create or update the tables that sgsync needs. Running it again is harmless.

    Examples: sgsync migrate; sgsync migrate --sql | less
    """
    from sgsync.database.migrations import upgrade_sql

    if sql:
        typer.echo(upgrade_sql())
        return
    from sgsync.administration import migrate_database
    from sgsync.cli.console import begin
    from sgsync.settings import Settings

    settings = begin(Settings, quiet=quiet, verbose=verbose, log_format=log_format)
    migrate_database(settings=settings)


def history(
    number: Annotated[int, typer.Argument(help="An episode's id, or a match's.", metavar="EPISODE-OR-MATCH")],
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormatOption = None,
) -> None:
    """Show what happened to an episode: when it was first seen, what changed, what was kept back and why.

    Examples: sgsync history 74611; sgsync history 74611 --json
    """
    from sgsync.administration import read_history
    from sgsync.cli.console import begin, print_json
    from sgsync.cli.render import print_history
    from sgsync.settings import Settings

    settings = begin(Settings, quiet=quiet, verbose=verbose, log_format=log_format)
    found = read_history(number, settings=settings)
    if as_json:
        print_json({"schema": 1, **found.as_json()})
    else:
        print_history(found)


def prune(
    older_than: Annotated[
        str, typer.Option(help="What is older goes, such as 90d.", metavar="DURATION")
    ] = "90d",
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormatOption = None,
) -> None:
    """Forget old runs and old history. What is known of episodes and people stays.

    Examples: sgsync prune; sgsync prune --older-than 30d --dry-run
    """
    from sgsync.administration import prune as forget
    from sgsync.cli.console import begin, duration
    from sgsync.settings import Settings

    settings = begin(Settings, quiet=quiet, verbose=verbose, log_format=log_format)
    forget(duration(older_than, "--older-than"), dry_run=dry_run, settings=settings)
