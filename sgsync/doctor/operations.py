"""Looking at everything, one after the other: what fails never stops what comes after it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial

import sqlalchemy as sa

from sgsync.database import inspection, status, tournaments
from sgsync.database.engine import Database
from sgsync.database.revision import HEAD
from sgsync.doctor import rules
from sgsync.doctor.checks import Check, fail, ok, warn
from sgsync.doctor.configuration import Configuration, read_configuration
from sgsync.durations import format_duration
from sgsync.errors import SgsyncError
from sgsync.fetch.client import SpeedGaming
from sgsync.fetch.combined import compare_feeds
from sgsync.plan.assignment import Assignment, assign_events
from sgsync.settings import FeedMode, FeedSettings, OnCancel
from sgsync.snapshot.values import Tournament
from sgsync.status.operations import MAX_AGE
from sgsync.wiring import now, open_database, open_feed, usual_window

PATIENCE = timedelta(minutes=1)
"""How long SpeedGaming may take for all questions together, without the pauses between them."""

_ANY_EVENT = "sgsync"  # to see whether SpeedGaming answers at all; it may well say that there is none

Look = Callable[[sa.Connection], Iterable[Check]]


def examine() -> tuple[Check, ...]:
    """Look at the configuration, the database and the feed. Raises nothing."""
    configuration = read_configuration()
    database, assignments = _examine_database(configuration)
    feed = _examine_feed(configuration, assignments)
    return (*rules.judge_configuration(configuration), *database, *feed)


def _guarded(name: str, work: Callable[[], Iterable[Check]]) -> tuple[Check, ...]:
    try:
        return tuple(work())
    except SgsyncError as error:
        return (fail(name, str(error)),)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other checks are still worth making
        # Its text could hold a secret.
        return (fail(name, f"could not be looked at ({type(error).__name__})", "Please report this."),)


def _not_looked_at(names: Iterable[str], why: str) -> tuple[Check, ...]:
    return tuple(warn(name, f"not looked at: {why}") for name in names)


def _examine_database(configuration: Configuration) -> tuple[tuple[Check, ...], Sequence[Assignment]]:
    """The checks, and which tournament gets which event, for whoever asks the feed."""
    if configuration.database is None:
        return _not_looked_at(("database", *_LOOKS), "SGSYNC_DATABASE_URL cannot be used"), ()
    with open_database(configuration.database) as database:
        try:
            with database.transaction() as connection:
                server = inspection.read_server(connection)
        except SgsyncError as error:
            return (fail("database", str(error)), *_not_looked_at(_LOOKS, "the database cannot be used")), ()
        deletes_matches = configuration.database.on_cancel is OnCancel.DELETE
        looks = _LOOKS | {"rights": partial(_rights, deletes_matches=deletes_matches)}
        checks = (check for name, look in looks.items() for check in _look(database, name, look))
        return (*rules.judge_server(server), *checks), _assignments(database)


def _look(database: Database, name: str, look: Look) -> tuple[Check, ...]:
    """One check in a transaction of its own, which it may break."""

    def work() -> tuple[Check, ...]:
        with database.transaction() as connection:
            return tuple(look(connection))

    return _guarded(name, work)


def _revision(connection: sa.Connection) -> Iterator[Check]:
    yield rules.judge_revision(inspection.read_revision(connection), HEAD)


def _tables(connection: sa.Connection) -> Iterator[Check]:
    columns = inspection.read_columns(connection)
    yield from rules.judge_tables(columns)
    yield from rules.judge_optional_tables(columns)
    yield rules.judge_discord_ids(inspection.wholly_unique_discord_ids(connection))
    yield from rules.judge_uniqueness(inspection.not_unique(connection))


def _rights(connection: sa.Connection, *, deletes_matches: bool = False) -> Iterator[Check]:
    missing = inspection.missing_rights(connection, deletes_matches=deletes_matches)
    sequences = inspection.unusable_sequences(connection)
    yield from rules.judge_rights(missing, sequences, inspection.read_server(connection).user)


def _lock(connection: sa.Connection) -> Iterator[Check]:
    sessions = inspection.lock_sessions(connection)
    yield rules.judge_lock(sessions, inspection.read_server(connection).clock)


def _runs(connection: sa.Connection) -> Iterator[Check]:
    yield rules.judge_runs(status.last_run(connection), status.last_sync(connection), now(), MAX_AGE)


def _tournaments(connection: sa.Connection) -> Iterator[Check]:
    return rules.judge_tournaments(assign_events(tournaments.enabled_tournaments(connection)))


_LOOKS: dict[str, Look] = {
    "migrations": _revision,
    "tables": _tables,
    "rights": _rights,
    "lock": _lock,
    "cron": _runs,
    "tournaments": _tournaments,
}


def _assignments(database: Database) -> Sequence[Assignment]:
    """Nothing where they cannot be read: the check of the tournaments has said so."""
    try:
        with database.transaction() as connection:
            return tuple(assign_events(tournaments.enabled_tournaments(connection)))
    except SgsyncError:
        return ()


def _examine_feed(configuration: Configuration, assignments: Sequence[Assignment]) -> tuple[Check, ...]:
    settings = configuration.feed
    if settings is None:
        return _not_looked_at(("feed",), "SGSYNC_API_URL cannot be used")
    hurried = settings.model_copy(update={"deadline": patience(settings, len(assignments))})
    return _guarded("feed", lambda: _feed(hurried, assignments))


def patience(settings: FeedSettings, tournaments: int) -> timedelta:
    """How long the questions for so many tournaments may take, pauses included."""
    questions = 2 + 2 * tournaments  # whether it answers, all in one; each event, and its schedule
    return min(PATIENCE, settings.deadline) + questions * settings.request_interval


def _feed(settings: FeedSettings, assignments: Sequence[Assignment]) -> Iterator[Check]:
    too_late = (
        f"SpeedGaming did not answer everything within {format_duration(settings.deadline)}:"
        " if that stays so, imports are slow or fail, too."
    )
    with open_feed(settings, too_late) as feed:
        try:
            feed.find_event(_ANY_EVENT)
        except SgsyncError as error:
            yield fail("feed", str(error))
            yield from _of_the_server(feed)
            return
        yield ok("feed", "SpeedGaming answers")
        yield from _of_the_server(feed)
        synced = [assignment.tournament for assignment in assignments if not assignment.problem]
        for tournament in synced:
            yield from _ask(feed, tournament)
        slugs = [tournament.slug for tournament in synced if tournament.slug]
        if len(slugs) > 1:
            yield from _guarded("combined feed", lambda: [_compare(feed, slugs, settings)])


def _of_the_server(feed: SpeedGaming) -> Iterator[Check]:
    if feed.contact:
        yield rules.judge_certificate(feed.contact, now())
        yield rules.judge_clock(feed.contact, now())


def _ask(feed: SpeedGaming, tournament: Tournament) -> tuple[Check, ...]:
    """Whether SpeedGaming knows a tournament's event."""
    slug = tournament.slug or ""
    return _guarded(
        f"tournament {tournament.id}",
        lambda: [rules.judge_event(tournament, is_known=feed.find_event(slug) is not None)],
    )


def _compare(feed: SpeedGaming, slugs: Sequence[str], settings: FeedSettings) -> Check:
    """Whether one request for all events would say what one for each does."""
    comparison = compare_feeds(feed, slugs, usual_window(settings))
    return rules.judge_combined(comparison, in_use=settings.feed is FeedMode.COMBINED)
