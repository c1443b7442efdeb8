"""The set-based statements that write: a fixed number of them, however many rows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import InstrumentedAttribute

from sgsync.database import tables as t
from sgsync.database.engine import Features
from sgsync.database.reads import entries_of
from sgsync.database.references import foreign_keys_to, id_array, is_referred_to
from sgsync.database.users import IS_PLACEHOLDER
from sgsync.report import TournamentReport
from sgsync.snapshot.values import Entry, Tournament

Row = Mapping[str, Any]

_ROWS = bindparam("new_rows", type_=JSONB)


POSITION = "position"

# What refers to a match and is known to go with it, or to let go of it.
_GO_WITH_THEIR_MATCH = frozenset({"matchplayers", "crew", "sgsync.episode"})


def _recordset(model: type[t.Base], rows: Sequence[Row]) -> sa.TableValuedAlias:
    """A table with the columns of `rows`, all of which have the same of `model`; `_execute` says the rows.

    It has their `position` as well, for those who care about the order.
    """
    columns = (sa.column(name, model.__table__.c[name].type) for name in rows[0])
    return (
        func.jsonb_to_recordset(_ROWS)
        .table_valued(*columns, sa.column(POSITION, sa.Integer))
        .render_derived(name="new", with_types=True)
    )


def _execute(
    connection: sa.Connection, statement: sa.Executable, rows: Sequence[Row]
) -> sa.CursorResult[Any]:
    """Execute a `statement` with a `_recordset`: `rows` are one parameter that reads like a table.

    They are no part of the statement, which has cycles and would hold them until the garbage collector comes.
    """
    numbered = [{**row, POSITION: position} for position, row in enumerate(rows)]
    return connection.execute(statement, {_ROWS.key: numbered})


def _in_order(new: sa.TableValuedAlias, names: Iterable[str]) -> sa.Select[Any]:
    """The rows of a recordset in their order, so that ids ascend in it: rosters are shown by id."""
    return select(*(new.c[name] for name in names)).order_by(new.c[POSITION])


def insert_rows(
    connection: sa.Connection,
    model: type[t.Base],
    rows: Sequence[Row],
    *returning: InstrumentedAttribute[Any],
) -> Sequence[sa.Row[Any]]:
    """Insert `rows`; give back the columns `returning` of each, in no particular order."""
    if not rows:
        return ()
    new = _recordset(model, rows)
    statement = sa.insert(model).from_select(list(rows[0]), _in_order(new, rows[0]))
    result = _execute(connection, statement.returning(*returning) if returning else statement, rows)
    return result.all() if returning else ()


def insert_absent_rows(
    connection: sa.Connection, model: type[t.Base], rows: Sequence[Row], *, keys: Sequence[str]
) -> None:
    """Insert those of `rows` whose `keys` do not stand in the table yet.

    The application has no constraints to say so: lock what the keys refer to first, or somebody may
    write the same row.
    """
    if not rows:
        return
    new = _recordset(model, rows)
    stands_already = t.some_row().where(*(model.__table__.c[name] == new.c[name] for name in keys))
    absent = _in_order(new, rows[0]).where(~stands_already)
    _execute(connection, sa.insert(model).from_select(list(rows[0]), absent), rows)


def update_rows(connection: sa.Connection, model: type[t.Base], rows: Sequence[Row]) -> None:
    """Set the columns of `rows` where the `id` is theirs."""
    if not rows:
        return
    new = _recordset(model, rows)
    changes = {name: new.c[name] for name in rows[0] if name != "id"}
    table = model.__table__
    statement = sa.update(model).values(**changes, updated_at=t.THIS_MOMENT).where(table.c.id == new.c.id)
    _execute(connection, statement, rows)


def delete_rows(
    connection: sa.Connection, model: type[t.Base], rows: Sequence[Row], *still: sa.ColumnElement[bool]
) -> int:
    """Delete what equals one of `rows` in all their columns, as far as `still` holds; how many went."""
    if not rows:
        return 0
    new = _recordset(model, rows)
    same = (model.__table__.c[name] == new.c[name] for name in rows[0])
    return _execute(connection, sa.delete(model).where(*same, *still), rows).rowcount


def upsert_rows(
    connection: sa.Connection,
    model: type[t.Base],
    rows: Sequence[Row],
    *,
    keep: AbstractSet[str] = frozenset(),
) -> None:
    """Insert `rows`; where the primary key stands already, set all columns but those to `keep`."""
    if not rows:
        return
    new = _recordset(model, rows)
    statement = insert(model).from_select(list(rows[0]), _in_order(new, rows[0]))
    keys = [column.name for column in model.__table__.primary_key]
    changes = {name: statement.excluded[name] for name in rows[0] if name not in (*keys, *keep)}
    _execute(connection, statement.on_conflict_do_update(index_elements=keys, set_=changes), rows)


def release_matches(connection: sa.Connection, match_ids: Sequence[int]) -> None:
    """Let no episode of the ledger hold these matches: each can be one's only."""
    if match_ids:
        held = t.Episode.match_id == func.any(id_array(match_ids))
        connection.execute(sa.update(t.Episode).values(match_id=None).where(held))


def upsert_episodes(connection: sa.Connection, rows: Sequence[Row], *, saved_here: Sequence[int]) -> None:
    """Let the ledger hold `rows`, and their matches as they are left: so it shows who saves one later.

    Of the episodes `saved_here` somebody has saved the match already, which must go on to show.
    """
    if not rows:
        return
    new = _recordset(t.Episode, rows)
    saved_at = select(t.Match.updated_at).where(t.Match.id == new.c.match_id).scalar_subquery()
    names = [*rows[0], t.Episode.match_updated_at.key, t.Episode.last_match_id.key]
    source = _in_order(new, rows[0]).add_columns(saved_at, new.c.match_id)
    statement = insert(t.Episode).from_select(names, source)
    heard = statement.excluded
    changes: dict[str, sa.ColumnElement[Any]] = {
        name: heard[name] for name in names if name not in ("episode_id", "first_seen_at")
    }
    changes["match_updated_at"] = sa.case(
        (t.Episode.episode_id == func.any(id_array(saved_here)), t.Episode.match_updated_at),
        else_=heard.match_updated_at,
    )
    # What is gone is still found by its id.
    changes["last_match_id"] = func.coalesce(heard.last_match_id, t.Episode.last_match_id)
    _execute(connection, statement.on_conflict_do_update(index_elements=["episode_id"], set_=changes), rows)


def take_back(connection: sa.Connection, note: str, episode_ids: Sequence[int]) -> None:
    """Let the ledger not hold `note` about these episodes: what it says did not come about."""
    if episode_ids:
        connection.execute(
            sa.update(t.Episode)
            .values(told=t.Episode.told.op("-")(sa.literal(note)))
            .where(t.Episode.episode_id == func.any(id_array(episode_ids)))
        )


def follow_into_tournament(
    connection: sa.Connection, match_ids: Sequence[int], *, auto_create_rooms: bool
) -> None:
    """Let matches that move have rooms made as their new tournament does, where they had as their old one did."""
    if not match_ids:
        return
    as_before = (
        t.Match.tournament_id == t.Tournament.id,
        t.Match.racetime_auto_create == t.Tournament.racetime_auto_create_rooms,
        t.Match.id == func.any(id_array(match_ids)),
    )
    connection.execute(
        sa.update(t.Match)
        .values(racetime_auto_create=auto_create_rooms, updated_at=t.THIS_MOMENT)
        .where(*as_before)
    )


def hold_parents(
    connection: sa.Connection, tournament: Tournament, channel_ids: Collection[int], user_ids: Collection[int]
) -> bool:
    """Keep from deletion what rows to be written refer to, until the transaction ends; whether all is there.

    Comes before every other lock: a deletion goes from these to the rows that refer to them. Who had such
    a row and then asked for its parent would wait for somebody who waits for that row.
    """
    parents: tuple[
        tuple[type[t.Organization | t.Tournament | t.StreamChannel | t.User], Collection[int]], ...
    ] = (
        (t.Organization, [tournament.organization_id]),
        (t.Tournament, [tournament.id]),
        (t.StreamChannel, channel_ids),
        (t.User, user_ids),
    )
    held = (
        select(model.id)
        .where(model.id == func.any(id_array(sorted(ids))))
        .order_by(model.id)
        .with_for_update(read=True, key_share=True)
        .cte(f"held_{model.__tablename__}")
        for model, ids in parents
    )
    found = connection.execute(
        select(*(select(func.count()).select_from(each).scalar_subquery() for each in held))
    )
    return list(found.one()) == [len(ids) for _, ids in parents]


def lock_users(connection: sa.Connection, user_ids: Iterable[int]) -> None:
    """Keep others from writing rows that refer to these users, until the transaction ends.

    A foreign key's check needs the user's row; in one order, so that two sessions cannot wait for each other.
    """
    ids = sorted(user_ids)
    if ids:
        wanted = t.User.id == func.any(id_array(ids))
        connection.execute(select(t.User.id).where(wanted).order_by(t.User.id).with_for_update())


def lock_matches(connection: sa.Connection, rows: Sequence[Row], features: Features) -> bool:
    """Keep others from these matches until the transaction ends; whether all are as they were read.

    `rows` hold an `id` and what was read. Somebody may have edited one since, or checked it in.
    """
    if not rows:
        return True
    new = _recordset(t.Match, rows)
    table = t.Match.__table__
    unchanged = (table.c[name].is_not_distinct_from(new.c[name]) for name in rows[0])
    statement = (
        select(table.c.id)
        .join(new, table.c.id == new.c.id)
        .where(*unchanged, *t.NOT_UNDER_WAY)
        .order_by(table.c.id)
        .with_for_update(of=table)
    )
    locked = _execute(connection, statement, rows).scalars().all()
    return len(locked) == len(rows) and not (features.race_rooms and _have_room(connection, locked))


def _have_room(connection: sa.Connection, match_ids: Sequence[int]) -> bool:
    """Whether a room was opened before its match was locked; none can be any more."""
    rooms = select(t.RacetimeRoom.id).where(t.RacetimeRoom.match_id == func.any(id_array(match_ids))).limit(1)
    return connection.scalar(rooms) is not None


def upgrade_placeholders(connection: sa.Connection, rows: Sequence[Row]) -> int:
    """Turn placeholders into the real users of `rows` (id, discord_id, ...); how many were placeholders still."""
    if not rows:
        return 0
    new = _recordset(t.User, rows)
    changes = {name: new.c[name] for name in rows[0] if name != "id"}
    statement = (
        sa.update(t.User)
        .values(**changes, is_placeholder=False, updated_at=t.THIS_MOMENT)
        .where(t.User.id == new.c.id, IS_PLACEHOLDER)
    )
    return _execute(connection, statement, rows).rowcount


def set_approvals(connection: sa.Connection, rows: Sequence[Row]) -> int:
    """Let crew rows (match_id, user_id, role) be as `approved` as SpeedGaming says, unless somebody here decided.

    How many followed.
    """
    if not rows:
        return 0
    new = _recordset(t.Crew, rows)
    same = (t.Crew.__table__.c[name] == new.c[name] for name in ("match_id", "user_id", "role"))
    statement = sa.update(t.Crew).values(approved=new.c.approved, updated_at=t.THIS_MOMENT)
    return _execute(connection, statement.where(*same, t.Crew.approved_by_id.is_(None)), rows).rowcount


def lock_seats(connection: sa.Connection, match_ids: Sequence[int]) -> Mapping[int, Sequence[Entry]]:
    """Keep others from the roster and crew rows of these matches; who stands in them, by match."""
    players, crew = (
        connection.execute(
            select(*seats.c)
            .where(seats.c.match_id == func.any(id_array(match_ids)))
            .order_by(seats.c.id)
            .with_for_update()
        ).mappings()
        for seats in (t.MatchPlayer.__table__, t.Crew.__table__)
    )
    return entries_of(players, crew)


def delete_matches(connection: sa.Connection, match_ids: Sequence[int]) -> dict[int, str]:
    """Delete matches, except those that something in a table unknown to sgsync refers to; which, and the table."""
    kept = tables_keeping(connection, match_ids)
    doomed = [match_id for match_id in match_ids if match_id not in kept]
    connection.execute(sa.delete(t.Match).where(t.Match.id == func.any(id_array(doomed))))
    return kept


def tables_keeping(connection: sa.Connection, match_ids: Sequence[int]) -> dict[int, str]:
    """Which matches a foreign key of a table unknown to sgsync leads to, also by way of a roster or crew row."""
    found: dict[int, str] = {}
    if not match_ids:
        return found
    for name, match_id, row_id in (
        ("match", t.Match.id, t.Match.id),
        ("matchplayers", t.MatchPlayer.match_id, t.MatchPlayer.id),
        ("crew", t.Crew.match_id, t.Crew.id),
    ):
        for key in foreign_keys_to(connection, name):
            if key.shown_as not in _GO_WITH_THEIR_MATCH:
                rows = select(match_id).where(
                    match_id == func.any(id_array(match_ids)), is_referred_to(key, row_id.expression)
                )
                found |= dict.fromkeys(connection.execute(rows).scalars(), key.shown_as)
    return found


def insert_audit_log(
    connection: sa.Connection, tournament: Tournament, report: TournamentReport, duration_seconds: float
) -> None:
    """One line of the sync history on the tournament's page, in the form that it reads.

    None where the organization has been deleted meanwhile, and the page with it.
    """
    details = {
        "tournament_id": tournament.id,
        "success": not report.problems,
        "imported": report.imported,
        "updated": report.updated,
        "deleted": report.deleted,
        "error": "; ".join(report.problems) or None,
        "duration_ms": round(duration_seconds * 1000),
    }
    line = select(t.Organization.id, sa.literal("speedgaming_sync"), sa.literal(details, type_=JSONB)).where(
        t.Organization.id == tournament.organization_id
    )
    columns = ("organization_id", "action", "details")
    connection.execute(sa.insert(t.AuditLog).from_select(columns, line))
