"""What sgsync does, importable. The command line is one caller of this."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sgsync.administration import required_tournament
from sgsync.apply.importer import Importer
from sgsync.database import tournaments
from sgsync.errors import FeedError, UnknownToFeedError, UsageError
from sgsync.fetch.answers import Schedule, read_saved
from sgsync.fetch.client import SpeedGaming
from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.assignment import Assignment, assign_events
from sgsync.plan.planner import PlanOptions
from sgsync.report import RunReport
from sgsync.run import Run
from sgsync.settings import FeedSettings, Settings, load_settings
from sgsync.snapshot.values import Tournament
from sgsync.wiring import now, open_database, open_feed

log = logging.getLogger(__name__)


def get_episode(episode_id: int, *, settings: FeedSettings | None = None) -> SpeedGamingEpisode:
    """One episode of the feed. Raises FeedError, or UnknownToFeedError where there is no such episode."""
    with open_feed(settings or load_settings(FeedSettings)) as feed:
        return feed.get_episode(episode_id)


def get_upcoming_episodes_by_event(event_slug: str, *, settings: FeedSettings | None = None) -> Schedule:
    """The schedule of an event within the window of the settings. Raises as `get_episode` does."""
    settings = settings or load_settings(FeedSettings)
    with open_feed(settings) as feed:
        return _upcoming(feed, event_slug, settings)


def read_schedule_file(file: Path) -> Schedule:
    """The episodes in a file that holds the feed's own JSON. Raises UsageError where it does not."""
    try:
        return read_saved(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    except (FeedError, UnknownToFeedError) as error:
        raise UsageError(f"{file} holds no schedule. {error}") from error


def import_episode(
    tournament_id: int, episode_id: int, *, dry_run: bool = False, settings: Settings | None = None
) -> RunReport:
    """Import one episode into a tournament, also one whose match an admin has deleted."""
    return import_episodes_for_tournament(
        tournament_id, episode_ids=(episode_id,), dry_run=dry_run, settings=settings
    )


def import_episodes_for_tournament(
    tournament_id: int,
    *,
    episode_ids: Sequence[int] = (),
    schedule: Schedule | None = None,
    dry_run: bool = False,
    settings: Settings | None = None,
) -> RunReport:
    """Import into one tournament: the given `schedule`, else the episodes with these ids, else its event.

    Of a `schedule`, `episode_ids` select. Raises UsageError for an unknown tournament or one without an
    event, DatabaseError. What goes wrong with the feed stands in the report.
    """
    settings = settings or load_settings(Settings)
    by_hand = schedule is not None or bool(episode_ids)

    def fetch(feed: SpeedGaming, tournament: Tournament) -> Schedule:
        if schedule is not None:
            return schedule.only(episode_ids) if episode_ids else schedule
        if episode_ids:
            return Schedule(tuple(feed.get_episode(episode_id) for episode_id in dict.fromkeys(episode_ids)))
        return _upcoming(feed, _slug_of(tournament), settings)

    with _open_run("import", settings, frozenset(episode_ids), dry_run=dry_run) as run:
        tournament = required_tournament(run.database, tournament_id)
        if not by_hand:
            _slug_of(tournament)
        return run.import_each([Assignment(tournament)], fetch)


def import_all_enabled_tournaments(*, dry_run: bool = False, settings: Settings | None = None) -> RunReport:
    """Import the event of every enabled tournament: what cron does. Raises DatabaseError."""
    settings = settings or load_settings(Settings)
    with _open_run("import-all", settings, dry_run=dry_run) as run:
        with run.database.transaction() as connection:
            enabled = tournaments.enabled_tournaments(connection)
        return run.import_each(
            assign_events(enabled), lambda feed, tournament: _upcoming(feed, _slug_of(tournament), settings)
        )


def _upcoming(feed: SpeedGaming, slug: str, settings: FeedSettings) -> Schedule:
    today = now()
    schedule = feed.get_upcoming_episodes_by_event(
        slug, since=today - settings.window_past, until=today + settings.window_future
    )
    log.info("Fetched %d upcoming episodes for event '%s'", len(schedule.episodes), slug)
    return schedule


def _slug_of(tournament: Tournament) -> str:
    if tournament.slug is None:
        raise UsageError(
            f"Tournament {tournament.id} has no event slug:"
            f" sgsync tournaments enable {tournament.id} --slug SLUG"
        )
    return tournament.slug


@contextmanager
def _open_run(
    command: str, settings: Settings, requested: frozenset[int] = frozenset(), *, dry_run: bool
) -> Iterator[Run]:
    with open_database(settings) as database, open_feed(settings) as feed:
        importer = Importer(
            database=database,
            features=database.require_migrated(),
            options=PlanOptions(settings.channel_language, requested),
            now=now,
            dry_run=dry_run,
        )
        yield Run(command, feed, importer)
