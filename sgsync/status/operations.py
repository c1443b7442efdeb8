"""Reading how the sync is doing."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from sgsync.database import placeholders, tournaments
from sgsync.database import status as reads
from sgsync.settings import Settings, load_settings
from sgsync.status.values import Status
from sgsync.wiring import migrated_database, now

MAX_AGE = timedelta(minutes=15)
"""Three of cron's runs: one may wait for its turn, and one may fail."""


def read_status(max_age: timedelta = MAX_AGE, *, settings: Settings | None = None) -> Status:
    """How the sync is doing at this moment. Raises DatabaseError."""
    settings = settings or load_settings(Settings)
    with migrated_database(settings) as database, database.transaction() as connection:
        return status_at(now(), connection, max_age)


def status_at(moment: datetime, connection: sa.Connection, max_age: timedelta = MAX_AGE) -> Status:
    """How the sync is doing, read as if it were that time."""
    return Status(
        now=moment,
        max_age=max_age,
        last_run=reads.last_run(connection),
        last_sync=reads.last_sync(connection),
        enabled=tournaments.enabled_tournaments(connection),
        records=reads.tournament_records(connection),
        totals=reads.totals(connection, moment),
        upcoming=reads.upcoming_matches(connection, moment),
        kept=reads.kept_edits(connection, moment),
        placeholders=placeholders.list_placeholders(connection, moment),
    )
