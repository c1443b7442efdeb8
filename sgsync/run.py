"""A run: tournament after tournament is fetched, then imported; what became of it is recorded.

The next one is fetched meanwhile. No transaction waits for HTTP, and what goes wrong with one tournament
stays there.
"""

import logging
import socket
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from sgsync.apply.importer import Importer, Task
from sgsync.apply.outcome import Imported, narrate, report_on
from sgsync.database import runs
from sgsync.database.engine import Database
from sgsync.database.writes import insert_audit_log
from sgsync.errors import (
    DatabaseError,
    DatabaseRefusedError,
    FeedError,
    FeedUnreachableError,
    FeedUnreadableError,
    UnknownToFeedError,
    UsageError,
)
from sgsync.fetch.answers import Schedule
from sgsync.fetch.client import SpeedGaming
from sgsync.fetch.courier import Courier, one_ahead
from sgsync.fetch.window import Window
from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.assignment import Assignment
from sgsync.plan.describe import describe
from sgsync.plan.heard import Heard
from sgsync.report import Outcome, RunReport, TournamentReport
from sgsync.snapshot.values import Tournament

log = logging.getLogger(__name__)

MOST_QUESTIONS = 20
"""How many vanished episodes one run asks for by id, beyond one for each tournament; the rest wait for the next."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer of the feed, and the window that it is all of, if it is."""

    schedule: Schedule
    window: Window | None = None


Fetch = Callable[[SpeedGaming, Tournament], Fetched]
"""Asks for a tournament's share; called in a thread of its own."""


def tell_fetched(schedule: Schedule, slug: str | None) -> None:
    log.info("Fetched %d upcoming episodes for event '%s'", len(schedule.episodes), slug)


class Watcher(Protocol):
    """Is told how a run gets on."""

    def expects(self, tournaments: int) -> None:
        """So many tournaments are to come."""

    def reaches(self, tournament: Tournament) -> None:
        """The one before is done with, and this one's turn begins."""


class Unwatched:
    """The watcher of a run that nobody looks at."""

    def expects(self, tournaments: int) -> None:
        pass

    def reaches(self, tournament: Tournament) -> None:
        pass


@dataclass(slots=True)
class Run:
    """One run of a command that imports. `shows_actions` puts what was done into the report."""

    command: str
    feed: SpeedGaming
    importer: Importer
    shows_actions: bool = False
    watcher: Watcher = field(default_factory=Unwatched)
    _id: int | None = field(default=None, init=False)  # of its record; a dry run leaves none
    _told_before: dict[int, list[str]] = field(default_factory=dict, init=False)
    _questions_left: int = field(init=False)
    _tournaments_left: int = field(default=1, init=False)
    _courier: Courier = field(default_factory=Courier, init=False)
    _started: float = field(default_factory=time.monotonic, init=False)
    _reports: list[TournamentReport] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        # Somebody vouches for the answer: all that is missing from it is settled in this one run.
        self._questions_left = sys.maxsize if self.importer.options.accept_vanished else MOST_QUESTIONS

    @property
    def database(self) -> Database:
        return self.importer.database

    def import_each(self, assignments: Iterable[Assignment], fetch: Fetch) -> RunReport:
        """Fetch and import one tournament after the other.

        Raises DatabaseError when the database is gone, with a report on those before.
        """
        try:
            self._import_each(tuple(assignments), fetch)
        except DatabaseError as error:
            error.report = self._report(Outcome.FAILED)
            raise
        return self._report()

    def _import_each(self, assignments: Sequence[Assignment], fetch: Fetch) -> None:
        self._begin()
        self._tournaments_left = len(assignments)
        try:
            with self._courier:
                for assignment, answer in one_ahead(assignments, partial(self._send_for, fetch)):
                    self.watcher.reaches(assignment.tournament)
                    self._reports.append(self._import_one(assignment, answer))
                    self._tournaments_left -= 1
        except BaseException as error:
            # The reason for the end is worth more than a record that cannot be written either.
            with suppress(DatabaseError):
                interrupted = isinstance(error, KeyboardInterrupt)
                self._end(self._report(Outcome.INTERRUPTED if interrupted else Outcome.FAILED))
            raise
        self._end(self._report())

    def _report(self, ended: Outcome | None = None) -> RunReport:
        return RunReport(tuple(self._reports), time.monotonic() - self._started, ended)

    def _begin(self) -> None:
        with self.database.transaction() as connection:
            self._told_before = runs.last_problems(connection, self.command)
            if not self.importer.dry_run:
                self._id = runs.begin_run(connection, self.command, socket.gethostname(), self.importer.now())

    def _end(self, report: RunReport) -> None:
        if self._id is not None:
            with self.database.transaction() as connection:
                runs.finish_run(connection, self._id, report.outcome, report.as_record(), self.importer.now())

    def _send_for(self, fetch: Fetch, assignment: Assignment) -> Future[Fetched] | None:
        if assignment.problem:
            return None
        return self._courier.send(partial(fetch, self.feed, assignment.tournament))

    def _import_one(self, assignment: Assignment, answer: Future[Fetched] | None) -> TournamentReport:
        """One tournament's share. Its own faults stand in its report; only a lost database ends the run."""
        tournament = assignment.tournament
        started = time.monotonic()
        if answer is None:
            return self._failed(tournament, str(assignment.problem), started, level=logging.WARNING)
        try:
            imported = self._bring_in(tournament, answer.result())
        except (FeedError, UnknownToFeedError, DatabaseRefusedError, UsageError) as error:
            sentence = f"Tournament {tournament.id} ('{tournament.name}'): {error}"
            return self._failed(tournament, sentence, started, is_unreachable=isinstance(error, FeedError))
        if imported.distrust:
            report = replace(report_on(imported), problems=(imported.distrust,))
            self._tell_failure(tournament, report, started)
            return report
        for level, sentence in narrate(imported):
            log.log(level, "%s", sentence)
        report = report_on(imported)
        self._tell_completion(report)
        if not self.shows_actions:
            return report
        return replace(
            report,
            actions=tuple(
                action for step in imported.steps for action in describe(step.plan, step.kept_matches)
            ),
        )

    def _bring_in(self, tournament: Tournament, fetched: Fetched) -> Imported:
        """Import an answer, after asking for the known episodes that are missing from it."""
        if fetched.window:
            tell_fetched(fetched.schedule, tournament.slug)
        heard = Heard.from_schedule(fetched.schedule, fetched.window)
        task = Task(tournament, fetched.schedule, heard, self._is_news, is_final=False)
        imported = self.importer.bring_in(task)
        if not imported.to_confirm:
            return imported
        heard = self._ask(heard, imported.to_confirm[: self._share()])
        return self.importer.bring_in(replace(task, heard=heard, is_final=True))

    def _share(self) -> int:
        """How many questions a tournament may ask: one at least, so that none waits for ever behind others."""
        return max(1, self._questions_left // self._tournaments_left)

    def _ask(self, heard: Heard, episode_ids: Iterable[int]) -> Heard:
        """Ask for vanished episodes by id: absence from a schedule is not deletion."""
        found = list[SpeedGamingEpisode]()
        asked, gone = set[int](), set[int]()
        for episode_id in episode_ids:
            self._questions_left -= 1
            asked.add(episode_id)
            try:
                found.append(self._courier.send(partial(self.feed.get_episode, episode_id)).result())
            except UnknownToFeedError:
                gone.add(episode_id)
            except FeedUnreadableError as error:
                log.info(
                    "Episode %d is missing from the schedule, and asking for it failed: %s", episode_id, error
                )
            except FeedUnreachableError as error:
                log.info("Vanished episodes wait for the next run: %s", error)
                break
        return heard.after_asking(found, asked, gone)

    def _tell_completion(self, report: TournamentReport) -> None:
        counts = [(report.imported, "imported"), (report.skipped, "skipped")]
        seldom = [(report.updated, "updated"), (report.cancelled, "cancelled"), (report.failed, "failed")]
        counts += [(count, word) for count, word in seldom if count]
        verb = "Planned" if self.importer.dry_run else "Completed"
        told = ", ".join(f"{count} {word}" for count, word in counts)
        log.info("%s import for tournament %d: %s", verb, report.id, told)

    def _failed(
        self,
        tournament: Tournament,
        problem: str,
        started: float,
        *,
        is_unreachable: bool | None = None,
        level: int = logging.ERROR,
    ) -> TournamentReport:
        report = TournamentReport(
            id=tournament.id,
            name=tournament.name,
            slug=tournament.slug,
            problems=(problem,),
            is_unreachable=is_unreachable,
        )
        self._tell_failure(tournament, report, started, level)
        return report

    def _tell_failure(
        self, tournament: Tournament, report: TournamentReport, started: float, level: int = logging.ERROR
    ) -> None:
        for problem in report.problems:
            log.log(level, "%s", problem)
        if self.importer.features.audit_logs and not self.importer.dry_run and self._is_news(report):
            with self.database.transaction() as connection:
                insert_audit_log(connection, tournament, report, time.monotonic() - started)

    def _is_news(self, report: TournamentReport) -> bool:
        """Whether a report without changes tells of problems that the run before did not have.

        The sync history looks at the newest lines only: the same failure every five minutes would
        push everything useful out.
        """
        return bool(report.problems) and list(report.problems) != self._told_before.get(report.id)
