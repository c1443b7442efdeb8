"""What an administrator does besides importing: the tables, and which tournaments are synced."""

import logging
from datetime import timedelta

from sgsync.database import history, tournaments
from sgsync.database.engine import Database
from sgsync.database.history import EpisodeHistory
from sgsync.database.tournaments import ListedTournament
from sgsync.errors import NoTournamentError, UnknownToFeedError, UsageError
from sgsync.settings import LONGEST_WINDOW, Settings, load_settings
from sgsync.snapshot.values import Tournament
from sgsync.text import counted
from sgsync.wiring import migrated_database, now, open_feed

log = logging.getLogger(__name__)


def migrate_database(*, settings: Settings | None = None) -> None:
    """Create or update the tables that sgsync needs. Harmless when they are there. Raises DatabaseError."""
    from sgsync.database.migrations import upgrade  # noqa: PLC0415 - alembic is for this alone

    settings = settings or load_settings(Settings)
    upgrade(settings.database_url.get_secret_value())
    log.info("The database is ready for this version of sgsync")


def list_tournaments(*, settings: Settings | None = None) -> tuple[ListedTournament, ...]:
    """Every tournament of the application, by id. Raises DatabaseError."""
    with (
        migrated_database(settings or load_settings(Settings)) as database,
        database.transaction() as connection,
    ):
        return tournaments.list_tournaments(connection)


def enable_tournament(
    tournament_id: int,
    *,
    slug: str | None = None,
    check: bool = True,
    dry_run: bool = False,
    settings: Settings | None = None,
) -> None:
    """Sync a tournament from now on, with `slug` or the one it has.

    Raises UsageError without a tournament or slug, UnknownToFeedError for an event that SpeedGaming does
    not know, FeedError, DatabaseError.
    """
    settings = settings or load_settings(Settings)
    with migrated_database(settings) as database:
        tournament = required_tournament(database, tournament_id)
        event = (slug or "").strip() or tournament.slug
        if event is None:
            raise UsageError(
                "Which event? sgsync tournaments enable ID --slug SLUG (as in SpeedGaming's addresses)."
            )
        if check:
            _require_event(event, settings)
        with database.transaction() as connection:
            _warn_of_sharing(tournament, event, tournaments.tournaments_on(connection, event))
            if dry_run:
                log.info(
                    "Would enable tournament %d ('%s') with event '%s'", tournament_id, tournament.name, event
                )
                return
            tournaments.switch_sync(connection, tournament_id, enabled=True, slug=event)
    log.info("Enabled tournament %d ('%s') with event '%s'", tournament_id, tournament.name, event)


def disable_tournament(
    tournament_id: int, *, dry_run: bool = False, settings: Settings | None = None
) -> None:
    """Sync a tournament no longer; its matches and its slug stay. Raises UsageError, DatabaseError."""
    with migrated_database(settings or load_settings(Settings)) as database:
        tournament = required_tournament(database, tournament_id)
        if dry_run:
            log.info("Would disable tournament %d ('%s')", tournament_id, tournament.name)
            return
        with database.transaction() as connection:
            tournaments.switch_sync(connection, tournament_id, enabled=False, slug=None)
    log.info("Disabled tournament %d ('%s')", tournament_id, tournament.name)


def required_tournament(database: Database, tournament_id: int) -> Tournament:
    """The tournament with this id. Raises UsageError where there is none."""
    with database.transaction() as connection:
        tournament = tournaments.find_tournament(connection, tournament_id)
    if tournament is None:
        raise NoTournamentError(tournament_id)
    return tournament


def _require_event(slug: str, settings: Settings) -> None:
    with open_feed(settings) as feed:
        if feed.find_event(slug) is None:
            raise UnknownToFeedError(
                f"SpeedGaming knows no event '{slug}': see the slug in the address of the event's page,"
                " or use --no-check if you are sure."
            )


def _warn_of_sharing(tournament: Tournament, slug: str, others: tuple[Tournament, ...]) -> None:
    sharing = [other.id for other in others if other.id != tournament.id]
    if sharing:
        owner = min(tournament.id, *sharing)
        ids = ", ".join(map(str, sharing))
        who = f"Tournament {ids} asks" if len(sharing) == 1 else f"Tournaments {ids} ask"
        log.warning("%s for event '%s' too: the event's episodes go to tournament %d", who, slug, owner)


def read_history(number: int, *, settings: Settings | None = None) -> EpisodeHistory:
    """What happened to an episode, by its id or its match's. Raises UsageError where nothing is known."""
    settings = settings or load_settings(Settings)
    with migrated_database(settings) as database, database.transaction() as connection:
        found = history.read_history(connection, number)
    if found is None:
        raise UsageError(
            f"sgsync knows no episode {number}, and no match {number}. A match that is gone is found by its episode."
        )
    return found


def prune(older_than: timedelta, *, dry_run: bool = False, settings: Settings | None = None) -> None:
    """Forget runs and history entries that are older; what is known of episodes and people stays."""
    if older_than > LONGEST_WINDOW:
        raise UsageError(f"Nothing is older than {LONGEST_WINDOW.days} days.")
    moment = now() - older_than
    settings = settings or load_settings(Settings)
    with migrated_database(settings) as database, database.transaction() as connection:
        work = history.count_before if dry_run else history.forget_before
        runs, changes = work(connection, moment)
    verb = "Would forget" if dry_run else "Forgot"
    log.info(
        "%s %s and %s from before %s",
        verb,
        counted(runs, "run"),
        counted(changes, "history entry", "history entries"),
        f"{moment:%Y-%m-%d %H:%M} UTC",
    )
