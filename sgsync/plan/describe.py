"""A plan as plain values, one per action: what a dry run prints, as text and as JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

from sgsync.people.identity import Person
from sgsync.plan.actions import NewMatch, Plan, SkipReason
from sgsync.snapshot.values import Role

Action = Mapping[str, Any]


def describe(plan: Plan) -> Iterator[Action]:
    """Everything that `plan` does or leaves, in the order in which it would happen."""
    yield from _people(plan)
    for channel in plan.new_channels:
        yield {"action": "create_channel", "name": channel.name, "stream_url": channel.stream_url}
    for adoption in plan.adoptions:
        yield {
            "action": "adopt_match",
            "episode_id": adoption.match.episode_id,
            "match_id": adoption.match.id,
        }
    placeholders = {placeholder.key for placeholder in plan.identities.new_placeholders}
    for match in plan.new_matches:
        yield _new_match(match, placeholders)
    for skip in plan.skips:
        if skip.reason is not SkipReason.KNOWN:
            yield {
                "action": "skip",
                "episode_id": skip.episode_id,
                "reason": skip.reason.value,
                "why": skip.sentence,
            }


def _people(plan: Plan) -> Iterator[Action]:
    for upgrade in plan.identities.upgrades:
        yield {
            "action": "upgrade_placeholder",
            "user_id": upgrade.user_id,
            "discord_id": str(upgrade.discord_id),  # beyond what JSON numbers hold exactly
            "username": upgrade.username,
        }
    for user in plan.identities.new_users:
        yield {"action": "create_user", "discord_id": str(user.discord_id), "name": user.display_name}
    for placeholder in plan.identities.new_placeholders:
        yield {"action": "create_placeholder", "username": placeholder.key, "name": placeholder.display_name}


def _new_match(match: NewMatch, placeholders: set[str]) -> Action:
    def person(name: str, who: Person) -> dict[str, Any]:
        known = who if isinstance(who, int) else None
        return {"name": name, "user_id": known, "new": known is None, "new_placeholder": who in placeholders}

    return {
        "action": "create_match",
        "episode_id": match.episode_id,
        "title": match.title,
        "scheduled_at": match.scheduled_at.isoformat(),
        "channel": match.channel_name,
        "players": [
            person(signup.name, signup.person) for signup in match.signups if signup.role is Role.PLAYER
        ],
        "crew": [
            {"role": signup.role.value, "approved": signup.approved, **person(signup.name, signup.person)}
            for signup in match.signups
            if signup.role is not Role.PLAYER
        ],
    }
