"""One tournament's import: one transaction that takes its turn, reads, plans and writes."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from sgsync.apply.outcome import Imported, Poisonous, Step, report_on
from sgsync.apply.tables import PlaceholderGoneError, apply_plan
from sgsync.database.engine import Database, Features
from sgsync.database.faults import is_conflict, is_data_fault, reason
from sgsync.database.reads import read_snapshot
from sgsync.database.writes import insert_audit_log
from sgsync.errors import UsageError
from sgsync.fetch.answers import Schedule
from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.lookups import lookups_for
from sgsync.plan.planner import PlanOptions, make_plan
from sgsync.report import TournamentReport
from sgsync.snapshot.values import Tournament

log = logging.getLogger(__name__)

ATTEMPTS = 3

_Way = Callable[[sa.Connection, Tournament, Sequence[SpeedGamingEpisode]], tuple[list[Step], list[Poisonous]]]


@dataclass(frozen=True, slots=True)
class Importer:
    """Brings the episodes of one tournament after another into the database."""

    database: Database
    features: Features
    options: PlanOptions
    now: Callable[[], datetime]
    dry_run: bool = False

    def bring_in(
        self, tournament: Tournament, schedule: Schedule, *, is_news: Callable[[TournamentReport], bool]
    ) -> Imported:
        """Import `schedule`: all of it or, where the database refuses rows, all but the poisonous ones.

        `is_news` says of a report without changes whether the sync history should hear of it. Raises
        UsageError when the tournament is gone, DatabaseError when the database cannot be used.
        """
        with self.database.told_plainly():
            try:
                return self._until_undisturbed(
                    lambda: self._import(tournament, schedule, self._together, is_news)
                )
            except DBAPIError as error:
                if not is_data_fault(error):
                    raise
                log.debug("Importing one by one: %s", reason(error))
                return self._until_undisturbed(
                    lambda: self._import(tournament, schedule, self._one_by_one, is_news)
                )

    def _until_undisturbed(self, work: Callable[[], Imported]) -> Imported:
        """What somebody else wrote at the same moment stands in the next snapshot."""
        for _ in range(ATTEMPTS - 1):
            try:
                return work()
            except PlaceholderGoneError:
                log.debug("Planning again: somebody else upgraded a placeholder")
            except DBAPIError as error:
                if not is_conflict(error):
                    raise
                log.debug("Planning again: %s", reason(error))
        return work()

    def _import(
        self,
        tournament: Tournament,
        schedule: Schedule,
        way: _Way,
        is_news: Callable[[TournamentReport], bool],
    ) -> Imported:
        started = time.monotonic()
        with self.database.exclusive_transaction() as connection:
            steps, poisonous = way(connection, tournament, schedule.episodes)
            imported = Imported(tournament, schedule, tuple(steps), tuple(poisonous))
            report = report_on(imported)
            if (
                self.features.audit_logs
                and not self.dry_run
                and (imported.changes_something or is_news(report))
            ):
                insert_audit_log(connection, tournament, report, time.monotonic() - started)
        return imported

    def _together(
        self, connection: sa.Connection, tournament: Tournament, episodes: Sequence[SpeedGamingEpisode]
    ) -> tuple[list[Step], list[Poisonous]]:
        return [self._step(connection, tournament, episodes)], []

    def _one_by_one(
        self, connection: sa.Connection, tournament: Tournament, episodes: Sequence[SpeedGamingEpisode]
    ) -> tuple[list[Step], list[Poisonous]]:
        steps, poisonous = [], []
        for episode in episodes:
            try:
                with connection.begin_nested():
                    steps.append(self._step(connection, tournament, [episode]))
            except DBAPIError as error:
                if not is_data_fault(error):
                    raise
                poisonous.append(Poisonous(episode.id, reason(error)))
        return steps, poisonous

    def _step(
        self, connection: sa.Connection, tournament: Tournament, episodes: Sequence[SpeedGamingEpisode]
    ) -> Step:
        snapshot = read_snapshot(connection, tournament.id, lookups_for(episodes))
        if snapshot is None:
            raise UsageError(f"There is no tournament {tournament.id}: `sgsync tournaments` lists them.")
        plan = make_plan(episodes, snapshot, self.options)
        return Step(plan, None if self.dry_run or plan.is_empty else apply_plan(connection, plan, self.now()))
