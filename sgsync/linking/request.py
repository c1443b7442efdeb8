"""Who is meant by what an administrator typed, and whether that link can be made."""

import re
from dataclasses import dataclass, replace

import sqlalchemy as sa

from sgsync.database.links import LinkRecord, last_link_of_id, last_link_of_name
from sgsync.database.users import Account, accounts_named, find_account, find_account_by_discord_id
from sgsync.errors import UsageError
from sgsync.linking.values import Identity, Link, LinkState, moment_text
from sgsync.people.sightings import tag_parts
from sgsync.text import clean

_DIGITS = re.compile(r"\d{1,19}", re.ASCII)
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Request:
    """What the administrator asked for, checked as far as that goes without the database."""

    who: str
    user_id: int | None
    discord_id: int | None
    username: str | None

    def target(self, connection: sa.Connection) -> Account | None:
        """The user who was named. None: nobody has that Discord id. Raises UsageError for an unknown id."""
        if self.discord_id is not None:
            return find_account_by_discord_id(connection, self.discord_id)
        assert self.user_id is not None
        return _required_account(connection, self.user_id)


def read_request(who: str, user_id: int | None, discord_id: str | None, username: str | None) -> Request:
    if (user_id is None) == (discord_id is None):
        raise UsageError("To whom? Say exactly one of --user ID and --discord-id ID.")
    if username is not None and discord_id is None:
        raise UsageError("--username names a new Discord user: it goes with --discord-id, not with --user.")
    name = clean(username or "")
    if username is not None and not name:
        raise UsageError("--username is empty.")
    return Request(
        who=clean(who),
        user_id=user_id,
        discord_id=None if discord_id is None else _discord_id(discord_id),
        username=name or None,
    )


def _discord_id(text: str) -> int:
    number = _number(text.strip())
    if not number:
        raise UsageError(f"'{clean(text)}' is no Discord ID: it is a number of up to 19 digits.")
    return number


def _number(text: str) -> int | None:
    """The id that `text` spells, within what the database can hold."""
    number = int(text) if _DIGITS.fullmatch(text) else None
    return number if number is not None and number <= _LARGEST_ID else None


def resolve(connection: sa.Connection, request: Request) -> Link:
    found = _placeholder_or_record(connection, request.who)
    target = request.target(connection)
    if isinstance(found, LinkRecord):
        return _already_linked(connection, found, target)
    link = Link(found.id, found.username, placeholder=found)
    if target is None:
        return replace(link, upgrade=_identity(found, request))
    _refuse_unfit(found, target)
    return replace(link, user=target)


def _placeholder_or_record(connection: sa.Connection, who: str) -> Account | LinkRecord:
    """The placeholder, or the record of its link where it is none any more. Raises UsageError."""
    number = _number(who)
    if number is None:
        return _by_name(connection, who)
    account = find_account(connection, number)
    if account and account.is_placeholder:
        return account
    record = last_link_of_id(connection, number)
    if record:
        return record
    if account:
        raise UsageError(f"User {account.id} ('{account.name}') is not a placeholder.")
    raise UsageError(f"There is no user {who}: `sgsync placeholders` lists the placeholders.")


def _by_name(connection: sa.Connection, name: str) -> Account | LinkRecord:
    """By name among placeholders only: real people can call themselves whatever they like."""
    accounts = accounts_named(connection, name)
    placeholders = [account for account in accounts if account.is_placeholder]
    if len(placeholders) > 1:
        ids = ", ".join(str(account.id) for account in placeholders)
        raise UsageError(f"Several placeholders are called '{name}': say which by its id ({ids}).")
    if placeholders:
        return placeholders[0]
    record = last_link_of_name(connection, name)
    if record:
        return record
    if accounts:
        raise UsageError(f"'{name}' (user {accounts[0].id}) is not a placeholder.")
    raise UsageError(f"There is no placeholder '{name}': `sgsync placeholders` lists them.")


def _already_linked(connection: sa.Connection, record: LinkRecord, target: Account | None) -> Link:
    if target and target.id == record.user_id:
        return Link(
            record.placeholder_id,
            record.placeholder_name,
            LinkState.ALREADY_LINKED,
            user=target,
            moved=record.moved,
            linked_at=record.linked_at,
            linked_by=record.linked_by,
        )
    heir = find_account(connection, record.user_id)
    whom = f"user {heir.id} ('{heir.name}')" if heir else f"user {record.user_id} (who is gone)"
    raise UsageError(
        f"Placeholder '{record.placeholder_name}' (user {record.placeholder_id}) was linked to {whom}"
        f" on {moment_text(record.linked_at)} by {record.linked_by}: it cannot be linked again."
    )


def _refuse_unfit(placeholder: Account, target: Account) -> None:
    if target.id == placeholder.id:
        raise UsageError(f"User {target.id} is the placeholder itself: say which real user it is.")
    if target.is_placeholder:
        raise UsageError(f"User {target.id} ('{target.name}') is a placeholder, too: name a real user.")
    if not target.is_active:
        raise UsageError(
            f"User {target.id} ('{target.name}') is inactive: activate the user in the application first."
        )


def _identity(placeholder: Account, request: Request) -> Identity:
    """Whom a placeholder becomes with a Discord id that nobody has."""
    assert request.discord_id is not None
    name = request.username or clean(placeholder.display_name or "")
    if not name:
        raise UsageError(
            f"Placeholder '{placeholder.username}' has no name to go on with: add --username NAME."
        )
    return Identity(request.discord_id, *tag_parts(name))


def _required_account(connection: sa.Connection, user_id: int) -> Account:
    account = find_account(connection, user_id) if 0 < user_id <= _LARGEST_ID else None
    if account is None:
        raise UsageError(f"There is no user {user_id}.")
    return account
