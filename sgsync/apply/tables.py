"""A plan put into the application's tables: rows out of actions, in the order that their keys need."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sgsync.apply.ids import Applied
from sgsync.apply.memory import delete_cancelled, write_memory
from sgsync.apply.people import merge_people, upgrade_people, write_users
from sgsync.database import tables as t
from sgsync.database import writes
from sgsync.database.engine import Features
from sgsync.people.identity import Person
from sgsync.plan.actions import Plan, PlannedSignup
from sgsync.snapshot.values import KnownMatch, MatchFields, Role

Row = dict[str, Any]
MatchId = int


class PlanOutdatedError(Exception):
    """Somebody changed what the plan rests on. Read and plan again."""


def apply_plan(connection: sa.Connection, plan: Plan, features: Features, now: datetime) -> Applied:
    """Write all of `plan`, in a number of statements that does not depend on its size.

    Raises PlanOutdatedError, or MergeRefusedError for a placeholder that cannot be merged.
    """
    _lock(connection, plan, features)
    # Upgrades first: a placeholder may become the user into whom another one is merged.
    if not upgrade_people(connection, plan.identities.upgrades, now):
        raise PlanOutdatedError
    if not merge_people(connection, plan.identities.merges, now):
        raise PlanOutdatedError
    applied = Applied(write_users(connection, plan.identities), _write_channels(connection, plan))
    applied = replace(applied, match_ids=_write_new_matches(connection, plan, applied))
    _write_belonging(connection, plan, applied)
    _revise_matches(connection, plan, applied)
    _write_rosters(connection, plan, applied)
    write_memory(connection, plan, applied, now)
    return replace(applied, kept_matches=delete_cancelled(connection, plan, now))


def _lock(connection: sa.Connection, plan: Plan, features: Features) -> None:
    """Hold whom and what the plan is about, so that what it decided stays true until it is written."""
    matches = [
        {
            "id": match.id,
            "tournament_id": match.fields.tournament_id,
            "scheduled_at": _text(match.fields.scheduled_at),
            "title": match.fields.title,
            "stream_channel_id": match.fields.channel,
            "updated_at": match.saved_at,
        }
        for match in _touched_matches(plan)
    ]
    is_up_to_date = (
        writes.hold_parents(connection, plan.tournament, _channels_in_use(plan), _known_people(plan))
        and writes.lock_matches(connection, matches, features)
        and _are_as_read(connection, plan)
    )
    if not is_up_to_date:
        raise PlanOutdatedError
    writes.lock_users(connection, {person for person in _newcomers(plan) if isinstance(person, int)})


def _newcomers(plan: Plan) -> set[Person]:
    """Who has to belong somewhere from now on."""
    return {*plan.new_members, *plan.new_registrations, *(guest.person for guest in plan.guests)}


def _channels_in_use(plan: Plan) -> set[int]:
    channels = {match.channel for match in plan.new_matches}
    channels |= {revision.fields.channel for revision in plan.revisions if revision.changes}
    return {channel for channel in channels if isinstance(channel, int)}


def _known_people(plan: Plan) -> set[int]:
    """Everybody of whom the plan writes something, as far as they are users already."""
    people = _newcomers(plan)
    people |= {alias.person for alias in plan.identities.aliases}
    for memory in plan.memories:
        people |= {signup.person for signup in memory.remembered}
    for match in plan.new_matches:
        people |= {signup.person for signup in match.signups}
    for revision in plan.revisions:
        people |= {signup.person for signup in (*revision.added, *revision.approvals)}
    return {person for person in people if isinstance(person, int)}


def _are_as_read(connection: sa.Connection, plan: Plan) -> bool:
    """Whether nobody has begun to work on the rosters of matches that are to be deleted."""
    doomed = [cancellation.match for cancellation in plan.cancellations if cancellation.delete]
    if not doomed:
        return True
    seats = writes.lock_seats(connection, [match.id for match in doomed])
    return all(tuple(seats.get(match.id, ())) == match.entries for match in doomed)


def _touched_matches(plan: Plan) -> Iterator[KnownMatch]:
    yield from (revision.match for revision in plan.revisions if revision.changes_match)
    yield from (cancellation.match for cancellation in plan.cancellations if cancellation.delete)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


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
    return {row.name: row.id for row in created}


def _write_new_matches(connection: sa.Connection, plan: Plan, applied: Applied) -> dict[int, MatchId]:
    rows = [
        {
            "tournament_id": plan.tournament.id,
            "speedgaming_episode_id": match.episode_id,
            "scheduled_at": match.scheduled_at.isoformat(),
            "title": match.title,
            "comment": f"Imported from SpeedGaming (Episode {match.episode_id})",
            "racetime_auto_create": plan.tournament.auto_create_rooms,
            "stream_channel_id": applied.channel_id(match.channel),
        }
        for match in plan.new_matches
    ]
    created = writes.insert_rows(connection, t.Match, rows, t.Match.id, t.Match.speedgaming_episode_id)
    return {row.speedgaming_episode_id: row.id for row in created}


def _write_belonging(connection: sa.Connection, plan: Plan, applied: Applied) -> None:
    """Memberships of the organization and registrations in the tournament."""
    home = plan.tournament
    members = [(home.organization_id, person) for person in plan.new_members]
    members += [(guest.organization_id, guest.person) for guest in plan.guests]
    players = [(home.id, person) for person in plan.new_registrations]
    players += [(guest.tournament_id, guest.person) for guest in plan.guests if guest.role is Role.PLAYER]
    for model, parent, belonging in (
        (t.OrganizationMember, "organization_id", members),
        (t.TournamentPlayer, "tournament_id", players),
    ):
        rows = [{parent: id_, "user_id": applied.user_id(person)} for id_, person in dict.fromkeys(belonging)]
        writes.insert_absent_rows(connection, model, rows, keys=(parent, "user_id"))


def _revise_matches(connection: sa.Connection, plan: Plan, applied: Applied) -> None:
    changed = [revision for revision in plan.revisions if revision.changes]
    moved = [
        each.match.id for each in changed if each.fields.tournament_id != each.match.fields.tournament_id
    ]
    writes.follow_into_tournament(connection, moved, auto_create_rooms=plan.tournament.auto_create_rooms)
    rows = [{"id": revision.match.id, **_columns(revision.fields, applied)} for revision in changed]
    writes.update_rows(connection, t.Match, rows)
    finished = [
        {"id": revision.match.id, "finished_at": _text(revision.finished_at)}
        for revision in plan.revisions
        if revision.finished_at
    ]
    writes.update_rows(connection, t.Match, finished)


def _columns(fields: MatchFields, applied: Applied) -> Row:
    return {
        "tournament_id": fields.tournament_id,
        "scheduled_at": _text(fields.scheduled_at),
        "title": fields.title,
        "stream_channel_id": applied.channel_id(fields.channel),
    }


def _write_rosters(connection: sa.Connection, plan: Plan, applied: Applied) -> None:
    removed = [
        (role, {"match_id": revision.match.id, "user_id": applied.user_id(person)})
        for revision in plan.revisions
        for role, person in revision.removed
    ]
    nobody_worked_on_it = (t.MatchPlayer.finish_rank.is_(None), t.MatchPlayer.assigned_station.is_(None))
    approvals = _crew(_seats(_newly_approved(plan), applied))
    followed = (
        writes.delete_rows(connection, t.MatchPlayer, _players(removed), *nobody_worked_on_it),
        writes.delete_rows(connection, t.Crew, _crew(removed), t.Crew.approved_by_id.is_(None)),
        writes.set_approvals(connection, approvals),
    )
    if sum(followed) < len(removed) + len(approvals):  # somebody has begun to work on one of the rows
        raise PlanOutdatedError
    added = _seats(_newly_seated(plan, applied), applied)
    writes.insert_absent_rows(connection, t.MatchPlayer, _players(added), keys=("match_id", "user_id"))
    writes.insert_absent_rows(connection, t.Crew, _crew(added), keys=("match_id", "user_id", "role"))


def _newly_seated(plan: Plan, applied: Applied) -> Iterator[tuple[MatchId, PlannedSignup]]:
    for match in plan.new_matches:
        yield from ((applied.match_ids[match.episode_id], signup) for signup in match.signups)
    for revision in plan.revisions:
        yield from ((revision.match.id, signup) for signup in revision.added)


def _newly_approved(plan: Plan) -> Iterator[tuple[MatchId, PlannedSignup]]:
    for revision in plan.revisions:
        yield from ((revision.match.id, signup) for signup in revision.approvals)


def _seats(signups: Iterable[tuple[MatchId, PlannedSignup]], applied: Applied) -> list[tuple[Role, Row]]:
    return [
        (
            signup.role,
            {"match_id": match_id, "user_id": applied.user_id(signup.person), "approved": signup.approved},
        )
        for match_id, signup in signups
    ]


def _players(seats: Iterable[tuple[Role, Row]]) -> list[Row]:
    return [
        {"match_id": row["match_id"], "user_id": row["user_id"]} for role, row in seats if role is Role.PLAYER
    ]


def _crew(seats: Iterable[tuple[Role, Row]]) -> list[Row]:
    return [{**row, "role": role} for role, row in seats if role is not Role.PLAYER]
