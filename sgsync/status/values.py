"""How the sync is doing, as one value, and the rules that say what of it is a problem. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sgsync.database.placeholders import ListedPlaceholder
from sgsync.database.status import KeptEdit, RunRecord, Totals, TournamentRecord, UpcomingMatch
from sgsync.durations import ago, format_duration
from sgsync.plan.assignment import assign_events
from sgsync.snapshot.values import Tournament


class ProblemKind(StrEnum):
    """What waits for somebody."""

    NO_EVENT = "no event"
    FAILING = "failing"
    PROBLEM = "problem"
    HELD = "held"
    KEPT = "kept local edit"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that waits for somebody, and the sentence that says what."""

    kind: ProblemKind
    tournament_id: int
    sentence: str
    episode_id: int | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What the database says about the sync at the moment `now`."""

    now: datetime
    max_age: timedelta
    last_run: RunRecord | None
    last_sync: RunRecord | None
    enabled: Sequence[Tournament]
    records: Mapping[int, TournamentRecord]
    totals: Mapping[int, Totals]
    upcoming: Sequence[UpcomingMatch]
    kept: Sequence[KeptEdit]
    placeholders: Sequence[ListedPlaceholder]

    @property
    def is_stale(self) -> bool:
        """Whether no successful run of cron's command is younger than `max_age`."""
        return self.last_sync is None or self.now - _end(self.last_sync) > self.max_age

    @property
    def freshness(self) -> str:
        """When the sync last succeeded, in a sentence."""
        if self.last_sync is None:
            return "No run of import-all has succeeded yet"
        return f"The last successful import-all ended {ago(_end(self.last_sync), self.now)}"

    @property
    def standing(self) -> tuple[UpcomingMatch, ...]:
        """The upcoming matches but for those that SpeedGaming has cancelled."""
        return tuple(match for match in self.upcoming if not match.is_cancelled)

    @property
    def waiting(self) -> tuple[ListedPlaceholder, ...]:
        """The placeholders who are in an upcoming match, the next one first."""
        awaited = [each for each in self.placeholders if each.next_match]
        return tuple(
            sorted(awaited, key=lambda each: (each.next_match and each.next_match.scheduled_at, each.id))
        )

    @property
    def understaffed(self) -> tuple[UpcomingMatch, ...]:
        """The upcoming matches that lack an approved commentator or tracker."""
        return tuple(match for match in self.upcoming if match.is_understaffed)

    @property
    def problems(self) -> tuple[Problem, ...]:
        return (*self._of_tournaments(), *self._of_episodes())

    def _of_tournaments(self) -> Iterator[Problem]:
        for assignment in assign_events(self.enabled):
            tournament = assignment.tournament
            if assignment.problem:
                yield Problem(ProblemKind.NO_EVENT, tournament.id, assignment.problem)
            elif record := self.records.get(tournament.id):
                yield from _of_record(record)

    def _of_episodes(self) -> Iterator[Problem]:
        for edit in self.kept:
            sentence = (
                f"Match {edit.match_id} (episode {edit.episode_id}) keeps a local edit:"
                f" {edit.what} is {edit.ours or 'none'}, SpeedGaming says {edit.theirs or 'none'}"
            )
            yield Problem(ProblemKind.KEPT, edit.tournament_id, sentence, edit.episode_id)
        for match in self.upcoming:
            if match.is_cancelled:
                sentence = f"Match {match.id} (episode {match.episode_id}) is cancelled on SpeedGaming and still stands here"
                yield Problem(ProblemKind.CANCELLED, match.tournament_id, sentence, match.episode_id)

    def as_json(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "stale": self.is_stale,
            "max_age_seconds": round(self.max_age.total_seconds()),
            "last_run": self.last_run and run_as_json(self.last_run, self),
            "last_success": self.last_sync and run_as_json(self.last_sync, self),
            "tournaments": [self._tournament_as_json(tournament) for tournament in self.enabled],
            "problems": [asdict(problem) for problem in self.problems],
            "placeholders": {
                "total": len(self.placeholders),
                "waiting": [_placeholder_as_json(placeholder) for placeholder in self.waiting],
            },
            "understaffed": [
                {**match.as_json(), "lacking": list(lacking(match))} for match in self.understaffed
            ],
        }

    def _tournament_as_json(self, tournament: Tournament) -> dict[str, Any]:
        record, totals = self.records.get(tournament.id), self.totals.get(tournament.id)
        return {
            "id": tournament.id,
            "name": tournament.name,
            "slug": tournament.slug,
            "last_success": record and record.last_success and record.last_success.isoformat(),
            "failures_in_a_row": record.failures_in_a_row if record else 0,
            "held": list(record.held) if record else [],
            "episodes": totals.episodes if totals else 0,
            "upcoming": totals.upcoming if totals else 0,
            "cancelled": totals.cancelled if totals else 0,
        }


def _of_record(record: TournamentRecord) -> Iterator[Problem]:
    if record.failures_in_a_row > 1:
        sentence = f"Tournament {record.tournament_id} failed {record.failures_in_a_row} times in a row"
        yield Problem(ProblemKind.FAILING, record.tournament_id, sentence)
    for problem in record.problems:
        yield Problem(ProblemKind.PROBLEM, record.tournament_id, problem)
    for episode_id in record.held:
        sentence = (
            f"Episode {episode_id} is held until an organiser clears its time zone field on SpeedGaming"
        )
        yield Problem(ProblemKind.HELD, record.tournament_id, sentence, episode_id)


def lacking(match: UpcomingMatch) -> tuple[str, ...]:
    """What the crew of `match` still needs: "no commentator", "tracker not approved"."""
    staffing = (
        ("commentator", match.commentators, match.approved_commentators),
        ("tracker", match.trackers, match.approved_trackers),
    )
    return tuple(
        f"{role} not approved" if signed_up else f"no {role}"
        for role, signed_up, approved in staffing
        if not approved
    )


def state_of(run: RunRecord, now: datetime, longest: timedelta) -> str:
    """How a run ended; one that did not may still be at it, for at most `longest`."""
    if run.finished_at:
        return run.outcome
    return "running" if now - run.started_at <= longest else "killed"


def run_as_json(run: RunRecord, status: Status) -> dict[str, Any]:
    return {
        "id": run.id,
        "command": run.command,
        "host": run.host,
        "state": state_of(run, status.now, status.max_age),
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at and run.finished_at.isoformat(),
    }


def _placeholder_as_json(placeholder: ListedPlaceholder) -> dict[str, Any]:
    upcoming = placeholder.next_match
    return {
        "id": placeholder.id,
        "username": placeholder.username,
        "name": placeholder.name,
        "next_match": upcoming and upcoming.as_json(),
    }


def _end(run: RunRecord) -> datetime:
    return run.finished_at or run.started_at


def stale_sentence(status: Status) -> str:
    """What to tell whoever watches over the sync."""
    return (
        f"{status.freshness}, and more than {format_duration(status.max_age)} without one is too long:"
        " see whether cron runs it, and what `sgsync doctor` says."
    )
