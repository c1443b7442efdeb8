"""The record of which placeholder became whom, by whose hand."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy import select

from sgsync.database import tables as t


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A placeholder that became `user_id`: the same id where it was upgraded in place."""

    placeholder_id: int
    placeholder_name: str
    user_id: int
    linked_at: datetime
    linked_by: str
    source: Literal["admin", "feed"]
    moved: Mapping[str, int]  # rows, by table and column


_COLUMNS = (
    t.Link.placeholder_id,
    t.Link.placeholder_name,
    t.Link.user_id,
    t.Link.linked_at,
    t.Link.linked_by,
    t.Link.source,
    t.Link.moved,
)


def record_links(connection: sa.Connection, links: Iterable[LinkRecord]) -> None:
    if rows := [asdict(link) for link in links]:
        connection.execute(sa.insert(t.Link).values(rows))


def last_link_of_id(connection: sa.Connection, placeholder_id: int) -> LinkRecord | None:
    return _last_link(connection, t.Link.placeholder_id == sa.literal(placeholder_id, sa.BigInteger))


def last_link_of_name(connection: sa.Connection, placeholder_name: str) -> LinkRecord | None:
    return _last_link(connection, t.Link.placeholder_name == placeholder_name)


def _last_link(connection: sa.Connection, which: sa.ColumnElement[bool]) -> LinkRecord | None:
    found = connection.execute(select(*_COLUMNS).where(which).order_by(t.Link.id.desc()).limit(1))
    row = found.one_or_none()
    return LinkRecord(*row) if row else None
