"""What an administrator can ask for: to see a link, and to make it."""

import getpass
import logging
import os
import socket
from contextlib import suppress
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from sgsync.database.aliases import approve_aliases
from sgsync.database.engine import Database
from sgsync.database.faults import is_conflict, reason
from sgsync.database.links import LinkRecord, record_links
from sgsync.database.merge import merge_placeholder, preview_merge
from sgsync.database.users import find_account
from sgsync.database.writes import upgrade_placeholders
from sgsync.errors import UsageError
from sgsync.linking.request import Request, read_request, resolve
from sgsync.linking.values import Identity, Link, LinkState
from sgsync.settings import Settings, load_settings
from sgsync.wiring import migrated_database, now

log = logging.getLogger(__name__)


def find_link(
    who: str,
    *,
    user_id: int | None = None,
    discord_id: str | None = None,
    username: str | None = None,
    settings: Settings | None = None,
) -> Link:
    """What `link_placeholder` would do, without doing it. Raises UsageError, DatabaseError."""
    request = read_request(who, user_id, discord_id, username)
    settings = settings or load_settings(Settings)
    with migrated_database(settings) as database, database.transaction() as connection:
        link = resolve(connection, request)
        if link.state is LinkState.PLANNED and link.user:
            link = replace(link, moves=preview_merge(connection, link.placeholder_id, link.user.id))
    if link.state is LinkState.ALREADY_LINKED:
        _tell(link)
    return link


def link_placeholder(
    who: str,
    *,
    user_id: int | None = None,
    discord_id: str | None = None,
    username: str | None = None,
    settings: Settings | None = None,
) -> Link:
    """Make the placeholder `who` (its user name, or its id in digits) a real user: all of it or nothing.

    With `user_id`, or with the `discord_id` of a user, it is merged into that user. With a `discord_id`
    that nobody has, the placeholder itself becomes that user, called `username` or what it is called.
    Linked before to the same user: nothing is done. Raises UsageError where it cannot be,
    MergeConflictError where rows are in the way, DatabaseError.
    """
    request = read_request(who, user_id, discord_id, username)
    with migrated_database(settings or load_settings(Settings)) as database, database.told_plainly():
        link = _link_undisturbed(database, request)
    if request.username and not link.upgrade:
        log.warning("Somebody has that Discord ID already: --username is not used")
    _tell(link)
    return link


def _link_undisturbed(database: Database, request: Request) -> Link:
    """Start over where the person signed in to the application at this very moment: a user has the id now."""
    try:
        return _link(database, request)
    except DBAPIError as error:
        if not is_conflict(error) or error.connection_invalidated:
            raise
        log.debug("Linking again: %s", reason(error))
        return _link(database, request)


def _link(database: Database, request: Request) -> Link:
    with database.exclusive_transaction() as connection:
        link = resolve(connection, request)
        if link.state is LinkState.ALREADY_LINKED:
            return link
        if link.upgrade:
            _upgrade(connection, link, link.upgrade)
            heir, moved = link.placeholder_id, {}
        else:
            assert link.user is not None
            heir = link.user.id
            moved = merge_placeholder(connection, link.placeholder_id, heir, linked=True)
        record = LinkRecord(
            placeholder_id=link.placeholder_id,
            placeholder_name=link.placeholder_name,
            user_id=heir,
            linked_at=now(),
            linked_by=operator(),
            source="admin",
            moved=moved,
        )
        record_links(connection, [record])
        return replace(
            link,
            state=LinkState.LINKED,
            user=find_account(connection, heir),
            moved=moved,
            linked_at=record.linked_at,
            linked_by=record.linked_by,
        )


def _upgrade(connection: sa.Connection, link: Link, identity: Identity) -> None:
    row = {
        "id": link.placeholder_id,
        "discord_id": identity.discord_id,
        "discord_username": identity.username,
        "discord_discriminator": identity.discriminator,
    }
    if not upgrade_placeholders(connection, [row]):
        raise UsageError(f"User {link.placeholder_id} is no placeholder any more.")
    approve_aliases(connection, link.placeholder_id, link.placeholder_name, discord_id=identity.discord_id)


def operator() -> str:
    """Who is at the keyboard, as the operating system knows them, and on which host."""
    return f"{os.environ.get('SUDO_USER') or _login()}@{socket.gethostname()}"


def _login() -> str:
    with suppress(KeyError, OSError, ImportError):  # no such user, as in a container; no such module
        return getpass.getuser()
    return f"uid {os.getuid()}"


def _tell(link: Link) -> None:
    log.info("%s", link.sentence[:1].upper() + link.sentence[1:])
