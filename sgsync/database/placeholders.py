"""The placeholders, and what is known of each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from sgsync.database import tables as t
from sgsync.database.users import IS_PLACEHOLDER, SHOWN_NAME
from sgsync.people.origin import crew_id_in, player_id_in
from sgsync.people.suggestions import RealUser
from sgsync.snapshot.values import AliasKind, Role


class NextMatch(NamedTuple):
    id: int
    title: str | None
    scheduled_at: datetime

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "title": self.title, "scheduled_at": self.scheduled_at.isoformat()}


@dataclass(frozen=True, slots=True)
class ListedPlaceholder:
    """Somebody who is not linked to a real user.

    `first_seen` is when the placeholder was made, `last_seen` when it last turned up in a roster or crew.
    """

    id: int
    username: str
    name: str
    first_seen: datetime
    last_seen: datetime
    matches: int
    crew_rows: int
    player_ids: tuple[int, ...]
    crew_ids: tuple[int, ...]
    tags: tuple[str, ...]
    crew_names: tuple[str, ...]
    next_match: NextMatch | None

    @property
    def origins(self) -> tuple[str, ...]:
        """Under which ids and tags SpeedGaming showed them."""
        return (
            *(f"player {player_id}" for player_id in self.player_ids),
            *(f"crew {crew_id}" for crew_id in self.crew_ids),
            *(f"tag {tag}" for tag in self.tags),
        )


# The application's tables have it; only here does sgsync read it.
def _created_at(table: str) -> sa.ColumnElement[datetime]:
    return sa.literal_column(f"{table}.created_at", sa.DateTime(timezone=True)).label("created_at")


_USER_CREATED_AT = _created_at("users")

_APPEARANCES = sa.union_all(
    select(
        t.MatchPlayer.user_id,
        t.MatchPlayer.match_id,
        _created_at("matchplayers"),
        sa.true().label("plays"),
    ),
    select(t.Crew.user_id, t.Crew.match_id, _created_at("crew"), sa.false().label("plays")),
).cte("appearance")

_PLACEHOLDER_IDS = select(t.User.id).where(IS_PLACEHOLDER)


def list_placeholders(
    connection: sa.Connection, now: datetime, tournament_id: int | None = None
) -> tuple[ListedPlaceholder, ...]:
    """All placeholders, or those of one tournament, by id. Four statements, however many they are."""
    rows = connection.execute(_overview(tournament_id)).all()
    aliases = _aliases(connection)
    crew_ids = _crew_ids(connection)
    upcoming = _next_matches(connection, now)

    def listed(row: sa.Row[Any]) -> ListedPlaceholder:
        known_as = aliases.get(row.id, {})
        return ListedPlaceholder(
            id=row.id,
            username=row.username,
            name=row.name,
            first_seen=row.first_seen,
            last_seen=row.last_seen,
            matches=row.matches,
            crew_rows=row.crew_rows,
            player_ids=_united(map(int, known_as.get(AliasKind.PLAYER, ())), player_id_in(row.username)),
            crew_ids=_united(crew_ids.get(row.id, ()), crew_id_in(row.username)),
            tags=tuple(known_as.get(AliasKind.TAG, ())),
            crew_names=tuple(known_as.get(AliasKind.CREW_NAME, ())),
            next_match=upcoming.get(row.id),
        )

    return tuple(map(listed, rows))


def _overview(tournament_id: int | None) -> sa.Select[Any]:
    seen = _APPEARANCES
    overview = (
        select(
            t.User.id,
            t.User.discord_username.label("username"),
            SHOWN_NAME.label("name"),
            _USER_CREATED_AT.label("first_seen"),
            func.greatest(_USER_CREATED_AT, func.max(seen.c.created_at)).label("last_seen"),
            func.count(seen.c.match_id.distinct()).filter(seen.c.plays).label("matches"),
            func.count(seen.c.match_id).filter(~seen.c.plays).label("crew_rows"),
        )
        .outerjoin(seen, seen.c.user_id == t.User.id)
        .where(IS_PLACEHOLDER)
        .group_by(t.User.id)
        .order_by(t.User.id)
    )
    return overview if tournament_id is None else overview.where(_stands_in(tournament_id))


def _stands_in(tournament_id: int) -> sa.ColumnElement[bool]:
    """Whether somebody plays, helps or is registered in the tournament."""
    registered = select(t.TournamentPlayer.user_id).where(t.TournamentPlayer.tournament_id == tournament_id)
    seen = _APPEARANCES
    appeared = (
        select(seen.c.user_id)
        .join(t.Match, t.Match.id == seen.c.match_id)
        .where(t.Match.tournament_id == tournament_id)
    )
    return or_(t.User.id.in_(registered), t.User.id.in_(appeared))


def _united(known: Iterable[int], own: int | None) -> tuple[int, ...]:
    return tuple(sorted({*known, *(() if own is None else (own,))}))


def _aliases(connection: sa.Connection) -> Mapping[int, Mapping[str, Sequence[str]]]:
    """By user id and kind."""
    found: defaultdict[int, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    aliases = (
        select(t.Alias.user_id, t.Alias.kind, t.Alias.value)
        .where(t.Alias.user_id.in_(_PLACEHOLDER_IDS))
        .order_by(t.Alias.value)
    )
    for user_id, kind, value in connection.execute(aliases):
        found[user_id][kind].append(value)
    return found


def _crew_ids(connection: sa.Connection) -> Mapping[int, Sequence[int]]:
    """The ids of the crew sign-ups, by user id."""
    signups = (
        select(t.Signup.user_id, func.unnest(t.Signup.feed_ids).label("feed_id"))
        .where(t.Signup.role != Role.PLAYER.value, t.Signup.user_id.in_(_PLACEHOLDER_IDS))
        .distinct()
    )
    found: defaultdict[int, list[int]] = defaultdict(list)
    for user_id, feed_id in connection.execute(signups):
        found[user_id].append(feed_id)
    return found


def _next_matches(connection: sa.Connection, now: datetime) -> Mapping[int, NextMatch]:
    seen = _APPEARANCES
    is_cancelled = t.some_row().where(t.Episode.match_id == t.Match.id, t.Episode.state == "cancelled")
    upcoming = (
        select(seen.c.user_id, t.Match.id, t.Match.title, t.Match.scheduled_at)
        .ext(distinct_on(seen.c.user_id))
        .join(t.Match, t.Match.id == seen.c.match_id)
        .where(t.Match.scheduled_at >= now, t.Match.finished_at.is_(None), ~is_cancelled)
        .where(seen.c.user_id.in_(_PLACEHOLDER_IDS))
        .order_by(seen.c.user_id, t.Match.scheduled_at, t.Match.id)
    )
    return {row.user_id: NextMatch(*row[1:]) for row in connection.execute(upcoming)}


def suggestible_users(connection: sa.Connection) -> tuple[RealUser, ...]:
    """Everybody whom a placeholder may turn out to be: the active users who are none themselves."""
    found = connection.execute(
        select(
            t.User.id,
            t.User.discord_username,
            t.User.discord_discriminator,
            t.User.display_name,
            t.User.twitch_name,
        )
        .where(~IS_PLACEHOLDER, t.User.is_active)
        .order_by(t.User.id)
    )
    return tuple(RealUser(*row) for row in found)
