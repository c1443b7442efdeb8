"""A plan: what must change for one tournament, as values that can be shown, tested and applied."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sgsync.people.identity import Identities, Person
from sgsync.snapshot.values import ChannelRef, KnownMatch, MatchFields, Role, State, Tournament

Value = datetime | str | int | None
Seat = tuple[Role, Person]
"""A place in a roster or a crew: what somebody does in a match, and who it is."""


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


class PlannedSignup(NamedTuple):
    """One person in one role of an episode, however often the feed lists them there."""

    role: Role
    person: Person
    name: str
    feed_ids: tuple[int, ...]
    approved: bool

    @property
    def seat(self) -> Seat:
        return self.role, self.person


@dataclass(frozen=True, slots=True)
class NewChannel:
    """A stream channel that the organization does not have yet."""

    name: str
    stream_url: str | None


@dataclass(frozen=True, slots=True)
class NewMatch:
    """An episode that becomes a match."""

    episode_id: int
    scheduled_at: datetime
    title: str
    channel: ChannelRef
    signups: tuple[PlannedSignup, ...]
    event: str | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of a match that follows SpeedGaming; `is_overwritten`: although somebody had edited it here."""

    field: str
    old: Value
    new: Value
    is_overwritten: bool = False


EDITED = "it was edited here"


@dataclass(frozen=True, slots=True)
class Kept:
    """Something of a match that stays although SpeedGaming changed it, and why: usually local work.

    `what` is a field, or a role together with the `person` in it.
    """

    what: str
    ours: Value
    theirs: Value
    person: Person | None = None
    why: str = EDITED


@dataclass(frozen=True, slots=True)
class Memory:
    """What the ledger holds of an episode from now on: the base of the next comparison."""

    episode_id: int
    fields: MatchFields
    match_id: int | None  # None: the match that this plan creates, if it does
    event: str | None
    state: State = State.ACTIVE
    told: Mapping[str, str] = field(default_factory=dict)
    remembered: tuple[PlannedSignup, ...] = ()
    forgotten: tuple[Seat, ...] = ()
    is_saved_here: bool = False  # the match, by somebody of the application: that stays known


@dataclass(frozen=True, slots=True)
class Revision:
    """What becomes of a match that is known: what changes, and what stays although SpeedGaming changed it."""

    match: KnownMatch
    changes: tuple[FieldChange, ...] = ()
    added: tuple[PlannedSignup, ...] = ()
    removed: tuple[Seat, ...] = ()
    approvals: tuple[PlannedSignup, ...] = ()
    kept: tuple[Kept, ...] = ()
    is_adopted: bool = False
    is_back: bool = False
    frozen_by: str | None = None  # SpeedGaming changed it, but it does not follow any more
    unfollowed: tuple[Kept, ...] = ()  # what a frozen match did not follow
    is_missing: bool = False  # nothing but that SpeedGaming does not list it any more
    finished_at: datetime | None = None

    @property
    def fields(self) -> MatchFields:
        """The match's fields as they are afterwards."""
        changes: dict[str, Any] = {change.field: change.new for change in self.changes}
        return replace(self.match.fields, **changes)

    @property
    def changes_match(self) -> bool:
        return any((self.changes, self.added, self.removed, self.approvals, self.finished_at))

    @property
    def tells_something(self) -> bool:
        """Whether anything happens to the match, or is kept from happening, that people want to know."""
        return self.changes_match or any((self.kept, self.is_adopted, self.is_back, self.frozen_by))


class Guest(NamedTuple):
    """Somebody who joins a match that stands in another tournament than the one that is imported."""

    organization_id: int
    tournament_id: int
    role: Role
    person: Person


@dataclass(frozen=True, slots=True)
class Cancellation:
    """An episode that SpeedGaming has no longer, and whether its match goes as well.

    `kept_by` is the local work that keeps a match which would be deleted otherwise.
    """

    match: KnownMatch
    why: str
    delete: bool
    kept_by: str | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """What to call the people and channels that a plan mentions."""

    people: Mapping[Person, str] = field(default_factory=dict)
    channels: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that an import of one tournament does.

    `distrust` is why the answer is not believed; nothing else is planned then. `to_confirm` are episodes
    that were missing from the answer, to be asked for by id.
    """

    tournament: Tournament
    identities: Identities = field(default_factory=Identities)
    new_channels: tuple[NewChannel, ...] = ()
    names: Names = field(default_factory=Names)
    new_matches: tuple[NewMatch, ...] = ()
    revisions: tuple[Revision, ...] = ()
    cancellations: tuple[Cancellation, ...] = ()
    left: tuple[Skip, ...] = ()  # those of the skips that the history of their episode does not have yet
    memories: tuple[Memory, ...] = ()
    claimed: tuple[int, ...] = ()  # matches that the ledger may still hold as those of other episodes
    new_members: tuple[Person, ...] = ()
    new_registrations: tuple[Person, ...] = ()
    guests: tuple[Guest, ...] = ()  # they have to belong where their match stands, too
    skips: tuple[Skip, ...] = ()
    warnings: tuple[str, ...] = ()
    to_confirm: tuple[int, ...] = ()
    distrust: str | None = None

    @property
    def doomed_matches(self) -> tuple[int, ...]:
        """The matches to be deleted, unless something unknown refers to them."""
        return tuple(cancellation.match.id for cancellation in self.cancellations if cancellation.delete)

    @property
    def changes_application(self) -> bool:
        """Whether applying it would change what the application shows, or cancels something there."""
        people = self.identities
        return any(
            (
                people.new_users,
                people.new_placeholders,
                people.upgrades,
                people.merges,
                self.new_channels,
                self.new_matches,
                any(revision.changes_match or revision.is_back for revision in self.revisions),
                self.cancellations,
                self.new_members,
                self.new_registrations,
            )
        )

    @property
    def is_empty(self) -> bool:
        """Whether applying it would write nothing, not even a line of the history."""
        return not (self.changes_application or self.identities.aliases or self.memories or self.revisions)
