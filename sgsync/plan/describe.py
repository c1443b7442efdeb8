"""A plan as plain values, one per action: what a dry run prints, as text and as JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

from sgsync.people.identity import Identities, Person
from sgsync.plan.actions import Cancellation, Kept, NewMatch, Plan, PlannedSignup, Revision, SkipReason, Value
from sgsync.plan.chronicle import WORDS, name_of, what_is_kept
from sgsync.snapshot.values import KnownMatch, Role

Action = Mapping[str, Any]


def describe(plan: Plan, kept_matches: Mapping[int, str]) -> Iterator[Action]:
    """Everything that `plan` does or leaves, in the order in which it would happen.

    `kept_matches` cannot be deleted, because a table (by match id) refers to them.
    """
    yield from _people(plan.identities)
    for channel in plan.new_channels:
        yield {"action": "create_channel", "name": channel.name, "stream_url": channel.stream_url}
    placeholders = {placeholder.key for placeholder in plan.identities.new_placeholders}
    for match in plan.new_matches:
        yield _new_match(match, plan, placeholders)
    for revision in plan.revisions:
        yield _revision(revision, plan, placeholders)
    for cancellation in plan.cancellations:
        yield _cancellation(cancellation, kept_matches.get(cancellation.match.id))
    for skip in plan.skips:
        if skip.reason is not SkipReason.KNOWN:
            yield {
                "action": "skip",
                "episode_id": skip.episode_id,
                "reason": skip.reason.value,
                "why": skip.sentence,
            }


def _cancellation(cancellation: Cancellation, table: str | None) -> Action:
    return {
        "action": "cancel_match",
        **_which(cancellation.match),
        "why": cancellation.why,
        "delete": cancellation.delete and table is None,
        "kept_because": f"table {table} refers to it" if table else cancellation.kept_by,
    }


def _which(match: KnownMatch) -> Action:
    start = match.fields.scheduled_at
    return {
        "match_id": match.id,
        "episode_id": match.episode_id,
        "title": match.fields.title,
        "scheduled_at": start and start.isoformat(),
    }


def _people(people: Identities) -> Iterator[Action]:
    for merge in people.merges:
        yield {
            "action": "merge_placeholder",
            "placeholder_id": merge.placeholder_id,
            "username": merge.placeholder_name,
            "user_id": merge.user_id,
        }
    for upgrade in people.upgrades:
        yield {
            "action": "upgrade_placeholder",
            "user_id": upgrade.user_id,
            "discord_id": str(upgrade.discord_id),  # beyond what JSON numbers hold exactly
            "username": upgrade.username,
        }
    for user in people.new_users:
        yield {"action": "create_user", "discord_id": str(user.discord_id), "name": user.display_name}
    for placeholder in people.new_placeholders:
        yield {
            "action": "create_placeholder",
            "username": placeholder.key,
            "name": placeholder.display_name,
        }


def _new_match(match: NewMatch, plan: Plan, placeholders: set[str]) -> Action:
    return {
        "action": "create_match",
        "episode_id": match.episode_id,
        "title": match.title,
        "scheduled_at": match.scheduled_at.isoformat(),
        "channel": _value("channel", match.channel, plan),
        "players": [_person(signup, placeholders) for signup in match.signups if signup.role is Role.PLAYER],
        "crew": [_seat(signup, placeholders) for signup in match.signups if signup.role is not Role.PLAYER],
    }


def _person(signup: PlannedSignup, placeholders: set[str]) -> Action:
    user_id = signup.person if isinstance(signup.person, int) else None
    return {
        "name": signup.name,
        "user_id": user_id,
        "new": user_id is None,
        "new_placeholder": signup.person in placeholders,
    }


def _seat(signup: PlannedSignup, placeholders: set[str]) -> Action:
    return {"role": signup.role.value, "approved": signup.approved, **_person(signup, placeholders)}


def _revision(revision: Revision, plan: Plan, placeholders: set[str]) -> Action:
    names = plan.names
    match = revision.match
    return {
        "action": "update_match" if revision.changes_match or revision.is_back else "leave_match",
        **_which(match),
        "changes": [
            {
                "field": WORDS[change.field],
                "old": _value(change.field, change.old, plan),
                "new": _value(change.field, change.new, plan),
            }
            for change in revision.changes
        ],
        "added": [_seat(signup, placeholders) for signup in revision.added],
        "removed": [
            {"role": role.value, "name": name_of(person, names), "user_id": _id(person)}
            for role, person in revision.removed
        ],
        "approvals": [_seat(signup, placeholders) for signup in revision.approvals],
        "kept": [{**_kept(kept, plan), "why": kept.why} for kept in revision.kept],
        "adopted": revision.is_adopted,
        "returned": revision.is_back,
        "frozen": revision.frozen_by,
        "unfollowed": [_kept(kept, plan) for kept in revision.unfollowed],
        "missing": revision.is_missing,
        "finished_at": revision.finished_at and revision.finished_at.isoformat(),
    }


def _kept(kept: Kept, plan: Plan) -> dict[str, Any]:
    return {
        "what": what_is_kept(kept, plan.names),
        "ours": _value(kept.what, kept.ours, plan),
        "theirs": _value(kept.what, kept.theirs, plan),
    }


def _id(person: Person) -> int | None:
    return person if isinstance(person, int) else None


def _value(field: str, value: Value, plan: Plan) -> Value:
    """A time in ISO 8601, a channel by its name."""
    if field == "scheduled_at" and value is not None and not isinstance(value, (int, str)):
        return value.isoformat()
    if field == "channel" and isinstance(value, int):
        return plan.names.channels.get(value, value)
    return value
