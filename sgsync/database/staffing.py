"""Which matches lack crew: one condition, for whoever tells of it."""

from datetime import datetime

import sqlalchemy as sa

from sgsync.database import tables as t
from sgsync.snapshot.values import Role, State

CALLED_FOR = (Role.COMMENTATOR, Role.TRACKER)


def is_understaffed(now: datetime) -> sa.ColumnElement[bool]:
    """Whether a `Match` of an `Episode` in a `Tournament` is to come and lacks somebody approved.

    A match without a channel is not broadcast, and lacks nobody.
    """
    return sa.and_(
        t.Tournament.speedgaming_enabled,
        t.Tournament.is_active,
        t.Episode.state == State.ACTIVE.value,
        t.Match.stream_channel_id.is_not(None),
        t.Match.scheduled_at > now,
        t.Match.finished_at.is_(None),
        sa.or_(*(~has_approved(role) for role in CALLED_FOR)),
    )


def has_approved(role: Role) -> sa.ColumnElement[bool]:
    return (
        t.some_row()
        .where(t.Crew.match_id == t.Match.id, t.Crew.role == role.value, t.Crew.approved)
        .correlate(t.Match)
    )
