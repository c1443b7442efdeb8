"""What became of one tournament's episodes, and how it is counted and told."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sgsync.apply.ids import Applied
from sgsync.fetch.answers import Schedule
from sgsync.plan.actions import (
    EDITED,
    Cancellation,
    Names,
    NewMatch,
    Plan,
    PlannedSignup,
    Revision,
    SkipReason,
)
from sgsync.plan.chronicle import WORDS, in_words, what_is_kept
from sgsync.report import TournamentReport
from sgsync.snapshot.values import Tournament

Line = tuple[int, str]
"""A level of `logging`, and a sentence."""


@dataclass(frozen=True, slots=True)
class Poisonous:
    """An episode that the database does not take, and the database's words for it.

    `episode_id` is None for what follows from what is missing.
    """

    episode_id: int | None
    reason: str

    @property
    def sentence(self) -> str:
        what = (
            f"Episode {self.episode_id} was left out"
            if self.episode_id
            else "What is missing from the schedule was left as it is"
        )
        return f"{what}, the database refused it: {self.reason}"


@dataclass(frozen=True, slots=True)
class Step:
    """A plan and what became of it: nothing in a dry run.

    `kept_matches` would be deleted, if some table, by match id, did not refer to them.
    """

    plan: Plan
    applied: Applied | None
    kept_matches: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Imported:
    """The import of one tournament: usually one step, or one per episode where the database refused some.

    `refused` are merges that a table unknown to sgsync does not allow.
    """

    tournament: Tournament
    schedule: Schedule
    steps: tuple[Step, ...]
    poisonous: tuple[Poisonous, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def shows_something(self) -> bool:
        """Whether anything changed that the application shows; sgsync's own memory it does not."""
        return any(step.plan.changes_application for step in self.steps)

    @property
    def to_confirm(self) -> tuple[int, ...]:
        return tuple(episode_id for step in self.steps for episode_id in step.plan.to_confirm)

    @property
    def distrust(self) -> str | None:
        """Why the whole answer was not believed, if it was not."""
        return next((step.plan.distrust for step in self.steps if step.plan.distrust), None)

    @property
    def problems(self) -> tuple[str, ...]:
        rejected = (entry.sentence for entry in self.schedule.rejected)
        poisonous = (each.sentence for each in self.poisonous)
        return (*rejected, *poisonous, *self.refused)


def report_on(imported: Imported) -> TournamentReport:
    """The counts of `imported`. Everything that was left as it was counts as skipped."""
    plans = [step.plan for step in imported.steps]
    revisions = [revision for plan in plans for revision in plan.revisions]
    updated = sum(revision.changes_match or revision.is_back for revision in revisions)
    return TournamentReport(
        id=imported.tournament.id,
        name=imported.tournament.name,
        slug=imported.tournament.slug,
        fetched=len(imported.schedule.episodes) + len(imported.schedule.rejected),
        imported=sum(len(plan.new_matches) for plan in plans),
        updated=updated,
        cancelled=sum(len(plan.cancellations) for plan in plans),
        deleted=sum(_was_deleted(each, step) for step in imported.steps for each in step.plan.cancellations),
        skipped=sum(len(plan.skips) for plan in plans) + len(revisions) - updated,
        failed=len(imported.schedule.rejected) + len(imported.poisonous),
        problems=imported.problems,
        is_unreachable=False,
        held=tuple(
            skip.episode_id for plan in plans for skip in plan.skips if skip.reason is SkipReason.HELD
        ),
    )


def _was_deleted(cancellation: Cancellation, step: Step) -> bool:
    return cancellation.delete and cancellation.match.id not in step.kept_matches


def narrate(imported: Imported) -> Iterator[Line]:
    """The log of `imported`: levels and sentences, in the order in which things happened."""
    yield from ((logging.WARNING, problem) for problem in imported.problems)
    for step in imported.steps:
        yield from ((logging.WARNING, warning) for warning in step.plan.warnings)
        for skip in step.plan.skips:
            yield logging.DEBUG if skip.reason is SkipReason.KNOWN else logging.INFO, skip.sentence
        if step.applied:
            yield from _deeds(step, step.applied)


def _deeds(step: Step, applied: Applied) -> Iterator[Line]:
    plan = step.plan
    yield from ((logging.INFO, sentence) for sentence in _introductions(plan, applied))
    for match in plan.new_matches:
        yield from ((logging.INFO, sentence) for sentence in _new_match(match, applied))
    for revision in plan.revisions:
        yield from _revision(revision, plan.names, applied)
    for cancellation in plan.cancellations:
        yield logging.WARNING, _cancellation(cancellation, step.kept_matches)


def _introductions(plan: Plan, applied: Applied) -> Iterator[str]:
    """Who everybody new to a match is, once each."""
    people = plan.identities
    for merge in people.merges:
        yield f"Merged placeholder user {merge.placeholder_id} ({merge.placeholder_name}) into user {merge.user_id}"
    for upgrade in people.upgrades:
        yield f"Upgraded placeholder user {upgrade.user_id} to '{upgrade.username}' (Discord ID: {upgrade.discord_id})"
    for user in people.new_users:
        yield f"Created user {applied.user_id(user.key)} for '{user.display_name}' (Discord ID: {user.discord_id})"
    for placeholder in people.new_placeholders:
        sighting = placeholder.sighting
        user_id = applied.user_id(placeholder.key)
        yield (
            f"Created placeholder user {user_id} for SpeedGaming {sighting.role}"
            f" '{placeholder.display_name}' (ID: {sighting.feed_id})"
        )
    for user_id, signup in _matched(plan).items():
        yield f"Matched {signup.role} '{signup.name}' to existing user {user_id}"


def _matched(plan: Plan) -> dict[int, PlannedSignup]:
    newly_seated = [signup for match in plan.new_matches for signup in match.signups]
    newly_seated += [signup for revision in plan.revisions for signup in revision.added]
    matched: dict[int, PlannedSignup] = {}
    for signup in newly_seated:
        if isinstance(signup.person, int):
            matched.setdefault(signup.person, signup)
    return matched


def _new_match(match: NewMatch, applied: Applied) -> Iterator[str]:
    match_id = applied.match_ids[match.episode_id]
    yield f"Created match {match_id} for episode {match.episode_id}"
    for signup in match.signups:
        yield f"Added {signup.role} {applied.user_id(signup.person)} to match {match_id}"


def _revision(revision: Revision, names: Names, applied: Applied) -> Iterator[Line]:
    match_id, episode_id = revision.match.id, revision.match.episode_id
    if revision.is_adopted:
        yield logging.INFO, f"Adopted match {match_id} for episode {episode_id}"
    if revision.is_back:
        yield logging.INFO, f"Episode {episode_id} is back on SpeedGaming: match {match_id} is active again"
    for change in revision.changes:
        old, new = (in_words(change.field, value, names) or "none" for value in (change.old, change.new))
        yield (
            logging.INFO,
            f"Updated match {match_id} for episode {episode_id}: {WORDS[change.field]} {old} -> {new}",
        )
    for role, person in revision.removed:
        yield logging.INFO, f"Removed {role} {applied.user_id(person)} from match {match_id}"
    for signup in revision.added:
        yield logging.INFO, f"Added {signup.role} {applied.user_id(signup.person)} to match {match_id}"
    for signup in revision.approvals:
        verdict = "Approved" if signup.approved else "Took back the approval of"
        yield logging.INFO, f"{verdict} {signup.role} {applied.user_id(signup.person)} in match {match_id}"
    for kept in revision.kept:
        ours, theirs = (in_words(kept.what, value, names) or "none" for value in (kept.ours, kept.theirs))
        why = "" if kept.why == EDITED else f" ({kept.why})"
        edit = f"{what_is_kept(kept, names)} is {ours}, SpeedGaming says {theirs}{why}"
        yield logging.WARNING, f"Kept local edit in match {match_id} for episode {episode_id}: {edit}"
    if revision.frozen_by:
        yield (
            logging.INFO,
            f"Left match {match_id} for episode {episode_id} as it is, {revision.frozen_by}{_unfollowed(revision, names)}",
        )
    if revision.finished_at:
        over = f"Finished match {match_id} for episode {episode_id}, which nobody touched"
        yield logging.INFO, f"{over}: it should be over (SGSYNC_AUTO_FINISH)"


def _unfollowed(revision: Revision, names: Names) -> str:
    if revision.is_missing:
        return "; its episode is missing from SpeedGaming's schedule"
    sides = (
        (
            what_is_kept(kept, names),
            *(in_words(kept.what, value, names) or "none" for value in (kept.ours, kept.theirs)),
        )
        for kept in revision.unfollowed
    )
    return "; not followed: " + ", ".join(f"{what} {ours} -> {theirs}" for what, ours, theirs in sides)


def _cancellation(cancellation: Cancellation, kept_matches: Mapping[int, str]) -> str:
    match = cancellation.match
    table = kept_matches.get(match.id)
    reason = f"table {table} refers to it" if table else cancellation.kept_by
    kept = f"is kept, because {reason}" if reason else "is kept"
    fate = "is deleted" if cancellation.delete and not reason else kept
    start = in_words("scheduled_at", match.fields.scheduled_at) or "no time"
    which = f"match {match.id} ('{match.fields.title}', {start})"
    return f"Episode {match.episode_id} is cancelled ({cancellation.why}): {which} {fate}"
