"""One tournament's import: one transaction that takes its turn, reads, plans and writes."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from sgsync.apply.outcome import Imported, Poisonous, Step, report_on
from sgsync.apply.people import MergeRefusedError
from sgsync.apply.tables import PlanOutdatedError, apply_plan
from sgsync.database.engine import Database, Features
from sgsync.database.faults import is_conflict, is_data_fault, reason
from sgsync.database.reads import read_snapshot
from sgsync.database.writes import insert_audit_log, tables_keeping
from sgsync.errors import DatabaseRefusedError, NoTournamentError
from sgsync.fetch.answers import Schedule
from sgsync.plan.heard import Heard
from sgsync.plan.lookups import lookups_for
from sgsync.plan.options import PlanOptions
from sgsync.plan.planner import make_plan
from sgsync.report import TournamentReport
from sgsync.snapshot.values import Tournament

log = logging.getLogger(__name__)

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Task:
    """What one tournament's import has to work on.

    A task that is not `final` ends without writing where a vanished episode has to be asked for first.
    `is_news` says of a report without changes whether the sync history should hear of it.
    """

    tournament: Tournament
    schedule: Schedule
    heard: Heard
    is_news: Callable[[TournamentReport], bool]
    is_final: bool = True


@dataclass(frozen=True, slots=True)
class Importer:
    """Brings the episodes of one tournament after another into the database."""

    database: Database
    features: Features
    options: PlanOptions
    now: Callable[[], datetime]
    dry_run: bool = False

    def bring_in(self, task: Task) -> Imported:
        """Import all of it or, where the database refuses rows, all but the poisonous episodes.

        Raises UsageError when the tournament is gone, DatabaseError when the database cannot be used.
        """
        with self.database.told_plainly():
            try:
                return self._until_undisturbed(task, [task.heard])
            except DBAPIError as error:
                if not is_data_fault(error):
                    raise
                log.debug("Importing one by one: %s", reason(error))
                return self._until_undisturbed(task, task.heard.one_by_one())

    def _until_undisturbed(self, task: Task, parts: list[Heard]) -> Imported:
        """What somebody else wrote at the same moment stands in the next snapshot."""
        options, refused = self.options, list[str]()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._import(task, parts, options, refused)
            except MergeRefusedError as error:
                log.debug("Planning again without a merge: %s", error)
                refused += error.reasons.values()
                options = replace(options, unmergeable=options.unmergeable | error.reasons.keys())
            except PlanOutdatedError:
                log.debug("Planning again: what was read has changed")
            except DBAPIError as error:
                if not is_conflict(error) or attempt == ATTEMPTS:
                    raise
                log.debug("Planning again: %s", reason(error))
        raise DatabaseRefusedError("Others write to the same rows all the time: the next run tries again.")

    def _import(
        self, task: Task, parts: list[Heard], options: PlanOptions, refused: Iterable[str]
    ) -> Imported:
        started = time.monotonic()
        with self.database.exclusive_transaction() as connection:
            if len(parts) == 1:
                steps, poisonous = [self._step(connection, task, parts[0], options)], list[Poisonous]()
            else:
                steps, poisonous = self._steps(connection, task, parts, options)
            imported = Imported(
                task.tournament, task.schedule, tuple(steps), tuple(poisonous), tuple(refused)
            )
            self._tell_history(connection, task, imported, time.monotonic() - started)
        return imported

    def _steps(
        self, connection: sa.Connection, task: Task, parts: Iterable[Heard], options: PlanOptions
    ) -> tuple[list[Step], list[Poisonous]]:
        """Each part by itself; one that the database does not take is undone and noted."""
        steps, poisonous = [], []
        for part in parts:
            try:
                with connection.begin_nested():
                    steps.append(self._step(connection, task, part, options))
            except DBAPIError as error:
                if not is_data_fault(error):
                    raise
                poisonous.append(Poisonous(part.subject, reason(error)))
        return steps, poisonous

    def _step(self, connection: sa.Connection, task: Task, heard: Heard, options: PlanOptions) -> Step:
        now = self.now()
        due = now - options.auto_finish if options.auto_finish is not None else None
        lookups = lookups_for(heard, match_tags=options.match_tags, finished_before=due)
        snapshot = read_snapshot(connection, task.tournament.id, lookups, self.features)
        if snapshot is None:
            raise NoTournamentError(task.tournament.id)
        plan = make_plan(heard, snapshot, options, now)
        waits = plan.to_confirm and not task.is_final
        if self.dry_run:
            return Step(plan, applied=None, kept_matches=tables_keeping(connection, plan.doomed_matches))
        if waits or plan.is_empty:
            return Step(plan, applied=None)
        applied = apply_plan(connection, plan, self.features, now)
        return Step(plan, applied, applied.kept_matches)

    def _tell_history(
        self, connection: sa.Connection, task: Task, imported: Imported, duration_seconds: float
    ) -> None:
        is_over = task.is_final or not imported.to_confirm
        if self.dry_run or not self.features.audit_logs or not is_over or imported.distrust:
            return
        report = report_on(imported)
        if imported.shows_something or task.is_news(report):
            insert_audit_log(connection, task.tournament, report, duration_seconds)
