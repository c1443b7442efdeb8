"""The users that a plan creates, upgrades or merges."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sgsync.database import tables as t
from sgsync.database import writes
from sgsync.database.links import LinkRecord, record_links
from sgsync.database.merge import merge_placeholder
from sgsync.errors import MergeConflictError, MergeOutdatedError
from sgsync.people.identity import Identities, Merge, Upgrade

Row = dict[str, Any]

IMPORTER = "import"
"""Who links placeholders, where SpeedGaming's own data say who somebody is."""


class MergeRefusedError(Exception):
    """Placeholders that cannot be merged, because a table unknown to sgsync forbids it; why, by their ids."""

    def __init__(self, reasons: Mapping[int, str]) -> None:
        super().__init__("; ".join(reasons.values()))
        self.reasons = reasons


def merge_people(connection: sa.Connection, merges: Iterable[Merge], now: datetime) -> bool:
    """Let placeholders become the real users that they turned out to be; whether they and those still were that.

    Raises MergeRefusedError.
    """
    refused: dict[int, str] = {}
    links: list[LinkRecord] = []
    for merge in merges:
        try:
            moved = merge_placeholder(connection, merge.placeholder_id, merge.user_id)
        except MergeOutdatedError:
            return False
        except MergeConflictError as error:
            refused[merge.placeholder_id] = str(error)
        else:
            links.append(_link(merge.placeholder_id, merge.placeholder_name, merge.user_id, now, moved))
    if refused:
        raise MergeRefusedError(refused)
    record_links(connection, links)
    return True


def upgrade_people(connection: sa.Connection, upgrades: Sequence[Upgrade], now: datetime) -> bool:
    """Let placeholders become real users in place; whether all of them were placeholders still."""
    rows = [_upgrade_row(upgrade) for upgrade in upgrades]
    if writes.upgrade_placeholders(connection, rows) != len(rows):
        return False
    record_links(
        connection,
        [_link(each.user_id, each.placeholder_name, each.user_id, now, moved={}) for each in upgrades],
    )
    return True


def write_users(connection: sa.Connection, people: Identities) -> dict[str, int]:
    """Create users: their ids, by key."""
    rows = [
        _user_row(user.discord_id, user.username, user.discriminator, user.display_name, is_placeholder=False)
        for user in people.new_users
    ]
    rows += [
        _user_row(0, placeholder.key, None, placeholder.display_name, is_placeholder=True)
        for placeholder in people.new_placeholders
    ]
    columns = (t.User.id, t.User.discord_id, t.User.discord_username)
    created = writes.insert_rows(connection, t.User, rows, *columns)
    keys = {user.discord_id: user.key for user in people.new_users}
    return {keys.get(row.discord_id, row.discord_username): row.id for row in created}


def _upgrade_row(upgrade: Upgrade) -> Row:
    return {
        "id": upgrade.user_id,
        "discord_id": upgrade.discord_id,
        "discord_username": upgrade.username,
        "discord_discriminator": upgrade.discriminator,
    }


def _link(
    placeholder_id: int, placeholder_name: str, user_id: int, now: datetime, moved: Mapping[str, int]
) -> LinkRecord:
    return LinkRecord(placeholder_id, placeholder_name, user_id, now, IMPORTER, "feed", moved)


def _user_row(
    discord_id: int, username: str, discriminator: str | None, display_name: str, *, is_placeholder: bool
) -> Row:
    return {
        "discord_id": discord_id,
        "discord_username": username,
        "discord_discriminator": discriminator,
        "display_name": display_name,
        "is_placeholder": is_placeholder,
    }
