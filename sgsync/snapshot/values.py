"""What the database knows that a plan depends on: frozen values, no rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Role(StrEnum):
    """What someone does in an episode. The crew's values are the application's own words."""

    PLAYER = "player"
    COMMENTATOR = "commentator"
    TRACKER = "tracker"
    RESTREAMER = "restreamer"


CREW_ROLES = frozenset({Role.COMMENTATOR, Role.TRACKER, Role.RESTREAMER})


class AliasKind(StrEnum):
    """In which of SpeedGaming's name spaces an alias lives. They overlap: never mix them."""

    PLAYER = "player"
    TAG = "tag"
    CREW_NAME = "crew_name"


class AliasKey(NamedTuple):
    """One name under which SpeedGaming showed somebody; `value` is folded already."""

    kind: AliasKind
    value: str


@dataclass(frozen=True, slots=True)
class Alias:
    """sgsync's memory of who an alias is.

    `discord_id` is the Discord id that it was seen with, if any; `linked` says that an admin
    decided it. Only one of the two lets an alias lead to a real person.
    """

    key: AliasKey
    user_id: int
    discord_id: int | None = None
    linked: bool = False


@dataclass(frozen=True, slots=True)
class User:
    """A row of the application's `users`. `discord_id` is None for NULL and for 0."""

    id: int
    username: str
    discord_id: int | None = None
    is_placeholder: bool = False
    is_member: bool = False  # of the tournament's organization
    is_registered: bool = False  # in the tournament, as a player


@dataclass(frozen=True, slots=True)
class Tournament:
    """A row of the application's `tournament`."""

    id: int
    name: str
    organization_id: int
    slug: str | None
    is_enabled: bool
    is_active: bool
    auto_create_rooms: bool


@dataclass(frozen=True, slots=True)
class Channel:
    """A row of `streamchannel`. Names are unique over all organizations."""

    id: int
    name: str
    organization_id: int


@dataclass(frozen=True, slots=True)
class CrewEntry:
    """A row of `crew`. `role` is whatever stands there."""

    role: str
    user_id: int
    approved: bool


@dataclass(frozen=True, slots=True)
class KnownMatch:
    """The `match` row of an episode, whoever imported it."""

    id: int
    episode_id: int
    tournament_id: int
    scheduled_at: datetime | None
    title: str | None
    channel_id: int | None
    players: tuple[int, ...] = ()
    crew: tuple[CrewEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What sgsync remembers of an episode. `match_id` is None once an admin has deleted the match."""

    episode_id: int
    tournament_id: int
    match_id: int | None


@dataclass(frozen=True, slots=True)
class Signup:
    """Who was imported for one role of an episode, and under which of SpeedGaming's ids."""

    episode_id: int
    role: Role
    user_id: int
    feed_ids: tuple[int, ...]
    approved: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the planner may know of the database, for one tournament and one answer of the feed."""

    tournament: Tournament
    users: Mapping[int, User] = field(default_factory=dict)
    aliases: Mapping[AliasKey, Alias] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    matches: Mapping[int, KnownMatch] = field(default_factory=dict)  # by episode id
    ledger: Mapping[int, LedgerEntry] = field(default_factory=dict)  # by episode id
    signups: tuple[Signup, ...] = ()
