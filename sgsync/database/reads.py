"""The snapshot's SELECT: one statement for everything that a plan may ask."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ARRAY, BigInteger, DateTime, Text, bindparam, func, select

from sgsync.database import tables as t
from sgsync.database.engine import Features
from sgsync.database.tournaments import tournament_of
from sgsync.snapshot.lookups import Lookups
from sgsync.snapshot.values import (
    CREW_ROLES,
    Alias,
    AliasKey,
    AliasKind,
    AliasSource,
    Channel,
    Entry,
    KnownMatch,
    LedgerEntry,
    MatchFields,
    Role,
    Signup,
    Snapshot,
    State,
    User,
)

Row = dict[str, Any]

_TOURNAMENT = bindparam("tournament_id", type_=BigInteger)


def _any_of(name: str, item: type[BigInteger | Text]) -> sa.ColumnElement[Any]:
    """Any of the values of a parameter.

    As the value of a subquery, because Postgres compares each item of a plain array with its statistics
    before it begins, which takes as long as all that follows. What it finds there decides nothing: see `_any_in`.
    """
    values = select(bindparam(name, type_=ARRAY(item))).scalar_subquery()
    return sa.any_(sa.cast(values, ARRAY(item)))


def _any_in(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Any of the values in `column` of something read before.

    As an array, because an index serves that however many rows the planner expects. A join may read all of
    a table instead, and IN (SELECT ...) below an OR always does.
    """
    return sa.any_(func.array(select(column).scalar_subquery(), type_=ARRAY(column.type)))


def _aliases_of(kind: AliasKind) -> str:
    return f"{kind.value}_aliases"


def _moment(name: str) -> sa.BindParameter[Any]:
    return bindparam(name, type_=DateTime(timezone=True))


def _rows(statement: sa.Select[Any]) -> sa.ScalarSelect[Any]:
    """All rows of `statement` as one JSON array, so that a SELECT can carry several tables."""
    rows = statement.subquery()
    return select(
        func.coalesce(func.json_agg(func.to_json(rows.table_valued())), sa.text("'[]'"))
    ).scalar_subquery()


# What the snapshot holds of each table, and no more: Postgres writes all of it as text, row by row.
_LEDGER = (
    t.Episode.episode_id,
    t.Episode.tournament_id,
    t.Episode.match_id,
    t.Episode.state,
    t.Episode.scheduled_at,
    t.Episode.title,
    t.Episode.stream_channel_id,
    t.Episode.event_slug,
    t.Episode.match_updated_at,
    t.Episode.told,
)
_MATCH = (
    t.Match.id,
    t.Match.speedgaming_episode_id,
    t.Match.tournament_id,
    t.Match.scheduled_at,
    t.Match.title,
    t.Match.stream_channel_id,
    *(t.Match.__table__.c[column] for column in t.FREEZING),
    t.Match.updated_at,
)
_PLAYER = (
    t.MatchPlayer.id,
    t.MatchPlayer.match_id,
    t.MatchPlayer.user_id,
    t.MatchPlayer.finish_rank,
    t.MatchPlayer.assigned_station,
)
_CREW = (
    t.Crew.id,
    t.Crew.match_id,
    t.Crew.user_id,
    t.Crew.role,
    t.Crew.approved,
    t.Crew.approved_by_id,
)
_USER = (
    t.User.id,
    t.User.discord_id,
    t.User.discord_username,
    t.User.discord_discriminator,
    t.User.display_name,
    t.User.is_active,
    t.User.is_placeholder,
)
_ALIAS = (t.Alias.kind, t.Alias.value, t.Alias.user_id, t.Alias.discord_id, t.Alias.source)
_CHANNEL = (t.StreamChannel.id, t.StreamChannel.name, t.StreamChannel.organization_id)


def _ledger() -> sa.CTE:
    """The episodes that were mentioned, those that should have been, and those that may be over."""
    ours = sa.and_(
        t.Episode.tournament_id == _TOURNAMENT, t.Episode.state == "active", t.Episode.match_id.is_not(None)
    )
    # Without this, years of matches that are over would be read in every run. Not as EXISTS: below an OR, Postgres
    # would rather read all matches.
    is_open = select(sa.and_(*t.NOT_UNDER_WAY)).where(t.Match.id == t.Episode.match_id).scalar_subquery()
    return (
        select(*_LEDGER)
        .where(
            sa.or_(
                t.Episode.episode_id == _any_of("episode_ids", BigInteger),
                sa.and_(ours, t.Episode.scheduled_at.between(_moment("since"), _moment("until"))),
                sa.and_(ours, t.Episode.scheduled_at <= _moment("finished_before"), is_open),
            )
        )
        .cte("ledger")
    )


def _matches(ledger: sa.CTE) -> sa.CTE:
    return (
        select(
            *_MATCH,
            t.Tournament.speedgaming_event_slug.label("tournament_slug"),
            t.Tournament.organization_id,
        )
        .join(t.Tournament, t.Tournament.id == t.Match.tournament_id)
        .where(
            sa.or_(
                t.Match.speedgaming_episode_id == _any_of("episode_ids", BigInteger),
                t.Match.id == _any_in(ledger.c.match_id),
            )
        )
        .cte("known_matches")
    )


def _found(*user_ids: sa.CTE) -> sa.CTE:
    """The ids of everybody whom the sightings may mean, and of everybody in the known matches."""
    by_alias = select(t.Alias.user_id).where(
        sa.or_(
            *(
                sa.and_(t.Alias.kind == kind.value, t.Alias.value == _any_of(_aliases_of(kind), Text))
                for kind in AliasKind
            )
        )
    )
    by_discord_id = select(t.User.id).where(
        t.User.discord_id == _any_of("discord_ids", BigInteger),
        t.User.discord_id != sa.text("0"),  # as in the partial index, which could not be used otherwise
    )
    by_placeholder_name = select(t.User.id).where(
        t.User.is_placeholder, t.User.discord_username == _any_of("placeholder_names", Text)
    )
    by_username = select(t.User.id).where(
        bindparam("match_tags", type_=sa.Boolean),  # off: the table, which has no index for this, is not read
        func.lower(t.User.discord_username) == _any_of("usernames", Text),
    )
    others = (select(people.c.user_id) for people in user_ids)
    return by_alias.union(by_discord_id, by_placeholder_name, by_username, *others).cte("found")


def _users(found: sa.CTE, organization_id: sa.ScalarSelect[int]) -> sa.Select[Any]:
    member = t.some_row().where(
        t.OrganizationMember.user_id == t.User.id, t.OrganizationMember.organization_id == organization_id
    )
    registered = t.some_row().where(
        t.TournamentPlayer.user_id == t.User.id, t.TournamentPlayer.tournament_id == _TOURNAMENT
    )
    columns: tuple[Any, ...] = (*_USER, member.label("is_member"), registered.label("is_registered"))
    return select(*columns).where(t.User.id == _any_in(found.c.user_id))


def _rooms(matches: sa.CTE, features: Features) -> sa.Select[Any]:
    if not features.race_rooms:
        return select(sa.null().label("match_id")).where(sa.false())
    return select(t.RacetimeRoom.match_id).where(t.RacetimeRoom.match_id == _any_in(matches.c.id))


@cache
def _snapshot_statement(features: Features) -> sa.Select[Any]:
    tournament = select(t.Tournament).where(t.Tournament.id == _TOURNAMENT).cte("wanted_tournament")
    ledger = _ledger()
    matches = _matches(ledger)
    signups = select(t.Signup).where(t.Signup.episode_id == _any_in(ledger.c.episode_id)).cte("signups")
    players = select(*_PLAYER).where(t.MatchPlayer.match_id == _any_in(matches.c.id)).cte("players")
    crew = select(*_CREW).where(t.Crew.match_id == _any_in(matches.c.id)).cte("crew_members")
    found = _found(signups, players, crew)
    channels = select(*_CHANNEL).where(
        sa.or_(
            t.StreamChannel.name == _any_of("channel_names", Text),
            t.StreamChannel.id == _any_in(matches.c.stream_channel_id),
        )
    )
    synced = select(t.Tournament.speedgaming_event_slug).where(
        t.Tournament.speedgaming_enabled, t.Tournament.is_active
    )
    tables = {
        "tournament": select(tournament),
        "ledger": select(ledger),
        "matches": select(matches),
        "rooms": _rooms(matches, features),
        "signups": select(signups),
        "players": select(players),
        "crew": select(crew),
        "users": _users(found, select(tournament.c.organization_id).scalar_subquery()),
        # All aliases of the people found: who is known under another tag is a namesake.
        "aliases": select(*_ALIAS).where(t.Alias.user_id == _any_in(found.c.user_id)),
        "channels": channels,
        "synced": synced,
    }
    return select(*(_rows(rows).label(name) for name, rows in tables.items()))


def read_snapshot(
    connection: sa.Connection, tournament_id: int, lookups: Lookups, features: Features
) -> Snapshot | None:
    """What the database knows of `lookups`, in one statement. None: there is no such tournament."""
    found = connection.execute(_snapshot_statement(features), _parameters(tournament_id, lookups)).one()
    if not found.tournament:
        return None
    aliases = [_alias(row) for row in found.aliases]
    return Snapshot(
        tournament=tournament_of(found.tournament[0]),
        users={row["id"]: _user(row) for row in found.users},
        aliases={alias.key: alias for alias in aliases},
        channels={
            row["name"]: Channel(row["id"], row["name"], row["organization_id"]) for row in found.channels
        },
        matches=_known_matches(found),
        ledger={row["episode_id"]: _ledger_entry(row) for row in found.ledger},
        signups=tuple(_signup(row) for row in found.signups),
        synced_slugs=frozenset(slug for row in found.synced if (slug := row["speedgaming_event_slug"])),
    )


def _parameters(tournament_id: int, lookups: Lookups) -> Row:
    window = lookups.listed_between
    return {
        "tournament_id": tournament_id,
        "episode_ids": list(lookups.episode_ids),
        "discord_ids": list(lookups.discord_ids),
        **{
            _aliases_of(kind): [key.value for key in lookups.aliases if key.kind is kind]
            for kind in AliasKind
        },
        "placeholder_names": list(lookups.placeholder_names),
        "usernames": list(lookups.usernames),
        "match_tags": bool(lookups.usernames),
        "channel_names": list(lookups.channel_names),
        "since": window and window.since,
        "until": window and window.until,
        "finished_before": lookups.finished_before,
    }


def _user(row: Row) -> User:
    return User(
        id=row["id"],
        username=row["discord_username"],
        discord_id=row["discord_id"] or None,
        # Whoever has a Discord id can sign in with it: the application never clears the flag.
        is_placeholder=row["is_placeholder"] and not row["discord_id"],
        is_member=row["is_member"],
        is_registered=row["is_registered"],
        display_name=row["display_name"],
        discriminator=row["discord_discriminator"],
        is_active=row["is_active"],
    )


def _alias(row: Row) -> Alias:
    return Alias(
        key=AliasKey(AliasKind(row["kind"]), row["value"]),
        user_id=row["user_id"],
        discord_id=row["discord_id"],
        source=AliasSource(row["source"]),
    )


def entries_of(
    players: Iterable[Mapping[Any, Any]], crew: Iterable[Mapping[Any, Any]]
) -> defaultdict[int, list[Entry]]:
    """Who stands in which match, by its id, in the order of the rows' ids."""
    entries: defaultdict[int, list[Entry]] = defaultdict(list)
    for row in sorted(players, key=_by_id):
        pristine = row["finish_rank"] is None and row["assigned_station"] is None
        entries[row["match_id"]].append(Entry(Role.PLAYER, row["user_id"], is_pristine=pristine))
    for row in sorted(crew, key=_by_id):
        if row["role"] in CREW_ROLES:  # any other is not ours to keep
            pristine = row["approved_by_id"] is None
            entries[row["match_id"]].append(
                Entry(Role(row["role"]), row["user_id"], row["approved"], pristine)
            )
    return entries


def _by_id(row: Mapping[Any, Any]) -> int:
    return int(row["id"])


def _known_matches(found: sa.Row[Any]) -> dict[int, KnownMatch]:
    entries = entries_of(found.players, found.crew)
    with_room = {row["match_id"] for row in found.rooms}
    return {
        row["speedgaming_episode_id"]: KnownMatch(
            id=row["id"],
            episode_id=row["speedgaming_episode_id"],
            fields=_fields(row),
            tournament_slug=row["tournament_slug"],
            organization_id=row["organization_id"],
            entries=tuple(entries[row["id"]]),
            frozen_by=_frozen_by(row, has_room=row["id"] in with_room),
            saved_at=row["updated_at"],
        )
        for row in found.matches
        if row["speedgaming_episode_id"] is not None
    }


def _frozen_by(row: Row, *, has_room: bool) -> str | None:
    for column, word in t.FREEZING.items():
        if row[column] is not None:
            return word
    return "it has a race room" if has_room else None


def _fields(row: Row) -> MatchFields:
    start = row["scheduled_at"]
    return MatchFields(
        scheduled_at=datetime.fromisoformat(start) if start else None,
        title=row["title"],
        channel=row["stream_channel_id"],
        tournament_id=row["tournament_id"],
    )


def _ledger_entry(row: Row) -> LedgerEntry:
    return LedgerEntry(
        episode_id=row["episode_id"],
        match_id=row["match_id"],
        base=_fields(row),
        state=State(row["state"]),
        told=row["told"],
        event=row["event_slug"],
        saved_at=row["match_updated_at"],
    )


def _signup(row: Row) -> Signup:
    return Signup(
        episode_id=row["episode_id"],
        role=Role(row["role"]),
        user_id=row["user_id"],
        feed_ids=tuple(row["feed_ids"]),
        approved=row["approved"],
    )
