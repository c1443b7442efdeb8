"""`sgsync import` and `sgsync import-all`."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sgsync.cli import options

if TYPE_CHECKING:
    from sgsync.report import RunReport

log = logging.getLogger("sgsync")


def import_all(
    update: options.Update = None,
    window_past: options.WindowPast = None,
    window_future: options.WindowFuture = None,
    deadline: options.DeadlineOption = None,
    random_delay: options.RandomDelay = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormatOption = None,
) -> None:
    """Import the schedules of all enabled tournaments: what cron runs.

    Examples: sgsync import-all --quiet; sgsync import-all --dry-run
    """
    from sgsync.cli.console import begin, linger, warn_of_misspelt_settings
    from sgsync.cli.progress import progress_of
    from sgsync.operations import import_all_enabled_tournaments
    from sgsync.settings import Settings

    settings = begin(
        Settings,
        quiet=quiet,
        verbose=verbose,
        log_format=log_format,
        update=update,
        window_past=window_past,
        window_future=window_future,
        deadline=deadline,
        random_delay=random_delay,
    )
    warn_of_misspelt_settings()
    if not dry_run:
        linger(settings.random_delay)
    with _document_of_a_lost_run(as_json=as_json), progress_of(quiet=quiet or as_json) as watcher:
        report = import_all_enabled_tournaments(
            dry_run=dry_run, show_actions=verbose, watcher=watcher, settings=settings
        )
    _show(report, as_json=as_json)


def import_one(
    tournament: Annotated[
        int, typer.Argument(help="The tournament's id: see `sgsync tournaments`.", metavar="TOURNAMENT")
    ],
    episode: Annotated[
        list[int] | None,
        typer.Option("--episode", help="Import only this episode; may be repeated.", metavar="ID"),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", help="Import from a file that holds the feed's own JSON.", exists=True, dir_okay=False
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Give up local edits: SpeedGaming wins, this once. Who has a rank, a station or an approval stays.",
        ),
    ] = False,
    accept_vanished: Annotated[
        bool,
        typer.Option(
            "--accept-vanished", help="Believe an answer from which most known episodes are missing."
        ),
    ] = False,
    update: options.Update = None,
    window_past: options.WindowPast = None,
    window_future: options.WindowFuture = None,
    deadline: options.DeadlineOption = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormatOption = None,
) -> None:
    """Import into one tournament: its whole schedule, some episodes of it, or a saved answer.

    Examples: sgsync import 5; sgsync import 5 --episode 74611; sgsync import 5 --file schedule.json
    """
    from sgsync.cli.console import begin, warn_of_misspelt_settings
    from sgsync.operations import import_episodes_for_tournament, read_schedule_file
    from sgsync.settings import Settings

    settings = begin(
        Settings,
        quiet=quiet,
        verbose=verbose,
        log_format=log_format,
        update=update,
        window_past=window_past,
        window_future=window_future,
        deadline=deadline,
    )
    warn_of_misspelt_settings()
    with _document_of_a_lost_run(as_json=as_json):
        report = import_episodes_for_tournament(
            tournament,
            episode_ids=tuple(episode or ()),
            schedule=read_schedule_file(file) if file else None,
            overwrite=overwrite,
            accept_vanished=accept_vanished,
            dry_run=dry_run,
            show_actions=verbose,
            settings=settings,
        )
    _show(report, as_json=as_json)


@contextmanager
def _document_of_a_lost_run(*, as_json: bool) -> Iterator[None]:
    """Print the document also where the database is lost in the block: whoever asked for one gets one."""
    from sgsync.errors import DatabaseError
    from sgsync.report import Outcome, RunReport

    try:
        yield
    except DatabaseError as error:
        if as_json:
            from sgsync.cli.console import print_json

            print_json((error.report or RunReport(ended=Outcome.FAILED)).as_json())
        raise


def _show(report: "RunReport", *, as_json: bool) -> None:
    from sgsync.cli.console import end, print_json

    if as_json:
        print_json(report.as_json())
    elif any(tournament.actions is not None for tournament in report.tournaments):
        from sgsync.cli.render_plans import print_plans
        from sgsync.wiring import now

        print_plans(report, now())
    end(report.exit_code)
