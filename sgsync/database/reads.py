"""The snapshot's SELECT: one statement for everything that a plan may ask."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ARRAY, BigInteger, Text, bindparam, func, select

from sgsync.database import tables as t
from sgsync.database.tournaments import tournament_of
from sgsync.plan.lookups import Lookups
from sgsync.snapshot.values import (
    Alias,
    AliasKey,
    AliasKind,
    Channel,
    CrewEntry,
    KnownMatch,
    LedgerEntry,
    Role,
    Signup,
    Snapshot,
    User,
)

Row = dict[str, Any]


def _array(name: str, item: type[BigInteger | Text]) -> sa.BindParameter[Any]:
    return bindparam(name, type_=ARRAY(item))


def _rows(statement: sa.Select[Any]) -> sa.ScalarSelect[Any]:
    """All rows of `statement` as one JSON array, so that a SELECT can carry several tables."""
    rows = statement.subquery()
    return select(
        func.coalesce(func.json_agg(func.to_json(rows.table_valued())), sa.text("'[]'"))
    ).scalar_subquery()


def _snapshot_statement() -> sa.Select[Any]:
    tournament_id = bindparam("tournament_id", type_=BigInteger)
    episode_ids = _array("episode_ids", BigInteger)
    tournament = select(t.Tournament).where(t.Tournament.id == tournament_id).cte("wanted_tournament")
    matches = (
        select(t.Match).where(t.Match.speedgaming_episode_id == func.any(episode_ids)).cte("known_matches")
    )
    ledger = select(t.Episode).where(t.Episode.episode_id == func.any(episode_ids)).cte("ledger")
    signups = select(t.Signup).where(t.Signup.episode_id == func.any(episode_ids)).cte("signups")
    players = select(t.MatchPlayer).join(matches, t.MatchPlayer.match_id == matches.c.id).cte("players")
    crew = select(t.Crew).join(matches, t.Crew.match_id == matches.c.id).cte("crew_members")
    wanted = (
        func.unnest(_array("alias_kinds", Text), _array("alias_values", Text))
        .table_valued("kind", "value")
        .render_derived(name="wanted")
    )
    found = (
        select(t.Alias.user_id)
        .join(wanted, sa.and_(t.Alias.kind == wanted.c.kind, t.Alias.value == wanted.c.value))
        .union(
            # `<> 0` as in the partial index, which could not be used otherwise.
            select(t.User.id).where(
                t.User.discord_id == func.any(_array("discord_ids", BigInteger)),
                t.User.discord_id != sa.text("0"),
            ),
            select(t.User.id).where(
                t.User.is_placeholder, t.User.discord_username == func.any(_array("placeholder_names", Text))
            ),
            select(signups.c.user_id),
            select(players.c.user_id),
            select(crew.c.user_id),
        )
        .cte("found")
    )
    # All aliases of the people found: who is known under another tag is a namesake.
    aliases = select(t.Alias).where(t.Alias.user_id.in_(select(found.c.user_id)))
    member = sa.exists().where(
        t.OrganizationMember.user_id == t.User.id,
        t.OrganizationMember.organization_id == select(tournament.c.organization_id).scalar_subquery(),
    )
    registered = sa.exists().where(
        t.TournamentPlayer.user_id == t.User.id, t.TournamentPlayer.tournament_id == tournament_id
    )
    users = select(
        t.User.id,
        t.User.discord_id,
        t.User.discord_username,
        t.User.is_placeholder,
        member.label("is_member"),
        registered.label("is_registered"),
    ).where(t.User.id.in_(select(found.c.user_id)))
    channels = select(t.StreamChannel.id, t.StreamChannel.name, t.StreamChannel.organization_id).where(
        t.StreamChannel.name == func.any(_array("channel_names", Text))
    )
    tables = {
        "tournament": select(tournament),
        "matches": select(matches),
        "ledger": select(ledger),
        "signups": select(signups),
        "players": select(players),
        "crew": select(crew),
        "users": users,
        "aliases": aliases,
        "channels": channels,
    }
    return select(*(_rows(rows).label(name) for name, rows in tables.items()))


_SNAPSHOT = _snapshot_statement()


def read_snapshot(connection: sa.Connection, tournament_id: int, lookups: Lookups) -> Snapshot | None:
    """What the database knows of `lookups`, in one statement. None: there is no such tournament."""
    found = connection.execute(
        _SNAPSHOT,
        {
            "tournament_id": tournament_id,
            "episode_ids": list(lookups.episode_ids),
            "discord_ids": list(lookups.discord_ids),
            "alias_kinds": [key.kind.value for key in lookups.aliases],
            "alias_values": [key.value for key in lookups.aliases],
            "placeholder_names": list(lookups.placeholder_names),
            "channel_names": list(lookups.channel_names),
        },
    ).one()
    if not found.tournament:
        return None
    users = [_user(row) for row in found.users]
    aliases = [_alias(row) for row in found.aliases]
    return Snapshot(
        tournament=tournament_of(found.tournament[0]),
        users={user.id: user for user in users},
        aliases={alias.key: alias for alias in aliases},
        channels={row["name"]: Channel(**row) for row in found.channels},
        matches=_matches(found.matches, found.players, found.crew),
        ledger={row["episode_id"]: _ledger_entry(row) for row in found.ledger},
        signups=tuple(_signup(row) for row in found.signups),
    )


def _user(row: Row) -> User:
    return User(
        id=row["id"],
        username=row["discord_username"],
        discord_id=row["discord_id"] or None,
        is_placeholder=row["is_placeholder"],
        is_member=row["is_member"],
        is_registered=row["is_registered"],
    )


def _alias(row: Row) -> Alias:
    return Alias(
        key=AliasKey(AliasKind(row["kind"]), row["value"]),
        user_id=row["user_id"],
        discord_id=row["discord_id"],
        linked=row["source"] == "admin",
    )


def _matches(matches: list[Row], players: list[Row], crew: list[Row]) -> dict[int, KnownMatch]:
    rosters: dict[int, list[int]] = {}
    for row in sorted(players, key=lambda row: row["id"]):
        rosters.setdefault(row["match_id"], []).append(row["user_id"])
    crews: dict[int, list[CrewEntry]] = {}
    for row in sorted(crew, key=lambda row: row["id"]):
        crews.setdefault(row["match_id"], []).append(CrewEntry(row["role"], row["user_id"], row["approved"]))
    return {
        row["speedgaming_episode_id"]: KnownMatch(
            id=row["id"],
            episode_id=row["speedgaming_episode_id"],
            tournament_id=row["tournament_id"],
            scheduled_at=_moment(row["scheduled_at"]),
            title=row["title"],
            channel_id=row["stream_channel_id"],
            players=tuple(rosters.get(row["id"], ())),
            crew=tuple(crews.get(row["id"], ())),
        )
        for row in matches
    }


def _ledger_entry(row: Row) -> LedgerEntry:
    return LedgerEntry(row["episode_id"], row["tournament_id"], row["match_id"])


def _signup(row: Row) -> Signup:
    return Signup(
        episode_id=row["episode_id"],
        role=Role(row["role"]),
        user_id=row["user_id"],
        feed_ids=tuple(row["feed_ids"]),
        approved=row["approved"],
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
