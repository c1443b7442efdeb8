"""A link, as a value: which placeholder becomes whom, and what moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sgsync.database.merge import Move
from sgsync.database.users import Account
from sgsync.text import counted


class LinkState(StrEnum):
    PLANNED = "planned"
    LINKED = "linked"
    ALREADY_LINKED = "already_linked"


@dataclass(frozen=True, slots=True)
class Identity:
    """The Discord account that an upgraded placeholder gets."""

    discord_id: int
    username: str
    discriminator: str | None

    def as_json(self) -> dict[str, Any]:
        return {
            "discord_id": str(self.discord_id),  # beyond what JSON numbers hold exactly
            "username": self.username,
            "discriminator": self.discriminator,
        }


@dataclass(frozen=True, slots=True)
class Link:
    """A placeholder and the user that it becomes, before the fact or after it.

    Either `user` is somebody else, and all that refers to the placeholder moves there; or `upgrade` says
    as whom the placeholder itself goes on.
    """

    placeholder_id: int
    placeholder_name: str
    state: LinkState = LinkState.PLANNED
    placeholder: Account | None = None  # None: it is gone
    user: Account | None = None
    upgrade: Identity | None = None
    moves: tuple[Move, ...] = ()
    moved: Mapping[str, int] = field(default_factory=dict)
    linked_at: datetime | None = None
    linked_by: str | None = None

    @property
    def sentence(self) -> str:
        """What it comes to: a deed or a memory."""
        who = self._who
        if self.state is LinkState.ALREADY_LINKED:
            return f"{who} is already linked to {self._whom}, since {moment_text(self.linked_at)} by {self.linked_by}"
        if self.upgrade:
            return f"linked {who} to Discord ID {self.upgrade.discord_id}, as '{self.upgrade.username}'"
        return f"linked {who} to {self._whom}: {sum(self.moved.values())} row(s)"

    @property
    def question(self) -> str:
        """What to ask before a plan is carried out."""
        if self.upgrade:
            return (
                f"Let {self._who} go on as '{self.upgrade.username}' with the Discord ID"
                f" {self.upgrade.discord_id}?"
            )
        rows = sum(move.rows - move.doubles for move in self.moves)
        return f"Link {self._who} to {self._whom} and move {counted(rows, 'row')} there?"

    @property
    def _who(self) -> str:
        return f"placeholder '{self.placeholder_name}' (user {self.placeholder_id})"

    @property
    def _whom(self) -> str:
        return f"user {self.user.id} ('{self.user.name}')" if self.user else "nobody"

    def as_json(self) -> dict[str, Any]:
        placeholder = self.placeholder.as_json() if self.placeholder else {}
        return {
            "schema": 1,
            "state": self.state.value,
            "placeholder": {
                "id": self.placeholder_id,
                "username": self.placeholder_name,
                "name": placeholder.get("name"),
            },
            "user": self.user and self.user.as_json(),
            "upgrade": self.upgrade and self.upgrade.as_json(),
            "moves": [
                {"table": move.table, "column": move.column, "rows": move.rows, "doubles": move.doubles}
                for move in self.moves
            ],
            "moved": dict(self.moved),
            "linked_at": self.linked_at and self.linked_at.isoformat(),
            "linked_by": self.linked_by,
        }


def moment_text(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "an unknown time"
