"""`sgsync demo`: a database and a feed of its own, then the real migration and the real import."""

import fcntl
import logging
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sgsync.administration import migrate_database
from sgsync.cli.render import print_matches
from sgsync.cli.render_table import print_lines
from sgsync.database.matches import list_matches
from sgsync.demo.feed import StandInFeed
from sgsync.demo.scene import EVENTS, HELD, KNOWN, reader_of, set_scene, write_schedules
from sgsync.demo.server import running_postgres
from sgsync.errors import DatabaseError, SgsyncError
from sgsync.operations import import_all_enabled_tournaments
from sgsync.placeholders import list_placeholders
from sgsync.settings import Settings, load_settings
from sgsync.wiring import now, open_database

log = logging.getLogger(__name__)

_NOBODYS_DISCORD_ID = 811_000_000_000_900_000

ROOTS_FOLDER = Path("/var/lib/sgsync-demo")
"""Where root's demo lives: its server runs as somebody else, who cannot enter root's home."""


def default_folder() -> Path:
    """The demo's own folder; a later demo finds the database of this one there."""
    if os.geteuid() == 0:
        return ROOTS_FOLDER
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "sgsync" / "demo"


def show_demo(folder: Path | None, *, serve: bool, reset: bool) -> None:
    """Run the demo in `folder`. Raises SgsyncError when it runs there already."""
    folder = (folder or default_folder()).absolute()
    with _to_ourselves(folder):
        if reset:
            shutil.rmtree(folder / "postgres", ignore_errors=True)
            shutil.rmtree(folder / "feed", ignore_errors=True)
        write_schedules(folder / "feed", now())
        feed = StandInFeed(reader_of(folder / "feed"), EVENTS)
        with running_postgres(folder / "postgres") as database_url, feed.running() as feed_url:
            settings = load_settings(
                Settings, database_url=database_url, api_url=feed_url, request_interval="0s"
            )
            _import(settings)
            _explain(folder, settings, serve=serve)
            if serve:
                with suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
                    signal.pause()


@contextmanager
def _to_ourselves(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise SgsyncError(
            f"The demo cannot write to {folder}: {error.strerror}; choose another --folder."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SgsyncError(
                f"A demo is running in {folder}: stop it, or choose another --folder."
            ) from None
        yield


def _import(settings: Settings) -> None:
    try:
        migrate_database(settings=settings)
        with open_database(settings) as database:
            set_scene(database)
        import_all_enabled_tournaments(settings=settings)
    except DatabaseError as error:
        raise DatabaseError(
            f"The demo's database is of no use, maybe because another version of sgsync made it: {error}"
            " `sgsync demo --reset` starts over with a new one."
        ) from error
    with open_database(settings) as database, database.transaction() as connection:
        print_matches(list_matches(connection))


def _explain(folder: Path, settings: Settings, *, serve: bool) -> None:
    database_url = settings.database_url.get_secret_value().replace("+psycopg", "", 1)
    lines = [
        "",
        "* is a placeholder: somebody whom SpeedGaming names without a Discord id. (?) is crew not approved yet.",
        f"The database lives in {folder / 'postgres'}, the feed's schedules in {folder / 'feed'}.",
        "",
    ]
    if serve:
        lines += [
            "Until Ctrl-C, both can be used from another terminal:",
            f"  export SGSYNC_DATABASE_URL='{database_url}'",
            f"  export SGSYNC_API_URL='{settings.api_url}'",
            *_worth_trying(settings),
            f"  psql '{database_url}'",
        ]
    else:
        lines += [
            "What to try next:",
            "  sgsync demo            again: everything is known, and nothing is written",
            "  sgsync demo --serve    keeps database and feed running, to try every other command on them",
            "  sgsync demo --reset    starts over",
            "",
            "In another terminal, while `sgsync demo --serve` runs (it says what to export):",
            *_worth_trying(settings),
        ]
    print_lines(lines)


def _worth_trying(settings: Settings) -> Iterator[str]:
    """Commands with the demo's own ids, to be copied."""
    slug = next(iter(EVENTS))
    remarks = {
        "status": "what ran, and what waits for somebody",
        "doctor": "whether everything is as an import needs it",
        "tournaments": "which are synced",
        f"fetch {slug}": "what the feed says",
        f"explain {HELD}": "why an episode is not there",
        f"history {KNOWN}": "what happened to another one",
        "import-all --dry-run": "what a run would do, after an edit in the feed's folder, say",
        f"import 1 --episode {KNOWN}": "one episode",
        "placeholders": "who is not known yet; and this is how to say who it is:",
    }
    yield from (f"  sgsync {command:<25}  # {remark}" for command, remark in remarks.items())
    for person in list_placeholders(settings=settings)[:1]:
        discord_id = _NOBODYS_DISCORD_ID + person.placeholder.id
        yield f"  sgsync link-placeholder {person.who} --discord-id {discord_id}"
