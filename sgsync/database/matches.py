"""The imported matches as they stand in the database."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import select

from sgsync.database import tables as t
from sgsync.database.users import SHOWN_NAME


@dataclass(frozen=True, slots=True)
class Listed:
    """Somebody in a roster or a crew; `role` is None for players."""

    name: str
    is_placeholder: bool
    role: str | None = None
    approved: bool | None = None


@dataclass(frozen=True, slots=True)
class ListedMatch:
    """An imported match and everybody in it."""

    id: int
    tournament_id: int
    title: str | None
    scheduled_at: datetime | None
    channel: str | None
    players: tuple[Listed, ...]
    crew: tuple[Listed, ...]


def list_matches(connection: sa.Connection) -> tuple[ListedMatch, ...]:
    """All imported matches in the order of their start."""
    imported = (
        select(t.Match.id, t.Match.tournament_id, t.Match.title, t.Match.scheduled_at, t.StreamChannel.name)
        .outerjoin(t.StreamChannel, t.StreamChannel.id == t.Match.stream_channel_id)
        .where(t.Match.speedgaming_episode_id.is_not(None))
        .order_by(t.Match.scheduled_at, t.Match.id)
    )
    players = _people(
        connection,
        select(t.MatchPlayer.match_id, SHOWN_NAME, t.User.is_placeholder)
        .join(t.User, t.User.id == t.MatchPlayer.user_id)
        .order_by(t.MatchPlayer.id),
    )
    crew = _people(
        connection,
        select(t.Crew.match_id, SHOWN_NAME, t.User.is_placeholder, t.Crew.role, t.Crew.approved)
        .join(t.User, t.User.id == t.Crew.user_id)
        .order_by(t.Crew.id),
    )
    return tuple(
        ListedMatch(*row, players=tuple(players.get(row.id, ())), crew=tuple(crew.get(row.id, ())))
        for row in connection.execute(imported)
    )


def tournament_of_episode(connection: sa.Connection, episode_id: int) -> int | None:
    """Where an episode's match stands, else where it was imported once."""
    episode = sa.literal(episode_id, sa.BigInteger)
    places = (
        select(t.Match.tournament_id).where(t.Match.speedgaming_episode_id == episode).limit(1),
        select(t.Episode.tournament_id).where(t.Episode.episode_id == episode).limit(1),
    )
    return next((place for each in places if (place := connection.scalar(each)) is not None), None)


def _people(connection: sa.Connection, statement: sa.Executable) -> dict[int, list[Listed]]:
    people: dict[int, list[Listed]] = {}
    for row in connection.execute(statement):
        people.setdefault(row.match_id, []).append(Listed(*row[1:]))
    return people
