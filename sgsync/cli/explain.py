"""`sgsync explain`: why is it there, or not?"""

from typing import Annotated

import typer

from sgsync.cli import options


def explain(
    episode: Annotated[int, typer.Argument(help="The episode's id on SpeedGaming.", metavar="EPISODE-ID")],
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormatOption = None,
) -> None:
    """Say why an episode is in the application, or is not: what both sides have, and the one reason.

    Examples: sgsync explain 74611; sgsync explain 74611 --json
    """
    from sgsync.cli.console import begin, end, print_json
    from sgsync.cli.render_explain import print_explanation
    from sgsync.errors import FeedError
    from sgsync.explain import operations
    from sgsync.settings import Settings
    from sgsync.wiring import now

    settings = begin(Settings, quiet=quiet, verbose=verbose, log_format=log_format)
    explanation = operations.explain(episode, settings=settings)
    if as_json:
        print_json(explanation.as_json())
    else:
        print_explanation(explanation, settings.channel_language, now())
    end(FeedError.exit_code if explanation.is_incomplete else 0)
