"""Builders of what the database knows: frozen values, an ordinary one each, with any field overridden."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sgsync.people.sightings import fold
from sgsync.snapshot.values import (
    Alias,
    AliasKey,
    AliasKind,
    Channel,
    Entry,
    KnownMatch,
    LedgerEntry,
    MatchFields,
    Signup,
    Snapshot,
    Tournament,
    User,
)

TOURNAMENT_ID = 5
ORGANIZATION_ID = 2
START = datetime(2026, 11, 28, 18, 10, tzinfo=UTC)


def make_tournament(tournament_id: int = TOURNAMENT_ID, **fields: Any) -> Tournament:
    ordinary = {
        "name": "League",
        "organization_id": ORGANIZATION_ID,
        "slug": "alttprleague",
        "is_enabled": True,
        "is_active": True,
        "auto_create_rooms": True,
    }
    return Tournament(id=tournament_id, **{**ordinary, **fields})


def make_user(user_id: int, discord_id: int | None = None, **fields: Any) -> User:
    """Somebody who signed in to the application."""
    return User(user_id, fields.pop("username", f"user{user_id}"), discord_id, **fields)


def make_placeholder(user_id: int, username: str, **fields: Any) -> User:
    return User(user_id, username, is_placeholder=True, **fields)


def player_key(player_id: int) -> AliasKey:
    return AliasKey(AliasKind.PLAYER, str(player_id))


def tag_key(tag: str) -> AliasKey:
    return AliasKey(AliasKind.TAG, fold(tag))


def name_key(name: str) -> AliasKey:
    return AliasKey(AliasKind.CREW_NAME, fold(name))


def make_fields(**fields: Any) -> MatchFields:
    ordinary = {"scheduled_at": START, "title": None, "channel": None, "tournament_id": TOURNAMENT_ID}
    return MatchFields(**{**ordinary, **fields})


def make_known_match(
    episode_id: int, match_id: int = 900, entries: Iterable[Entry] = (), **fields: Any
) -> KnownMatch:
    return KnownMatch(match_id, episode_id, make_fields(**fields), entries=tuple(entries))


def make_ledger_entry(episode_id: int, match_id: int | None = None, **fields: Any) -> LedgerEntry:
    return LedgerEntry(episode_id, match_id, make_fields(**fields))


def make_known_channel(channel_id: int, name: str, organization_id: int = ORGANIZATION_ID) -> Channel:
    return Channel(channel_id, name, organization_id)


def make_snapshot(
    *users: User,
    aliases: Iterable[Alias] = (),
    signups: Iterable[Signup] = (),
    matches: Iterable[KnownMatch] = (),
    ledger: Iterable[LedgerEntry] = (),
    channels: Iterable[Channel] = (),
    **tournament: Any,
) -> Snapshot:
    """A snapshot of `users` and the rest; `tournament` overrides fields of the tournament."""
    return Snapshot(
        tournament=make_tournament(**tournament),
        users={user.id: user for user in users},
        aliases={alias.key: alias for alias in aliases},
        channels={channel.name: channel for channel in channels},
        matches={match.episode_id: match for match in matches},
        ledger={entry.episode_id: entry for entry in ledger},
        signups=tuple(signups),
    )
