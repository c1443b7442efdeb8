"""What is known of one episode on all sides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sgsync.database.history import PastEvent
from sgsync.fetch.window import Window
from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.assignment import Assignment
from sgsync.snapshot.values import Alias, KnownMatch, LedgerEntry, Signup, Snapshot, Tournament


class Answer(StrEnum):
    """What came of asking SpeedGaming for an episode by its id."""

    FOUND = "found"
    UNKNOWN = "unknown"
    MALFORMED = "malformed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FeedSays:
    """SpeedGaming's answer: the episode if there is a readable one, else the sentence that says why not."""

    answer: Answer
    episode: SpeedGamingEpisode | None = None
    sentence: str | None = None
    payload: object = None  # the feed's own JSON

    @property
    def event(self) -> str | None:
        return self.episode.event.slug if self.episode and self.episode.event else None


@dataclass(frozen=True, slots=True)
class Place:
    """The tournament that an episode belongs to, if there is one, and whether its event is imported."""

    tournament: Tournament | None = None
    is_synced: bool = False
    problem: str | None = None


def place_of(
    event: str | None, known: int | None, assignments: Iterable[Assignment], everyone: Sequence[Tournament]
) -> Place:
    """Where an episode of `event` goes: to whoever is synced with it, else where it is `known` to be."""
    assignments = list(assignments)
    for assignment in assignments:
        if event is not None and assignment.tournament.slug == event and not assignment.problem:
            return Place(assignment.tournament, is_synced=True)
    found = next((each for each in everyone if each.id == known), None) or next(
        (each for each in everyone if event is not None and each.slug == event), None
    )
    if found is None:
        return Place()
    own = next((each for each in assignments if each.tournament.id == found.id), None)
    return Place(found, is_synced=own is not None and not own.problem, problem=own.problem if own else None)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of an episode. `window` is what a run would ask for at this moment.

    `trouble` is what the last run says of the episode, or of its whole tournament, if it failed there.
    `episode_of_match` is whose match has the number that was asked about.
    """

    episode_id: int
    feed: FeedSays
    place: Place
    window: Window
    snapshot: Snapshot | None = None  # of the place's tournament
    trouble: str | None = None
    episode_of_match: int | None = None

    @property
    def match(self) -> KnownMatch | None:
        return self.snapshot.matches.get(self.episode_id) if self.snapshot else None

    @property
    def entry(self) -> LedgerEntry | None:
        return self.snapshot.ledger.get(self.episode_id) if self.snapshot else None

    @property
    def signups(self) -> tuple[Signup, ...]:
        signups = self.snapshot.signups if self.snapshot else ()
        return tuple(signup for signup in signups if signup.episode_id == self.episode_id)

    @property
    def aliases(self) -> tuple[Alias, ...]:
        """Under which names the people of the episode are known."""
        people = {signup.user_id for signup in self.signups}
        aliases = self.snapshot.aliases.values() if self.snapshot else ()
        return tuple(
            sorted((alias for alias in aliases if alias.user_id in people), key=lambda alias: alias.key)
        )

    def name_of(self, user_id: int) -> str:
        user = self.snapshot.users.get(user_id) if self.snapshot else None
        return user.name if user else f"user {user_id}"

    def channel_name(self, channel: int | str | None) -> str | None:
        known = self.snapshot.channels.values() if self.snapshot else ()
        return next(
            (each.name for each in known if each.id == channel), None if channel is None else str(channel)
        )


class Why(StrEnum):
    """Why an episode is in the application, or is not, or is not as SpeedGaming says."""

    NO_ANSWER = "no answer"
    NOT_ON_SPEEDGAMING = "not on SpeedGaming"
    MALFORMED = "malformed"
    NO_TOURNAMENT = "no tournament"
    NOT_ENABLED = "not enabled"
    OTHER_TOURNAMENT = "other tournament"
    OTHER_EVENT = "other event"
    HELD = "held"
    NO_PLAYERS = "no players"
    OUTSIDE_WINDOW = "outside the window"
    DELETED = "deleted by an admin"
    CANCELLED = "cancelled"
    FROZEN = "frozen"
    NOT_UPDATED = "not updated"
    KEPT = "kept local edit"
    FAILED = "failed in the last run"
    UP_TO_DATE = "imported and up to date"
    WAITING = "waiting for the next run"


@dataclass(frozen=True, slots=True)
class Reason:
    """The one reason, in a sentence. `actions` are what the next run does about the episode."""

    why: Why
    sentence: str
    actions: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The reason, and what it rests on. `history` is the end of what happened to the episode."""

    evidence: Evidence
    reason: Reason
    history: tuple[PastEvent, ...] = ()

    @property
    def is_incomplete(self) -> bool:
        """Whether SpeedGaming could not be asked."""
        return self.evidence.feed.answer is Answer.NONE

    def as_json(self) -> dict[str, Any]:
        evidence = self.evidence
        place = evidence.place.tournament
        return {
            "schema": 1,
            "episode_id": evidence.episode_id,
            "why": self.reason.why.value,
            "reason": self.reason.sentence,
            "next_run": [dict(action) for action in self.reason.actions],
            "tournament": place and {"id": place.id, "name": place.name, "slug": place.slug},
            "speedgaming": {"answer": evidence.feed.answer.value, "episode": evidence.feed.payload},
            "known": evidence.entry and self._known_as_json(evidence.entry),
            "match": evidence.match and self._match_as_json(evidence.match),
            "history": [event.as_json() for event in self.history],
        }

    def _known_as_json(self, entry: LedgerEntry) -> dict[str, Any]:
        evidence = self.evidence
        return {
            "state": entry.state.value,
            "match_id": entry.match_id,
            "scheduled_at": entry.base.scheduled_at and entry.base.scheduled_at.isoformat(),
            "title": entry.base.title,
            "channel": evidence.channel_name(entry.base.channel),
            "tournament_id": entry.base.tournament_id,
            "signups": [
                {
                    "role": signup.role.value,
                    "user_id": signup.user_id,
                    "name": evidence.name_of(signup.user_id),
                    "feed_ids": list(signup.feed_ids),
                    "approved": signup.approved,
                }
                for signup in evidence.signups
            ],
            "aliases": [
                {"kind": alias.key.kind.value, "value": alias.key.value, "user_id": alias.user_id}
                for alias in evidence.aliases
            ],
        }

    def _match_as_json(self, match: KnownMatch) -> dict[str, Any]:
        evidence = self.evidence
        return {
            "id": match.id,
            "tournament_id": match.fields.tournament_id,
            "scheduled_at": match.fields.scheduled_at and match.fields.scheduled_at.isoformat(),
            "title": match.fields.title,
            "channel": evidence.channel_name(match.fields.channel),
            "frozen_by": match.frozen_by,
            "people": [
                {
                    "role": row.role.value,
                    "user_id": row.user_id,
                    "name": evidence.name_of(row.user_id),
                    "approved": row.approved,
                }
                for row in match.entries
            ],
        }
