"""A known episode with its three sides brought together: base, row, and who is merged into whom."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sgsync.plan.actions import EDITED, Seat, SkipReason
from sgsync.plan.reconcile import work_on
from sgsync.snapshot.values import Entry, KnownMatch, LedgerEntry, MatchFields, Signup, Snapshot, State

# What the ledger is told of an episode, so that it is neither said nor asked again:
MISSING = "missing"  # SpeedGaming has it, but does not list it
ASKED = "asked"  # on which day it was last asked for, because its match should be over
GIVEN_UP = "given up"  # it was cancelled, and a setting deleted its match: nobody here did
LEFT = frozenset({SkipReason.DELETED, SkipReason.HELD, SkipReason.OTHER_EVENT})
"""Why an episode that is known is left as it is: worth a line of its history."""

PASSING = frozenset({MISSING, ASKED, *LEFT})
"""What is over once the match follows again."""


@dataclass(frozen=True, slots=True)
class Known:
    """A match, what was last imported into it, and who stands in it."""

    match: KnownMatch
    entry: LedgerEntry | None  # None: somebody else imported it
    base: MatchFields
    base_people: Mapping[Seat, Signup]
    people: Mapping[Seat, Entry]

    @property
    def local_work(self) -> str | None:
        """Why the match is not just what was imported, in words; None if it is."""
        return next(self._local_works(), None)

    def _local_works(self) -> Iterator[str]:
        if self.match.frozen_by:
            yield self.match.frozen_by
        if self.match.fields != self.base:
            yield EDITED
        if self.people.keys() != self.base_people.keys():
            yield "its roster or crew was edited here"
        for (role, _), entry in self.people.items():
            if not entry.is_pristine:
                yield f"somebody's place in it is not only SpeedGaming's: {work_on(role)}"
        if any(
            seat in self.base_people and entry.approved != self.base_people[seat].approved
            for seat, entry in self.people.items()
        ):
            yield "an approval was changed here"
        if self.is_saved_here:
            yield "somebody saved it here since it was imported"

    @property
    def is_saved_here(self) -> bool:
        """Whether somebody saved the match since an import last wrote to it."""
        return bool(self.entry and self.entry.saved_at and self.entry.saved_at != self.match.saved_at)

    @property
    def told(self) -> Mapping[str, str]:
        return self.entry.told if self.entry else {}

    @property
    def event(self) -> str | None:
        return self.entry.event if self.entry else None

    @property
    def is_cancelled(self) -> bool:
        return self.entry is not None and self.entry.state is State.CANCELLED


def known_matches(snapshot: Snapshot, merged: Mapping[int, int]) -> dict[int, Known]:
    """The matches of `snapshot` by episode id, as they are once the users of `merged` are one."""
    signups: dict[int, list[Signup]] = {}
    for signup in snapshot.signups:
        signups.setdefault(signup.episode_id, []).append(signup)
    return {
        episode_id: _known(match, snapshot.ledger.get(episode_id), signups.get(episode_id, ()), merged)
        for episode_id, match in snapshot.matches.items()
    }


def _known(
    match: KnownMatch, entry: LedgerEntry | None, signups: Iterable[Signup], merged: Mapping[int, int]
) -> Known:
    people: dict[Seat, Entry] = {}
    for row in (_inherited(row, merged) for row in match.entries) if merged else match.entries:
        seat = (row.role, row.user_id)
        people[seat] = _both(people[seat], row) if seat in people else row
    if entry is None:
        # What somebody else imported is what SpeedGaming said then: the application locks editing.
        signups = (
            Signup(match.episode_id, row.role, row.user_id, feed_ids=(), approved=row.approved)
            for row in people.values()
        )
    base_people: dict[Seat, Signup] = {}
    if merged:
        signups = (each._replace(user_id=merged.get(each.user_id, each.user_id)) for each in signups)
    for signup in signups:
        place = (signup.role, signup.user_id)
        base_people[place] = _united(base_people[place], signup) if place in base_people else signup
    return Known(match, entry, entry.base if entry else match.fields, base_people, people)


def _inherited(row: Entry, merged: Mapping[int, int]) -> Entry:
    return row._replace(user_id=merged.get(row.user_id, row.user_id))


def _both(one: Entry, other: Entry) -> Entry:
    return one._replace(
        approved=one.approved or other.approved, is_pristine=one.is_pristine and other.is_pristine
    )


def _united(one: Signup, other: Signup) -> Signup:
    return one._replace(
        feed_ids=tuple(sorted({*one.feed_ids, *other.feed_ids})),
        approved=one.approved or other.approved,
    )
