"""Plans made visible: what a run would do or has done, like a diff."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sgsync.cli.render_table import print_paragraphs
from sgsync.durations import from_now
from sgsync.plan.actions import EDITED
from sgsync.report import RunReport
from sgsync.text import clean


def print_plans(report: RunReport, now: datetime) -> None:
    """What a run would do or has done, tournament by tournament, like a diff."""
    for tournament in report.tournaments:
        lines = [line for action in tournament.actions or () for line in plan_lines(action, now)]
        head = f"Tournament {tournament.id} ({clean(tournament.name)}):"
        problems = [f"  problem: {clean(problem)}" for problem in tournament.problems]
        print_paragraphs([head, *(problems + lines or ["  nothing to do"])])


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
        *(["not in the schedule any more"] if action["missing"] else []),
    ]
    mark = "~" if action["action"] == "update_match" else "!"
    about = f" ({'; '.join(notes)})" if notes else ""
    lines = [
        f"{mark} match {action['match_id']} for episode {action['episode_id']}: {action['title']}{about}"
    ]
    if not any(change["field"] == "time" for change in action["changes"]):
        lines.append(f"    {_when(action['scheduled_at'], now)}")
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
        why = "" if kept["why"] == EDITED else f" ({kept['why']})"
        lines.append(f"    kept local edit of {kept['what']}: {ours}, SpeedGaming says {theirs}{why}")
    for left in action["unfollowed"]:
        ours, theirs = (_shown(left["what"], left[side], now) for side in ("ours", "theirs"))
        lines.append(f"    not followed: {left['what']} {ours} -> {theirs}")
    if action["finished_at"]:
        lines.append(f"    finished: {_when(action['finished_at'], now)}")
    return lines


def _shown(field: str, value: Any, now: datetime) -> str:  # noqa: ANN401 - a value of any field
    if value is None:
        return "none"
    return _when(value, now) if field == "time" else str(value)


def _cancellation(action: Mapping[str, Any], now: datetime) -> list[str]:
    kept = f"its match is kept{', ' + action['kept_because'] if action['kept_because'] else ''}"
    fate = "its match is deleted" if action["delete"] else kept
    return [
        f"- match {action['match_id']} for episode {action['episode_id']}: {action['title']}",
        f"    {_when(action['scheduled_at'], now)}",
        f"    {action['why']}; {fate}",
    ]


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
