"""The removal of placeholders that nothing refers to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import delete, func, or_, select

from sgsync.database import tables as t
from sgsync.database.references import (
    ForeignKey,
    all_rows_seen,
    foreign_keys_to,
    id_array,
    is_referred_to,
)
from sgsync.database.users import IS_PLACEHOLDER, SHOWN_NAME

# sgsync's memory of a placeholder is worth nothing without it: the next import makes both anew.
_MEMORY = frozenset({"sgsync.alias.user_id", "sgsync.signup.user_id"})
# An import gives them to everybody whom it sees.
_MEMBERSHIPS = frozenset({"organizationmember.user_id", "tournamentplayers.user_id"})


@dataclass(frozen=True, slots=True)
class Unused:
    """Which placeholders are: old ones to which no row of any table refers.

    Sign-ups for episodes from `upcoming_since` on count as such rows, too. `with_members`: being a
    member of an organization or registered in a tournament is no use by itself.
    """

    created_before: datetime
    upcoming_since: datetime
    with_members: bool = False


class Pruned(NamedTuple):
    """A placeholder that was removed, or would be."""

    id: int
    username: str
    name: str


def unused_placeholders(connection: sa.Connection, unused: Unused) -> tuple[Pruned, ...]:
    """By id."""
    with all_rows_seen(connection):
        found = connection.execute(_candidates(_referring_keys(connection, unused), unused))
        return tuple(Pruned(*row) for row in found)


def prune_placeholders(connection: sa.Connection, unused: Unused) -> tuple[Pruned, ...]:
    """Remove the unused placeholders; what was removed, by id.

    They are locked, then looked at once more: a row that somebody wrote in between would be deleted with
    the placeholder that it refers to. To one that is locked, nobody can refer.
    """
    # Whoever holds this keeps others from adding a foreign key to the table.
    connection.execute(sa.text("LOCK TABLE users IN ROW EXCLUSIVE MODE"))
    with all_rows_seen(connection):
        keys = _referring_keys(connection, unused)
        locked = _candidates(keys, unused).with_for_update(of=t.User)
        candidates = [Pruned(*row) for row in connection.execute(locked)]
        still_wanted = t.User.id == func.any(id_array(each.id for each in candidates))
        statement = delete(t.User).where(still_wanted, _nothing_refers(keys, unused)).returning(t.User.id)
        gone = set(connection.execute(statement).scalars())
    return tuple(each for each in candidates if each.id in gone)


def _referring_keys(connection: sa.Connection, unused: Unused) -> tuple[ForeignKey, ...]:
    ignored = _MEMORY | _MEMBERSHIPS if unused.with_members else _MEMORY
    return tuple(key for key in foreign_keys_to(connection, "users") if key.label not in ignored)


def _candidates(keys: Iterable[ForeignKey], unused: Unused) -> sa.Select[int, str, str]:
    return (
        select(
            t.User.id,
            t.User.discord_username,
            SHOWN_NAME,
        )
        .where(IS_PLACEHOLDER)
        .where(sa.literal_column("users.created_at") < unused.created_before)
        .where(_nothing_refers(keys, unused))
        .order_by(t.User.id)
    )


def _nothing_refers(keys: Iterable[ForeignKey], unused: Unused) -> sa.ColumnElement[bool]:
    """No row refers to the user by one of `keys`, nor a sign-up that still matters.

    A sign-up for an upcoming episode is the base that the next import compares the roster with. Without
    it, somebody whom an admin took out of the match by hand would look like news and be put in again.
    Those of the past are never compared again.
    """
    is_upcoming = or_(t.Episode.scheduled_at.is_(None), t.Episode.scheduled_at >= unused.upcoming_since)
    signed_up = (
        t.some_row()
        .where(t.Signup.user_id == t.User.id, t.Episode.episode_id == t.Signup.episode_id, is_upcoming)
        .correlate(t.User)
    )
    return sa.not_(or_(signed_up, *(is_referred_to(key, t.User.__table__.c.id) for key in keys)))
