"""Tournaments, matches, people and histories made visible. Only the `render` modules know rich."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from sgsync.cli.render_table import Meaning, marked, print_lines, print_table
from sgsync.database.history import EpisodeHistory, PastEvent
from sgsync.database.matches import Listed, ListedMatch
from sgsync.database.tournaments import ListedTournament
from sgsync.text import clean

if TYPE_CHECKING:  # a run of cron renders no suggestions, and need not load what finds them
    from sgsync.database.placeholders import ListedPlaceholder
    from sgsync.linking.values import Link
    from sgsync.placeholders import UnlinkedPerson

MOST_ORIGINS = 4


def print_tournaments(listed: Sequence[ListedTournament]) -> None:
    print_table(
        ("ID", ("Name", "Organization"), "Event", "Sync", ("Since", "Episodes")),
        (
            (
                each.tournament.id,
                (each.tournament.name, each.organization),
                each.tournament.slug,
                _sync_state(each),
                (each.synced_since and f"{each.synced_since:%Y-%m-%d}", each.episodes),
            )
            for each in listed
        ),
        empty="There are no tournaments yet: create one in the application.",
    )


def print_matches(matches: Sequence[ListedMatch]) -> None:
    """Every match with everybody in it; a star marks placeholders."""
    print_table(
        ("Match", ("When (UTC)", "Title"), ("Players", "Crew")),
        (
            (
                match.id,
                (match.scheduled_at and f"{match.scheduled_at:%a %d %b %H:%M}", match.title),
                (
                    ", ".join(_listed(player) for player in match.players),
                    ", ".join(_listed(member) for member in match.crew),
                ),
            )
            for match in matches
        ),
        empty="No match was imported.",
    )


def _listed(person: Listed) -> str:
    marks = ("*" if person.is_placeholder else "") + (" (?)" if person.approved is False else "")
    return f"{person.name}{marks}" if person.role is None else f"{person.role} {person.name}{marks}"


def _sync_state(listed: ListedTournament) -> Text:
    tournament = listed.tournament
    if not tournament.is_enabled:
        return marked("off", Meaning.ASIDE)
    if not tournament.is_active:
        return marked("inactive", Meaning.ASIDE)
    return marked("on", Meaning.GOOD) if tournament.slug else marked("no event", Meaning.DOUBTFUL)


def print_link(link: "Link") -> None:
    """Both people, and what will move."""
    print_table(("", "User", "Name", "User name", "Discord ID"), _people_rows(link), empty="")
    print_lines([""])
    print_table(
        ("Table", "Column", "Rows", "Doubles"),
        ((move.table, move.column, move.rows, move.doubles or None) for move in link.moves),
        empty=(
            "Nothing has to move: the placeholder itself goes on as that user."
            if link.upgrade
            else "Nothing refers to the placeholder."
        ),
    )


def _people_rows(link: "Link") -> Iterable[tuple[object, ...]]:
    placeholder, user, upgrade = link.placeholder, link.user, link.upgrade
    if placeholder:
        yield "placeholder", placeholder.id, placeholder.name, placeholder.username, None
    if placeholder and upgrade:
        yield "becomes", placeholder.id, placeholder.name, upgrade.username, upgrade.discord_id
    elif user:
        yield "becomes", user.id, user.name, user.username, user.discord_id


def print_placeholders(people: "Sequence[UnlinkedPerson]") -> None:
    """Every placeholder, then whom they may be and how to say so."""
    print_table(
        (
            "ID",
            ("User name", "Name"),
            "From",
            ("First seen", "Last seen"),
            ("Matches", "Crew"),
            "Next match (UTC)",
        ),
        map(_placeholder_row, (person.placeholder for person in people)),
        empty="There are no placeholders: everybody is linked.",
    )
    guesses = [line for person in people for line in _guesses(person)]
    if guesses:
        print_lines(["", "Likely, for you to judge:", *guesses])


def _placeholder_row(placeholder: "ListedPlaceholder") -> tuple[object, ...]:
    upcoming = placeholder.next_match
    return (
        placeholder.id,
        (placeholder.username, placeholder.name),
        _shortened(placeholder.origins),
        (f"{placeholder.first_seen:%Y-%m-%d}", f"{placeholder.last_seen:%Y-%m-%d}"),
        (placeholder.matches, placeholder.crew_rows),
        upcoming and f"{upcoming.scheduled_at:%Y-%m-%d %H:%M} (match {upcoming.id})",
    )


def _shortened(origins: Sequence[str]) -> str:
    """A volunteer has a new id for every sign-up: some will do."""
    rest = len(origins) - MOST_ORIGINS
    return ", ".join((*origins[:MOST_ORIGINS], *((f"{rest} more",) if rest > 0 else ())))


def _guesses(person: "UnlinkedPerson") -> Iterable[str]:
    for suggestion in person.suggestions:
        reasons = ", ".join(reason.value for reason in suggestion.reasons)
        who, whom = clean(person.placeholder.name), clean(suggestion.user.name)
        yield f"  {who} may be {whom} ({reasons}):"
        yield f"    {person.command(suggestion)}"


def print_history(history: EpisodeHistory) -> None:
    match = f"match {history.match_id}" if history.match_id else "no match any more"
    since = f"first seen {history.first_seen_at:%Y-%m-%d %H:%M} UTC"
    place = f"tournament {history.tournament_id}"
    print_lines([f"Episode {history.episode_id}: {history.state}, {match}, {place}, {since}"])
    print_events(history.events)


def print_events(events: Sequence[PastEvent]) -> None:
    print_table(
        ("When (UTC)", "What", "Of", "Before", "After", "Note"),
        (
            (
                f"{event.happened_at:%Y-%m-%d %H:%M}",
                event.kind,
                event.what,
                event.before,
                event.after,
                event.why,
            )
            for event in events
        ),
        empty="Nothing is remembered of what happened to it.",
    )
