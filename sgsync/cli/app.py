"""The command line: it parses, calls and renders, and holds no rules.

Commands import what they need when they run, so that `--help` answers at once.
"""

import atexit
import gc
import io
import logging
import signal
import sys
from typing import Annotated, NoReturn

import typer

from sgsync import __version__
from sgsync.cli import database, demo, explain, feed, health, imports, logs, people, tournaments
from sgsync.errors import INTERRUPTED, SgsyncError
from sgsync.text import clean

log = logging.getLogger("sgsync")

NAME = "sgsync"
"""Whatever started it, so that help and shell completion always speak of the command."""

GARBAGE_THRESHOLD = 500_000

app = typer.Typer(
    name=NAME,
    help="Brings SpeedGaming.org tournament schedules into SahaBot2's Postgres database.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("fetch")(feed.fetch)
app.command("import-all")(imports.import_all)
app.command("import")(imports.import_one)
app.add_typer(tournaments.app, name="tournaments")
app.command("status")(health.status)
app.command("explain")(explain.explain)
app.command("doctor")(health.doctor)
app.command("history")(database.history)
app.command("link-placeholder")(people.link_placeholder)
app.add_typer(people.app, name="placeholders")
app.command("migrate")(database.migrate)
app.command("prune")(database.prune)
app.command("demo")(demo.demo)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sgsync {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and leave.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    pass


def main() -> NoReturn:
    """Run the command line. Every failure ends in one sentence on stderr and the exit code of its class."""
    interruptions: list[int] = []

    def interrupt(signum: int, frame: object) -> NoReturn:  # noqa: ARG001 - the signature of a handler
        interruptions.append(signum)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    # Ignored it stays ignored, as in what a shell has put into the background.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, interrupt)
    # Next to nothing that a run makes has cycles. To look for some after every 700 objects costs it a fifth of its time.
    gc.set_threshold(GARBAGE_THRESHOLD)
    # Nor is there a reason to look through everything once more at the end, when all of it goes anyway.
    atexit.register(gc.freeze)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # As stderr does by itself: where there is no UTF-8, a name is no reason to fail.
        sys.stdout.reconfigure(errors="backslashreplace")
    logs.configure()
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        _speak_plainly()
    try:
        app(prog_name=NAME)
    except SystemExit as error:
        if error.code == INTERRUPTED:
            _tell_interruption()
        raise
    except SgsyncError as error:
        _tell(error, str(error), error.exit_code)
    except Exception as error:  # noqa: BLE001 - whatever it is, it ends as a sentence
        if interruptions:  # pydantic, for one, makes an error of its own of what interrupts it
            _tell_interruption()
            sys.exit(INTERRUPTED)
        # One line of it: somebody else's words could look like further errors.
        _tell(error, clean(f"sgsync failed in a way it does not know: {type(error).__name__}: {error}"), 1)
    sys.exit(0)


def _speak_plainly() -> None:
    """Without boxes in help and in what is said of a wrong command line: cron mails it."""
    for each in (app, tournaments.app, people.app):
        each.rich_markup_mode = None


def _tell(error: Exception, sentences: str, exit_code: int) -> NoReturn:
    for sentence in sentences.splitlines():
        log.error("%s", sentence)
    log.debug("The traceback:", exc_info=error)
    sys.exit(exit_code)


def _tell_interruption() -> None:
    log.error("Interrupted. What is done stays done, nothing is left half done: run it again for the rest.")
