"""The set-based statements that write: a fixed number of them, however many rows."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ARRAY, BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import InstrumentedAttribute

from sgsync.database import tables as t
from sgsync.report import TournamentReport
from sgsync.snapshot.values import Tournament

Row = Mapping[str, Any]


def _recordset(model: type[t.Base], rows: Sequence[Row]) -> sa.TableValuedAlias:
    """`rows` (all with the same keys, columns of `model`) as one parameter that reads like a table."""
    columns = (sa.column(name, model.__table__.c[name].type) for name in rows[0])
    parameter = bindparam(None, list(rows), type_=JSONB, unique=True)
    return (
        func.jsonb_to_recordset(parameter).table_valued(*columns).render_derived(name="new", with_types=True)
    )


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
    statement = sa.insert(model).from_select(list(rows[0]), select(*new.c))
    result = connection.execute(statement.returning(*returning) if returning else statement)
    return result.all() if returning else ()


def insert_absent_rows(connection: sa.Connection, model: type[t.Base], rows: Sequence[Row]) -> None:
    """Insert those of `rows` that do not stand in the table yet.

    The application has no constraints to say so: `lock_users` first, or somebody may write the same row.
    """
    if not rows:
        return
    new = _recordset(model, rows)
    stands_already = sa.exists().where(*(model.__table__.c[name] == new.c[name] for name in rows[0]))
    connection.execute(sa.insert(model).from_select(list(rows[0]), select(*new.c).where(~stands_already)))


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
    statement = insert(model).from_select(list(rows[0]), select(*new.c))
    keys = [column.name for column in model.__table__.primary_key]
    changes = {name: statement.excluded[name] for name in rows[0] if name not in (*keys, *keep)}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes))


def lock_users(connection: sa.Connection, user_ids: Iterable[int]) -> None:
    """Keep others from writing rows that refer to these users, until the transaction ends.

    A foreign key's check needs the user's row; in one order, so that two sessions cannot wait for each other.
    """
    ids = sorted(user_ids)
    if ids:
        wanted = t.User.id == func.any(bindparam(None, ids, type_=ARRAY(BigInteger), unique=True))
        connection.execute(select(t.User.id).where(wanted).order_by(t.User.id).with_for_update())


def upgrade_placeholders(connection: sa.Connection, rows: Sequence[Row]) -> int:
    """Turn placeholders into the real users of `rows` (id, discord_id, ...); how many were placeholders still."""
    if not rows:
        return 0
    new = _recordset(t.User, rows)
    changes = {name: new.c[name] for name in rows[0] if name != "id"}
    statement = (
        sa.update(t.User)
        .values(**changes, is_placeholder=False, updated_at=func.now())
        .where(t.User.id == new.c.id, t.User.is_placeholder)
    )
    return connection.execute(statement).rowcount


def insert_audit_log(
    connection: sa.Connection, tournament: Tournament, report: TournamentReport, duration_seconds: float
) -> None:
    """One line of the sync history on the tournament's page, in the form that it reads."""
    details = {
        "tournament_id": tournament.id,
        "success": not report.problems,
        "imported": report.imported,
        "updated": report.updated,
        "deleted": 0,
        "error": "; ".join(report.problems) or None,
        "duration_ms": round(duration_seconds * 1000),
    }
    row = {"action": "speedgaming_sync", "organization_id": tournament.organization_id, "details": details}
    connection.execute(sa.insert(t.AuditLog).values(**row))
