"""`sgsync tournaments`, and turning the sync of one on and off."""

from typing import Annotated

import typer

from sgsync.cli import options

TournamentId = Annotated[int, typer.Argument(help="The tournament's id.", metavar="ID")]

app = typer.Typer(help="Which tournaments are synced; turn one on or off.", invoke_without_command=True)


@app.callback()
def list_all(
    context: typer.Context,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormatOption = None,
) -> None:
    """List the tournaments: which are synced, with which event, and since when.

    Examples: sgsync tournaments; sgsync tournaments enable 5 --slug alttprleague
    """
    if context.invoked_subcommand:
        return
    from sgsync.administration import list_tournaments
    from sgsync.cli.console import begin, print_json
    from sgsync.cli.render import print_tournaments
    from sgsync.settings import Settings

    settings = begin(Settings, quiet=quiet, verbose=verbose, log_format=log_format)
    listed = list_tournaments(settings=settings)
    if as_json:
        print_json({"schema": 1, "tournaments": [each.as_json() for each in listed]})
    else:
        print_tournaments(listed)


@app.command()
def enable(
    tournament: TournamentId,
    slug: Annotated[
        str | None,
        typer.Option(
            help="The event's slug on SpeedGaming; the stored one if left out.",
            metavar="SLUG",
            show_default=False,
        ),
    ] = None,
    check: Annotated[bool, typer.Option(help="Ask SpeedGaming whether it knows the event.")] = True,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormatOption = None,
) -> None:
    """Sync this tournament from now on, once SpeedGaming is seen to know the event.

    Example: sgsync tournaments enable 5 --slug alttprleague
    """
    from sgsync.administration import enable_tournament
    from sgsync.cli.console import begin
    from sgsync.settings import Settings

    settings = begin(Settings, quiet=quiet, verbose=verbose, log_format=log_format)
    enable_tournament(tournament, slug=slug, check=check, dry_run=dry_run, settings=settings)


@app.command()
def disable(
    tournament: TournamentId,
    dry_run: options.DryRun = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormatOption = None,
) -> None:
    """Sync this tournament no longer. Its matches stay, and so does the slug.

    Example: sgsync tournaments disable 5
    """
    from sgsync.administration import disable_tournament
    from sgsync.cli.console import begin
    from sgsync.settings import Settings

    settings = begin(Settings, quiet=quiet, verbose=verbose, log_format=log_format)
    disable_tournament(tournament, dry_run=dry_run, settings=settings)
