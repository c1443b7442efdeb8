"""What becomes of the match of a known episode, and what the ledger remembers of it afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from sgsync.people.sightings import Sighting
from sgsync.plan.actions import Memory, PlannedSignup, Revision
from sgsync.plan.known import Known
from sgsync.plan.options import PlanOptions
from sgsync.plan.reconcile import reconcile_fields, reconcile_people
from sgsync.snapshot.values import MatchFields

FROZEN = "frozen"


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
    changes, kept = reconcile_fields(theirs, known.base, known.match.fields, overwrite=options.overwrite)
    people = reconcile_people(listed, known.base_people, known.people, overwrite=options.overwrite)
    revision = Revision(
        match=known.match,
        changes=changes,
        added=people.added,
        removed=people.removed,
        approvals=people.approvals,
        kept=(*kept, *people.kept),
        is_adopted=known.entry is None,
        is_back=known.is_cancelled,
    )
    if not revision.changes_match and options.auto_finish is not None:
        revision = _finished(revision, known, options.auto_finish, now)
    memory = Memory(
        known.match.episode_id,
        theirs,
        known.match.id,
        remembered=people.remembered,
        forgotten=people.forgotten if known.entry else (),
    )
    return Revised(revision, memory if _is_news(memory, known) else None)


def leave_frozen(known: Known, theirs: MatchFields, sightings: Iterable[Sighting]) -> Revised:
    """A match that is under way or over stays as it is; that it should have changed is said once.

    Its base stays, too: should it thaw, it follows.
    """
    entry = known.entry
    listed = {(sighting.role, sighting.feed_id) for sighting in sightings}
    imported = {(seat[0], id_) for seat, signup in known.base_people.items() for id_ in signup.feed_ids}
    heard = sha256(repr((theirs, sorted(listed))).encode()).hexdigest()[:16]
    if entry is None or (theirs, listed) == (entry.base, imported) or entry.told.get(FROZEN) == heard:
        return Revised(Revision(known.match), None)
    memory = Memory(entry.episode_id, entry.base, known.match.id, entry.state, told={FROZEN: heard})
    return Revised(Revision(known.match, frozen_by=known.match.frozen_by), memory)


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
