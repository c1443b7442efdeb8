"""A run: tournament after tournament is fetched, then imported; what became of it is recorded.

No transaction is open while HTTP waits, and what goes wrong with one tournament stays there.
"""

import logging
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from sgsync.apply.importer import Importer
from sgsync.apply.outcome import narrate, report_on
from sgsync.database import runs
from sgsync.database.engine import Database
from sgsync.database.writes import insert_audit_log
from sgsync.errors import (
    DatabaseError,
    DatabaseRefusedError,
    FeedError,
    UnknownToFeedError,
    UsageError,
)
from sgsync.fetch.answers import Schedule
from sgsync.fetch.client import SpeedGaming
from sgsync.plan.assignment import Assignment
from sgsync.plan.describe import describe
from sgsync.report import Outcome, RunReport, TournamentReport
from sgsync.snapshot.values import Tournament

log = logging.getLogger(__name__)

Fetch = Callable[[SpeedGaming, Tournament], Schedule]


@dataclass(slots=True)
class Run:
    """One run of a command that imports."""

    command: str
    feed: SpeedGaming
    importer: Importer
    _id: int | None = field(default=None, init=False)  # of its record; a dry run leaves none
    _told_before: dict[int, list[str]] = field(default_factory=dict, init=False)

    @property
    def database(self) -> Database:
        return self.importer.database

    def import_each(self, assignments: Iterable[Assignment], fetch: Fetch) -> RunReport:
        """Fetch and import one tournament after the other. Raises DatabaseError when the database is gone."""
        started = time.monotonic()
        reports: list[TournamentReport] = []

        def report() -> RunReport:
            return RunReport(tuple(reports), time.monotonic() - started)

        self._begin()
        try:
            for assignment in assignments:
                reports.append(self._import_one(assignment, fetch))  # noqa: PERF401 - each counts, also before an error
        except BaseException as error:
            # The reason for the end is worth more than a record that cannot be written either.
            with suppress(DatabaseError):
                self._end(
                    Outcome.INTERRUPTED if isinstance(error, KeyboardInterrupt) else Outcome.FAILED, report()
                )
            raise
        self._end(report().outcome, report())
        return report()

    def _begin(self) -> None:
        with self.database.transaction() as connection:
            self._told_before = runs.last_problems(connection, self.command)
            if not self.importer.dry_run:
                self._id = runs.begin_run(connection, self.command, socket.gethostname(), self.importer.now())

    def _end(self, outcome: Outcome, report: RunReport) -> None:
        if self._id is not None:
            with self.database.transaction() as connection:
                runs.finish_run(connection, self._id, outcome, report.as_json(), self.importer.now())

    def _import_one(self, assignment: Assignment, fetch: Fetch) -> TournamentReport:
        """One tournament's share. What is its own fault is told in its report; only a lost database ends the run."""
        tournament = assignment.tournament
        started = time.monotonic()
        if assignment.problem:
            return self._failed(tournament, assignment.problem, started)
        try:
            schedule = fetch(self.feed, tournament)
            imported = self.importer.bring_in(tournament, schedule, is_news=self._is_news)
        except (FeedError, UnknownToFeedError, DatabaseRefusedError, UsageError) as error:
            sentence = f"Tournament {tournament.id} ('{tournament.name}'): {error}"
            return self._failed(tournament, sentence, started, is_unreachable=isinstance(error, FeedError))
        for level, sentence in narrate(imported):
            log.log(level, "%s", sentence)
        report = report_on(imported)
        self._tell_completion(report)
        if not self.importer.dry_run:
            return report
        actions = [action for step in imported.steps for action in describe(step.plan)]
        return replace(report, actions=tuple(actions))

    def _tell_completion(self, report: TournamentReport) -> None:
        verb = "Planned" if self.importer.dry_run else "Completed"
        failed = f", {report.failed} failed" if report.failed else ""
        log.info(
            "%s import for tournament %d: %d imported, %d skipped%s",
            verb,
            report.id,
            report.imported,
            report.skipped,
            failed,
        )

    def _failed(
        self, tournament: Tournament, problem: str, started: float, *, is_unreachable: bool = False
    ) -> TournamentReport:
        log.error("%s", problem)
        report = TournamentReport(
            id=tournament.id,
            name=tournament.name,
            slug=tournament.slug,
            problems=(problem,),
            is_unreachable=is_unreachable,
        )
        if self.importer.features.audit_logs and not self.importer.dry_run and self._is_news(report):
            with self.database.transaction() as connection:
                insert_audit_log(connection, tournament, report, time.monotonic() - started)
        return report

    def _is_news(self, report: TournamentReport) -> bool:
        """Whether a report without changes tells of problems that the run before did not have.

        The sync history looks at the newest lines only: the same failure every five minutes would
        push everything useful out.
        """
        return bool(report.problems) and list(report.problems) != self._told_before.get(report.id)
