"""`sgsync fetch`: a look at the feed."""

from typing import TYPE_CHECKING, Annotated

import typer

from sgsync.cli import options

if TYPE_CHECKING:
    from sgsync.looking.operations import Looked
    from sgsync.settings import FeedSettings


def fetch(
    slug: Annotated[
        str | None,
        typer.Argument(help="The event's slug, as in SpeedGaming's addresses.", metavar="SLUG"),
    ] = None,
    episode: Annotated[
        int | None, typer.Option(help="One episode instead of a schedule.", metavar="ID", show_default=False)
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Since when: 2026-11-28T18:00Z, or from now, as -2h.",
            metavar="WHEN",
            show_default=False,
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Until when, as 7d.", metavar="WHEN", show_default=False)
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the feed's own JSON: `sgsync import --file` takes it.")
    ] = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormatOption = None,
) -> None:
    """Show what SpeedGaming says, and what sgsync would do with it. Needs no database.

    Examples: sgsync fetch alttprleague; sgsync fetch alttprleague --from -1d --to 14d; sgsync fetch --episode 74611;
    sgsync fetch alttprleague --json > saved.json
    """
    from sgsync.cli.console import begin, print_json
    from sgsync.cli.render_feed import print_verdicts
    from sgsync.looking.verdicts import judge
    from sgsync.settings import FeedSettings
    from sgsync.wiring import now

    settings = begin(FeedSettings, quiet=quiet, verbose=verbose, log_format=log_format)
    looked = _look(slug, episode, since, until, settings)
    if as_json:
        print_json(looked.payload)
    else:
        print_verdicts(judge(looked.schedule, slug), settings.channel_language, now())


def _look(
    slug: str | None, episode: int | None, since: str | None, until: str | None, settings: "FeedSettings"
) -> "Looked":
    from sgsync.cli.console import moment
    from sgsync.errors import UsageError
    from sgsync.fetch.window import Window
    from sgsync.looking.operations import look_at_episode, look_at_event
    from sgsync.wiring import usual_window

    if (slug is None) == (episode is None):
        raise UsageError("Which? Say an event's slug, or --episode ID.")
    if episode is not None:
        if since or until:
            raise UsageError("--from and --to are for a schedule: they do not go with --episode.")
        return look_at_episode(episode, settings=settings)
    assert slug is not None
    usual = usual_window(settings)
    window = Window(moment(since, "--from") or usual.since, moment(until, "--to") or usual.until)
    return look_at_event(slug, window, settings=settings)
