"""Runs a command as a whole process, and says what it cost here, in the database and on the wire."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import median
from typing import Any

from sqlalchemy import make_url

from tests.postgres import connect
from tests.scene import wait_until

PRELOADED = ("-c", "shared_preload_libraries=pg_stat_statements")
"""What the server is started with, beyond its defaults."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One process: seconds, bytes, and what it did to the database and to the feed."""

    wall: float
    cpu: float
    memory: float
    statements: float
    rows: float
    wal: float
    requests: float

    @classmethod
    def typical(cls, costs: Sequence["Cost"]) -> "Cost":
        """The median of each figure."""
        return cls(*(median(getattr(cost, each.name) for cost in costs) for each in fields(cls)))


@dataclass(slots=True)
class Meter:
    """Measures processes that work on one server and one feed."""

    server_url: str
    requests: Callable[[], int]

    def cost(self, database_url: str, *command: str, **environment: str) -> Cost:
        """What `python -m command` costs. Raises CalledProcessError when it fails."""
        database = str(make_url(database_url).database)
        asked = self.requests()
        rows = _rows_written(database_url)
        with connect(self.server_url) as server:
            server.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            server.execute("SELECT pg_stat_statements_reset()")
            start = _value(server, "SELECT pg_current_wal_insert_lsn()")
            wall, cpu, memory = _run(command, environment)
            # A backend hands in its statistics when it ends, a moment after its client.
            others = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
            wait_until(lambda: _value(server, others, database) == 0)
            wal = _value(server, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", start)
            statements = _value(
                server,
                "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements AS s"
                " JOIN pg_database AS d ON d.oid = s.dbid WHERE datname = %s",
                database,
            )
        return Cost(
            wall=wall,
            cpu=cpu,
            memory=memory,
            statements=float(statements),
            rows=_rows_written(database_url) - rows,
            wal=float(wal),
            requests=self.requests() - asked,
        )


def _run(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float, float]:
    """Wall and processor seconds, and the peak of the memory in bytes."""
    launch = [sys.executable, "-m", "tests.bench.launch", sys.executable, "-m", *command]
    finished = subprocess.run(
        launch, env=os.environ | environment, check=True, stdout=subprocess.PIPE, text=True
    )
    wall, cpu, memory = json.loads(finished.stdout)
    return wall, cpu, memory


def _rows_written(database_url: str) -> float:
    with connect(database_url) as connection:
        total = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables"
        return float(_value(connection, total))


def _value(connection: Any, query: str, *values: object) -> Any:
    (value,) = connection.execute(query, values or None).fetchone()
    return value
