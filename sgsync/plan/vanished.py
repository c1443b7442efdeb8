"""Episodes that are missing from an answer. Absence is not deletion: they are asked for by id first."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sgsync.fetch.window import Window
from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.actions import Cancellation
from sgsync.plan.heard import Heard
from sgsync.plan.importable import event_of
from sgsync.plan.known import ASKED, MISSING, Known
from sgsync.plan.lookups import listed_for_sure
from sgsync.plan.options import PlanOptions
from sgsync.snapshot.values import Snapshot

FEWEST_TO_JUDGE = 4


@dataclass(frozen=True, slots=True)
class Absences:
    """What follows from what was not heard.

    `distrust` is why the answer cannot be right; `to_confirm` has to be asked for by id; `frozen` is
    missing, and under way or over: nothing follows. `unfinished` should be over, but what SpeedGaming says
    when asked does not bear it out.
    """

    distrust: str | None = None
    to_confirm: tuple[int, ...] = ()
    cancellations: tuple[Cancellation, ...] = ()
    frozen: tuple[int, ...] = ()
    unfinished: tuple[int, ...] = ()


def find_absences(
    known: Mapping[int, Known], heard: Heard, snapshot: Snapshot, options: PlanOptions, now: datetime
) -> Absences:
    """Compare what should have been heard with what was."""
    if not options.update:
        return Absences()
    listed = _should_be_listed(known, snapshot, heard.window) if heard.window else frozenset()
    frozen = {episode_id for episode_id in listed if known[episode_id].match.frozen_by}
    expected = listed - frozen
    if not options.accept_vanished and (
        distrust := _reason_to_distrust(_not_missed_before(expected, known), heard, snapshot)
    ):
        return Absences(distrust)
    due = _due_without_news(known, heard, options.auto_finish, now) if heard.window else frozenset()
    return Absences(
        to_confirm=in_turn((expected | due) - heard.mentioned - heard.asked, now),
        cancellations=_cancellations(known, heard, snapshot, expected, delete=options.delete_cancelled),
        frozen=tuple(sorted(frozen - heard.mentioned)),
        unfinished=tuple(sorted(due & heard.asked & (heard.gone | heard.mentioned) - expected)),
    )


def _should_be_listed(known: Mapping[int, Known], snapshot: Snapshot, window: Window) -> frozenset[int]:
    """The known, active episodes of the tournament's event whose race starts inside the window.

    A tournament may be given another event; nothing follows for what was imported from the one before.
    """
    sure = listed_for_sure(window)
    return frozenset(
        episode_id
        for episode_id, each in known.items()
        if each.entry
        and not each.is_cancelled
        and each.base.tournament_id == snapshot.tournament.id
        and each.event in (None, snapshot.tournament.slug)
        and each.base.scheduled_at
        and sure.since <= each.base.scheduled_at <= sure.until
    )


def _not_missed_before(expected: frozenset[int], known: Mapping[int, Known]) -> frozenset[int]:
    """Whoever was missing before, and was there when asked for, tells nothing of this answer."""
    return frozenset(id_ for id_ in expected if MISSING not in known[id_].told)


def _reason_to_distrust(expected: frozenset[int], heard: Heard, snapshot: Snapshot) -> str | None:
    """Why the answer cannot be right: more than half of what is known would have vanished at once."""
    missing = expected - heard.mentioned
    if len(expected) < FEWEST_TO_JUDGE or 2 * len(missing) <= len(expected):
        return None
    return (
        f"Tournament {snapshot.tournament.id} ('{snapshot.tournament.name}'): {len(missing)} of {len(expected)}"
        " known episodes are missing from SpeedGaming's answer at once. That looks like a broken feed rather than"
        " the schedule, so nothing was touched. If it is right after all:"
        f" sgsync import {snapshot.tournament.id} --accept-vanished"
    )


def _due_without_news(
    known: Mapping[int, Known], heard: Heard, over_after: timedelta | None, now: datetime
) -> frozenset[int]:
    """Untouched matches that would count as over, if only their episode were seen not to have moved.

    Each is asked for once a day: SpeedGaming may hold it, or have forgotten it.
    """
    if over_after is None:
        return frozenset()
    return frozenset(
        episode_id
        for episode_id, each in known.items()
        if (episode_id not in heard.mentioned or episode_id in heard.asked)
        and each.entry
        and not each.is_cancelled
        and each.told.get(ASKED) != today(now)
        and not each.local_work
        and each.base.scheduled_at
        and each.base.scheduled_at + over_after <= now
    )


def today(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()


def in_turn(episode_ids: Iterable[int], now: datetime) -> tuple[int, ...]:
    """`episode_ids` in another order every minute: who asks for the first few only gets to all in time."""
    minute = int(now.timestamp() // 60)
    return tuple(
        sorted(set(episode_ids), key=lambda episode_id: sha256(f"{minute} {episode_id}".encode()).digest())
    )


def _cancellations(
    known: Mapping[int, Known],
    heard: Heard,
    snapshot: Snapshot,
    expected: AbstractSet[int],
    *,
    delete: bool,
) -> tuple[Cancellation, ...]:
    """Which of the `expected` episodes, asked for by id, are no longer this tournament's to have."""
    whys = dict.fromkeys(heard.gone, "SpeedGaming no longer has the episode")
    whys |= {
        episode.id: f"it moved to the event '{event}'"
        for episode in heard.episodes
        if episode.id in heard.asked and (event := _strange_event(episode, snapshot))
    }
    return tuple(
        _cancellation(known[id_], why, delete=delete) for id_, why in sorted(whys.items()) if id_ in expected
    )


def _cancellation(known: Known, why: str, *, delete: bool) -> Cancellation:
    kept_by = known.local_work if delete else None
    return Cancellation(known.match, why, delete and not kept_by, kept_by)


def _strange_event(episode: SpeedGamingEpisode, snapshot: Snapshot) -> str | None:
    """The event of `episode`, if it is neither this tournament's nor one that brings it to another tournament."""
    event = event_of(episode)
    known_here = event in (None, snapshot.tournament.slug) or event in snapshot.synced_slugs
    return None if known_here else event
