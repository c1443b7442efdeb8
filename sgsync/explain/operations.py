"""Asking both sides about one episode."""

import sqlalchemy as sa

from sgsync.database import matches, status, tournaments
from sgsync.database.engine import Database, Features
from sgsync.database.history import EpisodeHistory, read_history
from sgsync.database.reads import read_snapshot
from sgsync.database.status import TournamentRecord
from sgsync.errors import FeedError, UnknownToFeedError
from sgsync.explain.reasons import reason_for
from sgsync.explain.values import Answer, Evidence, Explanation, FeedSays, Place, place_of
from sgsync.fetch.answers import read_schedule
from sgsync.operations import require_possible_episodes
from sgsync.plan.assignment import assign_events
from sgsync.plan.heard import Heard
from sgsync.plan.lookups import lookups_for
from sgsync.settings import FeedSettings, Settings, load_settings
from sgsync.wiring import now, open_database, open_feed, plan_options, usual_window

NEWEST_EVENTS = 5


def explain(episode_id: int, *, settings: Settings | None = None) -> Explanation:
    """Why an episode is in the application, or is not; that the feed fails is told.

    Raises UsageError for what no episode's id can be, DatabaseError.
    """
    require_possible_episodes([episode_id])
    settings = settings or load_settings(Settings)
    options = plan_options(settings)
    with open_database(settings) as database:
        features = database.require_migrated()
        says = _ask(episode_id, settings)
        evidence, history = _read(database, features, episode_id, says, settings)
    events = history.events[-NEWEST_EVENTS:] if history and history.episode_id == episode_id else ()
    return Explanation(evidence, reason_for(evidence, options, now()), events)


def _ask(episode_id: int, settings: FeedSettings) -> FeedSays:
    try:
        with open_feed(settings) as feed:
            payload = feed.ask("episode", {"id": str(episode_id)})
    except UnknownToFeedError as error:
        return FeedSays(Answer.UNKNOWN, sentence=str(error))
    except FeedError as error:
        return FeedSays(Answer.NONE, sentence=str(error))
    schedule = read_schedule([payload])
    if schedule.rejected:
        return FeedSays(
            Answer.MALFORMED, sentence=f"It is malformed ({schedule.rejected[0].reason})", payload=payload
        )
    return FeedSays(Answer.FOUND, schedule.episodes[0], payload=payload)


def _read(
    database: Database, features: Features, episode_id: int, says: FeedSays, settings: Settings
) -> tuple[Evidence, EpisodeHistory | None]:
    with database.transaction() as connection:
        place = _place(connection, episode_id, says)
        snapshot = trouble = None
        if place.tournament:
            lookups = lookups_for(_heard(episode_id, says), match_tags=settings.match_tags)
            snapshot = read_snapshot(connection, place.tournament.id, lookups, features)
            trouble = _trouble(status.tournament_records(connection).get(place.tournament.id), episode_id)
        history = read_history(connection, episode_id)
    other = history.episode_id if history and history.episode_id != episode_id else None
    return Evidence(episode_id, says, place, usual_window(settings), snapshot, trouble, other), history


def _trouble(record: TournamentRecord | None, episode_id: int) -> str | None:
    """What the last run says of the episode, if it left it out, or of the tournament, if it failed as a whole."""
    if record is None:
        return None
    left_out = (each for each in record.problems if each.startswith(f"Episode {episode_id} was left out"))
    return next(left_out, record.problems[0] if record.failures_in_a_row and record.problems else None)


def _place(connection: sa.Connection, episode_id: int, says: FeedSays) -> Place:
    known = matches.tournament_of_episode(connection, episode_id)
    everyone = [listed.tournament for listed in tournaments.list_tournaments(connection)]
    return place_of(says.event, known, assign_events(tournaments.enabled_tournaments(connection)), everyone)


def _heard(episode_id: int, says: FeedSays) -> Heard:
    return Heard((says.episode,) if says.episode else (), frozenset({episode_id}))
