"""Why an episode is there, or is not: one reason, the first that holds. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sgsync.explain.values import Answer, Evidence, Reason, Why
from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.actions import Plan, Skip, SkipReason
from sgsync.plan.chronicle import WORDS
from sgsync.plan.describe import Action, describe
from sgsync.plan.heard import Heard
from sgsync.plan.importable import reason_to_skip
from sgsync.plan.options import PlanOptions
from sgsync.plan.planner import make_plan
from sgsync.plan.reconcile import FIELDS
from sgsync.snapshot.values import KnownMatch, LedgerEntry, Role, Snapshot, State, Tournament

_OF_SKIPS = {
    SkipReason.OTHER_TOURNAMENT: Why.OTHER_TOURNAMENT,
    SkipReason.DELETED: Why.DELETED,
    SkipReason.OTHER_EVENT: Why.OTHER_EVENT,
    SkipReason.HELD: Why.HELD,
    SkipReason.NO_PLAYERS: Why.NO_PLAYERS,
}


def reason_for(evidence: Evidence, options: PlanOptions, now: datetime) -> Reason:
    """The one reason. What a run would do is asked of the planner itself, so that the two cannot disagree."""
    feed = evidence.feed
    if feed.answer is Answer.NONE:
        return Reason(Why.NO_ANSWER, f"Nobody can say before SpeedGaming answers. {feed.sentence}")
    if feed.answer is Answer.MALFORMED:
        return Reason(
            Why.MALFORMED, f"{feed.sentence}; the importer waits until it is corrected on SpeedGaming"
        )
    if feed.episode is None:
        return _of_the_absent(evidence)
    tournament = evidence.place.tournament
    if tournament is None or evidence.snapshot is None:
        sentence = (
            f"No tournament is on the event '{feed.event}': sgsync tournaments enable ID --slug {feed.event}"
            if feed.event
            else "SpeedGaming names no event for it, so it is no tournament's: sgsync import ID --episode"
            f" {evidence.episode_id} brings it into one"
        )
        return Reason(Why.NO_TOURNAMENT, sentence)
    return _of_the_listed(evidence, feed.episode, evidence.snapshot, options, now)


def _of_the_absent(evidence: Evidence) -> Reason:
    match = evidence.match
    nothing = f"SpeedGaming has no episode {evidence.episode_id}"
    if _is_cancelled(evidence.entry):
        return _cancelled("SpeedGaming no longer has the episode", match)
    if match is None:
        other = evidence.episode_of_match
        hint = f"; the match of that number is of episode {other}: sgsync explain {other}" if other else ""
        return Reason(Why.NOT_ON_SPEEDGAMING, nothing + hint)
    if match.frozen_by:
        return Reason(
            Why.FROZEN, f"{nothing} any more, but match {match.id} stays as it is: {match.frozen_by}"
        )
    if not evidence.place.is_synced:
        return _not_enabled(evidence, match)
    if evidence.trouble:
        return _failed(evidence.trouble)
    return Reason(
        Why.WAITING, f"{nothing} any more: a run that misses it marks match {match.id} as cancelled"
    )


def _is_cancelled(entry: LedgerEntry | None) -> bool:
    return entry is not None and entry.state is State.CANCELLED


def _cancelled(why: str, match: KnownMatch | None) -> Reason:
    fate = f"match {match.id} is kept" if match else "its match is gone"
    return Reason(Why.CANCELLED, f"{why}: it is cancelled, and {fate}")


def _of_the_listed(
    evidence: Evidence, episode: SpeedGamingEpisode, snapshot: Snapshot, options: PlanOptions, now: datetime
) -> Reason:
    match = evidence.match
    if not evidence.place.is_synced:
        return _not_enabled(evidence, match)
    if skip := reason_to_skip(episode, snapshot, options):
        return _of_the_skipped(skip, evidence)
    if match and match.frozen_by:
        return Reason(
            Why.FROZEN, f"Match {match.id} stays as it is, whatever SpeedGaming says: {match.frozen_by}"
        )
    plan = make_plan(Heard((episode,), frozenset({episode.id})), snapshot, options, now)
    actions = tuple(describe(plan, kept_matches={}))
    if match and not actions:
        return _of_the_imported(match, evidence)
    if not evidence.window.since <= episode.when <= evidence.window.until:
        return _outside(evidence, episode, snapshot.tournament)
    return _failed(evidence.trouble, actions) if evidence.trouble else _waiting(plan, match, actions)


def _of_the_skipped(skip: Skip, evidence: Evidence) -> Reason:
    if skip.reason is SkipReason.OTHER_EVENT and _is_cancelled(evidence.entry):
        why = f"It moved to the event '{evidence.feed.event}', which is not synced"
        return _cancelled(why, evidence.match)
    if skip.reason is SkipReason.KNOWN:
        return Reason(
            Why.NOT_UPDATED, f"{skip.sentence}, and SGSYNC_UPDATE=false leaves known ones as they are"
        )
    return Reason(_OF_SKIPS[skip.reason], skip.sentence)


def _failed(trouble: str, actions: tuple[Action, ...] = ()) -> Reason:
    return Reason(
        Why.FAILED, f"The last run did not manage it, and the next one tries again. {trouble}", actions
    )


def _not_enabled(evidence: Evidence, match: KnownMatch | None) -> Reason:
    tournament = evidence.place.tournament
    assert tournament is not None
    where = f"Match {match.id} no longer follows SpeedGaming" if match else "It is not imported"
    if evidence.place.problem:
        return Reason(Why.NOT_ENABLED, f"{where}: {evidence.place.problem}")
    state = "not active" if tournament.is_enabled else "not enabled"
    advice = "" if tournament.is_enabled else f": sgsync tournaments enable {tournament.id}"
    return Reason(
        Why.NOT_ENABLED, f"{where}: tournament {tournament.id} ('{tournament.name}') is {state}{advice}"
    )


def _outside(evidence: Evidence, episode: SpeedGamingEpisode, tournament: Tournament) -> Reason:
    window = evidence.window
    when = f"{episode.when:%Y-%m-%d %H:%M} UTC"
    if episode.when < window.since:
        limit = f"before {_day(window.since)}, and runs look no further back (SGSYNC_WINDOW_PAST)"
    else:
        limit = f"after {_day(window.until)}, and runs look no further ahead yet (SGSYNC_WINDOW_FUTURE)"
    by_hand = f"sgsync import {tournament.id} --episode {episode.id} does it now"
    return Reason(Why.OUTSIDE_WINDOW, f"Its broadcast starts on {when}: {limit}. {by_hand}")


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def _of_the_imported(match: KnownMatch, evidence: Evidence) -> Reason:
    edits = tuple(_local_edits(match, evidence.entry, evidence)) if evidence.entry else ()
    if edits:
        advice = f"sgsync import {match.fields.tournament_id} --episode {match.episode_id} --overwrite gives them up"
        return Reason(Why.KEPT, f"Match {match.id} keeps what was edited here ({', '.join(edits)}); {advice}")
    return Reason(Why.UP_TO_DATE, f"It is match {match.id}, as SpeedGaming says")


def _local_edits(match: KnownMatch, entry: LedgerEntry, evidence: Evidence) -> Iterator[str]:
    """What differs from what was imported last: fields, who is in it, and whose approval."""
    for field in FIELDS:
        if getattr(match.fields, field) != getattr(entry.base, field):
            yield WORDS[field]
    ours = {(row.role, row.user_id): row.approved for row in match.entries}
    theirs = {(each.role, each.user_id): each.approved for each in evidence.signups if each.feed_ids}
    for role, user_id in dict.fromkeys((*theirs, *ours)):
        seat, who = (role, user_id), f"{role} {evidence.name_of(user_id)}"
        if seat not in ours:
            yield f"without {who}"
        elif seat not in theirs:
            yield f"with {who}"
        elif role is not Role.PLAYER and ours[seat] != theirs[seat]:
            yield f"{who} {'approved' if ours[seat] else 'not approved'}"


def _waiting(plan: Plan, match: KnownMatch | None, actions: tuple[Action, ...]) -> Reason:
    if match is None:
        return Reason(Why.WAITING, "The next run imports it", actions)
    if any(revision.changes_match or revision.is_back for revision in plan.revisions) or not plan.revisions:
        return Reason(Why.WAITING, f"The next run brings match {match.id} up to date", actions)
    kept = [each for revision in plan.revisions for each in revision.kept]
    if kept:
        edits = ", ".join(dict.fromkeys(WORDS.get(each.what, each.what) for each in kept))
        return Reason(Why.KEPT, f"Match {match.id} keeps what was edited here ({edits})", actions)
    return Reason(Why.WAITING, f"The next run takes match {match.id} over as it is", actions)
