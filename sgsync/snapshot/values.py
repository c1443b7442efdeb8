"""What the database knows that a plan depends on: frozen values, no rules.

Those of which there are thousands are tuples: they are made and compared several times as fast.
"""

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


class AliasSource(StrEnum):
    """Who says that an alias is somebody."""

    FEED = "feed"
    TAG = "tag"  # the tag is the user name of one user of the application: a guess that a setting allows
    ADMIN = "admin"


class AliasKey(NamedTuple):
    """One name under which SpeedGaming showed somebody; `value` is folded already."""

    kind: AliasKind
    value: str


class Alias(NamedTuple):
    """sgsync's memory of who an alias is.

    `discord_id` is the Discord id that it was seen with, if any. Without one, an alias of the feed
    alone does not lead to a real person.
    """

    key: AliasKey
    user_id: int
    discord_id: int | None = None
    source: AliasSource = AliasSource.FEED


@dataclass(frozen=True, slots=True)
class User:
    """A row of the application's `users`. `discord_id` is None for NULL and for 0."""

    id: int
    username: str
    discord_id: int | None = None
    is_placeholder: bool = False
    is_member: bool = False  # of the tournament's organization
    is_registered: bool = False  # in the tournament, as a player
    display_name: str | None = None
    discriminator: str | None = None
    is_active: bool = True

    @property
    def name(self) -> str:
        return self.display_name or self.username


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


ChannelRef = int | str | None
"""The id of a channel in the database, the name of one that the plan creates, or no channel."""


@dataclass(frozen=True, slots=True)
class MatchFields:
    """What SpeedGaming decides of a match, as one side has it: the feed, the ledger or the row."""

    scheduled_at: datetime | None
    title: str | None
    channel: ChannelRef
    tournament_id: int


class Entry(NamedTuple):
    """Somebody's row in `matchplayers` or `crew`.

    `is_pristine`: nobody gave it a rank or a station, and nobody of the application approved it.
    """

    role: Role
    user_id: int
    approved: bool = False
    is_pristine: bool = True


@dataclass(frozen=True, slots=True)
class KnownMatch:
    """The `match` row of an episode, whoever imported it.

    `frozen_by` says what keeps it as it is; `saved_at` is when somebody last saved it, as the database says it.
    """

    id: int
    episode_id: int
    fields: MatchFields
    tournament_slug: str | None = None
    organization_id: int | None = None
    entries: tuple[Entry, ...] = ()
    frozen_by: str | None = None
    saved_at: str | None = None


class State(StrEnum):
    """Whether SpeedGaming still has an episode."""

    ACTIVE = "active"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What sgsync remembers of an episode: `base` is what was last imported.

    `match_id` is None once the match is gone. `told` is what was said already. `event` is the one that the
    episode was listed under, and `saved_at` the match's when an import last wrote to it; None: not known.
    """

    episode_id: int
    match_id: int | None
    base: MatchFields
    state: State = State.ACTIVE
    told: Mapping[str, str] = field(default_factory=dict)
    event: str | None = None
    saved_at: str | None = None


class Signup(NamedTuple):
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
    channels: Mapping[str, Channel] = field(default_factory=dict)  # by name
    matches: Mapping[int, KnownMatch] = field(default_factory=dict)  # by episode id
    ledger: Mapping[int, LedgerEntry] = field(default_factory=dict)  # by episode id
    signups: tuple[Signup, ...] = ()
    synced_slugs: frozenset[str] = frozenset()  # the events of all enabled tournaments
