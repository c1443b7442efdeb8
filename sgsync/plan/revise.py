"""What becomes of the match of a known episode, and what the ledger remembers of it afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from sgsync.people.sightings import Sighting
from sgsync.plan.actions import Kept, Memory, PlannedSignup, Revision
from sgsync.plan.known import Known
from sgsync.plan.options import PlanOptions
from sgsync.plan.reconcile import reconcile_fields, reconcile_people
from sgsync.snapshot.values import MatchFields

FROZEN = "frozen"
MISSING = "missing"
MOST_REMEMBERED = 8


@dataclass(frozen=True, slots=True)
class Revised:
    """A revision, and what has to be remembered, if anything has."""

    revision: Revision
    memory: Memory | None

    @property
    def is_nothing(self) -> bool:
        return self.memory is None and not self.revision.changes_match


def revise(
    known: Known,
    theirs: MatchFields,
    signups: Iterable[PlannedSignup],
    options: PlanOptions,
    now: datetime,
) -> Revised:
    """Bring the match of `known` to what SpeedGaming says, as far as nobody worked on it."""
    listed = {signup.seat: signup for signup in signups}
    changes, kept_fields = reconcile_fields(
        theirs, known.base, known.match.fields, overwrite=options.overwrite
    )
    people = reconcile_people(listed, known.base_people, known.people, overwrite=options.overwrite)
    kept, told = _not_told_yet((*kept_fields, *people.kept), known)
    revision = Revision(
        match=known.match,
        changes=changes,
        added=people.added,
        removed=people.removed,
        approvals=people.approvals,
        kept=kept,
        is_adopted=known.entry is None,
        is_back=known.is_cancelled,
    )
    if not revision.changes_match and options.auto_finish is not None:
        revision = _finished(revision, known, options.auto_finish, now)
    memory = Memory(
        known.match.episode_id,
        theirs,
        known.match.id,
        told=told,
        remembered=people.remembered,
        forgotten=people.forgotten if known.entry else (),
    )
    return Revised(revision, memory if _is_news(memory, known) else None)


def _not_told_yet(kept: Iterable[Kept], known: Known) -> tuple[tuple[Kept, ...], dict[str, str]]:
    """Which of `kept` have to be said, and what has been said afterwards.

    What flaps upstream is not said each time; what a frozen match was told no longer counts.
    """
    before = known.entry.told if known.entry else {}
    told = {key: heard for key, heard in before.items() if key not in (FROZEN, MISSING)}
    news: list[Kept] = []
    for each in kept:
        key = f"kept {each.what} {each.person or ''}".strip()
        heard = sha256(repr(each.theirs).encode()).hexdigest()[:8]
        said = told.get(key, "").split()
        if heard not in said:
            news.append(each)
            told[key] = " ".join([*said, heard][-MOST_REMEMBERED:])
    return tuple(news), told


def leave_frozen(
    known: Known, theirs: MatchFields, channel_name: str | None, sightings: Iterable[Sighting]
) -> Revised:
    """A match that is under way or over stays as it is; that it should have changed is said once.

    Its base stays, too: should it thaw, it follows. A channel's name stays the same when it is created.
    """
    entry = known.entry
    listed = {(sighting.role, sighting.feed_id) for sighting in sightings}
    imported = {(seat[0], id_) for seat, signup in known.base_people.items() for id_ in signup.feed_ids}
    said = (replace(theirs, channel=channel_name), sorted(listed))
    heard = sha256(repr(said).encode()).hexdigest()[:16]
    if entry is None:
        return Revised(Revision(known.match), None)
    is_told = (theirs, listed) == (entry.base, imported) or entry.told.get(FROZEN) == heard
    if is_told and not known.is_cancelled:
        return Revised(Revision(known.match), None)
    told = entry.told if is_told else {**entry.told, FROZEN: heard}
    memory = Memory(entry.episode_id, entry.base, known.match.id, told=told)
    frozen_by = None if is_told else known.match.frozen_by
    return Revised(Revision(known.match, is_back=known.is_cancelled, frozen_by=frozen_by), memory)


def miss_frozen(known: Known) -> Revised:
    """A match that is under way or over, and whose episode is missing: nothing is done, and that is said once."""
    entry = known.entry
    if entry is None or MISSING in entry.told:
        return Revised(Revision(known.match), None)
    memory = Memory(
        entry.episode_id, entry.base, known.match.id, entry.state, told={**entry.told, MISSING: "yes"}
    )
    return Revised(Revision(known.match, frozen_by=known.match.frozen_by, is_missing=True), memory)


def _finished(revision: Revision, known: Known, over_after: timedelta, now: datetime) -> Revision:
    """`revision`, with the match declared over if it has been due for that long and nobody touched it."""
    start = known.match.fields.scheduled_at
    if start is None or start + over_after > now or not known.is_untouched:
        return revision
    return replace(revision, finished_at=start + over_after)


def _is_news(memory: Memory, known: Known) -> bool:
    """Whether the ledger does not hold `memory` yet."""
    entry = known.entry
    return (
        entry is None
        or (entry.match_id, entry.base) != (memory.match_id, memory.fields)
        or (entry.state, entry.told) != (memory.state, memory.told)
        or bool(memory.remembered or memory.forgotten)
    )
