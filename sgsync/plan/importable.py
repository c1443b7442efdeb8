"""Which episodes are imported, and why the others are not."""

from collections.abc import Set as AbstractSet

from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.actions import Skip, SkipReason
from sgsync.snapshot.values import Snapshot


def reason_to_skip(
    episode: SpeedGamingEpisode, snapshot: Snapshot, requested: AbstractSet[int]
) -> Skip | None:
    """Why `episode` is left as it is; None if it becomes a new match.

    `requested` are the episodes that an operator asked for by id: they come back even after an
    admin has deleted the match.
    """
    known = _known(episode, snapshot, requested)
    return known or _not_importable(episode, snapshot)


def _known(episode: SpeedGamingEpisode, snapshot: Snapshot, requested: AbstractSet[int]) -> Skip | None:
    match = snapshot.matches.get(episode.id)
    if match and match.tournament_id != snapshot.tournament.id:
        sentence = f"Episode {episode.id} is match {match.id} of tournament {match.tournament_id}: left there"
        return Skip(episode.id, SkipReason.OTHER_TOURNAMENT, sentence)
    if match:
        return Skip(episode.id, SkipReason.KNOWN, f"Episode {episode.id} is known as match {match.id}")
    if episode.id in snapshot.ledger and episode.id not in requested:
        sentence = (
            f"Episode {episode.id} was imported before and its match was deleted: not imported again"
            f" (sgsync import {snapshot.tournament.id} --episode {episode.id} brings it back)"
        )
        return Skip(episode.id, SkipReason.DELETED, sentence)
    return None


def _not_importable(episode: SpeedGamingEpisode, snapshot: Snapshot) -> Skip | None:
    slug = snapshot.tournament.slug
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
