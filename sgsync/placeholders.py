"""Who is not linked yet, and who may be forgotten: the operations around placeholders."""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sgsync.administration import required_tournament
from sgsync.database.engine import Database
from sgsync.database.placeholders import ListedPlaceholder, suggestible_users
from sgsync.database.placeholders import list_placeholders as read_placeholders
from sgsync.database.pruning import Pruned, Unused, prune_placeholders, unused_placeholders
from sgsync.errors import UsageError
from sgsync.people.origin import crew_id_in, player_id_in
from sgsync.people.suggestions import Suggestion, Unlinked, suggest
from sgsync.settings import Settings, load_settings
from sgsync.wiring import migrated_database, now

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UnlinkedPerson:
    """A placeholder and whom it may be."""

    placeholder: ListedPlaceholder
    suggestions: tuple[Suggestion, ...]
    who: str  # what to call it on the command line

    def command(self, suggestion: Suggestion) -> str:
        """What to type if the suggestion is right."""
        return f"sgsync link-placeholder {self.who} --user {suggestion.user.id}"

    def as_json(self) -> dict[str, Any]:
        placeholder = self.placeholder
        upcoming = placeholder.next_match
        return {
            "id": placeholder.id,
            "username": placeholder.username,
            "name": placeholder.name,
            "player_ids": list(placeholder.player_ids),
            "crew_ids": list(placeholder.crew_ids),
            "tags": list(placeholder.tags),
            "first_seen": placeholder.first_seen.isoformat(),
            "last_seen": placeholder.last_seen.isoformat(),
            "matches": placeholder.matches,
            "crew_rows": placeholder.crew_rows,
            "next_match": upcoming and upcoming.as_json(),
            "suggestions": [
                {
                    "user_id": suggestion.user.id,
                    "name": suggestion.user.name,
                    "reasons": [reason.value for reason in suggestion.reasons],
                    "command": self.command(suggestion),
                }
                for suggestion in self.suggestions
            ],
        }


def list_placeholders(
    *, tournament_id: int | None = None, settings: Settings | None = None
) -> tuple[UnlinkedPerson, ...]:
    """Every placeholder, or those of one tournament, by id. Raises UsageError, DatabaseError."""
    with migrated_database(settings or load_settings(Settings)) as database:
        if tournament_id is not None:
            required_tournament(database, tournament_id)
        with database.transaction() as connection:
            listed = read_placeholders(connection, now(), tournament_id)
            suggestions = suggest(map(_comparable, listed), suggestible_users(connection))
    names = Counter(each.username for each in listed)
    return tuple(
        UnlinkedPerson(each, suggestions[each.id], _who(each, is_alone=names[each.username] == 1))
        for each in listed
    )


def prune(
    older_than: timedelta,
    *,
    with_members: bool = False,
    dry_run: bool = False,
    settings: Settings | None = None,
) -> tuple[Pruned, ...]:
    """Remove the placeholders of that age to which nothing refers; what was removed, or would be.

    Raises UsageError, DatabaseError.
    """
    settings = settings or load_settings(Settings)
    unused = _unused(older_than, settings, with_members=with_members)
    with migrated_database(settings) as database:
        removed = _look(database, unused) if dry_run else _remove(database, unused)
    verb = "Would remove" if dry_run else "Removed"
    for each in removed:
        log.info("%s placeholder '%s' (user %d, '%s')", verb, each.username, each.id, each.name)
    log.info("%s %d placeholder(s)", verb, len(removed))
    return removed


def _unused(older_than: timedelta, settings: Settings, *, with_members: bool) -> Unused:
    today = now()
    try:
        return Unused(today - older_than, today - settings.window_past, with_members)
    except OverflowError:
        raise UsageError("So far back, there is no calendar: say a shorter time.") from None


def _look(database: Database, unused: Unused) -> tuple[Pruned, ...]:
    with database.transaction() as connection:
        return unused_placeholders(connection, unused)


def _remove(database: Database, unused: Unused) -> tuple[Pruned, ...]:
    with database.told_plainly(), database.exclusive_transaction() as connection:
        return prune_placeholders(connection, unused)


def _comparable(placeholder: ListedPlaceholder) -> Unlinked:
    return Unlinked(placeholder.id, placeholder.tags, (placeholder.name, *placeholder.crew_names))


def _who(placeholder: ListedPlaceholder, *, is_alone: bool) -> str:
    """The user name as sgsync makes them; the id where somebody else has the name, or a shell would stumble."""
    name = placeholder.username
    is_plain = player_id_in(name) is not None or crew_id_in(name) is not None
    return name if is_plain and is_alone else str(placeholder.id)
