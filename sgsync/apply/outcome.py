"""What became of one tournament's episodes, and how it is counted and told."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from sgsync.apply.ids import Applied
from sgsync.fetch.answers import Rejected, Schedule
from sgsync.plan.actions import Plan, PlannedSignup, SkipReason
from sgsync.report import TournamentReport
from sgsync.snapshot.values import Tournament


@dataclass(frozen=True, slots=True)
class Poisonous:
    """An episode that the database does not take, and the database's words for it."""

    episode_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """A plan and what became of it: nothing in a dry run."""

    plan: Plan
    applied: Applied | None


@dataclass(frozen=True, slots=True)
class Imported:
    """The import of one tournament: usually one step, or one per episode where the database refused some."""

    tournament: Tournament
    schedule: Schedule
    steps: tuple[Step, ...]
    poisonous: tuple[Poisonous, ...] = ()

    @property
    def changes_something(self) -> bool:
        return any(not step.plan.is_empty for step in self.steps)

    @property
    def problems(self) -> tuple[str, ...]:
        rejected = (malformed_sentence(entry) for entry in self.schedule.rejected)
        refused = (
            f"Episode {episode.episode_id} was left out, the database refused it: {episode.reason}"
            for episode in self.poisonous
        )
        return (*rejected, *refused)


def malformed_sentence(entry: Rejected) -> str:
    which = (
        f"episode {entry.episode_id}" if entry.episode_id else f"entry {entry.position + 1} of the schedule"
    )
    return f"Skipped malformed {which}: {entry.reason}"


def report_on(imported: Imported) -> TournamentReport:
    """The counts of `imported`. Everything that was left as it was counts as skipped."""
    plans = [step.plan for step in imported.steps]
    return TournamentReport(
        id=imported.tournament.id,
        name=imported.tournament.name,
        slug=imported.tournament.slug,
        fetched=len(imported.schedule.episodes) + len(imported.schedule.rejected),
        imported=sum(len(plan.new_matches) for plan in plans),
        skipped=sum(len(plan.skips) for plan in plans),
        failed=len(imported.schedule.rejected) + len(imported.poisonous),
        problems=imported.problems,
    )


def narrate(imported: Imported) -> Iterator[tuple[int, str]]:
    """The log of `imported`: levels and sentences, in the order in which things happened."""
    yield from ((logging.WARNING, problem) for problem in imported.problems)
    for step in imported.steps:
        yield from ((logging.WARNING, warning) for warning in step.plan.warnings)
        for skip in step.plan.skips:
            level = logging.DEBUG if skip.reason is SkipReason.KNOWN else logging.INFO
            yield level, skip.sentence
        if step.applied:
            yield from ((logging.INFO, sentence) for sentence in _deeds(step.plan, step.applied))


def _deeds(plan: Plan, applied: Applied) -> Iterator[str]:
    yield from _introductions(plan, applied)
    for adoption in plan.adoptions:
        yield f"Adopted match {adoption.match.id} for episode {adoption.match.episode_id}"
    for match in plan.new_matches:
        match_id = applied.match_ids[match.episode_id]
        yield f"Created match {match_id} for episode {match.episode_id}"
        for signup in match.signups:
            yield f"Added {signup.role} {applied.user_id(signup.person)} to match {match_id}"


def _introductions(plan: Plan, applied: Applied) -> Iterator[str]:
    """Who everybody in the new matches is, once each."""
    people = plan.identities
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
    matched: dict[int, PlannedSignup] = {}
    for signup in (signup for match in plan.new_matches for signup in match.signups):
        if isinstance(signup.person, int):
            matched.setdefault(signup.person, signup)
    for user_id, signup in matched.items():
        yield f"Matched {signup.role} '{signup.name}' to existing user {user_id}"
