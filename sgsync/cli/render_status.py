"""How the sync is doing, made visible."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from rich.text import Text

from sgsync.cli.render_table import Meaning, marked, print_lines, print_table
from sgsync.database.placeholders import ListedPlaceholder
from sgsync.database.status import RunRecord, UpcomingMatch
from sgsync.durations import ago, from_now
from sgsync.snapshot.values import Tournament
from sgsync.status.values import Problem, ProblemKind, Status, lacking, state_of
from sgsync.text import counted

MOST_ROWS = 10

_OUTCOMES = {
    "ok": Meaning.GOOD,
    "running": None,
    "problems": Meaning.DOUBTFUL,
    "interrupted": Meaning.DOUBTFUL,
}
_KINDS = {ProblemKind.NO_EVENT: Meaning.BAD, ProblemKind.FAILING: Meaning.BAD}
Item = TypeVar("Item")


def print_status(status: Status) -> None:
    print_lines([*_runs(status), ""])
    print_table(
        ("ID", ("Tournament", "Event"), ("Last success", "Failures"), ("Episodes", "Upcoming"), "Cancelled"),
        (_tournament(tournament, status) for tournament in status.enabled),
        empty="No tournament is synced: sgsync tournaments enable ID --slug SLUG",
    )
    _print_block("Waiting for somebody", status.problems, _print_problems)
    _print_block("Placeholders in upcoming matches", status.waiting, _print_waiting, "sgsync placeholders")
    _print_block(
        "Upcoming matches without commentator or tracker",
        status.understaffed,
        lambda matches: _print_understaffed(matches, status.now),
        "sgsync status --json",
    )


def _runs(status: Status) -> list[Text]:
    lines = [marked(f"{status.freshness}.", Meaning.BAD if status.is_stale else Meaning.GOOD)]
    if status.last_run:
        lines.append(_run(status.last_run, status))
    lines.append(_what_is_to_come(status))
    return lines


def _what_is_to_come(status: Status) -> Text:
    matches = len(status.standing)
    idle = len(status.placeholders) - len(status.waiting)
    without = f", {counted(idle, 'placeholder is', 'placeholders are')} in none of them" if idle else ""
    return Text(f"{counted(matches, 'match is', 'matches are')} still to come{without}.")


def _run(run: RunRecord, status: Status) -> Text:
    state = state_of(run, status.now, status.max_age)
    began = f"Last run: {run.command} on {run.host}, began {ago(run.started_at, status.now)}, "
    return Text(began) + marked(state, _OUTCOMES.get(state, Meaning.BAD))


def _tournament(tournament: Tournament, status: Status) -> tuple[object, ...]:
    record, totals = status.records.get(tournament.id), status.totals.get(tournament.id)
    success = record.last_success if record else None
    failures = record.failures_in_a_row if record else 0
    return (
        tournament.id,
        (tournament.name, tournament.slug or marked("no event", Meaning.BAD)),
        (
            ago(success, status.now) if success else marked("never", Meaning.DOUBTFUL),
            marked(str(failures), Meaning.BAD) if failures else None,
        ),
        (totals.episodes, totals.upcoming) if totals else (0, 0),
        totals.cancelled if totals else 0,
    )


def _print_block(
    title: str, items: Sequence[Item], show: Callable[[Sequence[Item]], None], rest: str | None = None
) -> None:
    """A title and the first of `items`; `rest` is the command that shows all of them."""
    if not items:
        return
    shown = items[:MOST_ROWS] if rest else items
    print_lines(["", f"{title}:"])
    show(shown)
    if len(shown) < len(items):
        print_lines([f"... and {len(items) - len(shown)} more: {rest}"])


def _print_problems(problems: Sequence[Problem]) -> None:
    print_table(
        ("Tournament", "What", ""),
        (
            (each.tournament_id, marked(each.kind, _KINDS.get(each.kind, Meaning.DOUBTFUL)), each.sentence)
            for each in problems
        ),
        empty="",
    )


def _print_waiting(placeholders: Sequence[ListedPlaceholder]) -> None:
    print_table(
        ("ID", "User name", "Name", "Next match (UTC)"),
        (
            (
                each.id,
                each.username,
                each.name,
                each.next_match
                and f"{each.next_match.scheduled_at:%Y-%m-%d %H:%M} (match {each.next_match.id})",
            )
            for each in placeholders
        ),
        empty="",
    )


def _print_understaffed(matches: Sequence[UpcomingMatch], now: datetime) -> None:
    print_table(
        (("Match", "Episode"), ("Race (UTC)", "In words"), "Title", "Lacks"),
        (
            (
                (match.id, match.episode_id),
                (f"{match.scheduled_at:%Y-%m-%d %H:%M}", from_now(match.scheduled_at, now)),
                match.title,
                ", ".join(lacking(match)),
            )
            for match in matches
        ),
        empty="",
    )
