"""Which episodes are followed, and why the others are left as they are."""

from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.actions import Skip, SkipReason
from sgsync.plan.options import PlanOptions
from sgsync.snapshot.values import KnownMatch, Snapshot, State


def reason_to_skip(episode: SpeedGamingEpisode, snapshot: Snapshot, options: PlanOptions) -> Skip | None:
    """Why nothing is done about `episode`; None if it becomes a match or its match follows it."""
    match = snapshot.matches.get(episode.id)
    if match and not belongs_here(match, episode, snapshot):
        sentence = (
            f"Episode {episode.id} is match {match.id} of tournament {match.fields.tournament_id}: left there"
        )
        return Skip(episode.id, SkipReason.OTHER_TOURNAMENT, sentence)
    if match and not options.update:
        return Skip(episode.id, SkipReason.KNOWN, f"Episode {episode.id} is known as match {match.id}")
    if match is None and _was_deleted(episode, snapshot, options):
        sentence = (
            f"Episode {episode.id} was imported before and its match was deleted: not imported again"
            f" (sgsync import {snapshot.tournament.id} --episode {episode.id} brings it back)"
        )
        return Skip(episode.id, SkipReason.DELETED, sentence)
    skip = not_importable(episode, snapshot.tournament.slug)
    # A known match goes on following its episode when SpeedGaming takes the players out.
    return None if match and skip and skip.reason is SkipReason.NO_PLAYERS else skip


def belongs_here(match: KnownMatch, episode: SpeedGamingEpisode, snapshot: Snapshot) -> bool:
    """Whether `match` is this tournament's, or its episode moved to this tournament's event.

    Two tournaments may share an event, one after the other: that alone moves no match.
    """
    if match.fields.tournament_id == snapshot.tournament.id:
        return True
    entry = snapshot.ledger.get(episode.id)
    if entry and entry.base.tournament_id == snapshot.tournament.id:
        return True  # moved by hand: an edit like any other
    event = episode.event.slug if episode.event else None
    came_from = match.tournament_slug  # None: somebody imported it there by hand
    return event is not None and event == snapshot.tournament.slug and came_from not in (None, event)


def _was_deleted(episode: SpeedGamingEpisode, snapshot: Snapshot, options: PlanOptions) -> bool:
    """Whether somebody deleted the match; what was deleted because it was cancelled may come back."""
    entry = snapshot.ledger.get(episode.id)
    return entry is not None and entry.state is State.ACTIVE and episode.id not in options.requested


def not_importable(episode: SpeedGamingEpisode, slug: str | None) -> Skip | None:
    """What `episode` itself has against its import into a tournament on the event `slug`."""
    event = episode.event.slug if episode.event else None
    if slug and event and event != slug:
        sentence = f"Skipped episode {episode.id}: it belongs to event '{event}', not '{slug}'"
        return Skip(episode.id, SkipReason.OTHER_EVENT, sentence)
    if episode.timezone:
        sentence = (
            f"Held episode {episode.id}: its time zone field says '{episode.timezone}',"
            " so its times are not to be trusted until an organiser clears it"
        )
        return Skip(episode.id, SkipReason.HELD, sentence)
    if not any(player.is_person for player in episode.players):
        return Skip(episode.id, SkipReason.NO_PLAYERS, f"Skipped episode {episode.id}: it has no players yet")
    return None
