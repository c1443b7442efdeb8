"""The foreign keys of the whole database, as its catalog shows them: also those of tables unknown to sgsync."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ARRAY, BigInteger, bindparam, func, select

from sgsync.database.tables import some_row

# A partition's copy of its parent's key (conparentid) is the parent's business.
_FOREIGN_KEYS = sa.text("""
    SELECT
      namespace.nspname AS schema,
      relation.relname AS name,
      fk.conrelid::regclass::text AS shown_as,
      (SELECT array_agg(attname::text ORDER BY place)
       FROM unnest(fk.conkey) WITH ORDINALITY AS key (attnum, place)
       JOIN pg_attribute USING (attnum) WHERE attrelid = fk.conrelid) AS columns,
      (SELECT array_agg(attname::text ORDER BY place)
       FROM unnest(fk.confkey) WITH ORDINALITY AS key (attnum, place)
       JOIN pg_attribute USING (attnum) WHERE attrelid = fk.confrelid) AS referenced,
      EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = fk.conrelid AND attname = 'updated_at' AND NOT attisdropped
          AND atttypid IN ('timestamp'::regtype, 'timestamptz'::regtype)
      ) AS has_updated_at
    FROM pg_constraint AS fk
    JOIN pg_class AS relation ON relation.oid = fk.conrelid
    JOIN pg_namespace AS namespace ON namespace.oid = relation.relnamespace
    WHERE fk.contype = 'f' AND fk.conparentid = 0 AND fk.confrelid = to_regclass(:target)
    ORDER BY cardinality(fk.conkey) DESC, 3, fk.conname
""")

_UPDATED_AT = "updated_at"


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of some table that refer to columns of `target`, whose rows have an `id`."""

    target: str
    schema: str
    name: str
    shown_as: str  # qualified where the search path does not lead to it, and quoted where it must be
    columns: tuple[str, ...]
    referenced: tuple[str, ...]
    has_updated_at: bool

    @property
    def label(self) -> str:
        return f"{self.shown_as}.{self.shown_columns}"

    @property
    def shown_columns(self) -> str:
        return ",".join(self.columns)

    def referring(self) -> sa.TableClause:
        return sa.table(self.name, *_columns(*self.columns, _UPDATED_AT), schema=self.schema)

    def referred_to(self, alias: str) -> sa.FromClause:
        return sa.table(self.target, *_columns("id", *self.referenced)).alias(alias)

    def joined(self, child: sa.FromClause, parent: sa.FromClause) -> sa.ColumnElement[bool]:
        pairs = zip(self.columns, self.referenced, strict=True)
        return sa.and_(*(child.c[column] == parent.c[key] for column, key in pairs))


def _columns(*names: str) -> list[sa.ColumnClause[Any]]:
    return [sa.column(name) for name in dict.fromkeys(names)]


def foreign_keys_to(connection: sa.Connection, table: str) -> tuple[ForeignKey, ...]:
    """Every foreign key to `table`, in whatever schema.

    The widest first: it sets all of its columns together, where a narrower one that shares some
    of them would leave the wider one with a pair that does not exist.
    """
    return tuple(
        ForeignKey(
            target=table,
            schema=row.schema,
            name=row.name,
            shown_as=row.shown_as,
            columns=tuple(row.columns),
            referenced=tuple(row.referenced),
            has_updated_at=row.has_updated_at,
        )
        for row in connection.execute(_FOREIGN_KEYS, {"target": table})
    )


def repoint(connection: sa.Connection, key: ForeignKey, heirs: Mapping[int, int]) -> int:
    """Let the rows that refer by `key` to a row in `heirs` refer to its heir; how many they were.

    Where the heir has NULL for what they refer to, they stay: they would refer to nobody.
    """
    child, old, new = key.referring(), key.referred_to("old"), key.referred_to("new")
    pair = id_pairs(heirs)
    changes = {
        column: new.c[referenced] for column, referenced in zip(key.columns, key.referenced, strict=True)
    }
    touched = {_UPDATED_AT: func.clock_timestamp()} if key.has_updated_at else {}
    statement = (
        sa.update(child)
        .values({**touched, **changes})
        .where(old.c.id == pair.c.old_id, new.c.id == pair.c.new_id, key.joined(child, old))
        .where(*(new.c[referenced].is_not(None) for referenced in key.referenced))
    )
    return connection.execute(statement).rowcount


def count_references(
    connection: sa.Connection, keys: Sequence[ForeignKey], row_ids: Iterable[int]
) -> list[int]:
    """How many rows refer by each of `keys` to one of the rows `row_ids`, in one statement."""
    if not keys:
        return []
    ids = id_array(row_ids)
    return list(connection.execute(select(*(_count(key, ids) for key in keys))).one())


def _count(key: ForeignKey, ids: sa.BindParameter[Any]) -> sa.ScalarSelect[int]:
    child, parent = key.referring(), key.referred_to("parent")
    rows = select(func.count()).select_from(child.join(parent, key.joined(child, parent)))
    return rows.where(parent.c.id == func.any(ids)).scalar_subquery()


def is_referred_to(key: ForeignKey, row_id: sa.ColumnElement[int]) -> sa.Exists:
    """Whether a row refers by `key` to the row with the id `row_id`."""
    child, parent = key.referring().alias("child"), key.referred_to("parent")
    return some_row().select_from(child.join(parent, key.joined(child, parent))).where(parent.c.id == row_id)


def id_array(ids: Iterable[int]) -> sa.BindParameter[Any]:
    return bindparam(None, list(ids), type_=ARRAY(BigInteger), unique=True)


def id_pairs(heirs: Mapping[int, int]) -> sa.TableValuedAlias:
    """`heirs` as parameters that read like a table of `old_id` and `new_id`."""
    rows = func.unnest(id_array(heirs.keys()), id_array(heirs.values()))
    return rows.table_valued("old_id", "new_id").render_derived(name="pair")


@contextmanager
def all_rows_seen(connection: sa.Connection) -> Iterator[None]:
    """Meanwhile, a row that row level security hides is an error: unseen, it would be lost."""
    before = connection.scalar(select(func.current_setting("row_security")))
    connection.execute(_row_security("off"))
    yield
    connection.execute(_row_security(before))


def _row_security(value: str | None) -> sa.Select[Any]:
    return select(func.set_config("row_security", value, True))
