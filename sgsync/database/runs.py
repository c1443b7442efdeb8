"""The record of sgsync's runs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sgsync.database import tables as t


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
    """The problems of each tournament in the last finished run of `command`, by tournament id."""
    last = (
        sa.select(t.Run.report)
        .where(t.Run.command == command, t.Run.report.is_not(None))
        .order_by(t.Run.id.desc())
        .limit(1)
    )
    report = connection.scalar(last) or {}
    return {tournament["id"]: tournament["problems"] for tournament in report.get("tournaments", ())}
