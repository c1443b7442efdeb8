"""`sgsync link-placeholder`, `sgsync placeholders` and its `prune`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sgsync.cli import options

if TYPE_CHECKING:
    from sgsync.linking.values import Link

app = typer.Typer(invoke_without_command=True)


def link_placeholder(
    who: Annotated[
        str,
        typer.Argument(
            help="The placeholder: its user name, such as sg_11111 or sg_crew_88103, or its user id.",
            metavar="WHO",
        ),
    ],
    user: Annotated[
        int | None, typer.Option("--user", help="The user who it is.", metavar="ID", show_default=False)
    ] = None,
    discord_id: Annotated[
        str | None,
        typer.Option(
            "--discord-id",
            help="The Discord ID of who it is, signed in to the application or not yet.",
            metavar="ID",
            show_default=False,
        ),
    ] = None,
    username: Annotated[
        str | None,
        typer.Option(
            help="The Discord user name that goes with a --discord-id that nobody has.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    dry_run: options.DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormatOption = None,
) -> None:
    """Say which real user a placeholder is: all that refers to the placeholder moves there.

    Shows both people and what will move, and asks before it does anything.

    Examples: sgsync link-placeholder sg_11111 --user 123; sgsync link-placeholder 456 --discord-id 21435888190300
    """
    from sgsync import linking
    from sgsync.cli.console import begin, end
    from sgsync.linking.values import LinkState
    from sgsync.settings import Settings

    settings = begin(Settings, quiet=quiet, verbose=verbose, log_format=log_format)
    link = linking.find_link(who, user_id=user, discord_id=discord_id, username=username, settings=settings)
    is_over = dry_run or link.state is LinkState.ALREADY_LINKED
    if is_over or not as_json:
        _show(link, as_json=as_json)
    if is_over:
        return
    if not yes and not _agreed(link.question):
        typer.echo("Nothing was changed.", err=True)
        end(1)
    linked = linking.link_placeholder(
        who, user_id=user, discord_id=discord_id, username=username, settings=settings
    )
    if as_json:
        _show(linked, as_json=True)


def _show(link: "Link", *, as_json: bool) -> None:
    """The link as JSON, or as tables where it is still to be made; what is done, the log says."""
    from sgsync.cli.console import print_json
    from sgsync.cli.render import print_link

    if as_json:
        print_json(link.as_json())
    elif link.placeholder:
        print_link(link)


def _agreed(question: str) -> bool:
    """Ask on the terminal. Raises UsageError where there is none: what scripts do, they say."""
    from sgsync.errors import UsageError
    from sgsync.text import clean

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("Nothing was changed: there is no terminal to ask on. Add --yes if you are sure.")
    sys.stderr.write(f"{clean(question)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}


@app.callback()
def list_all(
    context: typer.Context,
    tournament: Annotated[
        int | None,
        typer.Option(help="Only the people of this tournament.", metavar="ID", show_default=False),
    ] = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormatOption = None,
) -> None:
    """List the placeholders: where from, since when, how often - and who they may really be.

    Examples: sgsync placeholders; sgsync placeholders --tournament 5; sgsync placeholders prune --older-than 30d
    """
    if context.invoked_subcommand:
        return
    from sgsync.cli.console import begin, print_json
    from sgsync.cli.render import print_placeholders
    from sgsync.placeholders import list_placeholders
    from sgsync.settings import Settings

    settings = begin(Settings, quiet=quiet, verbose=verbose, log_format=log_format)
    people = list_placeholders(tournament_id=tournament, settings=settings)
    if as_json:
        print_json({"schema": 1, "placeholders": [person.as_json() for person in people]})
    else:
        print_placeholders(people)


@app.command()
def prune(
    older_than: Annotated[
        str,
        typer.Option(
            "--older-than", help="How long ago they were made at least, such as 30d.", metavar="DURATION"
        ),
    ],
    with_members: Annotated[
        bool,
        typer.Option(
            "--with-members",
            help="Also those who are nothing but members of organizations and registered in tournaments.",
        ),
    ] = False,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormatOption = None,
) -> None:
    """Remove the old placeholders to which nothing in any table refers.

    Examples: sgsync placeholders prune --older-than 30d --dry-run; sgsync placeholders prune --older-than 90d
    """
    from sgsync import placeholders
    from sgsync.cli.console import begin, duration, print_json
    from sgsync.settings import Settings

    settings = begin(Settings, quiet=quiet, verbose=verbose, log_format=log_format)
    pruned = placeholders.prune(
        duration(older_than, "--older-than"), with_members=with_members, dry_run=dry_run, settings=settings
    )
    if as_json:
        print_json({"schema": 1, "dry_run": dry_run, "placeholders": [each._asdict() for each in pruned]})
