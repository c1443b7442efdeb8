"""The application's tournaments: which there are, and which are synced."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select

from sgsync.database import tables as t
from sgsync.snapshot.values import Tournament


@dataclass(frozen=True, slots=True)
class ListedTournament:
    """A tournament and what was imported into it. `synced_since` is the first import of an episode."""

    tournament: Tournament
    organization: str
    episodes: int
    synced_since: datetime | None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.tournament.id,
            "name": self.tournament.name,
            "organization": self.organization,
            "slug": self.tournament.slug,
            "enabled": self.tournament.is_enabled,
            "active": self.tournament.is_active,
            "synced_since": self.synced_since and self.synced_since.isoformat(),
            "episodes": self.episodes,
        }


def tournament_of(row: Mapping[str, Any] | sa.RowMapping) -> Tournament:
    """The tournament in a row of the table, whether it came as columns or as JSON."""
    return Tournament(
        id=row["id"],
        name=row["name"],
        organization_id=row["organization_id"],
        slug=row["speedgaming_event_slug"] or None,
        is_enabled=row["speedgaming_enabled"],
        is_active=row["is_active"],
        auto_create_rooms=row["racetime_auto_create_rooms"],
    )


_TOURNAMENTS = select(*t.Tournament.__table__.c).order_by(t.Tournament.id)


def enabled_tournaments(connection: sa.Connection) -> tuple[Tournament, ...]:
    """The active tournaments whose sync is on, by id."""
    wanted = _TOURNAMENTS.where(t.Tournament.speedgaming_enabled, t.Tournament.is_active)
    return tuple(tournament_of(row) for row in connection.execute(wanted).mappings())


def find_tournament(connection: sa.Connection, tournament_id: int) -> Tournament | None:
    if not t.may_be_id(tournament_id):
        return None
    row = connection.execute(_TOURNAMENTS.where(t.Tournament.id == tournament_id)).mappings().one_or_none()
    return tournament_of(row) if row else None


def list_tournaments(connection: sa.Connection) -> tuple[ListedTournament, ...]:
    """Every tournament, by id."""
    memory = (
        select(
            t.Episode.tournament_id,
            func.count().label("episodes"),
            func.min(t.Episode.first_seen_at).label("synced_since"),
        )
        .group_by(t.Episode.tournament_id)
        .subquery()
    )
    listed = (
        _TOURNAMENTS.add_columns(
            t.Organization.name.label("organization"),
            func.coalesce(memory.c.episodes, 0).label("episodes"),
            memory.c.synced_since,
        )
        .join(t.Organization, t.Organization.id == t.Tournament.organization_id)
        .outerjoin(memory, memory.c.tournament_id == t.Tournament.id)
    )
    return tuple(
        ListedTournament(tournament_of(row), row["organization"], row["episodes"], row["synced_since"])
        for row in connection.execute(listed).mappings()
    )


def switch_sync(connection: sa.Connection, tournament_id: int, *, enabled: bool, slug: str | None) -> None:
    """Turn the sync of a tournament on, with the event's slug, or off; off keeps the slug."""
    changes = {"speedgaming_enabled": enabled, "updated_at": func.now()}
    if slug is not None:
        changes["speedgaming_event_slug"] = slug
    connection.execute(sa.update(t.Tournament).where(t.Tournament.id == tournament_id).values(**changes))


def tournaments_on(connection: sa.Connection, slug: str) -> tuple[Tournament, ...]:
    """The enabled tournaments that ask for the same event, by id."""
    return tuple(tournament for tournament in enabled_tournaments(connection) if tournament.slug == slug)
