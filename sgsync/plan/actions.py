"""A plan: what must change for one tournament, as values that can be shown, tested and applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sgsync.people.identity import Identities, Person
from sgsync.snapshot.values import KnownMatch, Role, Signup, Tournament


class SkipReason(StrEnum):
    """Why an episode is left as it is."""

    KNOWN = "known"
    HELD = "held"
    NO_PLAYERS = "no players"
    OTHER_EVENT = "other event"
    OTHER_TOURNAMENT = "other tournament"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Skip:
    """An episode that is left as it is, and the sentence that says why."""

    episode_id: int
    reason: SkipReason
    sentence: str


@dataclass(frozen=True, slots=True)
class PlannedSignup:
    """One person in one role of an episode, however often the feed lists them there."""

    role: Role
    person: Person
    name: str
    feed_ids: tuple[int, ...]
    approved: bool


@dataclass(frozen=True, slots=True)
class NewChannel:
    """A stream channel that the organization does not have yet."""

    name: str
    stream_url: str | None


@dataclass(frozen=True, slots=True)
class NewMatch:
    """An episode that becomes a match. `channel_name` is None where no stream is known."""

    episode_id: int
    scheduled_at: datetime
    title: str
    channel_name: str | None
    signups: tuple[PlannedSignup, ...]


@dataclass(frozen=True, slots=True)
class Adoption:
    """A match that somebody else imported, and that sgsync keeps from now on."""

    match: KnownMatch
    signups: tuple[Signup, ...]  # who stands in it now: the base of later comparisons


@dataclass(frozen=True, slots=True)
class Plan:
    """All that an import of one tournament does."""

    tournament: Tournament
    identities: Identities
    new_channels: tuple[NewChannel, ...]
    channel_ids: Mapping[str, int]
    new_matches: tuple[NewMatch, ...]
    adoptions: tuple[Adoption, ...]
    new_members: tuple[Person, ...]
    new_registrations: tuple[Person, ...]
    skips: tuple[Skip, ...]
    warnings: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether applying it would write nothing."""
        people = self.identities
        return not any(
            (
                people.new_users,
                people.new_placeholders,
                people.upgrades,
                people.aliases,
                self.new_channels,
                self.new_matches,
                self.adoptions,
                self.new_members,
                self.new_registrations,
            )
        )
