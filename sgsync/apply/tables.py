"""A plan put into the database: rows out of actions, in the order that their keys need."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sgsync.apply.ids import Applied
from sgsync.apply.memory import write_memory
from sgsync.database import tables as t
from sgsync.database import writes
from sgsync.plan.actions import NewMatch, Plan, PlannedSignup
from sgsync.snapshot.values import Role

Row = dict[str, Any]


class PlaceholderGoneError(Exception):
    """A placeholder that the plan upgrades is none any more: somebody else was faster. Plan again."""


def apply_plan(connection: sa.Connection, plan: Plan, now: datetime) -> Applied:
    """Write all of `plan`, in a number of statements that does not depend on its size."""
    existing = {person for person in (*plan.new_members, *plan.new_registrations) if isinstance(person, int)}
    writes.lock_users(connection, existing)
    user_ids = _write_users(connection, plan)
    channel_ids = _write_channels(connection, plan)
    match_ids = _write_matches(connection, plan, channel_ids)
    applied = Applied(user_ids, match_ids)
    _write_belonging(connection, plan, applied)
    _write_rosters(connection, plan, applied)
    write_memory(connection, plan, applied, channel_ids, now)
    return applied


def _write_users(connection: sa.Connection, plan: Plan) -> dict[str, int]:
    people = plan.identities
    upgrades = [
        {
            "id": upgrade.user_id,
            "discord_id": upgrade.discord_id,
            "discord_username": upgrade.username,
            "discord_discriminator": upgrade.discriminator,
        }
        for upgrade in people.upgrades
    ]
    if writes.upgrade_placeholders(connection, upgrades) != len(upgrades):
        raise PlaceholderGoneError
    rows = [
        _user_row(user.discord_id, user.username, user.discriminator, user.display_name, is_placeholder=False)
        for user in people.new_users
    ]
    rows += [
        _user_row(0, placeholder.key, None, placeholder.display_name, is_placeholder=True)
        for placeholder in people.new_placeholders
    ]
    columns = (t.User.id, t.User.discord_id, t.User.discord_username)
    created = writes.insert_rows(connection, t.User, rows, *columns)
    keys = {user.discord_id: user.key for user in people.new_users}
    return {keys.get(row.discord_id, row.discord_username): row.id for row in created}


def _user_row(
    discord_id: int, username: str, discriminator: str | None, display_name: str, *, is_placeholder: bool
) -> Row:
    return {
        "discord_id": discord_id,
        "discord_username": username,
        "discord_discriminator": discriminator,
        "display_name": display_name,
        "is_placeholder": is_placeholder,
    }


def _write_channels(connection: sa.Connection, plan: Plan) -> dict[str, int]:
    rows = [
        {
            "name": channel.name,
            "stream_url": channel.stream_url,
            "organization_id": plan.tournament.organization_id,
        }
        for channel in plan.new_channels
    ]
    created = writes.insert_rows(connection, t.StreamChannel, rows, t.StreamChannel.id, t.StreamChannel.name)
    return {**plan.channel_ids, **{row.name: row.id for row in created}}


def _write_matches(connection: sa.Connection, plan: Plan, channel_ids: Mapping[str, int]) -> dict[int, int]:
    rows = [
        {
            "tournament_id": plan.tournament.id,
            "speedgaming_episode_id": match.episode_id,
            "scheduled_at": match.scheduled_at.isoformat(),
            "title": match.title,
            "comment": f"Imported from SpeedGaming (Episode {match.episode_id})",
            "racetime_auto_create": plan.tournament.auto_create_rooms,
            "stream_channel_id": channel_ids[match.channel_name] if match.channel_name else None,
        }
        for match in plan.new_matches
    ]
    created = writes.insert_rows(connection, t.Match, rows, t.Match.id, t.Match.speedgaming_episode_id)
    return {row.speedgaming_episode_id: row.id for row in created}


def _write_belonging(connection: sa.Connection, plan: Plan, applied: Applied) -> None:
    """Memberships of the organization and registrations in the tournament."""
    members = [
        {"organization_id": plan.tournament.organization_id, "user_id": applied.user_id(person)}
        for person in plan.new_members
    ]
    writes.insert_absent_rows(connection, t.OrganizationMember, members)
    players = [
        {"tournament_id": plan.tournament.id, "user_id": applied.user_id(person)}
        for person in plan.new_registrations
    ]
    writes.insert_absent_rows(connection, t.TournamentPlayer, players)


def _signups(plan: Plan) -> Iterator[tuple[NewMatch, PlannedSignup]]:
    return ((match, signup) for match in plan.new_matches for signup in match.signups)


def _write_rosters(connection: sa.Connection, plan: Plan, applied: Applied) -> None:
    players = [
        {"match_id": applied.match_ids[match.episode_id], "user_id": applied.user_id(signup.person)}
        for match, signup in _signups(plan)
        if signup.role is Role.PLAYER
    ]
    writes.insert_rows(connection, t.MatchPlayer, players)
    crew = [
        {
            "match_id": applied.match_ids[match.episode_id],
            "user_id": applied.user_id(signup.person),
            "role": signup.role,
            "approved": signup.approved,
        }
        for match, signup in _signups(plan)
        if signup.role is not Role.PLAYER
    ]
    writes.insert_rows(connection, t.Crew, crew)
