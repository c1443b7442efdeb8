"""Values made visible: tables and plans on stdout. The only module that knows rich."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sgsync.database.history import EpisodeHistory
from sgsync.database.matches import Listed, ListedMatch
from sgsync.database.tournaments import ListedTournament
from sgsync.durations import from_now
from sgsync.report import RunReport
from sgsync.text import clean

if TYPE_CHECKING:  # a run of cron renders no suggestions, and need not load what finds them
    from sgsync.database.placeholders import ListedPlaceholder
    from sgsync.linking.values import Link
    from sgsync.placeholders import UnlinkedPerson

MOST_ORIGINS = 4
PIPE_WIDTH = 200  # a pipe has no width: lines stay whole for grep


def console() -> Console:
    """stdout, with colour only on a terminal (rich heeds NO_COLOR), and with markup off: names hold brackets."""
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    return Console(file=sys.stdout, width=width, markup=False, highlight=False, emoji=False)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """A table of cells that may hold anything; `empty` is said instead of a table without rows."""
    rows = list(rows)
    if not rows:
        console().print(Text(empty))
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else clean(str(cell))) for cell in row))
    console().print(table)


def print_lines(lines: Iterable[str]) -> None:
    out = console()
    for line in lines:
        out.print(Text(line), soft_wrap=True)


def print_tournaments(listed: Sequence[ListedTournament]) -> None:
    print_table(
        ("ID", "Name", "Organization", "Event", "Sync", "Since", "Episodes"),
        (
            (
                each.tournament.id,
                each.tournament.name,
                each.organization,
                each.tournament.slug,
                _sync_state(each),
                each.synced_since and f"{each.synced_since:%Y-%m-%d}",
                each.episodes,
            )
            for each in listed
        ),
        empty="There are no tournaments yet: create one in the application.",
    )


def print_matches(matches: Sequence[ListedMatch]) -> None:
    """Every match with everybody in it; a star marks placeholders."""
    print_table(
        ("Match", "When (UTC)", "Title", "Players", "Crew"),
        (
            (
                match.id,
                match.scheduled_at and f"{match.scheduled_at:%a %d %b %H:%M}",
                match.title,
                ", ".join(_listed(player) for player in match.players),
                ", ".join(_listed(member) for member in match.crew),
            )
            for match in matches
        ),
        empty="No match was imported.",
    )


def _listed(person: Listed) -> str:
    marks = ("*" if person.is_placeholder else "") + (" (?)" if person.approved is False else "")
    return f"{person.name}{marks}" if person.role is None else f"{person.role} {person.name}{marks}"


def _sync_state(listed: ListedTournament) -> str:
    tournament = listed.tournament
    if not tournament.is_enabled:
        return "off"
    if not tournament.is_active:
        return "inactive"
    return "on" if tournament.slug else "no event"


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
        ("ID", "User name", "Name", "From", "First seen", "Last seen", "Matches", "Crew", "Next match (UTC)"),
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
        placeholder.username,
        placeholder.name,
        _shortened(placeholder.origins),
        f"{placeholder.first_seen:%Y-%m-%d}",
        f"{placeholder.last_seen:%Y-%m-%d}",
        placeholder.matches,
        placeholder.crew_rows,
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
    print_table(
        ("When (UTC)", "What", "Of", "Before", "After", "Why"),
        (
            (
                f"{event.happened_at:%Y-%m-%d %H:%M}",
                event.kind,
                event.what,
                event.before,
                event.after,
                event.why,
            )
            for event in history.events
        ),
        empty="Nothing is remembered of what happened to it.",
    )


def print_plans(report: RunReport, now: datetime) -> None:
    """What a run would do or has done, tournament by tournament, like a diff."""
    for tournament in report.tournaments:
        lines = [line for action in tournament.actions or () for line in plan_lines(action, now)]
        head = f"Tournament {tournament.id} ({clean(tournament.name)}):"
        print_lines([head, *(lines or ["  nothing to do"])])


def plan_lines(action: Mapping[str, Any], now: datetime) -> list[str]:
    """One action as lines: `+` new, `~` changed, `-` gone, `!` kept here. Text from the feed is cleaned."""
    lines = _PLAN_LINES[action["action"]](action, now)
    return [
        line[:4] + clean(line[4:]) if line.startswith("    ") else line[:2] + clean(line[2:])
        for line in lines
    ]


def _when(text: str | None, now: datetime) -> str:
    if text is None:
        return "no time"
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M} UTC ({from_now(moment, now)})"


def _new_match(action: Mapping[str, Any], now: datetime) -> list[str]:
    players = " vs ".join(_person(player) for player in action["players"])
    lines = [
        f"+ match for episode {action['episode_id']}: {action['title']}",
        f"    {_when(action['scheduled_at'], now)} on {action['channel'] or 'no stream'}",
        f"    players: {players}",
    ]
    crew = [
        f"{member['role']} {_person(member)}{'' if member['approved'] else ' (not approved)'}"
        for member in action["crew"]
    ]
    return [*lines, f"    crew: {', '.join(crew)}"] if crew else lines


def _person(person: Mapping[str, Any]) -> str:
    if person["new"]:
        return f"{person['name']} ({'new placeholder' if person['new_placeholder'] else 'new user'})"
    return f"{person['name']} (user {person['user_id']})"


def _revision(action: Mapping[str, Any], now: datetime) -> list[str]:
    notes = [
        *(["adopted"] if action["adopted"] else []),
        *(["back on SpeedGaming"] if action["returned"] else []),
        *([f"frozen: {action['frozen']}"] if action["frozen"] else []),
    ]
    mark = "~" if action["action"] == "update_match" else "!"
    about = f" ({'; '.join(notes)})" if notes else ""
    lines = [
        f"{mark} match {action['match_id']} for episode {action['episode_id']}: {action['title']}{about}"
    ]
    for change in action["changes"]:
        old, new = (_shown(change["field"], change[side], now) for side in ("old", "new"))
        lines.append(f"    {change['field']}: {old} -> {new}")
    lines += [f"    - {removed['role']} {removed['name']}" for removed in action["removed"]]
    lines += [f"    + {added['role']} {_person(added)}" for added in action["added"]]
    for seat in action["approvals"]:
        lines.append(
            f"    {seat['role']} {seat['name']}: {'approved' if seat['approved'] else 'not approved any more'}"
        )
    for kept in action["kept"]:
        ours, theirs = (_shown(kept["what"], kept[side], now) for side in ("ours", "theirs"))
        lines.append(f"    kept local edit of {kept['what']}: {ours}, SpeedGaming says {theirs}")
    if action["finished_at"]:
        lines.append(f"    finished: {_when(action['finished_at'], now)}")
    return lines


def _shown(field: str, value: Any, now: datetime) -> str:  # noqa: ANN401 - a value of any field
    if value is None:
        return "none"
    return _when(value, now) if field == "time" else str(value)


def _cancellation(action: Mapping[str, Any], _now: datetime) -> list[str]:
    kept = f"its match is kept{', table ' + action['kept_by'] + ' refers to it' if action['kept_by'] else ''}"
    fate = "its match is deleted" if action["delete"] else kept
    return [f"- match {action['match_id']} for episode {action['episode_id']}: {action['why']}; {fate}"]


_PLAN_LINES: Mapping[str, Callable[[Mapping[str, Any], datetime], list[str]]] = {
    "create_match": _new_match,
    "update_match": _revision,
    "leave_match": _revision,
    "cancel_match": _cancellation,
    "create_user": lambda a, _: [f"+ user {a['name']} (Discord ID: {a['discord_id']})"],
    "create_placeholder": lambda a, _: [f"+ placeholder {a['username']} for {a['name']}"],
    "upgrade_placeholder": lambda a, _: [
        f"~ placeholder user {a['user_id']} becomes {a['username']} (Discord ID: {a['discord_id']})"
    ],
    "merge_placeholder": lambda a, _: [
        f"~ placeholder user {a['placeholder_id']} ({a['username']}) is merged into user {a['user_id']}"
    ],
    "create_channel": lambda a, _: [f"+ channel {a['name']}"],
    "skip": lambda a, _: [f"  {a['why']}"],
}
