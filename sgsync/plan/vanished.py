"""Episodes that are missing from an answer. Absence is not deletion: they are asked for by id first."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.actions import Cancellation
from sgsync.plan.heard import Heard, Window
from sgsync.plan.known import Known
from sgsync.plan.lookups import listed_for_sure
from sgsync.snapshot.values import Snapshot

FEWEST_TO_JUDGE = 4
ROTATION = timedelta(minutes=5)


def should_be_listed(known: Mapping[int, Known], snapshot: Snapshot, window: Window) -> tuple[int, ...]:
    """The known, active, unfrozen episodes whose race starts inside the window, by id."""
    sure = listed_for_sure(window)
    return tuple(
        sorted(
            episode_id
            for episode_id, each in known.items()
            if each.entry
            and not each.is_cancelled
            and each.match.frozen_by is None
            and each.base.tournament_id == snapshot.tournament.id
            and each.base.scheduled_at
            and sure.since <= each.base.scheduled_at <= sure.until
        )
    )


def reason_to_distrust(expected: Iterable[int], heard: Heard, snapshot: Snapshot) -> str | None:
    """Why the answer cannot be right: more than half of what is known would have vanished at once."""
    expected = set(expected)
    missing = expected - heard.mentioned
    if len(expected) < FEWEST_TO_JUDGE or 2 * len(missing) <= len(expected):
        return None
    return (
        f"Tournament {snapshot.tournament.id} ('{snapshot.tournament.name}'): {len(missing)} of {len(expected)}"
        " known episodes are missing from SpeedGaming's answer at once. The feed is broken rather than the"
        " schedule, so nothing was touched. If it is right after all:"
        f" sgsync import {snapshot.tournament.id} --accept-vanished"
    )


def due_without_news(
    known: Mapping[int, Known], heard: Heard, over_after: timedelta | None, now: datetime
) -> tuple[int, ...]:
    """Untouched matches that would count as over, if only their episode were seen not to have moved."""
    if over_after is None:
        return ()
    return tuple(
        sorted(
            episode_id
            for episode_id, each in known.items()
            if episode_id not in heard.mentioned
            and not each.is_cancelled
            and each.is_untouched
            and each.base.scheduled_at
            and each.base.scheduled_at + over_after <= now
        )
    )


def in_turn(episode_ids: Iterable[int], now: datetime) -> tuple[int, ...]:
    """`episode_ids`, starting at another one in each run: who asks for the first few only gets to all."""
    ids = sorted(set(episode_ids))
    if not ids:
        return ()
    start = int(now.timestamp() // ROTATION.total_seconds()) * 7 % len(ids)
    return (*ids[start:], *ids[:start])


def cancellations(
    known: Mapping[int, Known], heard: Heard, snapshot: Snapshot, *, delete: bool
) -> tuple[Cancellation, ...]:
    """Which of the episodes that were asked for by id are no longer this tournament's to have."""
    whys = dict.fromkeys(heard.gone, "SpeedGaming no longer has the episode")
    whys |= {
        episode.id: f"it moved to the event '{event}'"
        for episode in heard.episodes
        if episode.id in heard.asked and (event := _strange_event(episode, snapshot))
    }
    return tuple(
        Cancellation(known[id_].match, why, delete and known[id_].is_untouched)
        for id_, why in sorted(whys.items())
        if id_ in known
        and known[id_].entry
        and not known[id_].is_cancelled
        and known[id_].match.frozen_by is None
    )


def _strange_event(episode: SpeedGamingEpisode, snapshot: Snapshot) -> str | None:
    """The event of `episode`, if it is neither this tournament's nor one that brings it to another tournament."""
    event = episode.event.slug if episode.event else None
    known_here = event in (None, snapshot.tournament.slug) or event in snapshot.synced_slugs
    return None if known_here else event
