"""What the ledger remembers of episodes that are new, cancelled or left as they are. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from sgsync.plan.actions import Cancellation, Memory, NewMatch, Skip
from sgsync.plan.known import ASKED, GIVEN_UP, LEFT, MISSING, Known
from sgsync.plan.reading import Reading
from sgsync.plan.vanished import Absences, today
from sgsync.snapshot.values import MatchFields, State


def memory_of_new(match: NewMatch, reading: Reading) -> Memory:
    """What is remembered of a new match; of one that comes back, who stood in the old one is forgotten."""
    seats = {signup.seat for signup in match.signups}
    before = (
        (signup.role, reading.merged.get(signup.user_id, signup.user_id))
        for signup in reading.snapshot.signups
        if signup.episode_id == match.episode_id
    )
    return Memory(
        match.episode_id,
        MatchFields(match.scheduled_at, match.title, match.channel, reading.snapshot.tournament.id),
        match_id=None,
        event=match.event,
        remembered=match.signups,
        forgotten=tuple(seat for seat in dict.fromkeys(before) if seat not in seats),
    )


def memory_of_cancelled(cancellation: Cancellation, known: Mapping[int, Known]) -> Memory:
    match = cancellation.match
    here = known[match.episode_id]
    told = {GIVEN_UP: "yes"} if cancellation.delete else {}
    return Memory(
        match.episode_id,
        here.base,
        match.id,
        here.event,
        State.CANCELLED,
        told,
        is_saved_here=here.is_saved_here,
    )


def newly_left(reading: Reading) -> tuple[Skip, ...]:
    """What is left as it is although it was imported once, and for a reason that its history does not have yet."""
    ledger, home = reading.snapshot.ledger, reading.snapshot.tournament.id
    return tuple(
        skip
        for skip in reading.skips
        if skip.reason in LEFT
        and (entry := ledger.get(skip.episode_id))
        and entry.base.tournament_id == home
        and skip.reason not in entry.told
    )


def notes_of(
    reading: Reading,
    left: Iterable[Skip],
    absences: Absences,
    others: Iterable[Memory],
    now: datetime,
) -> Iterator[Memory]:
    """What the ledger is told of episodes about which nothing else is remembered.

    A match that one of the `others` holds was given to that one: it is theirs no longer.
    """
    held = {memory.episode_id: memory.match_id for memory in others}
    given_away = set(held.values())
    notes: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for skip in left:
        notes[skip.episode_id][skip.reason] = "yes"
    for skip in reading.skips:
        entry = reading.snapshot.ledger.get(skip.episode_id)
        if entry and skip.episode_id in reading.asked and MISSING not in entry.told:
            notes[skip.episode_id][MISSING] = "yes"
    for episode_id in absences.unfinished:
        notes[episode_id][ASKED] = today(now)
    for episode_id in sorted(notes.keys() - held.keys()):
        entry = reading.snapshot.ledger[episode_id]
        yield Memory(
            episode_id,
            entry.base,
            None if entry.match_id in given_away else entry.match_id,
            entry.event,
            entry.state,
            told={**entry.told, **notes[episode_id]},
            is_saved_here=episode_id in reading.known and reading.known[episode_id].is_saved_here,
        )
