"""What becomes of a placeholder's aliases when it becomes a real person."""

import sqlalchemy as sa
from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from sgsync.database import tables as t
from sgsync.people.origin import player_alias_in
from sgsync.snapshot.values import AliasKind

_ADMIN = "admin"


def forget_names(connection: sa.Connection, user_id: int) -> None:
    """A name never leads to a real person."""
    connection.execute(
        delete(t.Alias).where(t.Alias.user_id == user_id, t.Alias.kind == AliasKind.CREW_NAME.value)
    )


def approve_aliases(
    connection: sa.Connection, user_id: int, placeholder_name: str, *, discord_id: int | None = None
) -> None:
    """An admin says whose they are: player ids and tags lead to the real person from now on.

    So does the player id in the placeholder's own name. It has no alias where the application's
    importer made the placeholder, and the next import would make it anew.
    """
    forget_names(connection, user_id)
    learned = {"source": _ADMIN} | ({"discord_id": discord_id} if discord_id else {})
    connection.execute(update(t.Alias).where(t.Alias.user_id == user_id).values(**learned))
    if key := player_alias_in(placeholder_name):
        alias = {"kind": key.kind.value, "value": key.value, "user_id": user_id, **learned}
        connection.execute(insert(t.Alias).values(**alias).on_conflict_do_nothing())
