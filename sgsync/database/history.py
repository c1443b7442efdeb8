"""What happened to an episode, and forgetting it when it is old."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, or_, select

from sgsync.database import tables as t


@dataclass(frozen=True, slots=True)
class PastEvent:
    """One thing that happened to an episode; see `sgsync.plan.chronicle`."""

    happened_at: datetime
    kind: str
    what: str | None
    before: str | None
    after: str | None
    why: str | None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "happened_at": self.happened_at.isoformat()}


@dataclass(frozen=True, slots=True)
class EpisodeHistory:
    """An imported episode, where it stands now, and what happened to it, oldest first."""

    episode_id: int
    match_id: int | None
    tournament_id: int
    state: str
    first_seen_at: datetime
    events: tuple[PastEvent, ...]

    def as_json(self) -> dict[str, Any]:
        events = [event.as_json() for event in self.events]
        return {**asdict(self), "first_seen_at": self.first_seen_at.isoformat(), "events": events}


def read_history(connection: sa.Connection, number: int) -> EpisodeHistory | None:
    """The history of the episode, or else of the match, with this id. None: sgsync imported neither."""
    columns = (
        t.Episode.episode_id,
        t.Episode.match_id,
        t.Episode.tournament_id,
        t.Episode.state,
        t.Episode.first_seen_at,
    )
    if not t.may_be_id(number):
        return None
    by_either = select(*columns).where(
        or_(t.Episode.episode_id == number, t.Episode.match_id == number, t.Episode.last_match_id == number)
    )
    # Staff may have given the match to another episode: that one comes before those that had it.
    has_it = t.Episode.match_id.is_not_distinct_from(number)
    nearest = by_either.order_by(t.Episode.episode_id != number, ~has_it, t.Episode.changed_at.desc())
    episode = connection.execute(nearest.limit(1)).one_or_none()
    if episode is None:
        return None
    events = select(
        t.Change.happened_at, t.Change.kind, t.Change.what, t.Change.before, t.Change.after, t.Change.why
    )
    rows = connection.execute(events.where(t.Change.episode_id == episode.episode_id).order_by(t.Change.id))
    return EpisodeHistory(*episode, events=tuple(PastEvent(*row) for row in rows))


def count_before(connection: sa.Connection, moment: datetime) -> tuple[int, int]:
    """How many runs and history entries are older than `moment`."""
    return _old_runs(connection, moment), _old_changes(connection, moment)


def forget_before(connection: sa.Connection, moment: datetime) -> tuple[int, int]:
    """Delete the runs and history entries that are older than `moment`; how many of each."""
    runs = connection.execute(sa.delete(t.Run).where(t.Run.started_at < moment)).rowcount
    changes = connection.execute(sa.delete(t.Change).where(t.Change.happened_at < moment)).rowcount
    return runs, changes


def _old_runs(connection: sa.Connection, moment: datetime) -> int:
    return connection.execute(select(func.count()).where(t.Run.started_at < moment)).scalar_one()


def _old_changes(connection: sa.Connection, moment: datetime) -> int:
    return connection.execute(select(func.count()).where(t.Change.happened_at < moment)).scalar_one()
