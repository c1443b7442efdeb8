"""sgsync's own tables: the ledger with the base of later comparisons, the aliases, the history."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sgsync.apply.ids import Applied
from sgsync.database import tables as t
from sgsync.database import writes
from sgsync.plan.actions import Memory, Plan
from sgsync.plan.chronicle import Event, chronicle
from sgsync.plan.known import GIVEN_UP

Row = dict[str, Any]


def write_memory(connection: sa.Connection, plan: Plan, applied: Applied, now: datetime) -> None:
    """Remember what `plan` imported, so that the next run can tell what changed since."""
    writes.release_matches(connection, plan.claimed)
    writes.upsert_episodes(
        connection,
        [_episode_row(memory, applied, now) for memory in plan.memories],
        saved_here=[memory.episode_id for memory in plan.memories if memory.is_saved_here],
    )
    writes.delete_rows(connection, t.Signup, _forgotten(plan, applied))
    writes.upsert_rows(connection, t.Signup, _remembered(plan, applied))
    writes.upsert_rows(connection, t.Alias, _aliases(plan, applied, now), keep={"first_seen_at"})
    writes.insert_rows(connection, t.Change, _history(plan, now))


def _episode_row(memory: Memory, applied: Applied, now: datetime) -> Row:
    start = memory.fields.scheduled_at
    match_id = memory.match_id or applied.match_ids.get(memory.episode_id)
    return {
        "episode_id": memory.episode_id,
        "tournament_id": memory.fields.tournament_id,
        "match_id": match_id,
        "event_slug": memory.event,
        "state": memory.state,
        "scheduled_at": start and start.isoformat(),
        "title": memory.fields.title,
        "stream_channel_id": applied.channel_id(memory.fields.channel),
        "told": dict(memory.told),
        "first_seen_at": now.isoformat(),
        "changed_at": now.isoformat(),
    }


def _forgotten(plan: Plan, applied: Applied) -> list[Row]:
    return [
        {"episode_id": memory.episode_id, "role": role, "user_id": applied.user_id(person)}
        for memory in plan.memories
        for role, person in memory.forgotten
    ]


def _remembered(plan: Plan, applied: Applied) -> list[Row]:
    return [
        {
            "episode_id": memory.episode_id,
            "role": signup.role,
            "user_id": applied.user_id(signup.person),
            "feed_ids": list(signup.feed_ids),
            "approved": signup.approved,
        }
        for memory in plan.memories
        for signup in memory.remembered
    ]


def _aliases(plan: Plan, applied: Applied, now: datetime) -> list[Row]:
    return [
        {
            "kind": alias.key.kind,
            "value": alias.key.value,
            "user_id": applied.user_id(alias.person),
            "discord_id": alias.discord_id,
            "source": alias.source,
            "first_seen_at": now.isoformat(),
        }
        for alias in plan.identities.aliases
    ]


def _history(plan: Plan, now: datetime) -> list[Row]:
    return [_event_row(event, now) for event in chronicle(plan)]


def _event_row(event: Event, now: datetime) -> Row:
    return {**event._asdict(), "happened_at": now.isoformat()}


def delete_cancelled(connection: sa.Connection, plan: Plan, now: datetime) -> dict[int, str]:
    """Delete the matches of cancelled episodes; which ones stay, and the table that refers to them."""
    doomed = {each.match.id: each.match.episode_id for each in plan.cancellations if each.delete}
    if not doomed:
        return {}
    kept = writes.delete_matches(connection, list(doomed))
    writes.take_back(connection, GIVEN_UP, [doomed[match_id] for match_id in kept])
    events = [
        Event(episode_id, "kept", "match", why=f"table {kept[match_id]} refers to it")
        if match_id in kept
        else Event(episode_id, "deleted")
        for match_id, episode_id in doomed.items()
    ]
    writes.insert_rows(connection, t.Change, [_event_row(event, now) for event in events])
    return kept
