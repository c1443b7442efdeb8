"""The record of sgsync's runs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sgsync.database import tables as t

NEWEST_RUNS = 20


def begin_run(connection: sa.Connection, command: str, host: str, now: datetime) -> int:
    """Note that a run starts, so that one that is killed shows; its id."""
    row = {"command": command, "host": host, "started_at": now, "outcome": "running"}
    return connection.execute(sa.insert(t.Run).values(**row).returning(t.Run.id)).scalar_one()


def finish_run(
    connection: sa.Connection, run_id: int, outcome: str, report: Mapping[str, Any] | None, now: datetime
) -> None:
    """Note how a run ended. `report` is the document that `--json` prints."""
    changes = {"finished_at": now, "outcome": outcome, "report": dict(report) if report else None}
    connection.execute(sa.update(t.Run).where(t.Run.id == run_id).values(**changes))


def last_problems(connection: sa.Connection, command: str) -> dict[int, list[str]]:
    """The problems of each tournament when `command` last dealt with it, by tournament id.

    Of the newest runs only: imported by hand, tournaments take turns, and a run can be interrupted.
    """
    newest = (
        sa.select(t.Run.report)
        .where(t.Run.command == command, t.Run.report.is_not(None))
        .order_by(t.Run.id.desc())
        .limit(NEWEST_RUNS)
    )
    problems: dict[int, list[str]] = {}
    for report in connection.scalars(newest):
        for tournament in (report or {}).get("tournaments", ()):
            problems.setdefault(tournament["id"], tournament["problems"])
    return problems
