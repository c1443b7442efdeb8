"""What sgsync does, importable. The command line is one caller of this."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sgsync.administration import required_tournament
from sgsync.apply.importer import Importer
from sgsync.database import tournaments
from sgsync.database.tables import LARGEST_ID, may_be_id
from sgsync.errors import FeedError, UnknownToFeedError, UsageError
from sgsync.fetch.answers import Schedule, read_saved
from sgsync.fetch.client import SpeedGaming
from sgsync.fetch.combined import CombinedSchedules
from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.assignment import Assignment, assign_events
from sgsync.plan.options import PlanOptions
from sgsync.report import RunReport
from sgsync.run import Fetch, Fetched, Run, Watcher, tell_fetched
from sgsync.settings import FeedMode, FeedSettings, Settings, load_settings
from sgsync.snapshot.values import Tournament
from sgsync.telling.teller import Teller
from sgsync.wiring import now, open_database, open_feed, plan_options, usual_window


def get_episode(episode_id: int, *, settings: FeedSettings | None = None) -> SpeedGamingEpisode:
    """One episode of the feed. Raises FeedError, or UnknownToFeedError where there is no such episode."""
    with open_feed(settings or load_settings(FeedSettings)) as feed:
        return feed.get_episode(episode_id)


def get_upcoming_episodes_by_event(event_slug: str, *, settings: FeedSettings | None = None) -> Schedule:
    """The schedule of an event within the window of the settings. Raises as `get_episode` does."""
    settings = settings or load_settings(FeedSettings)
    with open_feed(settings) as feed:
        schedule = _upcoming(feed, event_slug, settings).schedule
    tell_fetched(schedule, event_slug)
    return schedule


def read_schedule_file(file: Path) -> Schedule:
    """The episodes in a file that holds the feed's own JSON. Raises UsageError where it does not."""
    try:
        return read_saved(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    except (FeedError, UnknownToFeedError) as error:
        raise UsageError(f"{file} holds no schedule. {error}") from error


def import_episode(
    tournament_id: int,
    episode_id: int,
    *,
    overwrite: bool = False,
    dry_run: bool = False,
    settings: Settings | None = None,
) -> RunReport:
    """Import one episode into a tournament, also one whose match an admin has deleted."""
    return import_episodes_for_tournament(
        tournament_id, episode_ids=(episode_id,), overwrite=overwrite, dry_run=dry_run, settings=settings
    )


def import_episodes_for_tournament(  # noqa: PLR0913 - each is a wish of the caller's
    tournament_id: int,
    *,
    episode_ids: Sequence[int] = (),
    schedule: Schedule | None = None,
    overwrite: bool = False,
    accept_vanished: bool = False,
    dry_run: bool = False,
    show_actions: bool = False,
    settings: Settings | None = None,
) -> RunReport:
    """Import into one tournament: the given `schedule`, else the episodes with these ids, else its event.

    Of a `schedule`, `episode_ids` select. `overwrite` gives up local edits. `accept_vanished` believes
    an answer from which most is missing. Raises UsageError for an unknown tournament or one without an
    event or for what no episode's id can be, DatabaseError. What goes wrong with the feed stands in the report.
    """
    require_possible_episodes(episode_ids)
    settings = settings or load_settings(Settings)
    by_hand = schedule is not None or bool(episode_ids)

    def fetch(feed: SpeedGaming, tournament: Tournament) -> Fetched:
        if schedule is not None:
            return Fetched(schedule.only(episode_ids) if episode_ids else schedule)
        if episode_ids:
            episodes = (feed.get_episode(episode_id) for episode_id in dict.fromkeys(episode_ids))
            return Fetched(Schedule(tuple(episodes)))
        return _upcoming(feed, _slug_of(tournament), settings)

    options = replace(
        plan_options(settings),
        requested=frozenset(episode_ids),
        overwrite=overwrite,
        accept_vanished=accept_vanished,
    )
    if schedule is not None:  # it may be old, and a match postponed since
        options = replace(options, auto_finish=None)
    with _open_run("import", settings, options, dry_run=dry_run, show_actions=show_actions) as run:
        tournament = required_tournament(run.database, tournament_id)
        if not by_hand:
            _slug_of(tournament)
        return run.import_each([Assignment(tournament)], fetch)


def import_all_enabled_tournaments(
    *,
    dry_run: bool = False,
    show_actions: bool = False,
    watcher: Watcher | None = None,
    settings: Settings | None = None,
) -> RunReport:
    """Import the event of every enabled tournament, and tell whom the settings name: what cron does.

    Raises DatabaseError.
    """
    settings = settings or load_settings(Settings)
    if dry_run:
        return _import_all(settings, dry_run=True, show_actions=show_actions, watcher=watcher)
    return Teller(settings).around(
        lambda: _import_all(settings, dry_run=False, show_actions=show_actions, watcher=watcher)
    )


def _import_all(
    settings: Settings, *, dry_run: bool, show_actions: bool, watcher: Watcher | None
) -> RunReport:
    options = plan_options(settings)
    with _open_run("import-all", settings, options, dry_run=dry_run, show_actions=show_actions) as run:
        with run.database.transaction() as connection:
            enabled = tournaments.enabled_tournaments(connection)
        if watcher:
            watcher.expects(len(enabled))
            run.watcher = watcher
        return run.import_each(assign_events(enabled), _asking_for_each(settings))


def _asking_for_each(settings: FeedSettings) -> Fetch:
    """The way to the schedules of several tournaments that the settings choose."""
    if settings.feed is FeedMode.PER_EVENT:
        return lambda feed, tournament: _upcoming(feed, _slug_of(tournament), settings)
    window = usual_window(settings)
    combined = CombinedSchedules(window)
    return lambda feed, tournament: Fetched(combined.schedule_of(feed, _slug_of(tournament)), window)


def _upcoming(feed: SpeedGaming, slug: str, settings: FeedSettings) -> Fetched:
    window = usual_window(settings)
    schedule = feed.get_upcoming_episodes_by_event(slug, since=window.since, until=window.until)
    return Fetched(schedule, window)


def require_possible_episodes(episode_ids: Iterable[int]) -> None:
    """Raise UsageError for what cannot be the id of an episode."""
    for episode_id in episode_ids:
        if not may_be_id(episode_id):
            raise UsageError(f"There can be no episode {episode_id}: ids go from 1 to {LARGEST_ID}.")


def _slug_of(tournament: Tournament) -> str:
    if tournament.slug is None:
        raise UsageError(
            f"Tournament {tournament.id} has no event slug:"
            f" sgsync tournaments enable {tournament.id} --slug SLUG"
        )
    return tournament.slug


@contextmanager
def _open_run(
    command: str, settings: Settings, options: PlanOptions, *, dry_run: bool, show_actions: bool
) -> Iterator[Run]:
    with open_database(settings) as database, open_feed(settings) as feed:
        features = database.require_migrated()
        importer = Importer(database, features, options, now, dry_run=dry_run)
        yield Run(command, feed, importer, shows_actions=dry_run or show_actions)
