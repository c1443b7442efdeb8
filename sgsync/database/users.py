"""People as an administrator looks at them: rows of the application's `users`."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from sgsync.database import tables as t

# Whoever has a Discord id can sign in with it, and is a real user whatever the flag says: the
# application never clears it.
IS_PLACEHOLDER = sa.and_(t.User.is_placeholder, sa.func.coalesce(t.User.discord_id, 0) == 0)


SHOWN_NAME = sa.func.coalesce(t.User.display_name, t.User.discord_username)
"""What the application calls a user."""


@dataclass(frozen=True, slots=True)
class Account:
    """A row of `users`. `discord_id` is None for NULL and for 0."""

    id: int
    username: str
    discriminator: str | None
    display_name: str | None
    discord_id: int | None
    is_placeholder: bool
    is_active: bool

    @property
    def name(self) -> str:
        """What the application shows."""
        return self.display_name or self.username

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "username": self.username,
            "name": self.name,
            "discord_id": self.discord_id and str(self.discord_id),  # beyond what JSON numbers hold exactly
        }


_ACCOUNTS = select(
    t.User.id,
    t.User.discord_username,
    t.User.discord_discriminator,
    t.User.display_name,
    sa.func.nullif(t.User.discord_id, 0),
    IS_PLACEHOLDER,
    t.User.is_active,
).order_by(t.User.id)


def find_account(connection: sa.Connection, user_id: int) -> Account | None:
    found = connection.execute(_ACCOUNTS.where(t.User.id == sa.literal(user_id, sa.BigInteger))).one_or_none()
    return Account(*found) if found else None


def find_account_by_discord_id(connection: sa.Connection, discord_id: int) -> Account | None:
    found = connection.execute(_ACCOUNTS.where(t.User.discord_id == discord_id)).one_or_none()
    return Account(*found) if found else None


def accounts_named(connection: sa.Connection, username: str) -> tuple[Account, ...]:
    """Everybody with exactly this user name, by id."""
    found = connection.execute(_ACCOUNTS.where(t.User.discord_username == username))
    return tuple(Account(*row) for row in found)
