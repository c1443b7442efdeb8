"""What becomes of the match of a known episode, and what the ledger remembers of it afterwards."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from sgsync.people.identity import Person
from sgsync.plan.actions import Kept, Memory, PlannedSignup, Revision, Seat
from sgsync.plan.known import MISSING, PASSING, Known
from sgsync.plan.options import PlanOptions
from sgsync.plan.reconcile import (
    FIELDS,
    LISTED,
    NOT_LISTED,
    approval,
    reconcile_fields,
    reconcile_people,
)
from sgsync.snapshot.values import MatchFields, Role, State

MOST_REMEMBERED = 8
_KEPT, _FROZEN = "kept", "frozen"
"""How the ledger is told what was kept, and what a frozen match did not follow: each with its topic."""


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
    """What SpeedGaming says of a match. A channel's name stays the same when it is created.

    Nothing is said of the `unsaid` roles: an answer may leave keys out.
    """

    fields: MatchFields
    channel_name: str | None
    event: str | None = None
    unsaid: frozenset[Role] = frozenset()
    says_channel: bool = True  # else its channel is what was last imported, and nothing wins over ours
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
    said = _as_far_as_said(known, theirs.unsaid)
    ours = known.match.fields
    wanted = theirs.fields if theirs.says_channel else replace(theirs.fields, channel=ours.channel)
    changes, kept_fields = reconcile_fields(wanted, known.base, ours, overwrite=options.overwrite)
    people = reconcile_people(listed, said.base_people, said.people, overwrite=options.overwrite)
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
        theirs.event or known.event,
        told=told,
        remembered=people.remembered if known.entry else (*people.remembered, *_unsaid_people(known, theirs)),
        forgotten=people.forgotten if known.entry else (),
        is_saved_here=known.is_saved_here,
    )
    return Revised(revision, memory if _is_news(memory, known) else None)


def _as_far_as_said(known: Known, unsaid: AbstractSet[Role]) -> Known:
    """`known` without the roles of which SpeedGaming says nothing: nobody is removed from them."""
    if not unsaid:
        return known
    return replace(
        known,
        base_people={seat: signup for seat, signup in known.base_people.items() if seat[0] not in unsaid},
        people={seat: entry for seat, entry in known.people.items() if seat[0] not in unsaid},
    )


def _not_told_yet(
    kept: Iterable[Kept], known: Known, theirs: Theirs
) -> tuple[tuple[Kept, ...], dict[str, str]]:
    """Which of `kept` have to be said, and what has been said afterwards.

    What flaps upstream is not said each time. Once an edit is taken back, a new one is said anew.
    """
    topics = {f"{_KEPT} {_topic(each)}": (each, _fingerprint(each, theirs)) for each in kept}
    unsettled = {*topics, *(f"{_KEPT} {what}" for what in _edited(known, theirs))}
    told = {key: said for key, said in known.told.items() if key in unsettled or not _is_over(key)}
    if not theirs.is_listed:
        told[MISSING] = "yes"
    return _news(topics, told), told


def _edited(known: Known, theirs: Theirs) -> Iterator[str]:
    """The fields and the seats on which somebody's work is still there, disputed or not."""
    ours, base = known.match.fields, known.base
    for name in FIELDS:
        if getattr(ours, name) not in (getattr(base, name), getattr(theirs.fields, name)):
            yield name
    for seat, entry in known.people.items():
        imported = known.base_people.get(seat)
        if not entry.is_pristine or (imported and entry.approved != imported.approved):
            yield _topic_of(*seat)


def _is_over(key: str) -> bool:
    """Whether what was said under `key` is over once a match follows, and nobody's work is in the way."""
    return key in PASSING or key.startswith((f"{_FROZEN} ", f"{_KEPT} "))


def _topic(kept: Kept) -> str:
    return kept.what if kept.person is None else _topic_of(kept.what, kept.person)


def _topic_of(role: str, person: Person) -> str:
    return f"{role} {person}"


def _fingerprint(kept: Kept, theirs: Theirs) -> str:
    return theirs.fingerprint(kept.what) if kept.person is None else str(kept.theirs)


def _news(topics: Mapping[str, tuple[Kept, str]], told: dict[str, str]) -> tuple[Kept, ...]:
    """What was not said under its topic lately; `told` knows it from then on."""
    news: list[Kept] = []
    for key, (kept, heard) in topics.items():
        said = told.get(key, "").split("|")
        if heard not in said:
            news.append(kept)
            told[key] = "|".join([*filter(None, said), heard][-MOST_REMEMBERED:])
    return tuple(news)


def leave_frozen(
    known: Known, theirs: Theirs, signups: Iterable[PlannedSignup], *, overwrite: bool
) -> Revised:
    """A match that is under way or over stays as it is; what it should have followed is said once.

    Its base stays, too: should it thaw, it follows. Whoever wants to `overwrite` is told again.
    """
    is_adopted = known.entry is None
    listed = {signup.seat: signup for signup in signups}
    unfollowed = _unfollowed(_as_far_as_said(known, theirs.unsaid), theirs, listed)
    told = dict(known.told)
    news = _news(
        {_frozen_topic(each, listed): (each, _fingerprint(each, theirs)) for each in unfollowed}, told
    )
    said = unfollowed if overwrite else news
    revision = Revision(
        known.match,
        is_adopted=is_adopted,
        is_back=known.is_cancelled,
        frozen_by=known.match.frozen_by if said else None,
        unfollowed=said,
    )
    memory = Memory(
        known.match.episode_id,
        known.base,
        known.match.id,
        theirs.event if is_adopted else known.event,
        told=told,
        remembered=_as_it_stands(known) if is_adopted else (),
        is_saved_here=known.is_saved_here,
    )
    return Revised(revision, memory if _is_news(memory, known) else None)


def _unsaid_people(known: Known, theirs: Theirs) -> tuple[PlannedSignup, ...]:
    """Who stands in the roles of an adopted match of which SpeedGaming says nothing."""
    return tuple(signup for signup in _as_it_stands(known) if signup.role in theirs.unsaid)


def _as_it_stands(known: Known) -> tuple[PlannedSignup, ...]:
    """Who is in a match that somebody else imported."""
    return tuple(
        PlannedSignup(role, person, "", signup.feed_ids, signup.approved)
        for (role, person), signup in known.base_people.items()
    )


def _unfollowed(known: Known, theirs: Theirs, listed: Mapping[Seat, PlannedSignup]) -> tuple[Kept, ...]:
    """Everything in which SpeedGaming changed since the last import, and the match did not."""
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


def _frozen_topic(kept: Kept, listed: Mapping[Seat, PlannedSignup]) -> str:
    """The same also when somebody becomes a user meanwhile, or a channel is created."""
    signup = listed.get((Role(kept.what), kept.person)) if kept.person is not None else None
    return f"{_FROZEN} {kept.what} {signup.feed_ids}" if signup else f"{_FROZEN} {_topic(kept)}"


def miss_frozen(known: Known) -> Revised:
    """A match that is under way or over, and whose episode is missing: nothing is done, and that is said once."""
    if known.entry is None or MISSING in known.told:
        return Revised(Revision(known.match), None)
    memory = note(known, {MISSING: "yes"})
    return Revised(Revision(known.match, frozen_by=known.match.frozen_by, is_missing=True), memory)


def note(known: Known, notes: Mapping[str, str]) -> Memory:
    """What the ledger holds already, and what it is told besides."""
    state = known.entry.state if known.entry else State.ACTIVE
    return Memory(
        known.match.episode_id,
        known.base,
        known.match.id,
        known.event,
        state,
        told={**known.told, **notes},
        is_saved_here=known.is_saved_here,
    )


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
        or (entry.match_id, entry.base, entry.event) != (memory.match_id, memory.fields, memory.event)
        or (entry.state, entry.told) != (memory.state, memory.told)
        or bool(memory.remembered or memory.forgotten)
    )
