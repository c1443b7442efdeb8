"""The merge of a placeholder into a real user: whatever refers to the one refers to the other afterwards."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import DBAPIError

from sgsync.database import tables as t
from sgsync.database.aliases import approve_aliases, forget_names
from sgsync.database.faults import is_passing, reason, sqlstate
from sgsync.database.references import (
    ForeignKey,
    all_rows_seen,
    count_references,
    foreign_keys_to,
    id_array,
    id_pairs,
    repoint,
)
from sgsync.database.users import IS_PLACEHOLDER
from sgsync.errors import MergeConflictError, MergeOutdatedError
from sgsync.text import clean

_USERS = "users"
# Unique and exclusion constraints, foreign keys: their details name the keys of a row, not the row.
_TOLD_BY_KEYS = frozenset({"23505", "23P01", "23503"})


@dataclass(frozen=True, slots=True)
class Move:
    """Rows that refer to the placeholder by one foreign key.

    `doubles` counts those that give way to another row, because both people stand in the same place.
    """

    table: str
    column: str
    rows: int
    doubles: int


@dataclass(frozen=True, slots=True)
class _Standing:
    """A table in which nobody is to stand twice in one place; no constraint of the application says so."""

    table: sa.Table
    place: tuple[str, ...]
    learns: tuple[str, ...] = ()  # where the row that stays has NULL
    either: tuple[str, ...] = ()  # true if one of the rows says so


def _standing(
    model: type[t.Base], place: tuple[str, ...], learns: tuple[str, ...] = (), either: tuple[str, ...] = ()
) -> _Standing:
    table = model.__table__
    assert isinstance(table, sa.Table)
    return _Standing(table, place, learns, either)


_STANDINGS = (
    _standing(t.OrganizationMember, ("organization_id",)),
    _standing(t.TournamentPlayer, ("tournament_id",)),
    _standing(t.MatchPlayer, ("match_id",), learns=("finish_rank", "assigned_station")),
    _standing(t.Crew, ("match_id", "role"), learns=("approved_by_id",), either=("approved",)),
)

_SAME_SIGNUP = """
    kept.user_id = :user_id AND double.user_id = :placeholder_id
    AND kept.episode_id = double.episode_id AND kept.role = double.role
"""
_COUNT_SIGNUPS = sa.text(
    f"SELECT count(*) FROM sgsync.signup AS kept, sgsync.signup AS double WHERE {_SAME_SIGNUP}"  # noqa: S608 - constants
)
_UNITE_SIGNUPS = sa.text(f"""
    UPDATE sgsync.signup AS kept
    SET feed_ids = ARRAY(SELECT DISTINCT unnest(kept.feed_ids || double.feed_ids) ORDER BY 1),
        approved = kept.approved OR double.approved
    FROM sgsync.signup AS double WHERE {_SAME_SIGNUP}
""")  # noqa: S608
_DROP_SIGNUPS = sa.text(
    f"DELETE FROM sgsync.signup AS double USING sgsync.signup AS kept WHERE {_SAME_SIGNUP}"  # noqa: S608
)


def merge_placeholder(
    connection: sa.Connection, placeholder_id: int, user_id: int, *, linked: bool = False
) -> dict[str, int]:
    """Let everything that refers to the placeholder refer to the user, and delete the placeholder.

    The result counts the rows moved by table and column. `linked` says that an admin decided it: the
    placeholder's player ids and tags lead to the user from then on.

    Raises MergeConflictError where a constraint forbids it; the transaction is then as it was before.
    """
    try:
        with connection.begin_nested(), all_rows_seen(connection):
            return _merge(connection, placeholder_id, user_id, linked=linked)
    except DBAPIError as error:
        if is_passing(error):
            raise
        raise MergeConflictError(_conflict_sentence(error, "of the application")) from error


def preview_merge(connection: sa.Connection, placeholder_id: int, user_id: int) -> tuple[Move, ...]:
    """What a merge would move, without writing."""
    with all_rows_seen(connection):
        keys = foreign_keys_to(connection, _USERS)
        counts = count_references(connection, keys, [placeholder_id])
        doubles = _count_doubles(connection, placeholder_id, user_id)
    return tuple(
        Move(key.shown_as, key.shown_columns, rows, doubles.get(key.label, 0))
        for key, rows in zip(keys, counts, strict=True)
        if rows
    )


def _merge(connection: sa.Connection, placeholder_id: int, user_id: int, *, linked: bool) -> dict[str, int]:
    name = _lock(connection, placeholder_id, user_id)
    if linked:
        approve_aliases(connection, placeholder_id, name)
    else:
        forget_names(connection, placeholder_id)
    # Rows that refer to each other by several keys agree again only when all of them have moved.
    connection.execute(sa.text("SET CONSTRAINTS ALL DEFERRED"))
    moved = _resolve_doubles(connection, placeholder_id, user_id)
    keys = foreign_keys_to(connection, _USERS)
    _add(moved, _move(connection, keys, {placeholder_id: user_id}))
    # Now, not at COMMIT: what a deferrable constraint has to say is still ours to tell.
    connection.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
    connection.execute(delete(t.User).where(t.User.id == placeholder_id))
    return moved


def _lock(connection: sa.Connection, placeholder_id: int, user_id: int) -> str:
    """Keep others from referring to either, and the catalog from growing foreign keys; the placeholder's name."""
    connection.execute(sa.text("LOCK TABLE users IN ROW EXCLUSIVE MODE"))
    found = connection.execute(
        select(t.User.id, IS_PLACEHOLDER.label("is_placeholder"), t.User.discord_username)
        .where(t.User.id.in_((placeholder_id, user_id)))
        .order_by(t.User.id)  # so that two sessions cannot wait for each other
        .with_for_update()
    ).all()
    if {row.id: row.is_placeholder for row in found} != {placeholder_id: True, user_id: False}:
        raise MergeOutdatedError(
            f"Nothing was changed: user {placeholder_id} is no placeholder any more, or user {user_id} no real"
            " user. Look again: `sgsync placeholders`."
        )
    return next(str(row.discord_username) for row in found if row.is_placeholder)


def _move(connection: sa.Connection, keys: Sequence[ForeignKey], heirs: Mapping[int, int]) -> dict[str, int]:
    moved: dict[str, int] = {}
    for key in keys:
        try:
            _add(moved, {key.label: repoint(connection, key, heirs)})
        except DBAPIError as error:
            if is_passing(error):
                raise
            raise MergeConflictError(_conflict_sentence(error, key.shown_as)) from error
    _refuse_to_lose(keys, count_references(connection, keys, heirs))
    return moved


def _refuse_to_lose(keys: Sequence[ForeignKey], left: Sequence[int]) -> None:
    """A trigger or a rule can keep a row from moving, and the heir may lack what it refers to.

    Deleting what such a row refers to would delete the row as well.
    """
    for key, rows in zip(keys, left, strict=True):
        if rows:
            raise MergeConflictError(
                f"Nothing was changed: {rows} row(s) of table {clean(key.shown_as)} cannot be moved, because of"
                f" a trigger or rule there, or because {key.target}.{','.join(key.referenced)} is empty in the"
                f" row that {clean(key.shown_columns)} should refer to. Change that, then try again."
            )


def _add(moved: dict[str, int], more: Mapping[str, int]) -> None:
    for label, rows in more.items():
        if rows:
            moved[label] = moved.get(label, 0) + rows


def _resolve_doubles(connection: sa.Connection, placeholder_id: int, user_id: int) -> dict[str, int]:
    """Leave one row in each place where both stand; what else moved on the way."""
    moved: dict[str, int] = {}
    for standing in _STANDINGS:
        if doubles := _doubles(connection, standing, placeholder_id, user_id):
            _learn(connection, standing, doubles)
            keys = foreign_keys_to(connection, standing.table.name)
            _add(moved, _move(connection, keys, doubles))
            _drop(connection, standing.table, doubles)
    people = {"placeholder_id": placeholder_id, "user_id": user_id}
    connection.execute(_UNITE_SIGNUPS, people)
    connection.execute(_DROP_SIGNUPS, people)
    return moved


def _doubles(
    connection: sa.Connection, standing: _Standing, placeholder_id: int, user_id: int
) -> dict[int, int]:
    """The rows that are to go, each with the one that stays: the real user's oldest, where there is one.

    Only where the placeholder stands: other doubles of the user are none of the merge's business.
    """
    table = standing.table
    place = [table.c[name] for name in standing.place]
    is_placeholders = table.c.user_id == placeholder_id
    ranked = (
        select(
            table.c.id,
            func.first_value(table.c.id)
            .over(partition_by=place, order_by=(is_placeholders, table.c.id))
            .label("kept_id"),
            func.bool_or(is_placeholders).over(partition_by=place).label("concerned"),
        )
        .where(table.c.user_id.in_((placeholder_id, user_id)))
        .subquery()
    )
    doubles = select(ranked.c.id, ranked.c.kept_id).where(ranked.c.concerned, ranked.c.id != ranked.c.kept_id)
    return {row.id: row.kept_id for row in connection.execute(doubles)}


def _learn(connection: sa.Connection, standing: _Standing, doubles: Mapping[int, int]) -> None:
    """Tell the rows that stay what only their doubles know."""
    if not (standing.learns or standing.either):
        return
    table, double, pair = standing.table, standing.table.alias("double"), id_pairs(doubles)
    known = (
        select(
            pair.c.new_id,
            *(func.min(double.c[name]).label(name) for name in standing.learns),
            *(func.bool_or(double.c[name]).label(name) for name in standing.either),
        )
        .join_from(pair, double, double.c.id == pair.c.old_id)
        .group_by(pair.c.new_id)
        .subquery("known")
    )
    changes: dict[str, sa.ColumnElement[Any]] = {
        name: func.coalesce(table.c[name], known.c[name]) for name in standing.learns
    }
    changes |= {name: table.c[name] | known.c[name] for name in standing.either}
    says_more = or_(*(table.c[name].is_distinct_from(value) for name, value in changes.items()))
    connection.execute(
        update(table)
        .values(**changes, updated_at=t.THIS_MOMENT)
        .where(table.c.id == known.c.new_id, says_more)
    )


def _drop(connection: sa.Connection, table: sa.Table, ids: Collection[int]) -> None:
    connection.execute(delete(table).where(table.c.id == func.any(id_array(ids))))


def _count_doubles(connection: sa.Connection, placeholder_id: int, user_id: int) -> dict[str, int]:
    counts = {
        f"{standing.table.name}.user_id": len(_doubles(connection, standing, placeholder_id, user_id))
        for standing in _STANDINGS
    }
    people = {"placeholder_id": placeholder_id, "user_id": user_id}
    return {**counts, "sgsync.signup.user_id": connection.execute(_COUNT_SIGNUPS, people).scalar_one()}


def _conflict_sentence(error: DBAPIError, table: str) -> str:
    """What keeps rows of `table` from moving. Only keys are quoted: whole rows may hold secrets."""
    assert isinstance(error.orig, psycopg.Error)
    diag = error.orig.diag
    found = ".".join(filter(None, (diag.schema_name, diag.table_name))) or table
    which = f"constraint {diag.constraint_name}: " if diag.constraint_name else ""
    keys = diag.message_detail if sqlstate(error) in _TOLD_BY_KEYS else None
    why = (keys or reason(error)).rstrip(".")
    return clean(
        f"Nothing was changed: table {found} does not let the placeholder's rows become the user's"
        f" ({which}{why}). Change one of these rows, or what forbids it, then try again."
    )
