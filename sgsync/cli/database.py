"""`sgsync migrate`."""

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
