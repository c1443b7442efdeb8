"""What people outside have not been told yet, and how far they have been."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from sgsync.database import tables as t
from sgsync.database.staffing import CALLED_FOR, has_approved, is_understaffed
from sgsync.database.users import SHOWN_NAME
from sgsync.snapshot.values import Role
from sgsync.telling.news import Happening, Kind, Subject

_STARTS_AT = func.coalesce(t.Match.scheduled_at, t.Episode.scheduled_at)


def note_missing_crew(connection: sa.Connection, now: datetime, until: datetime) -> None:
    """Enter into the history, once each, the matches before `until` that lack approved crew."""
    missing = func.concat_ws(", ", *(sa.case((~has_approved(role), role.value)) for role in CALLED_FOR))
    noted_before = t.some_row().where(
        t.Change.episode_id == t.Episode.episode_id, t.Change.kind == Kind.UNSTAFFED.value
    )
    values = (
        t.Episode.episode_id,
        sa.literal(now, sa.DateTime(timezone=True)),
        sa.literal(Kind.UNSTAFFED.value),
    )
    upcoming = (
        select(*values, missing)
        .join(t.Match, t.Match.id == t.Episode.match_id)
        .join(t.Tournament, t.Tournament.id == t.Match.tournament_id)
        .where(is_understaffed(now), t.Match.scheduled_at <= until, ~noted_before)
        .order_by(t.Match.scheduled_at)
    )
    columns = ("episode_id", "happened_at", "kind", "what")
    connection.execute(sa.insert(t.Change).from_select(columns, upcoming))


def read_untold(connection: sa.Connection, reader: str, since: datetime) -> tuple[Happening, ...]:
    """What happened since `since` and was not told to `reader`, oldest first."""
    told = select(t.Told.change_id).where(t.Told.reader == reader).scalar_subquery()
    left_out = select(func.unnest(t.Told.left_out)).where(t.Told.reader == reader)
    is_news = sa.and_(
        t.Change.kind.in_([kind.value for kind in Kind]),
        sa.or_(t.Change.kind != Kind.CHANGED.value, t.Change.what == "time"),
    )
    untold = (
        select(
            t.Change.id,
            t.Change.kind,
            t.Change.what,
            t.Change.before,
            t.Change.episode_id,
            t.Tournament.name.label("tournament"),
            func.coalesce(t.Match.title, t.Episode.title).label("title"),
            _players().label("players"),
            _STARTS_AT.label("starts_at"),
        )
        .join(t.Episode, t.Episode.episode_id == t.Change.episode_id)
        .join(t.Tournament, t.Tournament.id == t.Episode.tournament_id)
        .outerjoin(t.Match, t.Match.id == t.Episode.match_id)
        .where(is_news, sa.or_(t.Change.id > func.coalesce(told, 0), t.Change.id.in_(left_out)))
        .where(t.Change.happened_at > since)
        .where(_STARTS_AT.is_not(None))
        .order_by(t.Change.id)
    )
    return tuple(_happening(row) for row in connection.execute(untold))


def wants_patience(connection: sa.Connection, reader: str, now: datetime) -> bool:
    """Whether `reader` asked to be left alone, and for longer than until `now`."""
    asked = t.some_row().where(t.Told.reader == reader, t.Told.not_before > now)
    return bool(connection.scalar(select(asked)))


def _players() -> sa.ScalarSelect[Any]:
    """From the sign-ups, which are there when the match is deleted, too."""
    return (
        select(
            func.coalesce(func.array_agg(aggregate_order_by(SHOWN_NAME, t.User.id)), sa.text("'{}'::text[]"))
        )
        .select_from(t.Signup)
        .join(t.User, t.User.id == t.Signup.user_id)
        .where(t.Signup.episode_id == t.Episode.episode_id, t.Signup.role == Role.PLAYER.value)
        .correlate(t.Episode)
        .scalar_subquery()
    )


def _happening(row: sa.Row[Any]) -> Happening:
    subject = Subject(row.episode_id, row.tournament, row.title, tuple(row.players), row.starts_at)
    return Happening(row.id, Kind(row.kind), subject, row.what, row.before)


def note_told(
    connection: sa.Connection,
    reader: str,
    happenings: Sequence[Happening],
    left_out: Sequence[Happening],
    now: datetime,
) -> None:
    """Remember that `reader` has been told all of `happenings` but for those `left_out`."""
    row = {
        "change_id": max(happening.id for happening in happenings),
        "left_out": [happening.id for happening in left_out],
        "told_at": now,
        "not_before": None,
    }
    statement = insert(t.Told).values(reader=reader, **row)
    # What was left out before comes with smaller numbers, and maybe alone.
    furthest = {"change_id": func.greatest(t.Told.change_id, row["change_id"])}
    connection.execute(statement.on_conflict_do_update(index_elements=["reader"], set_={**row, **furthest}))


def note_patience(connection: sa.Connection, reader: str, until: datetime) -> None:
    """Remember that `reader` wants to be left alone `until` then."""
    statement = insert(t.Told).values(reader=reader, change_id=0, not_before=until)
    changes = {"not_before": statement.excluded.not_before}
    connection.execute(statement.on_conflict_do_update(index_elements=["reader"], set_=changes))
