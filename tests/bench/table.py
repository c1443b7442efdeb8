"""Results as a table for people, and their place in the documentation."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.bench.contest import FLOOR, GROWN, ORDINARY, RUNS, SGSYNC, START, Contest

BEGIN, END = "<!-- make bench ARGS=--write: begin -->", "<!-- end -->"

_TIMES = (
    "time / floor",
    "CPU / floor",
    "ordinary time / sgsync",
    "ordinary statements / sgsync",
    "time grown / empty",
)
_COUNTS = ("statements", "rows written", "WAL kB", "requests", "memory MB")


def render(contests: Iterable[Contest]) -> str:
    """The results as Markdown: times as ratios to others of the same run, the rest as counts."""
    head = ("tournaments x episodes", "run", *_TIMES, *_COUNTS)
    rows = [row for contest in contests for row in _rows(contest)]
    lines = [head, ("---", "---", *("--:" for _ in head[2:])), *rows]
    return "\n".join((_machine(), "", *(f"| {' | '.join(line)} |" for line in lines), ""))


def replace_in(document: Path, results: str) -> None:
    """Put `results` between the marks in `document`."""
    before, begin, rest = document.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{document} lacks the marks {BEGIN} and {END}")
    document.write_text(f"{before}{begin}\n\n{results}\n{end}{after}", encoding="utf-8")


def _rows(contest: Contest) -> Iterator[Sequence[str]]:
    for run in RUNS:
        ours, floor, start = (contest.typical(run, contender) for contender in (SGSYNC, FLOOR, START))
        ordinary = contest.typical(run, ORDINARY) if contest.is_ordinary_in else None
        grown = contest.typical(run, GROWN) if contest.grown else None
        # The floor of a first import loads no libraries to speak of: theirs is not its to beat.
        owed = start if run == RUNS[0] else None
        yield (
            str(contest.size),
            run,
            _ratio(ours.wall - (owed.wall if owed else 0), floor.wall),
            _ratio(ours.cpu - (owed.cpu if owed else 0), floor.cpu),
            _ratio(ordinary.wall, ours.wall) if ordinary else "",
            _ratio(ordinary.statements, ours.statements) if ordinary else "",
            _ratio(grown.wall, ours.wall) if grown else "",
            f"{ours.statements:,.0f}",
            f"{ours.rows:,.0f}",
            f"{ours.wal / 1000:,.0f}",
            f"{ours.requests:,.0f}",
            f"{ours.memory / 1e6:,.0f}",
        )


def _ratio(one: float, other: float) -> str:
    return f"{one / other:.1f}" if one < 10 * other else f"{one / other:,.0f}"


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"Measured on a machine with {os.cpu_count()} cores and {memory:.0f} GB of memory."
