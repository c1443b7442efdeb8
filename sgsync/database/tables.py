"""The tables, as sgsync sees them.

First the application's, each with only the columns that sgsync uses; then sgsync's own, in a
schema of their own that the application's migration tool never looks at.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    Exists,
    ForeignKey,
    Identity,
    Index,
    String,
    Text,
    exists,
    false,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.sql.elements import quoted_name

SCHEMA = "sgsync"

# Older releases of the application lack them; sgsync uses them where they are and never creates them.
OPTIONAL_TABLES = frozenset({"audit_logs", "racetime_rooms"})


THIS_MOMENT = func.clock_timestamp()
"""When a row is written: `now()` is when its transaction began, which may have waited for its turn since."""


def some_row() -> Exists:
    """An EXISTS that reads the columns it names and no other: a bare one selects all, and needs the right to."""
    return exists(true())


class Base(DeclarativeBase):
    type_annotation_map: ClassVar = {
        datetime: DateTime(timezone=True),
        str: Text(),
        dict[str, Any]: JSONB(),
        list[int]: ARRAY(BigInteger()),
    }


def _references(column: str, *, on_delete: str = "CASCADE") -> ForeignKey:
    return ForeignKey(column, ondelete=on_delete)


def _one_of(column: str, *values: str) -> CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})")


class UpdatedAt:
    """The application has no triggers: whoever updates a row sets this."""

    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=THIS_MOMENT)


LARGEST_ID = 2**31 - 1
"""The application's ids, and SpeedGaming's episode ids with them, are 4-byte integers."""


def may_be_id(number: int) -> bool:
    """Whether something can have this id: of any other number, Postgres says only that it is out of range."""
    return 0 < number <= LARGEST_ID


# The application's tables


class Organization(Base):
    __tablename__ = "organization"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)


class User(UpdatedAt, Base):
    """A person, signed in with Discord or not: a placeholder stands for somebody who never did."""

    __tablename__ = "users"
    __table_args__ = (
        Index(
            "users_discord_id_real_key", "discord_id", unique=True, postgresql_where=text("discord_id <> 0")
        ),
        Index("sgsync_users_placeholder", "discord_username", postgresql_where=text("is_placeholder")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # 0 for sgsync's placeholders, NULL for those of the application's own importer.
    discord_id: Mapped[int | None] = mapped_column(BigInteger)
    discord_username: Mapped[str] = mapped_column(String(255))
    discord_discriminator: Mapped[str | None] = mapped_column(String(4))
    display_name: Mapped[str | None] = mapped_column(String(255))
    twitch_name: Mapped[str | None] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(server_default=true())
    is_placeholder: Mapped[bool] = mapped_column(server_default=false())


class OrganizationMember(Base):
    """At most one row per user and organization; no constraint of the application says so."""

    __tablename__ = "organizationmember"
    __table_args__ = (Index("sgsync_organizationmember_user", "user_id", "organization_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(_references("organization.id"))
    user_id: Mapped[int] = mapped_column(_references("users.id"))


class Tournament(UpdatedAt, Base):
    __tablename__ = "tournament"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    organization_id: Mapped[int] = mapped_column(_references("organization.id"))
    is_active: Mapped[bool] = mapped_column(server_default=true())
    racetime_auto_create_rooms: Mapped[bool] = mapped_column(server_default=false())
    speedgaming_enabled: Mapped[bool] = mapped_column(server_default=false())
    # The event's name in SpeedGaming's addresses: what is asked for.
    speedgaming_event_slug: Mapped[str | None] = mapped_column(String(255))


class TournamentPlayer(Base):
    """Who is listed as a tournament's player; one row per user is assumed, not enforced."""

    __tablename__ = "tournamentplayers"
    __table_args__ = (
        Index("sgsync_tournamentplayers_tournament", "tournament_id", "user_id"),
        Index("sgsync_tournamentplayers_user", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(_references("tournament.id"))
    user_id: Mapped[int] = mapped_column(_references("users.id"))


class StreamChannel(Base):
    """Where a match is broadcast. A name is taken once for all organizations."""

    __tablename__ = "streamchannel"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)
    stream_url: Mapped[str | None] = mapped_column(String(255))
    organization_id: Mapped[int] = mapped_column(_references("organization.id"))


class Match(UpdatedAt, Base):
    # A reserved word from SQL:2023 on.
    __tablename__ = quoted_name("match", quote=True)
    __table_args__ = (
        Index("match_speedgaming_episode_id_key", "speedgaming_episode_id", unique=True),
        Index("sgsync_match_scheduled", "scheduled_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tournament_id: Mapped[int] = mapped_column(_references("tournament.id"))
    scheduled_at: Mapped[datetime | None]
    checked_in_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    title: Mapped[str | None] = mapped_column(String(255))
    comment: Mapped[str | None]
    racetime_auto_create: Mapped[bool] = mapped_column(server_default=true())
    stream_channel_id: Mapped[int | None] = mapped_column(_references("streamchannel.id"))
    speedgaming_episode_id: Mapped[int | None]


FREEZING = {
    "finished_at": "it is finished",
    "confirmed_at": "it is confirmed",
    "started_at": "it has started",
    "checked_in_at": "it is checked in",
}
"""The columns of `match` that the application sets once it is under way; imports leave it alone then."""

NOT_UNDER_WAY = tuple(Match.__table__.c[name].is_(None) for name in FREEZING)
"""What is true of a match that may still follow, as far as its own row says."""


class MatchPlayer(UpdatedAt, Base):
    """Who races in a match; one row per user is assumed, not enforced."""

    __tablename__ = "matchplayers"
    __table_args__ = (
        Index("sgsync_matchplayers_match", "match_id"),
        Index("sgsync_matchplayers_user", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int] = mapped_column(_references("match.id"))
    user_id: Mapped[int] = mapped_column(_references("users.id"))
    finish_rank: Mapped[int | None]
    assigned_station: Mapped[str | None] = mapped_column(String(50))


class Crew(UpdatedAt, Base):
    """Who helps to broadcast a match; one row per user and role is assumed, not enforced."""

    __tablename__ = "crew"
    __table_args__ = (
        Index("sgsync_crew_match", "match_id"),
        Index("sgsync_crew_user", "user_id"),
        Index("sgsync_crew_approver", "approved_by_id", postgresql_where=text("approved_by_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int] = mapped_column(_references("match.id"))
    user_id: Mapped[int] = mapped_column(_references("users.id"))
    # 'commentator', 'tracker' or 'restreamer': any other breaks the application's schedule page.
    role: Mapped[str] = mapped_column(String(100))
    approved: Mapped[bool] = mapped_column(server_default=false())
    # The person of the application who approved; NULL if SpeedGaming did.
    approved_by_id: Mapped[int | None] = mapped_column(_references("users.id"))


class AuditLog(Base):
    """What the application shows as a tournament's sync history. May be absent."""

    __tablename__ = "audit_logs"

    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(String(255))
    details: Mapped[dict[str, Any] | None]
    organization_id: Mapped[int | None] = mapped_column(_references("organization.id"))


class RacetimeRoom(Base):
    """A race room: a match that has one is not touched any more. May be absent."""

    __tablename__ = "racetime_rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int | None] = mapped_column(_references("match.id", on_delete="SET NULL"), unique=True)


# sgsync's own tables. Their foreign keys give way, so that the application can delete what it likes.


class Episode(Base):
    """An episode that was imported, and what SpeedGaming said then: the base of the next comparison."""

    __tablename__ = "episode"
    __table_args__ = (
        _one_of("state", "active", "cancelled"),
        Index("episode_tournament_id_scheduled_at_idx", "tournament_id", "scheduled_at"),
        {"schema": SCHEMA},
    )

    episode_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tournament_id: Mapped[int] = mapped_column(_references("tournament.id"))
    # NULL: an admin deleted the match, and it is not to come back by itself.
    match_id: Mapped[int | None] = mapped_column(_references("match.id", on_delete="SET NULL"), unique=True)
    # 'cancelled': SpeedGaming no longer knows the episode.
    state: Mapped[str] = mapped_column(server_default=text("'active'"))
    # NULL: a match of the application's own importer was adopted, and it had no time.
    scheduled_at: Mapped[datetime | None]
    title: Mapped[str | None] = mapped_column(String(255))
    # Without a foreign key: it remembers what was imported, also when the channel is gone.
    stream_channel_id: Mapped[int | None]
    # The event that SpeedGaming listed it under: a tournament may be given another one.
    event_slug: Mapped[str | None]
    # The match's own updated_at as the last import left it: the application sets it whenever it saves one.
    match_updated_at: Mapped[datetime | None]
    # Without a foreign key: a match that was deleted is still found by its id.
    last_match_id: Mapped[int | None]
    # What was said and is not to be said again, such as a change that a frozen match did not get.
    told: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    first_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    # When an import last changed this row.
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Change(Base):
    """What happened to an episode, for `sgsync history`. Unchanged runs leave nothing here."""

    __tablename__ = "change"
    __table_args__ = (
        _one_of(
            "kind",
            "imported",
            "adopted",
            "changed",
            "added",
            "removed",
            "kept",
            "frozen",
            "cancelled",
            "deleted",
            "returned",
            "finished",
            "unstaffed",
        ),
        Index("change_episode_id_idx", "episode_id", "id"),
        Index("change_happened_at_idx", "happened_at"),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    episode_id: Mapped[int] = mapped_column(_references("sgsync.episode.episode_id"))
    happened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    kind: Mapped[str]
    # A field, such as 'time', or a role.
    what: Mapped[str | None]
    before: Mapped[str | None]
    after: Mapped[str | None]
    why: Mapped[str | None]


class Signup(Base):
    """Somebody whom SpeedGaming listed for an episode when it was last imported."""

    __tablename__ = "signup"
    __table_args__ = (
        _one_of("role", "player", "commentator", "tracker", "restreamer"),
        Index("signup_user_id_idx", "user_id"),
        {"schema": SCHEMA},
    )

    episode_id: Mapped[int] = mapped_column(_references("sgsync.episode.episode_id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(_references("users.id"), primary_key=True)
    # The player or crew ids under which SpeedGaming listed the user: more than one if it did so twice, none if it
    # does not any more, and the user stays for local work.
    feed_ids: Mapped[list[int]]
    approved: Mapped[bool]


class Alias(Base):
    """A name or number of the feed that is known to mean a user."""

    __tablename__ = "alias"
    __table_args__ = (
        _one_of("kind", "player", "tag", "crew_name"),
        _one_of("source", "feed", "tag", "admin"),
        Index("alias_user_id_idx", "user_id"),
        {"schema": SCHEMA},
    )

    # 'player': a player id. 'tag': a Discord tag. 'crew_name': leads to crew placeholders only.
    kind: Mapped[str] = mapped_column(primary_key=True)
    # Case-folded; of a tag without '#0'.
    value: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(_references("users.id"))
    # The Discord id that it was seen with; another one moves the alias.
    discord_id: Mapped[int | None] = mapped_column(BigInteger)
    # Who says so: the feed, a tag that matched the application's user name, or an admin.
    source: Mapped[str] = mapped_column(server_default=text("'feed'"))
    first_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Link(Base):
    """A placeholder that became a user: who did it, when, and what moved."""

    __tablename__ = "link"
    __table_args__ = (
        _one_of("source", "admin", "feed"),
        Index("link_placeholder_id_idx", "placeholder_id"),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    # Both users without a foreign key: the placeholder is gone, and the record outlives the other, too.
    placeholder_id: Mapped[int]
    placeholder_name: Mapped[str]
    user_id: Mapped[int]
    linked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    linked_by: Mapped[str]
    source: Mapped[str]
    # How many rows of which table were re-pointed.
    moved: Mapped[dict[str, Any]]


class Run(Base):
    """One run of a command that writes, begun before it works so that a killed one shows, too."""

    __tablename__ = "run"
    __table_args__ = (
        _one_of("outcome", "running", "ok", "problems", "unreachable", "failed", "interrupted"),
        Index("run_started_at_idx", "started_at"),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    command: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(server_default=text("'running'"))
    # What `--json` prints: the counts and problems of every tournament.
    report: Mapped[dict[str, Any] | None]
    host: Mapped[str]


class Told(Base):
    """How far in the history somebody outside has been told of it."""

    __tablename__ = "told"
    __table_args__ = ({"schema": SCHEMA},)

    # Whom: 'discord'.
    reader: Mapped[str] = mapped_column(primary_key=True)
    # The last entry of `change` that was told; without a foreign key, because history is pruned.
    change_id: Mapped[int] = mapped_column(BigInteger)
    # Those before it for which the message had no room.
    left_out: Mapped[list[int]] = mapped_column(server_default=text("'{}'"))
    told_at: Mapped[datetime] = mapped_column(server_default=func.now())
    # Until when the reader asked to be left alone.
    not_before: Mapped[datetime | None]
