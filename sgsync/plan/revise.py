"""What becomes of the match of a known episode, and what the ledger remembers of it afterwards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from sgsync.people.identity import Person
from sgsync.plan.actions import Kept, Memory, PlannedSignup, Revision, Seat
from sgsync.plan.known import MISSING, Known
from sgsync.plan.options import PlanOptions
from sgsync.plan.reconcile import (
    FIELDS,
    LISTED,
    NOT_LISTED,
    approval,
    reconcile_fields,
    reconcile_people,
)
from sgsync.snapshot.values import MatchFields, Role

FROZEN = "frozen"
MOST_REMEMBERED = 8


@dataclass(frozen=True, slots=True)
class Revised:
    """A revision, and what has to be remembered, if anything has."""

    revision: Revision
    memory: Memory | None

    @property
    def is_nothing(self) -> bool:
        return self.memory is None and not self.revision.tells_something


@dataclass(frozen=True, slots=True)
class Theirs:
    """What SpeedGaming says of a match's fields. A channel's name stays the same when it is created."""

    fields: MatchFields
    channel_name: str | None
    is_listed: bool = True  # else it was asked for by id

    def fingerprint(self, field: str) -> str:
        value = self.channel_name if field == "channel" else getattr(self.fields, field)
        return sha256(repr(value).encode()).hexdigest()[:8]


def revise(
    known: Known,
    theirs: Theirs,
    signups: Iterable[PlannedSignup],
    options: PlanOptions,
    now: datetime,
) -> Revised:
    """Bring the match of `known` to what SpeedGaming says, as far as nobody worked on it."""
    listed = {signup.seat: signup for signup in signups}
    if not _names_players(listed):
        known, theirs = _without_players(known, theirs)
    changes, kept_fields = reconcile_fields(
        theirs.fields, known.base, known.match.fields, overwrite=options.overwrite
    )
    people = reconcile_people(listed, known.base_people, known.people, overwrite=options.overwrite)
    all_kept = (*kept_fields, *people.kept)
    untold, told = _not_told_yet(all_kept, known, theirs)
    revision = Revision(
        match=known.match,
        changes=changes,
        added=people.added,
        removed=people.removed,
        approvals=people.approvals,
        kept=all_kept if options.overwrite else untold,  # whoever asks to overwrite wants to know what stays
        is_adopted=known.entry is None,
        is_back=known.is_cancelled,
    )
    if not revision.changes_match and options.auto_finish is not None:
        revision = _finished(revision, known, options.auto_finish, now)
    memory = Memory(
        known.match.episode_id,
        theirs.fields,
        known.match.id,
        told=told,
        remembered=people.remembered,
        forgotten=people.forgotten if known.entry else (),
    )
    return Revised(revision, memory if _is_news(memory, known) else None)


def _names_players(listed: Iterable[Seat]) -> bool:
    return any(role is Role.PLAYER for role, _ in listed)


def _without_players(known: Known, theirs: Theirs) -> tuple[Known, Theirs]:
    """Both sides of an episode that lost all its players: nobody replaces them, so the roster stays."""
    crew_only = replace(
        known,
        base_people={
            seat: signup for seat, signup in known.base_people.items() if seat[0] is not Role.PLAYER
        },
        people={seat: entry for seat, entry in known.people.items() if seat[0] is not Role.PLAYER},
    )
    if theirs.fields.title:
        return crew_only, theirs
    # The title was their names.
    return crew_only, replace(theirs, fields=replace(theirs.fields, title=known.base.title))


def _not_told_yet(
    kept: Iterable[Kept], known: Known, theirs: Theirs
) -> tuple[tuple[Kept, ...], dict[str, str]]:
    """Which of `kept` have to be said, and what has been said afterwards.

    What flaps upstream is not said each time. Once an edit is taken back, a new one is said anew.
    """
    disputed = {each.what for each in kept}
    ours, base = known.match.fields, known.base
    edited = {
        name
        for name in FIELDS
        if getattr(ours, name) not in (getattr(base, name), getattr(theirs.fields, name))
    }
    settled = {_topic(name) for name in FIELDS if name not in disputed | edited}
    told = {key: heard for key, heard in known.told.items() if key not in {FROZEN, MISSING, *settled}}
    if not theirs.is_listed:
        told[MISSING] = "yes"
    news: list[Kept] = []
    for each in kept:
        key = _topic(each.what, each.person)
        heard = theirs.fingerprint(each.what) if each.person is None else str(each.theirs)
        said = told.get(key, "").split("|")
        if heard not in said:
            news.append(each)
            told[key] = "|".join([*filter(None, said), heard][-MOST_REMEMBERED:])
    return tuple(news), told


def _topic(what: str, person: Person | None = None) -> str:
    return f"kept {what}" if person is None else f"kept {what} {person}"


def leave_frozen(
    known: Known, theirs: Theirs, signups: Iterable[PlannedSignup], *, overwrite: bool
) -> Revised:
    """A match that is under way or over stays as it is; what it should have followed is said once.

    Its base stays, too: should it thaw, it follows. Whoever wants to `overwrite` is told again.
    """
    entry = known.entry
    if entry is None:
        return Revised(Revision(known.match), None)
    listed = {signup.seat: signup for signup in signups}
    unfollowed = _unfollowed(known, theirs, listed)
    heard = _heard(unfollowed, theirs, listed)
    is_told = not unfollowed or (entry.told.get(FROZEN) == heard and not overwrite)
    revision = Revision(known.match, is_back=known.is_cancelled)
    if not is_told:
        revision = replace(revision, frozen_by=known.match.frozen_by, unfollowed=unfollowed)
    told = entry.told if is_told else {**entry.told, FROZEN: heard}
    memory = Memory(entry.episode_id, entry.base, known.match.id, told=told)
    return Revised(revision, memory if _is_news(memory, known) else None)


def _unfollowed(known: Known, theirs: Theirs, listed: Mapping[Seat, PlannedSignup]) -> tuple[Kept, ...]:
    """Everything in which SpeedGaming changed since the last import, and the match did not."""
    if not _names_players(listed):
        known, theirs = _without_players(known, theirs)
    changes, kept = reconcile_fields(theirs.fields, known.base, known.match.fields)
    people = reconcile_people(listed, known.base_people, known.people)
    return (
        *(Kept(each.field, each.old, each.new) for each in changes),
        *(Kept(role, LISTED, NOT_LISTED, person) for role, person in people.removed),
        *(Kept(each.role, NOT_LISTED, LISTED, each.person) for each in people.added),
        *(
            Kept(each.role, approval(not each.approved), approval(each.approved), each.person)
            for each in people.approvals
        ),
        *kept,
        *people.kept,
    )


def _heard(unfollowed: Iterable[Kept], theirs: Theirs, listed: Mapping[Seat, PlannedSignup]) -> str:
    """What stays the same as long as SpeedGaming says the same: also when somebody becomes a user meanwhile."""
    said = []
    for each in unfollowed:
        if each.person is None:
            said.append(f"{each.what} {theirs.fingerprint(each.what)}")
        else:
            signup = listed.get((Role(each.what), each.person))
            said.append(f"{each.what} {each.theirs} {signup.feed_ids if signup else each.person}")
    return sha256("|".join(sorted(said)).encode()).hexdigest()[:16]


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
    if start is None or start + over_after > now or known.local_work:
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
