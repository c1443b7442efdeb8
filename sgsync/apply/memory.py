"""sgsync's own tables: the ledger with the base of later comparisons, and the aliases."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sgsync.apply.ids import Applied
from sgsync.database import tables as t
from sgsync.database import writes
from sgsync.plan.actions import Plan
from sgsync.snapshot.values import Signup

Row = dict[str, Any]


def write_memory(
    connection: sa.Connection, plan: Plan, applied: Applied, channel_ids: Mapping[str, int], now: datetime
) -> None:
    """Remember what `plan` imported, so that the next run can tell what changed since."""
    episodes = _new_episodes(plan, applied, channel_ids, now) + _adopted_episodes(plan, now)
    writes.upsert_rows(connection, t.Episode, episodes, keep={"first_seen_at"})
    writes.upsert_rows(connection, t.Signup, [_signup_row(signup) for signup in _signups(plan, applied)])
    writes.upsert_rows(connection, t.Alias, _aliases(plan, applied, now), keep={"first_seen_at"})


def _new_episodes(plan: Plan, applied: Applied, channel_ids: Mapping[str, int], now: datetime) -> list[Row]:
    return [
        {
            "episode_id": match.episode_id,
            "tournament_id": plan.tournament.id,
            "match_id": applied.match_ids[match.episode_id],
            "state": "active",
            "scheduled_at": match.scheduled_at.isoformat(),
            "title": match.title,
            "stream_channel_id": channel_ids[match.channel_name] if match.channel_name else None,
            "first_seen_at": now.isoformat(),
            "changed_at": now.isoformat(),
        }
        for match in plan.new_matches
    ]


def _adopted_episodes(plan: Plan, now: datetime) -> list[Row]:
    return [
        {
            "episode_id": adoption.match.episode_id,
            "tournament_id": plan.tournament.id,
            "match_id": adoption.match.id,
            "state": "active",
            "scheduled_at": adoption.match.scheduled_at and adoption.match.scheduled_at.isoformat(),
            "title": adoption.match.title,
            "stream_channel_id": adoption.match.channel_id,
            "first_seen_at": now.isoformat(),
            "changed_at": now.isoformat(),
        }
        for adoption in plan.adoptions
    ]


def _signups(plan: Plan, applied: Applied) -> list[Signup]:
    imported = [
        Signup(
            match.episode_id, signup.role, applied.user_id(signup.person), signup.feed_ids, signup.approved
        )
        for match in plan.new_matches
        for signup in match.signups
    ]
    return imported + [signup for adoption in plan.adoptions for signup in adoption.signups]


def _signup_row(signup: Signup) -> Row:
    return {
        "episode_id": signup.episode_id,
        "role": signup.role,
        "user_id": signup.user_id,
        "feed_ids": list(signup.feed_ids),
        "approved": signup.approved,
    }


def _aliases(plan: Plan, applied: Applied, now: datetime) -> list[Row]:
    return [
        {
            "kind": alias.key.kind,
            "value": alias.key.value,
            "user_id": applied.user_id(alias.person),
            "discord_id": alias.discord_id,
            "source": "admin" if alias.linked else "feed",
            "first_seen_at": now.isoformat(),
        }
        for alias in plan.identities.aliases
    ]
