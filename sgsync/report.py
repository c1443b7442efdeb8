"""What a run did, as values: the document behind `--json`, the run's record and the exit code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sgsync.errors import DatabaseError, FeedError, SgsyncError

COUNTS = ("fetched", "imported", "updated", "cancelled", "skipped", "failed")


class Outcome(StrEnum):
    OK = "ok"
    PROBLEMS = "problems"
    UNREACHABLE = "unreachable"  # SpeedGaming, for every tournament
    FAILED = "failed"  # the database was lost
    INTERRUPTED = "interrupted"


_EXIT_CODES = {
    Outcome.OK: 0,
    Outcome.PROBLEMS: SgsyncError.exit_code,
    Outcome.UNREACHABLE: FeedError.exit_code,
    Outcome.FAILED: DatabaseError.exit_code,
}


@dataclass(frozen=True, slots=True)
class TournamentReport:
    """One tournament's share of a run. `actions` say what was done or would be, where somebody asked."""

    id: int
    name: str
    slug: str | None
    fetched: int = 0
    imported: int = 0
    updated: int = 0
    cancelled: int = 0
    deleted: int = 0  # of the cancelled ones; only the sync history asks
    skipped: int = 0
    failed: int = 0
    problems: tuple[str, ...] = ()
    actions: tuple[Mapping[str, Any], ...] | None = None
    is_unreachable: bool | None = None  # None: SpeedGaming was not asked
    held: tuple[int, ...] = ()  # episodes whose times are not to be trusted yet; only the record keeps them

    def as_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "slug": self.slug,
            **{count: getattr(self, count) for count in COUNTS},
            "problems": list(self.problems),
        }
        if self.actions is not None:
            document["actions"] = [dict(action) for action in self.actions]
        return document


@dataclass(frozen=True, slots=True)
class RunReport:
    """A whole run, or what there is of one that `ended` before its time."""

    tournaments: Sequence[TournamentReport] = field(default_factory=tuple)
    duration_seconds: float = 0.0
    ended: Outcome | None = None

    @property
    def outcome(self) -> Outcome:
        if self.ended:
            return self.ended
        asked = [each.is_unreachable for each in self.tournaments if each.is_unreachable is not None]
        if asked and all(asked):
            return Outcome.UNREACHABLE
        return Outcome.PROBLEMS if any(tournament.problems for tournament in self.tournaments) else Outcome.OK

    @property
    def exit_code(self) -> int:
        return _EXIT_CODES[self.outcome]

    def as_json(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "outcome": self.outcome.value,
            "tournaments": [tournament.as_json() for tournament in self.tournaments],
            "totals": {count: sum(getattr(each, count) for each in self.tournaments) for count in COUNTS},
            "duration_seconds": round(self.duration_seconds, 3),
        }

    def as_record(self) -> dict[str, Any]:
        """The document for the run's record: what was done stands in the history of each episode.

        It has what no other table knows: which episodes are held.
        """
        reports = [replace(each, actions=None) for each in self.tournaments]
        document = replace(self, tournaments=reports).as_json()
        for entry, report in zip(document["tournaments"], reports, strict=True):
            entry["held"] = list(report.held)
        return document
