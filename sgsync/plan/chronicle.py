"""What a plan does to each episode, as entries of its history. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from sgsync.people.identity import Person
from sgsync.plan.actions import Kept, Names, Plan, Revision, SkipReason, Value
from sgsync.snapshot.values import Role

WORDS = {"scheduled_at": "time", "title": "title", "channel": "channel", "tournament_id": "tournament"}
"""What people call the fields of a match."""

OVERWRITTEN = "it was edited here, and an import overwrote that"

_TIME = "%Y-%m-%d %H:%M UTC"


class Event(NamedTuple):
    """One thing that happened to an episode, in words that stay true later."""

    episode_id: int
    kind: str
    what: str | None = None
    before: str | None = None
    after: str | None = None
    why: str | None = None


def chronicle(plan: Plan) -> Iterator[Event]:
    """Everything that `plan` does, in the order of the episodes."""
    for match in plan.new_matches:
        players = (signup.name for signup in match.signups if signup.role is Role.PLAYER)
        yield Event(
            match.episode_id,
            "imported",
            after=in_words("scheduled_at", match.scheduled_at),
            why=" vs ".join(players),
        )
    for revision in plan.revisions:
        yield from _revision(revision, plan.names)
    for cancellation in plan.cancellations:
        episode_id = cancellation.match.episode_id
        yield Event(episode_id, "cancelled", why=cancellation.why)
        if cancellation.kept_by:
            yield Event(episode_id, "kept", "match", why=cancellation.kept_by)
    for skip in plan.left:
        if skip.reason is SkipReason.DELETED:
            yield Event(
                skip.episode_id, "deleted", why="somebody took its match away here: it is not imported again"
            )
        else:
            yield Event(skip.episode_id, "kept", "match", why=skip.sentence)


def _revision(revision: Revision, names: Names) -> Iterator[Event]:
    episode_id = revision.match.episode_id
    if revision.is_adopted:
        yield Event(episode_id, "adopted", why=f"match {revision.match.id} was there before sgsync")
    if revision.is_back:
        yield Event(episode_id, "returned")
    for change in revision.changes:
        before, after = (in_words(change.field, value, names) for value in (change.old, change.new))
        why = OVERWRITTEN if change.is_overwritten else None
        yield Event(episode_id, "changed", WORDS[change.field], before, after, why)
    for role, person in revision.removed:
        yield Event(episode_id, "removed", role, before=name_of(person, names))
    for signup in revision.added:
        yield Event(episode_id, "added", signup.role, after=signup.name)
    for signup in revision.approvals:
        before, after = ("not approved", "approved") if signup.approved else ("approved", "not approved")
        yield Event(episode_id, "changed", f"{signup.role} {signup.name}", before, after)
    for kept in revision.kept:
        yield _kept(episode_id, "kept", kept, names, kept.why)
    if revision.frozen_by:
        yield from _frozen(revision, revision.frozen_by, names)
    if revision.finished_at:
        yield Event(
            episode_id,
            "finished",
            after=in_words("scheduled_at", revision.finished_at),
            why="SGSYNC_AUTO_FINISH",
        )


def _frozen(revision: Revision, frozen_by: str, names: Names) -> Iterator[Event]:
    episode_id = revision.match.episode_id
    if revision.is_missing:
        yield Event(episode_id, "frozen", why=f"{frozen_by}, and SpeedGaming does not list it any more")
    for kept in revision.unfollowed:
        yield _kept(episode_id, "frozen", kept, names, frozen_by)


def _kept(episode_id: int, kind: str, kept: Kept, names: Names, why: str) -> Event:
    return Event(
        episode_id,
        kind,
        what_is_kept(kept, names),
        in_words(kept.what, kept.ours, names),
        in_words(kept.what, kept.theirs, names),
        why,
    )


def what_is_kept(kept: Kept, names: Names) -> str:
    return WORDS.get(kept.what) or f"{kept.what} {name_of(kept.person, names)}"


def name_of(person: Person | None, names: Names) -> str:
    return names.people.get(person, f"user {person}") if person is not None else "nobody"


def moment_in(words: str | None) -> datetime | None:
    """The time that `in_words` put into words."""
    return datetime.strptime(words, _TIME).replace(tzinfo=UTC) if words else None


def in_words(field: str, value: Value, names: Names | None = None) -> str | None:
    """A field's value as people read it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime(_TIME)
    if field == "channel" and isinstance(value, int) and names:
        return names.channels.get(value, f"channel {value}")
    return None if value is None else str(value)
