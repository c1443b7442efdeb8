"""What a database says, without what differs between two runs that say the same: ids, times, durations."""

import json
from collections.abc import Mapping
from typing import Any

import psycopg

from tests.postgres import connect

Connection = psycopg.Connection[tuple[Any, ...]]
State = dict[str, list[str]]
"""By table, its rows as text, in order."""

_TABLES = """
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname IN ('public', 'sgsync', 'elsewhere') ORDER BY 1
"""
_VOLATILE = {
    "created_at",
    "updated_at",
    "joined_at",
    "first_seen_at",
    "changed_at",
    "match_updated_at",
    "happened_at",
    "linked_at",
    "linked_by",
}
# What a row is called by those that refer to it.
_NAMES = {
    "users": "SELECT id, format('%s (%s)', discord_username, coalesce(discord_id, 0)) FROM users",
    "match": "SELECT id, coalesce('episode ' || speedgaming_episode_id, title) FROM \"match\"",
    "streamchannel": "SELECT id, name FROM streamchannel",
}
_REFERENCES = {
    "user_id": "users",
    "approved_by_id": "users",
    "match_id": "match",
    "last_match_id": "match",
    "stream_channel_id": "streamchannel",
}
# Its rows tell of each attempt, and are looked at by themselves.
_HISTORY_OF_RUNS = "sgsync.run"


def state_of(url: str) -> State:
    with connect(url) as connection:
        return read_state(connection)


def read_state(connection: Connection) -> State:
    names: dict[str, dict[int, str]] = {
        table: dict(connection.execute(query.encode()).fetchall()) for table, query in _NAMES.items()
    }
    tables = [name for (name,) in connection.execute(_TABLES) if name != _HISTORY_OF_RUNS]
    return {table: _rows(connection, table, names) for table in tables}


def _rows(connection: Connection, table: str, names: Mapping[str, Mapping[int, str]]) -> list[str]:
    found = connection.execute(f"SELECT to_jsonb(entry) FROM {table} AS entry".encode())
    return sorted(json.dumps(_said(row, names), sort_keys=True) for (row,) in found)


def _said(row: Mapping[str, Any], names: Mapping[str, Mapping[int, str]]) -> dict[str, Any]:
    said = {key: value for key, value in row.items() if key not in _VOLATILE and key != "id"}
    for column, table in _REFERENCES.items():
        if column in said:
            said[column] = names[table].get(said[column], said[column])
    if isinstance(said.get("details"), dict):
        said["details"] = {key: value for key, value in said["details"].items() if key != "duration_ms"}
    return said


def difference(first: State, second: State) -> str:
    """What stands in only one of them; empty where they say the same."""
    lines = []
    for table in sorted({*first, *second}):
        ours, theirs = first.get(table, []), second.get(table, [])
        lines += [f"- {table} {row}" for row in ours if ours.count(row) > theirs.count(row)]
        lines += [f"+ {table} {row}" for row in theirs if theirs.count(row) > ours.count(row)]
    return "\n".join(lines)
